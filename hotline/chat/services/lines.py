"""Giving lines their place in a conversation's order. The inner part of the other services."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from itertools import groupby

from django.db import transaction

from hotline.chat import events, recent, rows
from hotline.chat.keys import seal_text
from hotline.chat.models import Conversation, Message, as_time
from hotline.chat.permissions import Staff
from hotline.chat.protocol import Line


def make(
    conversation: Conversation,
    *,
    author: str,
    text: str,
    at: datetime,
    staff: Staff | None = None,
    client_id: str = "",
) -> Message:
    """The next line at the end, not yet kept. The conversation's row must be locked by this transaction.

    A sequence of our own, not the row id: PostgreSQL hands ids out before commit, so that a reader could see 8,
    remember it, and never learn of 7.
    """
    conversation.last_seq += 1
    conversation.last_line_at = at
    message = Message(
        conversation=conversation,
        seq=conversation.last_seq,
        author=author,
        staff_id=staff.pk if staff else None,
        client_id=client_id,
        text_sealed=seal_text(conversation, f"line:{conversation.last_seq}:{author}", text),
        at=at,
    )
    event = author == Message.SYSTEM
    message.line = Line(  # type: ignore[attr-defined]
        seq=message.seq,
        author=author,  # type: ignore[arg-type]
        at=as_time(at),
        name=staff.alias if staff else "",
        text="" if event else text,
        event=text if event else "",
        client_id=client_id,
    )
    return message


def keep(made: list[Message]) -> None:
    """Keep lines of :func:`make`, move their conversations' ends, and tell of them after the commit."""
    Message.objects.bulk_create(made)
    rows.write_fields({message.conversation.pk: message.conversation for message in made}.values(), _ENDS)
    for hex_, of_one in groupby(sorted(made, key=lambda one: (one.conversation.hex, one.seq)), _hex):
        rows_of_one = list(of_one)
        fresh = [one.line for one in rows_of_one]  # type: ignore[attr-defined]
        conversation = rows_of_one[-1].conversation
        keep_here = partial(
            recent.put, hex_, fresh, resident_id=conversation.resident_id, holder_id=conversation.holder_id
        )
        transaction.on_commit(keep_here, robust=True)
        events.lines_grew(hex_, fresh[-1].seq)


def _hex(message: Message) -> str:
    return message.conversation.hex


_ENDS = ("last_seq", "last_line_at", "waiting_on_us_since")


def tell(conversation: Conversation, event: str, *, at: datetime) -> Message:
    """Add an event that both sides see, such as "joined:alias". The row must be locked."""
    made = make(conversation, author=Message.SYSTEM, text=event, at=at)
    keep([made])
    return made
