"""Lines of many conversations in one statement, for pages that come back at the same moment."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from hotline.chat import prepared
from hotline.chat.keys import Sealed
from hotline.chat.models import Conversation, Message
from hotline.chat.prepared import Query, Question, known

MESSAGES = Message._meta.db_table
STAFF = Conversation._meta.get_field("holder").related_model._meta.db_table


class Kept(NamedTuple):
    """A line as it is kept: its words sealed, its writer's alias where somebody on the staff wrote it."""

    seq: int
    author: str
    name: str
    client_id: str
    text_sealed: Sealed
    at: datetime


def lines_beyond(places: Sequence[tuple[uuid.UUID, int, int]]) -> Question[dict[uuid.UUID, list[Kept]]]:
    """Asks: conversation -> its lines beyond the first seq and up to the second, in order."""
    if not places:
        return known({})
    key = Conversation._meta.pk
    asked, values = prepared.table(
        ("uuid", "bigint", "bigint"), [(key.get_db_prep_value(pk, connection), *seqs) for pk, *seqs in places]
    )
    # CROSS JOIN keeps the order of reading: a seek in the index of lines for each that is asked.
    statement = (
        f"WITH asked(conversation, beyond, upto) AS ({asked})"
        ' SELECT kept."conversation_id", kept."seq", kept."author", staff."alias", kept."client_id",'
        f' kept."text_sealed", kept."at" FROM asked CROSS JOIN "{MESSAGES}" AS kept'
        f' LEFT JOIN "{STAFF}" AS staff ON staff."id" = kept."staff_id"'
        ' WHERE kept."conversation_id" = asked.conversation'
        ' AND kept."seq" > asked.beyond AND kept."seq" <= asked.upto'
    )
    return Question(Query(statement, values, 7), _sorted_out)


def _sorted_out(rows: Iterable[Sequence[Any]]) -> dict[uuid.UUID, list[Kept]]:
    found: dict[uuid.UUID, list[Kept]] = {}
    for pk, seq, author, alias, client_id, sealed, at in rows:
        found.setdefault(_uuid(pk), []).append(Kept(seq, author, alias or "", client_id, sealed, _aware(at)))
    for lines in found.values():
        lines.sort(key=_seq)
    return found


def _seq(kept: Kept) -> int:
    return kept.seq


# Raw rows hold with SQLite what its columns hold: an id as text, a time of UTC without its zone.
def _uuid(found: Any) -> uuid.UUID:
    return found if isinstance(found, uuid.UUID) else uuid.UUID(hex=found)


def _aware(found: datetime) -> datetime:
    return found if found.tzinfo else found.replace(tzinfo=UTC)
