"""Presence: whether a resident's page is there. A fact of its own, never a state."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hotline.chat import events
from hotline.chat.facts import is_present
from hotline.chat.models import Conversation
from hotline.chat.services import queueing
from hotline.chat.states import State


def seen(conversation: Conversation) -> None:
    """The resident's page was heard from. Writes at most every half heartbeat."""
    now = timezone.now()
    stale = now - timedelta(seconds=settings.HEARTBEAT_SECONDS / 2)
    if conversation.seen_at is not None and conversation.seen_at >= stale:
        return
    was_there = is_present(conversation)
    rows = Conversation.objects.filter(pk=conversation.pk).filter(Q(seen_at__lt=stale) | Q(seen_at__isnull=True))
    # One commit: after a restart everybody arrives at once, and the disk is what they wait for.
    with transaction.atomic():
        if rows.update(seen_at=now) and not was_there:
            _tell(conversation)


def gone(conversation_hex: str) -> None:
    """The last page of a resident went away. They keep their place: waiting is never timed out."""
    conversation = Conversation.objects.filter(pk=conversation_hex, seen_at__isnull=False).first()
    if conversation is not None:
        Conversation.objects.filter(pk=conversation.pk).update(seen_at=None)
        _tell(conversation)


def _tell(conversation: Conversation) -> None:
    events.view_changed(conversation.hex)
    if conversation.state == State.WAITING:
        queueing.moved(conversation)
