"""Giving lines their place in a conversation's order. The inner part of the other services."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from hotline.chat import events
from hotline.chat.keys import seal_text
from hotline.chat.models import Conversation, Message


def append(
    conversation: Conversation,
    *,
    author: str,
    text: str,
    at: datetime,
    staff_id: int | None = None,
    client_id: str = "",
) -> Message:
    """Add a line at the end. The conversation's row must be locked by this transaction.

    A sequence of our own, not the row id: PostgreSQL hands ids out before commit, so that a reader could see 8,
    remember it, and never learn of 7.
    """
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=F("last_seq") + 1, last_line_at=at)
    conversation.last_seq += 1
    conversation.last_line_at = at
    message = Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        author=author,
        staff_id=staff_id,
        client_id=client_id,
        text_sealed=seal_text(conversation, f"line:{conversation.last_seq}:{author}", text),
        at=at,
    )
    events.lines_grew(conversation.hex, conversation.last_seq)
    return message


def tell(conversation: Conversation, event: str, *, at: datetime) -> Message:
    """Add an event that both sides see, such as "joined:alias". The row must be locked."""
    return append(conversation, author=Message.SYSTEM, text=event, at=at)
