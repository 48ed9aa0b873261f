"""Several rows in one statement, where the ORM has no words for it: seeks by many keys, and one update for many rows.

Both databases read these statements alike. Every name in them is our own; values are always parameters.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from hotline.chat.models import Conversation, Message, Weighing

MESSAGES = Message._meta.db_table
WEIGHINGS = Weighing._meta.db_table
CONVERSATIONS = Conversation._meta.db_table


def write_fields(conversations: Iterable[Conversation], names: Sequence[str]) -> None:
    """Write these fields of locked conversations as they stand in memory: one statement, prepared once."""
    fields: list[Any] = [Conversation._meta.get_field(name) for name in (*names, "id")]
    places = ", ".join(f'"{field.column}" = %s' for field in fields[:-1])
    rows = [
        [field.get_db_prep_save(getattr(one, field.attname), connection) for field in fields] for one in conversations
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{CONVERSATIONS}" SET {places} WHERE "id" = %s', rows)


def touch(conversation: Conversation) -> None:
    """Give the row the next number of what moves people in the queue, see :mod:`hotline.chat.queue`."""
    statement = (
        f'UPDATE "{CONVERSATIONS}" SET "touched" = (SELECT COALESCE(MAX("touched"), 0) + 1 FROM "{CONVERSATIONS}")'
        ' WHERE "id" = %s'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_prepared(conversation.pk)])


def message_ids(places: Sequence[tuple[uuid.UUID, str, str]]) -> list[int]:
    """The ids of the messages that are kept with this conversation, author and client id: a seek for each."""
    if not places:
        return []
    values = ", ".join(["(%s, %s, %s)"] * len(places))
    # NOT (client_id = '') lets both databases see that their partial index holds all that is asked for.
    statement = (
        f"WITH asked(conversation, author, client) AS (VALUES {values})"
        f' SELECT kept."id" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        ' WHERE NOT (kept."client_id" = \'\') AND kept."conversation_id" = asked.conversation'
        ' AND kept."author" = asked.author AND kept."client_id" = asked.client'
    )
    asked = [part for pk, author, client in places for part in (_prepared(pk), author, client)]
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return [row[0] for row in cursor.fetchall()]


def unweighed_ids(places: Sequence[tuple[uuid.UUID, int]]) -> dict[tuple[str, int], int]:
    """(conversation in hexadecimal, seq) -> the message's id, of those at these places that have no weighing yet."""
    if not places:
        return {}
    values = ", ".join(["(%s, %s)"] * len(places))
    statement = (
        f"WITH asked(conversation, seq) AS (VALUES {values})"
        f' SELECT kept."id", kept."seq", kept."conversation_id" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        f' LEFT JOIN "{WEIGHINGS}" AS weighing ON weighing."message_id" = kept."id"'
        ' WHERE kept."conversation_id" = asked.conversation AND kept."seq" = asked.seq AND weighing."id" IS NULL'
    )
    asked = [part for pk, seq in places for part in (_prepared(pk), seq)]
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return {(_hex(found), seq): pk for pk, seq, found in cursor.fetchall()}


def _prepared(key: uuid.UUID) -> Any:
    """A conversation's id as the database wants it."""
    return Conversation._meta.pk.get_db_prep_value(key, connection)


def _hex(found: Any) -> str:
    """A conversation's id as raw rows hold it: text with SQLite, a UUID with PostgreSQL."""
    return found.hex if isinstance(found, uuid.UUID) else str(found)
