"""Giving lines their place in a conversation's order. The inner part of the other services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby

from django.db import transaction

from hotline.chat import events, recent
from hotline.chat.keys import seal_text
from hotline.chat.models import Conversation, Message, as_time
from hotline.chat.permissions import Staff
from hotline.chat.protocol import Line
from hotline.chat.rows import Writes


@dataclass(frozen=True, slots=True)
class Made:
    """A line that is to be kept: the fields of its row, and what pages are told."""

    conversation: Conversation
    seq: int
    author: str
    staff_id: int | None
    client_id: str
    text_sealed: bytes
    at: datetime
    line: Line


def make(
    conversation: Conversation,
    *,
    author: str,
    text: str,
    at: datetime,
    staff: Staff | None = None,
    client_id: str = "",
) -> Made:
    """The next line at the end, not yet kept. The conversation's row must be locked by this transaction.

    A sequence of our own, not the row id: PostgreSQL hands ids out before commit, so that a reader could see 8,
    remember it, and never learn of 7.
    """
    conversation.last_seq = seq = conversation.last_seq + 1
    conversation.last_line_at = at
    event = author == Message.SYSTEM
    return Made(
        conversation=conversation,
        seq=seq,
        author=author,
        staff_id=staff.pk if staff else None,
        client_id=client_id,
        text_sealed=seal_text(conversation, f"line:{seq}:{author}", text),
        at=at,
        line=Line(
            seq=seq,
            author=author,  # type: ignore[arg-type]
            at=as_time(at),
            name=staff.alias if staff else "",
            text="" if event else text,
            event=text if event else "",
            client_id=client_id,
        ),
    )


def keep(made: Sequence[Made], writes: Writes | None = None) -> None:
    """Keep lines of :func:`make`, move their conversations' ends, and tell of them after the commit.

    Args:
        made: at least one.
        writes: where the transaction gathers what it writes; by default it is written at once.
    """
    gathered = Writes() if writes is None else writes
    gathered.insert(
        Message,
        ("conversation", "seq", "author", "staff", "client_id", "text_sealed", "at"),
        [
            (one.conversation.pk, one.seq, one.author, one.staff_id, one.client_id, one.text_sealed, one.at)
            for one in made
        ],
    )
    gathered.move((one.conversation for one in made), _ENDS)
    if writes is None:
        gathered.do()
    for hex_, of_one in groupby(sorted(made, key=_place), _hex):
        lines_of_one = list(of_one)
        fresh = [one.line for one in lines_of_one]
        conversation = lines_of_one[-1].conversation
        keep_here = partial(
            recent.put, hex_, fresh, resident_id=conversation.resident_id, holder_id=conversation.holder_id
        )
        transaction.on_commit(keep_here, robust=True)
        events.lines_grew(hex_, fresh[-1].seq)


def _hex(made: Made) -> str:
    return made.conversation.hex


def _place(made: Made) -> tuple[str, int]:
    return made.conversation.hex, made.seq


_ENDS = ("last_seq", "last_line_at", "waiting_on_us_since")


def tell(conversation: Conversation, event: str, *, at: datetime) -> None:
    """Add an event that both sides see, such as "joined:alias". The row must be locked."""
    keep([make(conversation, author=Message.SYSTEM, text=event, at=at)])
