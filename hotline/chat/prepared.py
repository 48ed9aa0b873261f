"""Statements of our own that PostgreSQL plans once for each connection, since planning costs it more than doing.

So their text must not hold how many values there are: PostgreSQL is given arrays. SQLite knows none, and plans quickly;
it is given as many parameters as there are values. Everything else of a statement is written once for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Part = tuple[str, list[Any]]
"""A piece of SQL, and its parameters."""


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
    return f"= ANY(%s::{kind}[])", [given]


def table(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> Part:
    """These rows, at least one, for ``WITH name(column, ...) AS (...)``; ``kinds``: the columns' types."""
    if database().vendor == "sqlite":
        row = f"({', '.join(['%s'] * len(kinds))})"
        return f"VALUES {', '.join([row] * len(rows))}", list(chain.from_iterable(rows))
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]  # noqa: S608 - types alone
