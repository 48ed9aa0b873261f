"""Which words a pattern cannot match without.

Most patterns cannot match most texts. Looking for a word that a pattern needs is many times quicker than trying the
pattern at every character, so that a large lexicon costs little.
"""

from __future__ import annotations

import re._constants as kind  # type: ignore[import-not-found]
import re._parser as grammar  # type: ignore[import-not-found]
from collections.abc import Iterable
from typing import Any

MOST = 24
"""Beyond this many alternatives, looking for them costs more than it saves."""


def needles(pattern: str) -> frozenset[str] | None:
    """Strings of which every match of ``pattern`` holds at least one; None where nothing can be told."""
    return _of_sequence(grammar.parse(pattern))


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    candidates: list[frozenset[str]] = []
    run = ""
    for operation, argument in items:
        if operation is kind.LITERAL:
            run += chr(argument)
            continue
        if run:
            candidates.append(frozenset({run}))
            run = ""
        found = _of_item(operation, argument)
        if found:
            candidates.append(found)
    if run:
        candidates.append(frozenset({run}))
    return min(candidates, key=_how_common, default=None)


def _of_item(operation: Any, argument: Any) -> frozenset[str] | None:
    if operation is kind.SUBPATTERN:
        return _of_sequence(argument[3])
    if operation in {kind.MAX_REPEAT, kind.MIN_REPEAT}:
        least, _most, inner = argument
        return _of_sequence(inner) if least else None
    if operation is kind.BRANCH:
        return _of_choice([_of_sequence(branch) for branch in argument[1]])
    if operation is kind.IN and all(what is kind.LITERAL for what, _ in argument):
        return _of_choice([frozenset({chr(char)}) for _, char in argument])
    return None


def _of_choice(branches: list[frozenset[str] | None]) -> frozenset[str] | None:
    joined: set[str] = set()
    for branch in branches:
        if branch is None:
            return None
        joined |= branch
    return frozenset(joined) if len(joined) <= MOST else None


def _how_common(strings: frozenset[str]) -> float:
    """A rough guess of how many texts hold one of them: a Chinese character tells more than a letter."""
    return sum(0.01 ** len(one) if one > "\u3400" else 0.2 ** len(one) for one in strings)
