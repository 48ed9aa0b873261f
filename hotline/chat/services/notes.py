"""Private notes of the staff, and asking a supervisor."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from hotline.chat import access, errors, events
from hotline.chat.errors import Refused
from hotline.chat.keys import seal_text
from hotline.chat.models import Conversation, Note
from hotline.chat.permissions import Permission, Staff
from hotline.chat.services import flags
from hotline.chat.states import State


def write(conversation: Conversation, *, staff_id: int, kind: str, text: str) -> Note:
    """Seal and keep a note.

    Raises:
        Refused: reason.missing, when there are no words.
    """
    if not text.strip():
        raise Refused(errors.REASON_MISSING)
    ref = uuid.uuid4().hex
    note = Note.objects.create(
        conversation=conversation,
        ref=ref,
        staff_id=staff_id,
        kind=kind,
        text_sealed=seal_text(conversation, f"note:{ref}", text.strip()),
    )
    events.view_changed(conversation.hex)
    return note


@transaction.atomic
def add_note(conversation_hex: str, *, by: Staff, text: str) -> Note:
    """A private note by the counselor who holds the conversation or held it just now, or by a supervisor.

    Raises:
        Refused: as the access functions; reason.missing.
    """
    conversation = access.notable_by(by, conversation_hex)
    return write(conversation, staff_id=by.pk, kind="note", text=text)


@transaction.atomic
def ask(conversation_hex: str, *, by: Staff, question: str) -> Note:
    """Ask a supervisor about a conversation one holds. It will be reviewed."""
    conversation = access.held_by(by, conversation_hex)
    note = write(conversation, staff_id=by.pk, kind="question", text=question)
    flags.raise_flag(conversation, "asked", again=True)
    Conversation.objects.filter(pk=conversation.pk).update(help_asked_at=timezone.now())
    events.board_changed()
    return note


@transaction.atomic
def advise(conversation_hex: str, *, by: Staff, text: str) -> Note:
    """A supervisor's answer, for the staff alone."""
    conversation = access.advisable_by(by, conversation_hex, permission=Permission.ANSWER_HELP)
    note = write(conversation, staff_id=by.pk, kind="advice", text=text)
    Conversation.objects.filter(pk=conversation.pk, state=State.ACTIVE).update(help_asked_at=None)
    events.board_changed()
    return note
