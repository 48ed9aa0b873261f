"""What the linear model sees of a text: pieces of its spelling, kinds of words, and its concepts with their scope.

Pure Python, so that training and serving read a text in the very same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from triage.core import words
from triage.core.scope import Scoped

_WORD = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
_DIGITS = re.compile(r"\d+")
_CLAUSE_ZH = re.compile(r"[\s,，。、！？!?…；;:：.~]+")
_CLAUSE_EN = re.compile(r"[,.!?;:\n…]+")
ALWAYS, ALWAYS_COUNT = "<>", 15
"""A feature of every text, so many times: a text of one or two characters must not weigh as much as a whole story."""
_ALWAYS = [ALWAYS] * ALWAYS_COUNT
CONCEPT_WEIGHT = 2
"""How many times a concept counts beside single grams: they are few, and a gram is many."""


LENGTH_WEIGHT = 2
MOST_CLAUSES = 4


class Shape(NamedTuple):
    """What is counted of a text, or of a part of one: its clauses, its characters without gaps, its words and signs."""

    clauses: int
    characters: int
    tokens: int


def features(text: str, language: str, scoped: Sequence[Scoped]) -> list[str]:
    """The features of a normalised text, with repeats.

    Chinese: characters, pairs and triples. English: words, pairs of words, words with one between them, and four
    letters in a row, across words too, which survive typing errors. Both: how each clause begins and ends, how long
    the text is and of how many clauses. Kinds of words: ``k:<kind>``, ``k:<kind>-`` when denied. Concepts:
    ``c:<concept>:<scope>``. Pairs of kinds were measured and told nothing more.
    """
    written = plain(text)
    found, shape = inside(written, language)
    return found + about(written, shape.clauses, words.kinds(written, language), scoped)


def plain(text: str) -> str:
    """A text as its spelling is read: a number is a number."""
    return _DIGITS.sub("0", text)


def inside(written: str, language: str) -> tuple[list[str], Shape]:
    """The features of a text's spelling. Of lines in a row: those of each line, and what is :func:`across` them."""
    return _chinese(written) if language == "zh" else _english(written)


def across(written: str, language: str, shapes: Sequence[Shape]) -> list[str]:
    """The features of the spelling of lines in a row that no line has by itself; ``shapes`` of the lines."""
    if language == "zh":
        dense = "".join(written.split())
        pairs, triples = _over([shape.characters for shape in shapes], len(dense))
        return [dense[i : i + 2] for i in pairs] + [dense[i : i + 3] for i in triples]
    tokens = _WORD.findall(written)
    pairs, triples = _over([shape.tokens for shape in shapes], len(tokens))
    found = [f"w:{tokens[i]} {tokens[i + 1]}" for i in pairs]
    found += [f"w:{tokens[i]} _ {tokens[i + 2]}" for i in triples]
    padded = _padded(written)
    # Lines share the gap between them: what holds it at its beginning or its end belongs to one of them.
    gaps = [*accumulate(shape.characters + 1 for shape in shapes if shape.characters)][:-1]
    starts = {start for gap in gaps for start in (gap - 2, gap - 1) if 0 <= start <= len(padded) - 4}
    return found + [padded[i : i + 4] for i in starts]


def _over(sizes: Sequence[int], length: int) -> tuple[set[int], set[int]]:
    """Where pairs and triples begin that lie over the end of a line, of lines of these sizes."""
    ends = [*accumulate(sizes)][:-1]
    triples = {start for end in ends for start in (end - 2, end - 1) if 0 <= start <= length - 3}
    return {end - 1 for end in ends if 0 < end < length}, triples


def about(written: str, clauses: int, kinds: Iterable[str], scoped: Sequence[Scoped]) -> list[str]:
    """The features of a text as a whole."""
    found = [f"len:{len(written).bit_length()}", f"clauses:{min(MOST_CLAUSES, clauses)}"] * LENGTH_WEIGHT
    found += [f"k:{kind}" for kind in kinds]
    found += _ALWAYS
    for one in scoped:
        found += [f"c:{one.mention.concept}:{_scope_of(one)}"] * CONCEPT_WEIGHT
    return found


def _scope_of(one: Scoped) -> str:
    if one.idiom:
        return "idiom"
    if one.framed:
        return "framed"
    if one.negated:
        return "negated"
    if one.past:
        return "past"
    return "third" if one.third else "now"


def _chinese(text: str) -> tuple[list[str], Shape]:
    dense = "".join(text.split())
    found = list(dense)
    found += [dense[i : i + 2] for i in range(len(dense) - 1)]
    found += [dense[i : i + 3] for i in range(len(dense) - 2)]
    clauses = [clause for clause in _CLAUSE_ZH.split(text) if clause]
    for clause in clauses:
        found += ("^" + clause[:1], "^" + clause[:2], clause[-1:] + "$", clause[-2:] + "$")
    return found, Shape(len(clauses), len(dense), 0)


def _english(text: str) -> tuple[list[str], Shape]:
    tokens = _WORD.findall(text)
    found = [f"w:{token}" for token in tokens]
    found += [f"w:{first} {second}" for first, second in pairwise(tokens)]
    found += [f"w:{first} _ {third}" for first, third in zip(tokens, tokens[2:], strict=False)]
    padded = _padded(text)
    found += [padded[i : i + 4] for i in range(len(padded) - 3)]
    clauses = 0
    for clause in _CLAUSE_EN.split(text):
        inside = clause.split()
        if inside:
            clauses += 1
            found += ("^" + inside[0], "^" + " ".join(inside[:2]), inside[-1] + "$", " ".join(inside[-2:]) + "$")
    return found, Shape(clauses, len(padded) - 2, len(tokens))


def _padded(text: str) -> str:
    return f" {' '.join(text.split())} "
