"""What a text speaks of: concepts with their spans.

The patterns are data (``lexicon/*.toml``), to which a site may add its own (see additions.py).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from triage.core import additions, needles

MOST_OF_ONE = 24
"""Mentions of one concept that are looked at."""
GRAM = {"zh": 2, "en": 4}
"""Neighbouring characters by which needed words are looked up: so many that few texts hold them without the word."""
LEXICON = Path(__file__).with_name("lexicon")
_WORDS = re.compile(r"<(\w+)>")
"""In a pattern, the name of a group of words that the lexicon's table ``words`` holds."""

CONCEPTS = (
    "underway", "intent", "plan", "method", "means", "place", "time", "farewell", "attempt", "self_harm",
    "violence_suffered", "violence_intended", "wish", "hopeless", "burden", "coded", "hint", "protective",
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
    """One pattern of a concept.

    Attributes:
        expression: compiled when first it is tried: most of many hundreds never are in a day.
        needs: words of which a text must hold one for it to match; None: any text may.
        crosses: whether it may match over lines, or knows where a text begins or ends.
        begins: how other words begin, in GRAM characters, of which a text must hold one as well, of each set one.
    """

    concept: str
    rank: int
    expression: str
    needs: frozenset[str] | None
    crosses: bool
    begins: tuple[frozenset[str], ...]


Index = Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's patterns.

    Attributes:
        patterns: in no order that matters.
        always: those that may match any text.
        index: GRAM characters of needed words -> those words, and the places of the patterns that need them. Of each
            word those characters that the fewest other words hold.
        short: the same by the first character, for words that are shorter.
    """

    patterns: tuple[Pattern, ...]
    always: tuple[int, ...]
    index: Index
    short: Index


@lru_cache(maxsize=4)
def _lexicon(language: str) -> Lexicon:
    with (LEXICON / f"{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    added = additions.current()
    words = groups(data.pop("words", {}), added.groups.get(language, {}))
    unknown = set(data) - set(CONCEPTS)
    if unknown:
        raise ValueError(f"{language}.toml names concepts that nobody knows: {sorted(unknown)}")
    size = GRAM[language]
    patterns = tuple(
        _pattern(name, rank, spelt_out(pattern, words), size)
        for rank, name in enumerate(CONCEPTS)
        for pattern in (*data.get(name, {}).get("patterns", ()), *added.concepts.get(language, {}).get(name, ()))
    )
    wanted: dict[str, list[int]] = {}
    for place, pattern in enumerate(patterns):
        for needle in pattern.needs or ():
            wanted.setdefault(needle, []).append(place)
    held = Counter(gram for needle in wanted for gram in _grams(needle, size))
    return Lexicon(
        patterns,
        always=tuple(place for place, pattern in enumerate(patterns) if pattern.needs is None),
        index=_index(wanted, lambda word: min(_grams(word, size), key=held.__getitem__, default=None)),
        short=_index(wanted, lambda word: word[0] if len(word) < size else None),
    )


def read_anew() -> None:
    """Forget the lexicon: it is read again at the next text, with what the site adds then."""
    _lexicon.cache_clear()


def groups(shipped: Mapping[str, str], added: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What each group stands for in a pattern: the shipped alternatives first, then those of the site."""
    names = dict.fromkeys([*shipped, *added])
    choices = {name: [*filter(None, [shipped.get(name)]), *map(re.escape, added.get(name, ()))] for name in names}
    return {name: f"(?:{'|'.join(choice)})" for name, choice in choices.items()}


def spelt_out(pattern: str, words: Mapping[str, str]) -> str:
    """A pattern with the groups that it names in <>.

    Raises:
        KeyError: there is no such group.
    """
    return _WORDS.sub(lambda group: words[group[1]], pattern)


def _pattern(concept: str, rank: int, expression: str, size: int) -> Pattern:
    needs, crosses = needles.read(expression)
    begins = (frozenset(word[:size] for word in one) for one in needs[1:] if min(map(len, one)) >= size)
    return Pattern(concept, rank, expression, needs[0] if needs else None, crosses, tuple(begins))


def _grams(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(len(text) - size + 1)]


def _index(wanted: Mapping[str, list[int]], key_of: Callable[[str], str | None]) -> Index:
    found: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for word, places in wanted.items():
        key = key_of(word)
        if key is not None:
            found.setdefault(key, []).append((word, tuple(places)))
    return {key: tuple(some) for key, some in found.items()}


Match = tuple[int, int, int, str]
"""A pattern's rank, where it matched and, below 0, to where, and its concept: in the order in which mentions stand."""


class Found(NamedTuple):
    """What was found in a text.

    Attributes:
        mentions: all, the gravest first.
        within: what patterns matched that do not cross lines.
        over: the places of patterns that cross lines, and of which the text holds a needed word.
    """

    mentions: list[Mention]
    within: tuple[Match, ...]
    over: tuple[int, ...]


NOTHING = Found([], (), ())


def find(text: str, language: str) -> Found:
    """All mentions in a normalised text, the gravest first; of overlapping ones of one concept the longest."""
    lexicon = _lexicon(language)
    size = GRAM[language]
    grams = {text[start : start + size] for start in range(len(text) - size + 1)}
    within: list[Match] = []
    crossing: list[Match] = []
    over: list[int] = []
    for place in _possible(text, lexicon, grams):
        pattern = lexicon.patterns[place]
        if pattern.crosses:
            over.append(place)
        if not any(map(grams.isdisjoint, pattern.begins)):
            (crossing if pattern.crosses else within).extend(_matches(pattern, text))
    return Found(_mentions(within + crossing), tuple(within), tuple(over))


def find_together(text: str, language: str, lines: Iterable[tuple[int, Found]]) -> list[Mention]:
    """The same mentions as :func:`find` in a text of several lines, of each of which it is known what was found there.

    Args:
        text: the lines, joined by ends of lines.
        language: as which all were read.
        lines: of each where it begins, and what was found in it.
    """
    patterns = _lexicon(language).patterns
    found: list[Match] = []
    over: set[int] = set()
    for begins, line in lines:
        found += [(rank, start + begins, end - begins, concept) for rank, start, end, concept in line.within]
        over.update(line.over)
    for place in over:
        found += _matches(patterns[place], text)
    return _mentions(found)


def _possible(text: str, lexicon: Lexicon, grams: Set[str]) -> set[int]:
    """The places of the patterns of which the text holds a word that they need."""
    found = set(lexicon.always)
    for index, keys in ((lexicon.index, grams), (lexicon.short, set(text))):
        for key in index.keys() & keys:
            for needle, places in index[key]:
                if needle in text:
                    found.update(places)
    return found


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _matches(pattern: Pattern, text: str) -> Iterator[Match]:
    for match in _compiled(pattern.expression).finditer(text):
        start, end = match.span()
        if end > start:
            yield pattern.rank, start, -end, pattern.concept


def _mentions(found: list[Match]) -> list[Mention]:
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
