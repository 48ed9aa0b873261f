"""Presence: whether a resident's page is there. A fact of its own, never a state."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hotline.chat import events
from hotline.chat.facts import is_present_at
from hotline.chat.models import Conversation
from hotline.chat.states import State

Sight = tuple[uuid.UUID, datetime | None, str]
"""A conversation, when its page was last heard from as its row says, and its state."""

_heard: set[uuid.UUID] = set()
"""Those whose pages were heard from again; their rows say so with the next writing. Of the database's thread."""
_written_at = 0.0


def seen(pages: Iterable[Sight]) -> None:
    """Residents' pages were heard from. Rows are written at most every half heartbeat, and many in one commit.

    Who was there already is written a moment later, together with others: a row is that much older than the truth, and
    is_present has three heartbeats of room for it. Who was not is written and told at once.
    """
    global _written_at
    now = timezone.now()
    stale = now - timedelta(seconds=settings.HEARTBEAT_SECONDS / 2)
    came: dict[uuid.UUID, str] = {}
    for pk, seen_at, state in pages:
        if seen_at is None or seen_at < stale:
            _heard.add(pk)
        if not is_present_at(seen_at):
            came[pk] = state
    if not came and time.monotonic() - _written_at < settings.HEARTBEAT_SECONDS / 4:
        return
    if not _heard:
        return
    # One commit: after a restart everybody arrives at once, and the disk is what they wait for.
    with transaction.atomic():
        Conversation.objects.filter(pk__in=_heard, erased_at__isnull=True).update(seen_at=now)
        for pk, state in came.items():
            _tell(pk, state)
    _heard.clear()
    _written_at = time.monotonic()


def gone(conversation_hexes: Sequence[str]) -> list[None]:
    """The last page of each of these residents went away. They keep their place: waiting is never timed out."""
    keys = {uuid.UUID(hex=one) for one in conversation_hexes}
    _heard.difference_update(keys)
    with transaction.atomic():
        there = list(Conversation.objects.filter(pk__in=keys, seen_at__isnull=False).values_list("pk", "state"))
        Conversation.objects.filter(pk__in=[pk for pk, _ in there]).update(seen_at=None)
        for pk, state in there:
            _tell(pk, state)
    return [None] * len(conversation_hexes)


def _tell(pk: uuid.UUID, state: str) -> None:
    events.presence_changed(pk.hex, waiting=state == State.WAITING)
