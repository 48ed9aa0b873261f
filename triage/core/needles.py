"""Which words a pattern cannot match without.

Most patterns cannot match most texts. Looking for a word that a pattern needs is many times quicker than trying the
pattern at every character, so that a large lexicon costs little. The rarer the word, the fewer patterns are tried: of
(?:想|要)lz a text must hold 想lz or 要lz, and not only 想 or 要.
"""

from __future__ import annotations

import re
import re._constants as kind  # type: ignore[import-not-found]
import re._parser as grammar  # type: ignore[import-not-found]
from collections.abc import Iterable, Sequence
from functools import reduce
from math import prod
from typing import Any, NamedTuple

MOST = 32
"""Strings that one stretch of a pattern is spelt out into, at most."""
MOST_CHOICES = 400
"""Beyond this many alternatives, looking for them costs more than it saves."""
_MOST_REPEATS = 2
_NOTHING = frozenset({""})
_NEW_LINE = ord("\n")
_HOLD_NEW_LINES = {kind.CATEGORY_SPACE, kind.CATEGORY_NOT_DIGIT, kind.CATEGORY_NOT_WORD}
_FREQUENT = frozenset("的了我不是在有一想要你他她这就都也没好会到说去人个上来天")
_FREQUENT_ENGLISH = frozenset("the to i my me and a of it in is you on at that s t d m".split())


class Read(NamedTuple):
    """What was read of a pattern.

    Attributes:
        needs: sets of strings, the rarest first: every match holds a string of each set. No string goes over lines.
        crosses: a match may go over lines or depend on whether there are others. One that does not matches a line of a
            text where it matches that line alone.
    """

    needs: tuple[frozenset[str], ...]
    crosses: bool


def read(pattern: str) -> Read:
    """What a pattern needs, without compiling it.

    Raises:
        re.error: it cannot be compiled.
    """
    parsed = grammar.parse(pattern)
    needs = tuple(sorted(_of_sequence(parsed), key=_how_common))
    return Read(needs, _some_cross(parsed))


def _some_cross(items: Any) -> bool:
    """Whether any item does; all are looked at, since what cannot be compiled is to be told when the lexicon loads."""
    found = False
    for operation, argument in items.data:
        # Literals are most of all items, and this runs at every start.
        if argument == _NEW_LINE if operation is kind.LITERAL else _crosses(operation, argument):
            found = True
    return found


def _crosses(operation: Any, argument: Any) -> bool:
    """Whether an item can match the end of a line, or knows where a text begins or ends."""
    if operation is kind.NOT_LITERAL:
        return bool(argument != _NEW_LINE)
    if operation is kind.ANY:
        return False
    if operation is kind.AT:
        return argument is not kind.AT_BOUNDARY
    if operation is kind.IN:
        return _holds_new_line(argument)
    if operation is kind.BRANCH:
        return True in list(map(_some_cross, argument[1]))
    if operation is kind.SUBPATTERN:
        _group, more, less, inner = argument
        return _some_cross(inner) or bool(more or less)
    if operation in {kind.ASSERT, kind.ASSERT_NOT} and argument[0] < 0 and len(set(argument[1].getwidth())) > 1:
        raise re.error("look-behind requires fixed-width pattern")
    if operation in {kind.MAX_REPEAT, kind.MIN_REPEAT, kind.ASSERT, kind.ASSERT_NOT}:
        return _some_cross(argument[-1])
    return True


def _holds_new_line(items: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a set of characters holds the end of a line."""
    negated = items[0][0] is kind.NEGATE
    return negated != any(
        (what is kind.LITERAL and value == _NEW_LINE)
        or (what is kind.RANGE and value[0] <= _NEW_LINE <= value[1])
        or (what is kind.CATEGORY and value in _HOLD_NEW_LINES)
        for what, value in items
    )


def _of_sequence(items: Any) -> list[frozenset[str]]:
    """What each stretch needs; neighbours whose strings are all known are spelt out one after the other."""
    candidates: list[frozenset[str]] = []
    run = _NOTHING
    for operation, argument in items.data:
        strings = _all_of(operation, argument)
        if strings is None:
            candidates += [run, *_of_item(operation, argument)]
            run = _NOTHING
        elif len(run) * len(strings) <= MOST:
            run = _one_after_the_other(run, strings)
        else:
            candidates.append(run)
            run = strings
    candidates.append(run)
    return [one for one in candidates if "" not in one]


def _of_item(operation: Any, argument: Any) -> list[frozenset[str]]:
    if operation is kind.SUBPATTERN:
        return _of_sequence(argument[3])
    if operation in {kind.MAX_REPEAT, kind.MIN_REPEAT}:
        least, _most, inner = argument
        return _of_sequence(inner) if least else []
    if operation is kind.BRANCH:
        rarest = (min(_of_sequence(branch), key=_how_common, default=None) for branch in argument[1])
        found = _of_choice(rarest)
        return [found] if found else []
    return []


def _all_of(operation: Any, argument: Any) -> frozenset[str] | None:
    """All strings that an item matches, where they are few; what only looks around matches the empty one.

    None for those with an end of a line, so that of lines in a row one holds what the whole holds.
    """
    if operation is kind.LITERAL:
        return None if argument == _NEW_LINE else frozenset({chr(argument)})
    if operation in {kind.AT, kind.ASSERT, kind.ASSERT_NOT}:
        return _NOTHING
    if operation is kind.SUBPATTERN:
        _group, more, less, inner = argument
        return None if more or less else _all_of_sequence(inner)
    if operation is kind.BRANCH:
        return _of_choice([_all_of_sequence(branch) for branch in argument[1]])
    if operation is kind.IN and all(what is kind.LITERAL and char != _NEW_LINE for what, char in argument):
        return _of_choice([frozenset({chr(char)}) for _, char in argument])
    if operation in {kind.MAX_REPEAT, kind.MIN_REPEAT}:
        least, most, inner = argument
        once = _all_of_sequence(inner)
        if once is None or most > _MOST_REPEATS:
            return None
        times = [[once] * count for count in range(least, most + 1)]
        if any(prod(map(len, some)) > MOST for some in times):
            return None
        return _of_choice([reduce(_one_after_the_other, some, _NOTHING) for some in times])
    return None


def _all_of_sequence(items: Any) -> frozenset[str] | None:
    whole = _NOTHING
    word = ""
    for operation, argument in items.data:
        if operation is kind.LITERAL and argument != _NEW_LINE:
            word += chr(argument)
            continue
        strings = _all_of(operation, argument)
        if strings is None or len(whole) * len(strings) > MOST:
            return None
        whole = _one_after_the_other(_followed_by(whole, word), strings)
        word = ""
    return _followed_by(whole, word)


def _followed_by(strings: frozenset[str], word: str) -> frozenset[str]:
    if strings is _NOTHING:
        return frozenset({word})
    return frozenset([string + word for string in strings]) if word else strings


def _one_after_the_other(strings: frozenset[str], more: frozenset[str]) -> frozenset[str]:
    if more is _NOTHING:
        return strings
    return frozenset([string + other for string in strings for other in more])


def _of_choice(branches: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    joined: set[str] = set()
    for branch in branches:
        if branch is None:
            return None
        joined |= branch
    return frozenset(joined) if len(joined) <= MOST_CHOICES else None


def _how_common(strings: frozenset[str]) -> float:
    """A rough guess of how many texts hold one of them: a Chinese character tells more than a letter."""
    return sum(map(_chance, strings))


def _chance(string: str) -> float:
    if string.strip() in _FREQUENT_ENGLISH:
        return 0.3
    return prod(0.2 if char < "\u3400" else 0.15 if char in _FREQUENT else 0.01 for char in string)
