"""Moving somebody in the queue: noted for every process, and told."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from hotline import metrics
from hotline.chat import events, rows, standing
from hotline.chat.models import Conversation
from hotline.chat.sealing import Unreadable
from hotline.chat.states import State


def moved(conversation: Conversation) -> None:
    """Somebody came into the queue, left it, or something that the queue shows of them has changed."""
    rows.touch(conversation)
    events.queue_changed()


def stopped_waiting(conversation: Conversation, *, since: datetime, now: datetime) -> None:
    """Somebody who waited since then was taken, or waits no more: monitors are told how long it was, once committed."""
    try:
        record = standing.read(conversation)
    except Unreadable:
        record = standing.UNREADABLE
    seconds, taken = max(0.0, (now - since).total_seconds()), conversation.state == State.ACTIVE
    transaction.on_commit(lambda: metrics.waited(record.risk.level, seconds, taken=taken), robust=True)
