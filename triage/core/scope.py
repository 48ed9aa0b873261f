"""What stands around a mention: denied, told of somebody else, quoted, past, a manner of speaking, a question of work.

Scope is read inside the clause that holds the mention, and for frames (quotation, fiction, work) inside the sentence.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from triage.core import additions, needles
from triage.core.concepts import LEXICON, Mention

EVERYDAY = frozenset(
    {"underway", "attempt", "method", "means", "place", "self_harm", "violence_suffered", "violence_intended"}
)
"""Concepts that a chore, a meal, a game or a mishap explains: a blade and blood in a kitchen."""
JOKES = frozenset({"intent", "coded", "violence_intended"})
"""Concepts that laughter takes back. What is under way or at hand, laughter does not."""
_WRITER = ("我", "俺", "i ", "i'", "im ", "ive ")
"""How a mention begins that names its own subject, the writer."""
SHORT = 14
"""Characters of a text that is one bare statement: what it names is taken to be now."""
# What an edge begins with stands first, and the rest is looked at then: several times quicker.
_CLAUSE = re.compile(
    r"[\s。！？!?；;，,、….b但可不只](?:(?<=[\u4e00-\u9fff]\s)\s*(?=[\u4e00-\u9fff])|(?<=[。！？!?；;，,\n、…])"
    r"|(?<=\.)(?:\s|$)|(?<=\bb)ut\b|(?<=[但可])是?|(?<=不)过|(?<=只)是)"
)
_CLAUSE_ASCII = re.compile(r"[!?;,\n.b](?:(?<=[!?;,\n])|(?<=\.)(?:\s|$)|(?<=\bb)ut\b)")
"""The same where nothing else can occur, and a space is none."""
_SENTENCE = re.compile(r"[。！？!?\n.](?:(?<!\.)|\s|$)")


GATED = ("idiom", "past", "third")
"""Patterns that begin with anything, which makes them costly: in Chinese what they need is looked for first."""


@dataclass(frozen=True, slots=True)
class Gated:
    """A pattern, and one of mere words of which a text must hold one for it to match."""

    words: re.Pattern[str]
    expression: re.Pattern[str]

    def search(self, text: str, begin: int = 0) -> re.Match[str] | None:
        """The first match from ``begin`` on."""
        return self.expression.search(text, begin) if self.words.search(text, begin) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches."""
        return self.expression.finditer(text) if self.words.search(text) else iter(())


Sought = re.Pattern[str] | Gated


@dataclass(frozen=True, slots=True)
class Patterns:
    """One language's patterns; the data file says what each is for."""

    negated: Sought
    flipped: Sought
    third: Sought
    first: Sought
    told: Sought
    retracted: Sought
    quoted: Sought
    work: Sought
    everyday: Sought
    joke: Sought
    past: Sought
    still: Sought
    over: Sought
    idiom: Sought
    feared: Sought
    ongoing: Sought
    recent: Sought


@lru_cache(maxsize=4)
def _patterns(language: str) -> Patterns:
    with (LEXICON / f"scope.{language}.toml").open("rb") as file:
        patterns = tomllib.load(file)
    added = additions.current().scopes.get(language, {})
    return Patterns(
        **{name: _sought(name, [pattern, *added.get(name, ())], language) for name, pattern in patterns.items()}
    )


def read_anew() -> None:
    """Forget the lexicon: it is read again at the next text, with what the site adds then."""
    _patterns.cache_clear()


def _sought(name: str, patterns: list[str], language: str) -> Sought:
    """What the shipped pattern finds, and those that a site added."""
    expression = re.compile(patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns))
    if language != "zh" or name not in GATED:
        return expression
    needs = [needles.read(one).needs for one in patterns]
    if not all(needs):
        return expression
    words = {word for one in needs for word in one[0]}
    return Gated(re.compile("|".join(map(re.escape, sorted(words)))), expression)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A mention and what stands around it."""

    mention: Mention
    negated: bool = False
    flipped: bool = False
    third: bool = False
    framed: bool = False
    """Quoted, fiction, game or news, or a question of work or study."""
    past: bool = False
    """Past and, as far as the sentence tells, resolved."""
    idiom: bool = False
    still: bool = False
    """Something nearby says that it goes on, or the text is too short to say so."""

    recent: bool = False
    """It happened days or weeks ago, not years."""

    @property
    def stands(self) -> bool:
        """Whether the mention speaks for what it names, of whomever."""
        return not (self.negated or self.framed or self.idiom)

    @property
    def now_self(self) -> bool:
        """Whether it speaks of the writer, now."""
        return self.stands and not self.third and not self.past


def read(text: str, language: str, mentions: list[Mention]) -> list[Scoped]:
    """Each mention with its scope."""
    if not mentions:
        return []
    clauses, sentences = _edges(_CLAUSE_ASCII if text.isascii() else _CLAUSE, text), _edges(_SENTENCE, text)
    patterns = _patterns(language)
    idioms = [found.span() for found in patterns.idiom.finditer(text)]
    return [_scope(text, patterns, one, clauses, sentences, idioms) for one in mentions]


def _edges(pattern: re.Pattern[str], text: str) -> list[int]:
    return [0, *(found.end() for found in pattern.finditer(text)), len(text)]


def _around(edges: list[int], start: int) -> tuple[int, int]:
    """The stretch between two edges that holds ``start``."""
    after = bisect_right(edges, start)
    return edges[max(0, after - 1)], edges[min(after, len(edges) - 1)]


def _scope(
    text: str,
    patterns: Patterns,
    mention: Mention,
    clauses: list[int],
    sentences: list[int],
    idioms: list[tuple[int, int]],
) -> Scoped:
    begin, _end = _around(clauses, mention.start)
    opening, closing = _around(sentences, mention.start)
    before = text[max(begin, mention.start - 40) : mention.start]
    behind = text[mention.end : mention.end + 16]
    sentence = text[max(opening, mention.start - 160) : min(closing, mention.end + 160)]
    nearby = text[max(0, mention.start - 120) : mention.end + 120]
    flipped = bool(patterns.flipped.search(before) or patterns.retracted.search(behind))
    past = bool(patterns.past.search(sentence)) and not patterns.still.search(nearby)
    return Scoped(
        mention,
        negated=not flipped and bool(patterns.negated.search(before) or patterns.feared.search(before)),
        flipped=flipped,
        third=_is_third(patterns, text, mention, before, max(opening, mention.start - 160)),
        framed=bool(patterns.quoted.search(nearby) or patterns.work.search(nearby))
        or (mention.concept in EVERYDAY and bool(patterns.everyday.search(sentence)))
        or (mention.concept in JOKES and bool(patterns.joke.search(nearby))),
        past=past or (bool(patterns.over.search(nearby)) and bool(patterns.past.search(nearby))),
        still=len(text) <= SHORT or bool(patterns.ongoing.search(sentence)),
        recent=bool(patterns.recent.search(sentence)),
        idiom=any(start < mention.end and mention.start < end for start, end in idioms),
    )


def _is_third(patterns: Patterns, text: str, mention: Mention, before: str, opening: int) -> bool:
    """Whether somebody else is spoken of: the person named last before a mention, or whoever is said to say it."""
    third = _last(patterns.third, before)
    own = text.startswith(_WRITER, mention.start)
    if third < 0:
        return not own and bool(
            patterns.third.search(text[opening : mention.start]) and not patterns.first.search(before)
        )
    first = len(before) if own else _last(patterns.first, before)
    return first < third or bool(patterns.told.search(before[third:first]))


def _last(pattern: Sought, text: str) -> int:
    """Where the last match begins that ends with ``text``; -1 where there is none."""
    start = -1
    found = pattern.search(text)
    while found:
        start = found.start()
        found = pattern.search(text, start + 1)
    return start
