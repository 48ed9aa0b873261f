"""What a text speaks of: concepts with their spans.

The patterns are data (``lexicon/*.toml``), so that a site may add its own.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LEXICON = Path(__file__).with_name("lexicon")

CONCEPTS = (
    "underway", "intent", "plan", "method", "means", "place", "time", "farewell", "attempt", "self_harm",
    "violence_suffered", "violence_intended", "wish", "hopeless", "burden", "coded", "protective",
)  # fmt: skip
"""Every concept, the gravest first."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept found in a normalised text, characters ``start`` to ``end``."""

    concept: str
    start: int
    end: int


@lru_cache(maxsize=4)
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    with (LEXICON / f"{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    unknown = set(data) - set(CONCEPTS)
    if unknown:
        raise ValueError(f"{language}.toml names concepts that nobody knows: {sorted(unknown)}")
    return tuple((name, re.compile("|".join(data[name]["patterns"]))) for name in CONCEPTS if name in data)


def find(text: str, language: str) -> list[Mention]:
    """All mentions in a normalised text. Both lexicons read a text that mixes both languages."""
    mentions = []
    for name, pattern in _patterns(language):
        mentions += [Mention(name, found.start(), found.end()) for found in pattern.finditer(text) if found.group()]
    return mentions
