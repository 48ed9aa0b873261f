"""Whether a pattern that a site wrote may be tried on what people write: in time that grows with a text's length alone.

Nothing is measured here: what a pattern may hold is bounded, so that every machine says the same of it.
"""

from __future__ import annotations

import re
import re._constants as kind  # type: ignore[import-not-found]
import re._parser as grammar  # type: ignore[import-not-found]
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from triage.core import needles
from triage.core.normalise import normalise

LONGEST = 600
"""Characters of a pattern; of a word, LONGEST_WORD."""
LONGEST_WORD = 40
MOST_REPEATS = 40
MOST_WAYS = 500
"""In so many ways a pattern may match at one place: each may be tried before it is known that none does."""
LEAST_CHINESE, LEAST_LETTERS = 2, 3
"""How much of a word a text must hold for a pattern to match: less stands in too many texts."""
_SIMPLE = {kind.LITERAL, kind.NOT_LITERAL, kind.ANY, kind.IN}
_REPEATS = {kind.MAX_REPEAT, kind.MIN_REPEAT}
_LOOKS = {kind.ASSERT, kind.ASSERT_NOT}
_ALIKE = 3
"""So many of the same character in a row stand in no normalised text."""


class Unfit(Exception):
    """It may not be tried; the message says why, to whoever wrote it."""


def check_word(word: str) -> None:
    """See that a plain word can be found.

    Raises:
        Unfit: it cannot, or in too many texts.
    """
    _check_length(word, LONGEST_WORD)
    normal = normalise(word).text
    if normal != word:
        raise Unfit(f"triage reads one spelling: write {normal!r}")
    if not word.strip() or word != word.strip() or set(word) & set("<>"):
        raise Unfit("it is no plain word: no blanks around it, no < and >")
    if not _tells(word):
        raise Unfit(_TOO_SHORT)


def check_pattern(written: str, expression: str) -> None:
    """See that a pattern can match, and never takes long.

    Args:
        written: as it was written, without the groups that it names.
        expression: with what these stand for.

    Raises:
        Unfit: it cannot, or may.
    """
    _check_length(written, LONGEST)
    try:
        re.compile(expression)
        parsed = grammar.parse(expression)
        needs = needles.read(expression).needs
        _check_spelling(grammar.parse(written))
    except (re.error, OverflowError, RecursionError) as error:
        raise Unfit(f"no regular expression: {error}") from error
    if parsed.state.flags != re.UNICODE.value:
        raise Unfit("no flags such as (?i): texts are in lower case already")
    if parsed.getwidth()[0] == 0:
        raise Unfit("it matches without any word")
    if _ways(parsed) > MOST_WAYS:
        raise Unfit(f"it may match in over {MOST_WAYS} ways at one place: use fewer or narrower repetitions")
    if not needs:
        raise Unfit("it names no word that a text must hold")
    if not any(all(map(_tells, one)) for one in needs):
        raise Unfit(_TOO_SHORT)


_TOO_SHORT = f"too short: it needs {LEAST_CHINESE} Chinese characters or {LEAST_LETTERS} letters in a row"


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise Unfit(f"longer than {most} characters")


def _tells(word: str) -> bool:
    """Whether a word is long enough to tell texts apart."""
    chinese = sum(char >= "\u3400" for char in word)
    return chinese >= LEAST_CHINESE or sum(map(str.isalnum, word)) >= LEAST_LETTERS


def _check_spelling(items: Any) -> None:
    """See that each character can be in a normalised text."""
    row: list[int] = []
    for operation, argument in items.data:
        row = [*row, argument][-_ALIKE:] if operation is kind.LITERAL else []
        if len(row) == _ALIKE and len(set(row)) == 1:
            raise Unfit(f"of {chr(argument)!r} triage reads two in a row at most")
        for char in _characters(operation, argument):
            normal = normalise(char).text
            if normal != char:
                raise Unfit(f"triage reads one spelling: instead of {char!r} write {normal!r}")
        for inner in _inner(operation, argument):
            _check_spelling(inner)


def _characters(operation: Any, argument: Any) -> Iterator[str]:
    """The characters that an item names; of sets only letters, since signs in them do no harm."""
    if operation in {kind.LITERAL, kind.NOT_LITERAL}:
        yield chr(argument)
    elif operation is kind.IN:
        codes: list[int] = []
        for what, value in argument:
            codes += [value] if what is kind.LITERAL else value if what is kind.RANGE else []
        yield from (char for char in map(chr, codes) if char.isalnum())


def _inner(operation: Any, argument: Any) -> Sequence[Any]:
    if operation is kind.SUBPATTERN:
        return [argument[3]]
    if operation is kind.BRANCH:
        return list(argument[1])
    return [argument[-1]] if operation in _REPEATS | _LOOKS else []


def _ways(items: Any) -> int:
    """In how many ways these items may match at one place, at most.

    Raises:
        Unfit: they hold what no bound is known for.
    """
    return prod(_ways_of(*item) for item in items.data)


def _ways_of(operation: Any, argument: Any) -> int:
    if operation in _SIMPLE or operation is kind.AT:
        return 1
    if operation in _REPEATS:
        return _ways_of_repeat(*argument)
    if operation is kind.BRANCH:
        branches = argument[1]
        return max(1, sum(not one.getwidth()[0] for one in branches)) + sum(_ways(one) - 1 for one in branches)
    if operation is kind.SUBPATTERN:
        _group, more, less, inner = argument
        if more or less:
            raise Unfit("no flags such as (?i): texts are in lower case already")
        return _ways(inner)
    if operation in _LOOKS:
        return _ways(argument[1])
    raise Unfit("no back references, conditions or atomic groups")


def _ways_of_repeat(least: int, most: Any, inner: Any) -> int:
    if most > MOST_REPEATS:
        raise Unfit(f"it repeats without an end, or more than {MOST_REPEATS} times: write {{0,20}}")
    if most > 1 and not _is_plain(inner):
        raise Unfit("it repeats a choice or a repetition: only a character, a set or plain text may be repeated")
    return int(most) - least + _ways(inner)


def _is_plain(items: Any) -> bool:
    return all(
        operation in _SIMPLE
        or (operation is kind.SUBPATTERN and not argument[1] and not argument[2] and _is_plain(argument[3]))
        for operation, argument in items.data
    )
