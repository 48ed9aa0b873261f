"""Words of one kind: 绳子 and 皮带, a rope and a cord. What a linear model learns of one then holds for the others.

The kinds are data (``lexicon/words.*.toml``), so that a site may add its own words. A kind asserts nothing by itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from triage.core.concepts import LEXICON

_WORD = re.compile(r"[a-z0-9'&-]+")
_DENIED_ZH = frozenset("没不别未无勿")
_DENIED_EN = frozenset(
    "not no never don't dont didn't wasn't isn't won't can't haven't without wouldn't n't aren't".split()
)


class Kind(NamedTuple):
    """A word of a kind: the ``order``-th word or character of the text; ``denied`` when a negation stands before it."""

    order: int
    name: str
    denied: bool


@dataclass(frozen=True, slots=True)
class Dictionary:
    """One language's words with their kinds.

    Attributes:
        by_length: by length, in characters for Chinese, in words for English.
        by_first: the same words by their first character.
    """

    by_length: Mapping[int, Mapping[str, tuple[str, ...]]]
    by_first: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]


@lru_cache(maxsize=4)
def _dictionary(language: str) -> Dictionary:
    with (LEXICON / f"words.{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    separator = " " if language == "zh" else "|"
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for name, words in data.items():
        for word in words.split(separator):
            length = len(word) if language == "zh" else len(word.split())
            kinds = found.setdefault(length, {})
            kinds[word] = tuple(dict.fromkeys((*kinds.get(word, ()), name)))
    first: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kinds in found.values():
        for word, names in kinds.items():
            first.setdefault(word[0], []).append((word, names))
    return Dictionary(found, {char: tuple(some) for char, some in first.items()})


def find(text: str, language: str) -> list[Kind]:
    """The words of a normalised text that have a kind, each at its first place. Linear in the length of the text."""
    found: list[Kind] = []
    if language == "zh":
        by_first = _dictionary(language).by_first
        for char in by_first.keys() & set(text):
            for word, names in by_first[char]:
                start = text.find(word)
                if start >= 0:
                    denied = not _DENIED_ZH.isdisjoint(text[max(0, start - 2) : start])
                    found += [Kind(start, name, denied) for name in names]
        return sorted(found)
    tokens = _WORD.findall(text)
    for length, words in _dictionary(language).by_length.items():
        places: dict[str, int] = {}
        for start in range(len(tokens) - length + 1):
            places.setdefault(" ".join(tokens[start : start + length]) if length > 1 else tokens[start], start)
        for word in places.keys() & words.keys():
            start = places[word]
            denied = not _DENIED_EN.isdisjoint(tokens[max(0, start - 3) : start])
            found += [Kind(start, name, denied) for name in words[word]]
    return sorted(found)
