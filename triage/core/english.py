"""Words that are known to be English, slang and names among them. The list is data (``lexicon/common.en.toml``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_LIST = Path(__file__).with_name("lexicon") / "common.en.toml"
_TOKEN = re.compile(r"[a-z0-9'\u00df-\u024f\u1e00-\u1eff]+")
_LETTER = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]")
SHORT = 3
"""Words up to which a text is too short for a share of them to tell anything."""
LEAST_KNOWN = 0.4
"""The share of a longer text's words that must be known."""
MOSTLY = 0.8
"""The share of words that must be known in reverse for a text to be written so."""
MISSPELT = 5
"""Letters from which on a word may miss, double or mistake one of them."""
MOST_TOKENS = 80
"""Words that are looked at."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Known words.

    Attributes:
        clear: English ones.
        shared: those that other languages have too.
        alone: names and greetings, known in short texts only.
        nearly: long ones of ``clear`` less a letter.
    """

    clear: frozenset[str]
    shared: frozenset[str]
    alone: frozenset[str]
    nearly: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    with _LIST.open("rb") as file:
        data = tomllib.load(file)
    clear = frozenset(data["common"].split())
    long = (word for word in clear if len(word) >= MISSPELT)
    nearly = frozenset(less for word in long for less in _less(word))
    return _Words(clear, frozenset(data["shared"].split()), frozenset(data["names"].split()), nearly)


def _less(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def is_known(word: str) -> bool:
    """Whether a lower-case word is one of the list."""
    words = _words()
    return word in words.clear or word in words.shared


def looks_english(text: str) -> bool:
    """Whether a normalised text in Latin letters is English.

    A short one must be known as a whole, or hold at least as many words that only English has as unknown ones; of a
    longer one a share must be known, and one word in ten be English only. One that is English from its end to its
    beginning is noise.
    """
    tokens = [word for word in _TOKEN.findall(text.replace("’", "'")) if _LETTER.search(word)][:MOST_TOKENS]
    words = _words()
    clear = sum(word in words.clear for word in tokens)
    shared = sum(word in words.shared for word in tokens)
    if len(tokens) > SHORT:
        known = clear + shared
        if clear < max(1, len(tokens) // 10) or known < LEAST_KNOWN * len(tokens):
            return False
        return known >= MOSTLY * len(tokens) or not _is_reversed(tokens, known)
    clear += sum(word in words.alone for word in tokens)
    unknown = len(tokens) - clear - shared
    return unknown <= clear or all(is_known(word) or _is_misspelt(word) for word in tokens)


def _is_reversed(tokens: list[str], known: int) -> bool:
    """Whether most words are known from their end to their beginning, and more than the other way."""
    turned = sum(is_known(word[::-1]) for word in tokens)
    return turned > known and turned >= MOSTLY * len(tokens)


def _is_misspelt(word: str) -> bool:
    """Whether a long word is a known one but for a letter that is missing, too many, or another."""
    if len(word) < MISSPELT:
        return False
    words = _words()
    return word in words.nearly or any(less in words.clear or less in words.nearly for less in _less(word))
