"""Erasing: the key is destroyed, the words are deleted, and the free space is overwritten."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from hotline.chat import events, journal, recent
from hotline.chat.journal import Erased
from hotline.chat.keys import forget_keys
from hotline.chat.models import Conversation, Resident
from hotline.chat.services import moves
from hotline.chat.states import State
from triage import feedback

log = logging.getLogger(__name__)

OUTLIVED_AT_ONCE = 50
"""How many conversations one round erases, so that the first night after a change of the setting delays nobody."""


def erase_resident(resident_id: uuid.UUID) -> None:
    """Erase everything a resident ever said, and every way back to it.

    What stays: that there were conversations, when they moved and how they ended, without a word. Backups made before
    hold only what cannot be opened, once the key-wrapping record in them is gone too; docs/architecture.md says how.
    """
    with transaction.atomic():
        resident = Resident.objects.select_for_update().get(pk=resident_id)
        conversations = list(Conversation.objects.select_for_update().filter(resident=resident))
        journal.write(conversations=[one.pk for one in conversations], residents=[resident.pk])
        for conversation in conversations:
            if conversation.state != State.CLOSED:
                moves.leave_locked(conversation, cause="erased")
        _destroy(conversations)
        now = timezone.now()
        resident.visits.filter(ended_at__isnull=True).update(ended_at=now)
        Resident.objects.filter(pk=resident.pk).update(code_digest=None, erased_at=now)
    forget_keys()
    scrub_free_space()


def erase_outlived() -> int:
    """Erase conversations that ended more than RETENTION_DAYS ago, as residents were promised. Open ones never.

    Returns:
        How many were erased.
    """
    before = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    outlived = Conversation.objects.filter(state=State.CLOSED, closed_at__lt=before, erased_at__isnull=True)
    keys = list(outlived.order_by("closed_at").values_list("pk", flat=True)[:OUTLIVED_AT_ONCE])
    if not keys:
        return 0
    with transaction.atomic():
        rows = list(outlived.select_for_update().filter(pk__in=keys))
        journal.write(conversations=[one.pk for one in rows])
        _destroy(rows)
    forget_keys()
    scrub_free_space()
    return len(rows)


def erased_so_far() -> Erased:
    """What the database itself knows to be erased."""
    conversations = Conversation.objects.filter(erased_at__isnull=False).values_list("pk", flat=True)
    residents = Resident.objects.filter(erased_at__isnull=False).values_list("pk", flat=True)
    return Erased(frozenset(conversations), frozenset(residents))


def erase_again(known: Erased) -> int:
    """After a restore: erase what had been erased since the backup was made.

    Returns:
        How many conversations came back with the backup and are gone again.
    """
    before = erased_so_far()
    again = known - before
    for resident_id in again.residents:
        if Resident.objects.filter(pk=resident_id).exists():
            erase_resident(resident_id)
    for key in again.conversations:
        with transaction.atomic():
            conversation = Conversation.objects.select_for_update().filter(pk=key, erased_at__isnull=True).first()
            if conversation is not None:
                if conversation.state != State.CLOSED:
                    moves.leave_locked(conversation, cause="erased")
                _destroy([conversation])
    forget_keys()
    scrub_free_space()
    return len(erased_so_far().conversations - before.conversations)


def _destroy(conversations: Sequence[Conversation]) -> None:
    """In the transaction of whoever erases; after it, memory forgets all of them in one go, before pages are told."""
    transaction.on_commit(partial(recent.forget, *(one.hex for one in conversations)), robust=True)
    for conversation in conversations:
        _destroy_one(conversation)


def _destroy_one(conversation: Conversation) -> None:
    for rows in (conversation.messages, conversation.notes, conversation.feedback, conversation.readings):
        rows.all().delete()
    feedback.forget(conversation.example_ref)
    conversation.reviews.update(record_sealed=b"")
    conversation.flags.update(kind_sealed=b"")
    Conversation.objects.filter(pk=conversation.pk).update(
        wrapped_key=b"",
        nickname_sealed=b"",
        risk_sealed=b"",
        topic="",
        age_band="",
        mood_before=None,
        mood_after=None,
        seen_at=None,
        may_learn=False,
        example_ref="",
        erased_at=timezone.now(),
    )
    events.words_gone(conversation.hex)
    events.view_changed(conversation.hex)


def scrub_free_space() -> None:
    """Empty SQLite's write-ahead log, which would keep the deleted pages. PostgreSQL reuses space by vacuuming."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    if busy:
        log.warning("write-ahead log not emptied yet: a reader was busy; the next erasure or restart empties it")
