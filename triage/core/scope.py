"""What stands around a mention: denied, told of somebody else, quoted, past, a manner of speaking, a question of work.

Scope is read inside the clause that holds the mention, and for frames (quotation, fiction, work) inside the sentence.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from triage.core.concepts import LEXICON, Mention

SHORT = 14
"""Characters of a text that is one bare statement: what it names is taken to be now."""
_CLAUSE = re.compile(
    r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])|[。！？!?；;，,\n、…]|\.(?:\s|$)|\bbut\b|但是?|可是?|不过|只是"
)
_SENTENCE = re.compile(r"[。！？!?\n]|\.(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Patterns:
    """One language's patterns; the data file says what each is for."""

    negated: re.Pattern[str]
    flipped: re.Pattern[str]
    third: re.Pattern[str]
    first: re.Pattern[str]
    quoted: re.Pattern[str]
    work: re.Pattern[str]
    past: re.Pattern[str]
    still: re.Pattern[str]
    over: re.Pattern[str]
    idiom: re.Pattern[str]
    feared: re.Pattern[str]
    ongoing: re.Pattern[str]
    recent: re.Pattern[str]


@lru_cache(maxsize=4)
def _patterns(language: str) -> Patterns:
    with (LEXICON / f"scope.{language}.toml").open("rb") as file:
        return Patterns(**{name: re.compile(pattern) for name, pattern in tomllib.load(file).items()})


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
    clause_edges = _edges(_CLAUSE, text)
    sentence_edges = _edges(_SENTENCE, text)
    idioms = [found.span() for found in _patterns(language).idiom.finditer(text)]
    return [_scope(text, language, one, clause_edges, sentence_edges, idioms) for one in mentions]


def _edges(pattern: re.Pattern[str], text: str) -> list[int]:
    return [0, *(found.end() for found in pattern.finditer(text)), len(text)]


def _around(edges: list[int], start: int) -> tuple[int, int]:
    """The stretch between two edges that holds ``start``."""
    after = bisect_right(edges, start)
    return edges[max(0, after - 1)], edges[min(after, len(edges) - 1)]


def _scope(
    text: str,
    language: str,
    mention: Mention,
    clauses: list[int],
    sentences: list[int],
    idioms: list[tuple[int, int]],
) -> Scoped:
    patterns = _patterns(language)
    begin, _end = _around(clauses, mention.start)
    opening, closing = _around(sentences, mention.start)
    before = text[max(begin, mention.start - 40) : mention.start]
    sentence = text[max(opening, mention.start - 160) : min(closing, mention.end + 160)]
    nearby = text[max(0, mention.start - 120) : mention.end + 120]
    flipped = bool(patterns.flipped.search(before))
    first = patterns.first.search(before)
    third = patterns.third.search(before) or patterns.third.search(text[opening : mention.start])
    past = bool(patterns.past.search(sentence)) and not patterns.still.search(nearby)
    return Scoped(
        mention,
        negated=not flipped and bool(patterns.negated.search(before) or patterns.feared.search(before)),
        flipped=flipped,
        third=third is not None and (first is None or first.start() < third.start()),
        framed=bool(patterns.quoted.search(nearby) or patterns.work.search(nearby)),
        past=past or (bool(patterns.over.search(nearby)) and bool(patterns.past.search(nearby))),
        still=len(text) <= SHORT or bool(patterns.ongoing.search(sentence)),
        recent=bool(patterns.recent.search(sentence)),
        idiom=any(start < mention.end and mention.start < end for start, end in idioms),
    )
