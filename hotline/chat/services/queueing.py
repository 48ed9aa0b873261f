"""Moving somebody in the queue: noted for every process, and told."""

from __future__ import annotations

from hotline.chat import events, rows
from hotline.chat.models import Conversation


def moved(conversation: Conversation) -> None:
    """Somebody came into the queue, left it, or something that the queue shows of them has changed."""
    rows.touch(conversation)
    events.queue_changed()
