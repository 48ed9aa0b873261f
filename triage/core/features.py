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
ALWAYS, ALWAYS_COUNT = "<>", 15
"""A feature of every text, so many times: a text of one or two characters must not weigh as much as a whole story."""
CONCEPT_WEIGHT = 2
"""How many times a concept counts beside single grams: they are few, and a gram is many."""


def features(text: str, language: str, scoped: list[Scoped]) -> list[str]:
    """The features of a normalised text, with repeats.

    Chinese: characters, pairs and triples. English: words, pairs of words, and four letters in a row, across words too,
    which survive typing errors. Kinds of words: ``k:<kind>``, ``k:<kind>-`` when denied. Concepts:
    ``c:<concept>:<scope>``. Pairs of kinds were measured and told nothing more.
    """
    plain = _DIGITS.sub("0", text)
    found = _chinese(plain) if language == "zh" else _english(plain)
    found += _kinds(plain, language)
    found += [ALWAYS] * ALWAYS_COUNT
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


def _kinds(text: str, language: str) -> list[str]:
    kinds = words.find(text, language)
    return list(dict.fromkeys(f"k:{one.name}-" if one.denied else f"k:{one.name}" for one in kinds))


def _chinese(text: str) -> list[str]:
    dense = "".join(text.split())
    found = list(dense)
    found += [dense[i : i + 2] for i in range(len(dense) - 1)]
    found += [dense[i : i + 3] for i in range(len(dense) - 2)]
    return found


def _english(text: str) -> list[str]:
    tokens = _WORD.findall(text)
    found = [f"w:{token}" for token in tokens]
    found += [f"w:{first} {second}" for first, second in pairwise(tokens)]
    padded = f" {' '.join(text.split())} "
    found += [padded[i : i + 4] for i in range(len(padded) - 3)]
    return found
