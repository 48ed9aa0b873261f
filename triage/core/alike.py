"""Words that are written as others that sound or look like them: 割碗 for 割腕, 5u1c1d3.

A spelling is scored, not asserted (``lexicon/alike.*.toml``, to which a site may add): a sure one counts as the word
that it stands for; one that may be what it says is a hint. The text is read a second time with those words, and only
what rests on them is taken from that reading; the model sees the text as it was written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from triage.core import additions, concepts, scope
from triage.core.concepts import LEXICON, Mention
from triage.core.scope import Scoped

SURE, PERHAPS = "sure", "perhaps"
"""How a site's entry names the weight of a spelling: the second of word, weight and the words that speak against it."""
SPELT = "spelt"
"""The key of the words that are known with digits and signs for letters."""
MOST = 24
"""Spellings of one text that are looked at."""
REACH = 60
"""Characters on either side of a spelling in which its clause is looked for."""
_UNSAID = frozenset({"time", "protective"})
"""Concepts that by themselves say nothing, so that they are no hint."""
_CLAUSE = re.compile(r"[。！？!?；;，,、….\n]")
_LETTERS = str.maketrans("0134578@$!", "oleastbasi")
_OR_I = str.maketrans("0134578@$!", "oieastbasi")
"""The same, with a 1 for an i."""
_MIXED = re.compile(r"[0-9@$!](?:(?=[a-z])|(?<=[a-z][0-9@$]))")
_TOKEN = re.compile(r"[a-z0-9@$!]*[a-z0-9@$]")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a spelling stands for.

    Attributes:
        word: what is read in its place.
        sure: whether it counts as that word; else it may be what it says.
        unless: words of which none stands in its clause where it is not what it says.
    """

    word: str
    sure: bool
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One language's spellings.

    Attributes:
        spellings: by how they are written.
        by_first: the same by their first character.
        spelt: words that are known with digits and signs for letters.
    """

    spellings: Mapping[str, Spelling]
    by_first: Mapping[str, tuple[str, ...]]
    spelt: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    word: str
    sure: bool


@lru_cache(maxsize=4)
def _table(language: str) -> Table:
    with (LEXICON / f"alike.{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    spelt = frozenset(data.pop(SPELT, "").split())
    spellings = {
        written: Spelling(one["word"], one["sure"], tuple(one.get("unless", ()))) for written, one in data.items()
    }
    for written, (word, weight, *unless) in additions.current().alike.get(language, {}).items():
        spellings.setdefault(written, Spelling(word, weight == SURE, tuple(unless)))
    by_first: dict[str, tuple[str, ...]] = {}
    for written in sorted(spellings, key=len, reverse=True):
        by_first[written[0]] = (*by_first.get(written[0], ()), written)
    return Table(spellings, by_first, spelt)


def read_anew() -> None:
    """Forget the table: it is read again at the next text, with what the site adds then."""
    _table.cache_clear()


def read(text: str, language: str | None) -> tuple[Scoped, ...]:
    """The concepts that rest on words which a normalised text spells as others, with their scope."""
    found: list[Scoped] = []
    for one in (language,) if language else ("zh", "en"):
        spelt = sorted(islice(_spelt(text, _table(one)), MOST), key=lambda spelling: spelling.start)
        if spelt:
            found += _read_so(text, one, spelt)
    return tuple(found)


def _spelt(text: str, table: Table) -> Iterator[_Found]:
    """What is spelt so in a text; no two lie over each other."""
    taken: list[tuple[int, int]] = []
    written = [one for first, some in table.by_first.items() if first in text for one in some if one in text]
    for match in re.finditer("|".join(map(re.escape, written)), text) if written else ():
        spelling = table.spellings[match[0]]
        start, end = match.span()
        if _is_whole(text, start, end) and not _means_itself(text, start, end, spelling):
            taken.append((start, end))
            yield _Found(start, end, spelling.word, spelling.sure)
    if not table.spelt or not _MIXED.search(text):
        return
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if not _MIXED.search(match[0]) or any(start < other[1] and other[0] < end for other in taken):
            continue
        for letters in (_OR_I, _LETTERS):
            word = match[0].translate(letters)
            if word in table.spelt:
                yield _Found(start, end, word, sure=True)
                break


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a spelling in letters is no piece of a longer word."""
    return not (
        (_is_letter(text[start]) and start > 0 and _is_letter(text[start - 1]))
        or (_is_letter(text[end - 1]) and end < len(text) and _is_letter(text[end]))
    )


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _means_itself(text: str, start: int, end: int, spelling: Spelling) -> bool:
    """Whether the clause says that a spelling is what it says."""
    if not spelling.unless:
        return False
    before = max((match.end() for match in _CLAUSE.finditer(text, max(0, start - REACH), start)), default=start - REACH)
    behind = _CLAUSE.search(text, end, end + REACH)
    clause = f"{text[max(0, before) : start]} {text[end : behind.start() if behind else end + REACH]}"
    if text.isascii():
        words = set(re.findall(r"[a-z0-9']+", clause))
        return not words.isdisjoint(spelling.unless)
    return any(word in clause for word in spelling.unless)


def _read_so(text: str, language: str, spelt: list[_Found]) -> Iterator[Scoped]:
    """What the text says with the words that are meant; places are those of the spellings."""
    pieces: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    last = 0
    for one in [*spelt, _Found(len(text), len(text), "", sure=True)]:
        kept = range(last, one.start)
        pieces += (text[last : one.start], one.word)
        begins += [*kept, *([one.start] * len(one.word))]
        ends += [*(place + 1 for place in kept), *([one.end] * len(one.word))]
        last = one.end
    respelt = "".join(pieces)
    for scoped in scope.read(respelt, language, concepts.find(respelt, language).mentions):
        mention = scoped.mention
        start, end = begins[mention.start], ends[mention.end - 1]
        under = [one for one in spelt if one.start < end and start < one.end]
        if not under:
            continue
        if all(one.sure for one in under):
            yield replace(scoped, mention=Mention(mention.concept, start, end))
        elif mention.concept not in _UNSAID:
            yield replace(scoped, mention=Mention("hint", start, end))
