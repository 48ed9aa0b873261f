"""What the linear model sees of a text: pieces of its spelling, and its concepts with their scope.

Pure Python, so that training and serving read a text in the very same way.
"""

from __future__ import annotations

import re
from itertools import pairwise

from triage.core.scope import Scoped

LONGEST_GRAM = {"zh": 3, "en": 4}
_WORD = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
_DIGITS = re.compile(r"\d+")
CONCEPT_WEIGHT = 2
"""How many times a concept counts beside single grams: they are few, and a gram is many."""


def features(text: str, language: str, scoped: list[Scoped]) -> list[str]:
    """The features of a normalised text, with repeats.

    Chinese: characters, pairs and triples. English: words, pairs of words, and three to four letters inside words,
    which survive typing errors. Concepts: ``c:<concept>:<scope>``.
    """
    plain = _DIGITS.sub("0", text)
    found = _chinese(plain) if language == "zh" else _english(plain)
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


def _chinese(text: str) -> list[str]:
    dense = "".join(text.split())
    found = list(dense)
    found += [dense[i : i + 2] for i in range(len(dense) - 1)]
    found += [dense[i : i + 3] for i in range(len(dense) - 2)]
    return found


def _english(text: str) -> list[str]:
    words = _WORD.findall(text)
    found = [f"w:{word}" for word in words]
    found += [f"w:{first} {second}" for first, second in pairwise(words)]
    for word in words:
        if len(word) > 4:
            padded = f"<{word}>"
            found += [padded[i : i + 4] for i in range(len(padded) - 3)]
    return found
