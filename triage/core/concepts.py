"""What a text speaks of: concepts with their spans.

The patterns are data (``lexicon/*.toml``), so that a site may add its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from triage.core.needles import needles

MOST_OF_ONE = 24
"""Mentions of one concept that are looked at."""
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


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a concept, and the words of which a text must hold one for it to match (None: any text may)."""

    concept: str
    rank: int
    expression: re.Pattern[str]
    needs: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's patterns.

    Attributes:
        patterns: in no order that matters.
        always: those that may match any text.
        index: first character of a needed word -> that word, and the places of the patterns that need it.
    """

    patterns: tuple[Pattern, ...]
    always: tuple[int, ...]
    index: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]


@lru_cache(maxsize=4)
def _lexicon(language: str) -> Lexicon:
    with (LEXICON / f"{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    unknown = set(data) - set(CONCEPTS)
    if unknown:
        raise ValueError(f"{language}.toml names concepts that nobody knows: {sorted(unknown)}")
    patterns = tuple(
        Pattern(name, rank, re.compile(pattern), needles(pattern))
        for rank, name in enumerate(CONCEPTS)
        if name in data
        for pattern in data[name]["patterns"]
    )
    wanted: dict[str, dict[str, list[int]]] = {}
    for place, pattern in enumerate(patterns):
        for needle in pattern.needs or ():
            wanted.setdefault(needle[0], {}).setdefault(needle, []).append(place)
    return Lexicon(
        patterns,
        always=tuple(place for place, pattern in enumerate(patterns) if pattern.needs is None),
        index={char: tuple((one, tuple(places)) for one, places in found.items()) for char, found in wanted.items()},
    )


def find(text: str, language: str) -> list[Mention]:
    """All mentions in a normalised text, the gravest first; of overlapping ones of one concept the longest."""
    lexicon = _lexicon(language)
    possible = set(lexicon.always)
    for char in set(text).intersection(lexicon.index):
        for needle, places in lexicon.index[char]:
            if needle in text:
                possible.update(places)
    found: list[tuple[int, int, int, str]] = []
    for place in possible:
        pattern = lexicon.patterns[place]
        found += [
            (pattern.rank, match.start(), -match.end(), pattern.concept)
            for match in pattern.expression.finditer(text)
            if match.group()
        ]
    mentions: list[Mention] = []
    for _rank, start, end, concept in sorted(found):
        last = mentions[-1] if mentions else None
        if last is None or last.concept != concept or start >= last.end:
            mentions.append(Mention(concept, start, -end))
    return mentions if len(mentions) <= MOST_OF_ONE else _thinned(mentions)


def _thinned(mentions: list[Mention]) -> list[Mention]:
    """Of a concept named over and over the first and the last mentions: crafted text must not cost more than others."""
    kept: list[Mention] = []
    for _concept, group in groupby(mentions, key=lambda one: one.concept):
        alike = list(group)
        half = MOST_OF_ONE // 2
        kept += alike if len(alike) <= MOST_OF_ONE else alike[:half] + alike[-half:]
    return kept
