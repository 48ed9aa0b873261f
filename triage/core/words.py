"""Words of one kind: 绳子 and 皮带, a rope and a cord. What a linear model learns of one then holds for the others.

The kinds are data (``lexicon/words.*.toml``), to which a site may add its own words (see additions.py). A kind asserts
nothing by itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from triage.core import additions
from triage.core.concepts import LEXICON

_WORD = re.compile(r"[a-z0-9'&-]+")
_DENIED_ZH = frozenset("没不别未无勿")
_DENIED_EN = frozenset(
    "not no never don't dont didn't wasn't isn't won't can't haven't without wouldn't n't aren't".split()
)


Marks = tuple[tuple[str, ...], tuple[str, ...]]
"""The kinds of a word as they are marked when it stands as it is, and when a negation stands before it."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """One language's words with their kinds.

    Attributes:
        marks: of each word.
        index: how words begin, in Chinese by two characters, in English by one word -> those words, and of English ones
            the words that follow.
        single: Chinese words of one character.
    """

    marks: Mapping[str, Marks]
    index: Mapping[str, tuple[tuple[str, list[str]], ...]]
    single: frozenset[str]


@lru_cache(maxsize=4)
def _dictionary(language: str) -> Dictionary:
    with (LEXICON / f"words.{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    kinds: dict[str, dict[str, None]] = {}
    for name, words in data.items():
        for word in words.split(None if language == "zh" else "|"):
            kinds.setdefault(word, {})[name] = None
    for name, more in additions.current().kinds.get(language, {}).items():
        for word in more:
            kinds.setdefault(word, {})[name] = None
    index: dict[str, list[tuple[str, list[str]]]] = {}
    for word in kinds:
        first, *rest = [word[:2]] if language == "zh" else word.split()
        index.setdefault(first, []).append((word, rest))
    return Dictionary(
        marks={word: (tuple(names), tuple(f"{name}-" for name in names)) for word, names in kinds.items()},
        index={begin: tuple(some) for begin, some in index.items()},
        single=frozenset(word for word in kinds if language == "zh" and len(word) == 1),
    )


def read_anew() -> None:
    """Forget the lexicon: it is read again at the next text, with what the site adds then."""
    _dictionary.cache_clear()


def kinds(text: str, language: str) -> set[str]:
    """The kinds of the words of a normalised text, each word at its first place; "<kind>-" when it is denied there.

    Linear in the length of the text.
    """
    return marks_of(text, words_of(text)) if language == "zh" else _english(text)


def words_of(text: str) -> list[str]:
    """The words of a Chinese text that have a kind."""
    dictionary = _dictionary("zh")
    found = [*dictionary.single.intersection(text)]
    for begin in dictionary.index.keys() & {text[start : start + 2] for start in range(len(text) - 1)}:
        found += [word for word, _more in dictionary.index[begin] if word in text]
    return found


def marks_of(text: str, words: Iterable[str]) -> set[str]:
    """The kinds of these words, all of which the Chinese text holds."""
    marks = _dictionary("zh").marks
    found: set[str] = set()
    for word in words:
        start = text.find(word)
        found.update(marks[word][not _DENIED_ZH.isdisjoint(text[max(0, start - 2) : start])])
    return found


def _english(text: str) -> set[str]:
    dictionary = _dictionary("en")
    tokens = _WORD.findall(text)
    found: set[str] = set()
    seen: set[str] = set()
    for start, token in enumerate(tokens):
        for word, more in dictionary.index.get(token, ()):
            if word in seen or (more and tokens[start + 1 : start + 1 + len(more)] != more):
                continue
            seen.add(word)
            found.update(dictionary.marks[word][not _DENIED_EN.isdisjoint(tokens[max(0, start - 3) : start])])
    return found
