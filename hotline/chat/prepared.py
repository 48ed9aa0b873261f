"""Statements of our own that PostgreSQL plans once for each connection, since planning costs it more than doing.

So their text must not hold how many values there are: PostgreSQL is given arrays. SQLite knows none, and plans quickly;
it is given as many parameters as there are values. Everything else of a statement is written once for both.

Each statement is a round trip to PostgreSQL, in which this thread gives the turn to compute away and waits to get it
back: several times what such a statement costs by itself. So several travel as one (:func:`ask`, :func:`write`);
SQLite, which is asked within this process, gets them one by one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")
Part = tuple[str, list[Any]]
"""A piece of SQL, and its parameters."""


class Query(NamedTuple):
    """A statement that reads so many columns. Nobody may count on the order of its rows."""

    statement: str
    values: list[Any]
    columns: int


class Write(NamedTuple):
    """A statement that writes: its parameters with PostgreSQL, a list of them for each row with SQLite."""

    statement: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """Something that is asked of the database together with others.

    Attributes:
        query: None where the answer is known without.
        take: makes the answer of the query's rows.
    """

    query: Query | None
    take: Callable[[list[Sequence[Any]]], T]

    def ask(self) -> T:
        """The answer, asked for by itself."""
        return self.take(_rows([self.query])[0])


def database() -> BaseDatabaseWrapper:
    """This thread's connection. Django's ``connection`` looks it up anew for each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def cursor() -> Any:
    """A cursor to be used as Django's; with PostgreSQL values travel beside the statement, and not in it."""
    found: Any = database()
    if found.vendor == "sqlite":
        return found.cursor()
    from psycopg import Cursor  # a site on SQLite need not import it

    found.close_if_health_check_failed()
    found.ensure_connection()
    return found.make_cursor(Cursor(found.connection))


def among(kind: str, values: Iterable[Any]) -> Part:
    """What follows a column that must be one of these; ``kind``: their type in PostgreSQL."""
    given = list(values)
    if database().vendor == "sqlite":
        return f"IN ({', '.join(['%s'] * len(given))})", given
    return f"= ANY(%s::{kind}[])", [_array(given)]


def table(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> Part:
    """These rows, at least one, for ``WITH name(column, ...) AS (...)``; ``kinds``: the columns' types."""
    if database().vendor == "sqlite":
        row = f"({', '.join(['%s'] * len(kinds))})"
        return f"VALUES {', '.join([row] * len(rows))}", list(chain.from_iterable(rows))
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f"SELECT * FROM unnest({arrays})", [_array(column) for column in zip(*rows, strict=True)]  # noqa: S608 - types alone


def _array(values: Iterable[Any]) -> str:
    """Values as PostgreSQL reads an array.

    psycopg takes several times as long for it; and with it a list of larger numbers, or of nulls alone, has another
    type, with which the statement is prepared and planned once more.
    """
    return f"{{{','.join([_AS_ELEMENT[type(value)](value) for value in values])}}}"


_BACKSLASH, _QUOTE = "\\", '"'
_AS_ELEMENT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    int: str,
    uuid.UUID: lambda value: value.hex,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    datetime: lambda value: f'"{value.isoformat()}"',
    str: lambda value: f'"{value.replace(_BACKSLASH, _BACKSLASH * 2).replace(_QUOTE, _BACKSLASH + _QUOTE)}"',
}


def known(answer: T) -> Question[T]:
    """A question whose answer is known."""
    return Question(None, lambda _: answer)


def ask(questions: Sequence[Question[Any]]) -> list[Any]:
    """The answers to these questions, in order; with PostgreSQL by one statement, and as of one moment."""
    found = _rows([one.query for one in questions])
    return [one.take(rows) for one, rows in zip(questions, found, strict=True)]


def _rows(queries: Sequence[Query | None]) -> list[list[Sequence[Any]]]:
    found: list[list[Sequence[Any]]] = [[] for _ in queries]
    asked = [(place, query) for place, query in enumerate(queries) if query is not None]
    if not asked:
        return found
    with cursor() as one:
        if len(asked) == 1 or database().vendor == "sqlite":
            for place, query in asked:
                one.execute(query.statement, query.values)
                found[place] = one.fetchall()
            return found
        # Side by side: in each row the columns of all but one of them are null. So nobody need tell their types.
        sides = (f"(SELECT TRUE, one.* FROM ({query.statement}) AS one) AS side{place}" for place, query in asked)  # noqa: S608
        statement = f"SELECT * FROM {next(sides)} " + " ".join(f"FULL JOIN {side} ON FALSE" for side in sides)  # noqa: S608
        one.execute(statement, list(chain.from_iterable(query.values for _, query in asked)))
        for row in one.fetchall():
            mark = 0
            for place, query in asked:
                after = mark + 1 + query.columns
                if row[mark]:
                    found[place].append(row[mark + 1 : after])
                    break
                mark = after
    return found


def write(writes: Sequence[Write]) -> None:
    """Do all of these, none of which may see what another does; with PostgreSQL by one statement."""
    if not writes:
        return
    with cursor() as one:
        if database().vendor == "sqlite":
            for statement, values in writes:
                one.executemany(statement, values)
            return
        *before, last = writes
        named = ", ".join(f"part{place} AS ({statement})" for place, (statement, _) in enumerate(before))
        one.execute(
            f"WITH {named} {last.statement}" if before else last.statement,
            list(chain.from_iterable(values for _, values in writes)),
        )
