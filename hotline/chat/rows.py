"""Rows on a message's way, read and written by statements of our own: the ORM builds each anew, at ten times the cost.

Columns, conversions and values are those of the models' fields, and both databases read these statements alike. Every
name in them is our own; values are always parameters.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from hotline.chat import prepared
from hotline.chat.models import Conversation, Message, Visit, Weighing

M = TypeVar("M", bound=models.Model)
Conversion: TypeAlias = "tuple[int, Any, list[Callable[..., Any]]]"
"""A field's place, its column, and Django's steps from the database's value to Python's."""
MESSAGES = Message._meta.db_table
WEIGHINGS = Weighing._meta.db_table
CONVERSATIONS = Conversation._meta.db_table
VISITS = Visit._meta.db_table


class Reader(Generic[M]):
    """Reads some fields of a model's rows. As with ``only()``, any other field is read when it is asked for."""

    def __init__(self, model: type[M], *names: str) -> None:
        self.model = model
        self.fields = [_field(model, name) for name in names]
        self.names = [field.attname for field in self.fields]
        columns = ", ".join(f'"{field.column}"' for field in self.fields)
        self.select = f'SELECT {columns} FROM "{model._meta.db_table}"'

    def read(self, condition: str, values: Sequence[Any]) -> list[M]:
        """The rows of which ``condition``, written as SQL, is true; ``values`` as the database wants them."""
        database, conversions = prepared.database(), _conversions(self)
        with prepared.cursor() as cursor:
            cursor.execute(f"{self.select} WHERE {condition}", values)
            return [self._made(row, conversions, database) for row in cursor.fetchall()]

    def _made(self, row: Iterable[Any], conversions: Iterable[Conversion], database: BaseDatabaseWrapper) -> M:
        values = list(row)
        for place, column, steps in conversions:
            if values[place] is not None:
                for step in steps:
                    values[place] = step(values[place], column, database)
        one = self.model.__new__(self.model)
        one._state = ModelState()
        one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS
        one.__dict__.update(zip(self.names, values, strict=True))
        return one


@cache
def _conversions(reader: Reader[Any]) -> list[Conversion]:
    """What makes Python's values of those fields that the database holds in another way."""
    database, found = prepared.database(), []
    for place, field in enumerate(reader.fields):
        column = field.get_col(field.model._meta.db_table)
        steps = [*database.ops.get_db_converters(column), *column.get_db_converters(database)]
        if steps:
            found.append((place, column, steps))
    return found


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


_moving = Reader(
    Conversation,
    *("id", "resident", "holder", "state", "erased_at", "wrapped_key", "last_seq", "waiting_on_us_since"),
    *("risk_sealed", "weighed_seq"),
)
"""What a message and its weighing need to know of a conversation."""


def unlocked(keys: Collection[uuid.UUID]) -> list[Conversation]:
    """These conversations as they stand now, as far as they exist."""
    if not keys:
        return []
    those, values = prepared.among("uuid", map(_key, keys))
    return _moving.read(f'"id" {those}', values)


def locked(keys: Sequence[uuid.UUID]) -> list[Conversation]:
    """These conversations, as far as they exist, their rows locked: in one order by everybody."""
    if not keys:
        return []
    lock = " FOR UPDATE" if prepared.database().features.has_select_for_update else ""
    those, values = prepared.among("uuid", map(_key, keys))
    return _moving.read(f'"id" {those} ORDER BY "id"{lock}', values)


def residents_behind(visit_ids: Sequence[int]) -> dict[int, uuid.UUID]:
    """Visit -> whose it is, of those that have not ended."""
    those, values = prepared.among("bigint", visit_ids)
    with prepared.cursor() as cursor:
        cursor.execute(f'SELECT "id", "resident_id" FROM "{VISITS}" WHERE "ended_at" IS NULL AND "id" {those}', values)
        return {pk: found if isinstance(found, uuid.UUID) else uuid.UUID(found) for pk, found in cursor.fetchall()}


def insert(model: type[models.Model], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """New rows with these fields. Fields left out must need no value."""
    fields = [_field(model, name) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    database = prepared.database()
    kept = [[_as_kept(field, value, database) for field, value in zip(fields, row, strict=True)] for row in values]
    if not kept:
        return
    statement = f'INSERT INTO "{model._meta.db_table}" ({columns})'
    with prepared.cursor() as cursor:
        if database.vendor == "sqlite":
            # Prepared once for all rows.
            cursor.executemany(f"{statement} VALUES ({', '.join(['%s'] * len(fields))})", kept)
        else:
            # PostgreSQL would answer each row by itself.
            rows, arrays = prepared.table([field.cast_db_type(database) for field in fields], kept)
            cursor.execute(f"{statement} {rows}", arrays)


def write_fields(conversations: Iterable[Conversation], names: Sequence[str]) -> None:
    """Write these fields of locked conversations as they stand in memory; one way for each database, see above."""
    fields = [_field(Conversation, name) for name in (*names, "id")]
    database = prepared.database()
    kept = [[_as_kept(field, getattr(one, field.attname), database) for field in fields] for one in conversations]
    if not kept:
        return
    with prepared.cursor() as cursor:
        if database.vendor == "sqlite":
            places = ", ".join(f'"{field.column}" = %s' for field in fields[:-1])
            cursor.executemany(f'UPDATE "{CONVERSATIONS}" SET {places} WHERE "id" = %s', kept)
        else:
            places = ", ".join(f'"{field.column}" = fresh."{field.column}"' for field in fields[:-1])
            columns = ", ".join(f'"{field.column}"' for field in fields)
            rows, arrays = prepared.table([field.cast_db_type(database) for field in fields], kept)
            cursor.execute(
                f'UPDATE "{CONVERSATIONS}" AS kept SET {places} FROM ({rows}) AS fresh({columns})'
                ' WHERE kept."id" = fresh."id"',
                arrays,
            )


def _as_kept(field: Any, value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database wants it."""
    kind = type(value)
    if kind is int or kind is str or kind is bytes or value is None:
        return value
    if kind is datetime:
        return time_as_kept(value)
    return field.get_db_prep_save(value, database)


@lru_cache(maxsize=256)
def time_as_kept(value: datetime) -> Any:
    """A moment as the database wants it. The same one stands in several columns of several rows."""
    return prepared.database().ops.adapt_datetimefield_value(value)


def touch(conversation: Conversation) -> None:
    """Give the row the next number of what moves people in the queue, see :mod:`hotline.chat.queue`."""
    statement = (
        f'UPDATE "{CONVERSATIONS}" SET "touched" = (SELECT COALESCE(MAX("touched"), 0) + 1 FROM "{CONVERSATIONS}")'
        ' WHERE "id" = %s'
    )
    with prepared.database().cursor() as cursor:
        cursor.execute(statement, [_key(conversation.pk)])


_said = Reader(Message, "id", "conversation", "seq", "author", "staff", "client_id", "text_sealed", "at")


def messages_at(places: Sequence[tuple[uuid.UUID, str, str]]) -> list[Message]:
    """The messages that are kept with this conversation, author and client id: a seek for each."""
    if not places:
        return []
    asked, values = prepared.table(
        ("uuid", "text", "text"), [(_key(pk), author, client_id) for pk, author, client_id in places]
    )
    # NOT (client_id = '') lets both databases see that their partial index holds all that is asked for.
    condition = (
        f'"id" IN (WITH asked(conversation, author, client) AS ({asked})'
        f' SELECT kept."id" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        ' WHERE NOT (kept."client_id" = \'\') AND kept."conversation_id" = asked.conversation'
        ' AND kept."author" = asked.author AND kept."client_id" = asked.client)'
    )
    return _said.read(condition, values)


def unweighed_ids(places: Sequence[tuple[uuid.UUID, int]]) -> dict[tuple[str, int], int]:
    """(conversation in hexadecimal, seq) -> the message's id, of those at these places that have no weighing yet."""
    if not places:
        return {}
    asked, values = prepared.table(("uuid", "bigint"), [(_key(pk), seq) for pk, seq in places])
    statement = (
        f"WITH asked(conversation, seq) AS ({asked})"
        f' SELECT kept."id", kept."seq", kept."conversation_id" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        f' LEFT JOIN "{WEIGHINGS}" AS weighing ON weighing."message_id" = kept."id"'
        ' WHERE kept."conversation_id" = asked.conversation AND kept."seq" = asked.seq AND weighing."id" IS NULL'
    )
    with prepared.cursor() as cursor:
        cursor.execute(statement, values)
        return {(_hex(found), seq): pk for pk, seq, found in cursor.fetchall()}


def _key(key: uuid.UUID) -> Any:
    """A conversation's id as the database wants it."""
    return Conversation._meta.pk.get_db_prep_value(key, prepared.database())


def _hex(found: Any) -> str:
    """A conversation's id as raw rows hold it: text with SQLite, a UUID with PostgreSQL."""
    return found.hex if isinstance(found, uuid.UUID) else str(found)
