"""What the linear model sees of a text: pieces of its spelling, kinds of words, and its concepts with their scope.

Pure Python, so that training and serving read a text in the very same way.
"""

from __future__ import annotations

import re
from itertools import pairwise

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


def features(text: str, language: str, scoped: list[Scoped]) -> list[str]:
    """The features of a normalised text, with repeats.

    Chinese: characters, pairs and triples. English: words, pairs of words, words with one between them, and four
    letters in a row, across words too, which survive typing errors. Both: how each clause begins and ends, how long
    the text is and of how many clauses. Kinds of words: ``k:<kind>``, ``k:<kind>-`` when denied. Concepts:
    ``c:<concept>:<scope>``. Pairs of kinds were measured and told nothing more.
    """
    plain = _DIGITS.sub("0", text)
    found = _chinese(plain) if language == "zh" else _english(plain)
    found += [f"k:{kind}" for kind in words.kinds(plain, language)]
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


def _size(text: str, clauses: int) -> list[str]:
    return [f"len:{len(text).bit_length()}", f"clauses:{min(MOST_CLAUSES, clauses)}"] * LENGTH_WEIGHT


def _chinese(text: str) -> list[str]:
    dense = "".join(text.split())
    found = list(dense)
    found += [dense[i : i + 2] for i in range(len(dense) - 1)]
    found += [dense[i : i + 3] for i in range(len(dense) - 2)]
    clauses = [clause for clause in _CLAUSE_ZH.split(text) if clause]
    for clause in clauses:
        found += ("^" + clause[:1], "^" + clause[:2], clause[-1:] + "$", clause[-2:] + "$")
    return found + _size(text, len(clauses))


def _english(text: str) -> list[str]:
    tokens = _WORD.findall(text)
    found = [f"w:{token}" for token in tokens]
    found += [f"w:{first} {second}" for first, second in pairwise(tokens)]
    found += [f"w:{first} _ {third}" for first, third in zip(tokens, tokens[2:], strict=False)]
    padded = f" {' '.join(text.split())} "
    found += [padded[i : i + 4] for i in range(len(padded) - 3)]
    clauses = 0
    for clause in _CLAUSE_EN.split(text):
        inside = clause.split()
        if inside:
            clauses += 1
            found += ("^" + inside[0], "^" + " ".join(inside[:2]), inside[-1] + "$", " ".join(inside[-2:]) + "$")
    return found + _size(text, clauses)
