"""Rows on a message's way, read and written by statements of our own: the ORM builds each anew, at ten times the cost.

Columns, conversions and values are those of the models' fields, and both databases read these statements alike. Every
name in them is our own; values are always parameters.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from hotline.chat import prepared
from hotline.chat.models import Conversation, Message, Visit, Weighing
from hotline.chat.prepared import Query, Question, Write, known

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
        self.table = f'"{model._meta.db_table}"'
        self.select = f"SELECT {self.columns()} FROM {self.table}"

    def columns(self, table: str = "") -> str:
        """The columns, as a statement lists them; of a table that it calls so."""
        return ", ".join(f'{table}"{field.column}"' for field in self.fields)

    def question(self, condition: str, values: Sequence[Any]) -> Question[list[M]]:
        """Asks for the rows of which ``condition``, written as SQL, is true; ``values`` as the database wants them."""
        return Question(Query(f"{self.select} WHERE {condition}", list(values), len(self.fields)), self.made)

    def read(self, condition: str, values: Sequence[Any]) -> list[M]:
        """These rows at once."""
        return self.question(condition, values).ask()

    def made(self, rows: Iterable[Sequence[Any]]) -> list[M]:
        """What such rows say; columns beyond the reader's are left alone."""
        database, conversions, count = prepared.database(), _conversions(self), len(self.fields)
        return [self._made(row[:count], conversions, database) for row in rows]

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
    *("last_line_at", "risk_sealed", "weighed_seq"),
)
"""What a message and its weighing need to know of a conversation."""


def unlocked(keys: Collection[uuid.UUID]) -> Question[list[Conversation]]:
    """Asks for these conversations as they stand now, as far as they exist."""
    if not keys:
        return known([])
    those, values = prepared.among("uuid", map(_key, keys))
    return _moving.question(f'"id" {those}', values)


def locked(keys: Sequence[uuid.UUID]) -> list[Conversation]:
    """These conversations, as far as they exist, their rows locked: in one order by everybody."""
    if not keys:
        return []
    lock = " FOR UPDATE" if prepared.database().features.has_select_for_update else ""
    those, values = prepared.among("uuid", map(_key, keys))
    return _moving.read(f'"id" {those} ORDER BY "id"{lock}', values)


def residents_behind(visit_ids: Sequence[int]) -> Question[dict[int, uuid.UUID]]:
    """Asks: visit -> whose it is, of those that have not ended."""
    those, values = prepared.among("bigint", visit_ids)
    statement = f'SELECT "id", "resident_id" FROM "{VISITS}" WHERE "ended_at" IS NULL AND "id" {those}'
    return Question(Query(statement, values, 2), lambda found: {pk: _uuid(resident) for pk, resident in found})


class Writes:
    """What a transaction is to write in the end: new rows, and fields of conversations that it has locked."""

    def __init__(self) -> None:
        self._inserts: list[Write] = []
        self._moved: dict[tuple[str, ...], dict[uuid.UUID, Conversation]] = {}

    def insert(self, model: type[models.Model], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
        """New rows with these fields. Fields left out must need no value."""
        fields = [_field(model, name) for name in names]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        database = prepared.database()
        kept = [[_as_kept(field, value, database) for field, value in zip(fields, row, strict=True)] for row in values]
        if not kept:
            return
        statement = f'INSERT INTO "{model._meta.db_table}" ({columns})'
        if database.vendor == "sqlite":
            # Prepared once for all rows.
            self._inserts.append(Write(f"{statement} VALUES ({', '.join(['%s'] * len(fields))})", kept))
        else:
            # PostgreSQL would answer each row by itself.
            rows, arrays = prepared.table([field.cast_db_type(database) for field in fields], kept)
            self._inserts.append(Write(f"{statement} {rows}", arrays))

    def move(self, conversations: Iterable[Conversation], names: tuple[str, ...]) -> None:
        """These fields of locked conversations, as they will stand in memory in the end."""
        self._moved.setdefault(names, {}).update((one.pk, one) for one in conversations)

    def do(self) -> None:
        """Write it.

        PostgreSQL writes a row once, with all fields that any of them moved: the others are as they were read, and
        one statement must not write a row twice. SQLite gets what moved, and no more.
        """
        moved = self._moved
        if len(moved) > 1 and prepared.database().vendor != "sqlite":
            moved = {
                tuple(chain.from_iterable(moved)): {pk: one for some in moved.values() for pk, one in some.items()}
            }
        prepared.write([*self._inserts, *(_moves(some.values(), names) for names, some in moved.items() if some)])


def _moves(conversations: Iterable[Conversation], names: Sequence[str]) -> Write:
    fields = [_field(Conversation, name) for name in (*names, "id")]
    database = prepared.database()
    kept = [[_as_kept(field, getattr(one, field.attname), database) for field in fields] for one in conversations]
    if database.vendor == "sqlite":
        places = ", ".join(f'"{field.column}" = %s' for field in fields[:-1])
        return Write(f'UPDATE "{CONVERSATIONS}" SET {places} WHERE "id" = %s', kept)
    places = ", ".join(f'"{field.column}" = fresh."{field.column}"' for field in fields[:-1])
    columns = ", ".join(f'"{field.column}"' for field in fields)
    rows, arrays = prepared.table([field.cast_db_type(database) for field in fields], kept)
    return Write(
        f'UPDATE "{CONVERSATIONS}" AS kept SET {places} FROM ({rows}) AS fresh({columns}) WHERE kept."id" = fresh."id"',
        arrays,
    )


def _as_kept(field: Any, value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database wants it."""
    kind = type(value)
    if kind is int or kind is str or kind is bytes or value is None:
        return value
    if kind is datetime:
        return time_as_kept(value)
    if kind is memoryview:
        return bytes(value)
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


def messages_at(places: Sequence[tuple[uuid.UUID, str, str]]) -> Question[list[Message]]:
    """Asks for the messages that are kept with this conversation, author and client id: a seek for each."""
    if not places:
        return known([])
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
    return _said.question(condition, values)


def unweighed_ids(places: Sequence[tuple[uuid.UUID, int]]) -> Question[dict[tuple[str, int], int]]:
    """Asks: (conversation in hexadecimal, seq) -> the id of the message there, of those that have no weighing yet."""
    if not places:
        return known({})
    asked, values = prepared.table(("uuid", "bigint"), [(_key(pk), seq) for pk, seq in places])
    statement = (
        f"WITH asked(conversation, seq) AS ({asked})"
        f' SELECT kept."id", kept."seq", kept."conversation_id" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        f' LEFT JOIN "{WEIGHINGS}" AS weighing ON weighing."message_id" = kept."id"'
        ' WHERE kept."conversation_id" = asked.conversation AND kept."seq" = asked.seq AND weighing."id" IS NULL'
    )
    return Question(Query(statement, values, 3), lambda rows: {(_uuid(found).hex, seq): pk for pk, seq, found in rows})


def _key(key: uuid.UUID) -> Any:
    """A conversation's id as the database wants it."""
    return Conversation._meta.pk.get_db_prep_value(key, prepared.database())


def _uuid(found: Any) -> uuid.UUID:
    """An id as raw rows hold it: text with SQLite, a UUID with PostgreSQL."""
    return found if isinstance(found, uuid.UUID) else uuid.UUID(hex=found)
