"""Saying something: committed first, acknowledged after, told on last."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hotline.chat import access, errors
from hotline.chat.errors import Refused
from hotline.chat.keys import unseal_text
from hotline.chat.models import Conversation, Message
from hotline.chat.permissions import Staff
from hotline.chat.services import lines
from hotline.chat.states import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a message stands now. ``repeated``: it was there already."""

    seq: int
    at: datetime
    repeated: bool


def say_as_resident(conversation_hex: str, *, resident_id: uuid.UUID, client_id: str, text: str) -> Receipt:
    """Keep a resident's words; saying the same ``client_id`` again gives the first receipt.

    Raises:
        Refused: conversation.not_found, conversation.closed, message.empty, message.id_reused.
    """
    with transaction.atomic():
        conversation = access.locked(conversation_hex)
        if conversation.resident_id != resident_id or conversation.erased_at:
            raise Refused(errors.NOT_FOUND)
        earlier = _said_already(conversation, Message.RESIDENT, client_id, text)
        if earlier:
            return earlier
        if conversation.state == State.CLOSED:
            raise Refused(errors.CLOSED)
        receipt = _keep(conversation, Message.RESIDENT, client_id, text, staff_id=None)
        if conversation.waiting_on_us_since is None:
            Conversation.objects.filter(pk=conversation.pk).update(waiting_on_us_since=receipt.at)
        return receipt


def say_as_counselor(conversation_hex: str, *, by: Staff, client_id: str, text: str) -> Receipt:
    """Keep a counselor's words; as :func:`say_as_resident`.

    Raises:
        Refused: conversation.not_found when ``by`` does not hold it any more, and the others above.
    """
    with transaction.atomic():
        conversation = access.locked(conversation_hex)
        earlier = _said_already(conversation, Message.COUNSELOR, client_id, text, staff_id=by.pk)
        if earlier:
            return earlier
        conversation = access.held_by(by, conversation_hex)
        receipt = _keep(conversation, Message.COUNSELOR, client_id, text, staff_id=by.pk)
        Conversation.objects.filter(pk=conversation.pk).update(waiting_on_us_since=None)
        return receipt


def _keep(conversation: Conversation, author: str, client_id: str, text: str, *, staff_id: int | None) -> Receipt:
    if not text.strip():
        raise Refused(errors.TEXT_EMPTY)
    message = lines.append(
        conversation, author=author, text=text, at=timezone.now(), staff_id=staff_id, client_id=client_id
    )
    return Receipt(seq=message.seq, at=message.at, repeated=False)


def _said_already(
    conversation: Conversation, author: str, client_id: str, text: str, *, staff_id: int | None = None
) -> Receipt | None:
    """The receipt of an earlier try, so that a page may repeat itself without fear."""
    found = conversation.messages.filter(author=author, client_id=client_id, staff_id=staff_id).first()
    if found is None:
        return None
    if unseal_text(conversation, f"line:{found.seq}:{author}", found.text_sealed) != text:
        raise Refused(errors.CLIENT_ID_REUSED)
    return Receipt(seq=found.seq, at=found.at, repeated=True)
