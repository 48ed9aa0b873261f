"""The only doors from "this person and this id" to a conversation. What is not yours is not found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from hotline.chat import errors, rows
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation, Resident
from hotline.chat.permissions import Permission, Staff
from hotline.chat.states import State

WRAP_UP_TIME = timedelta(hours=1)


def _find(conversation_hex: str, *, lock: bool) -> Conversation:
    found = Conversation.objects.select_for_update() if lock else Conversation.objects.select_related("holder")
    try:
        return found.get(pk=uuid.UUID(hex=conversation_hex))
    except (Conversation.DoesNotExist, ValueError):
        raise Refused(errors.NOT_FOUND) from None


def locked_many(conversation_hexes: Iterable[str]) -> dict[str, Conversation]:
    """The conversations with these ids that exist, their rows locked. For services that check access themselves.

    Locked in one order by everybody, so that no two wait for each other.
    """
    return {conversation.hex: conversation for conversation in rows.locked(keys_of(conversation_hexes))}


def keys_of(conversation_hexes: Iterable[str]) -> list[uuid.UUID]:
    """As ids; what is none names nothing."""
    keys = []
    for one in conversation_hexes:
        with suppress(ValueError):
            keys.append(uuid.UUID(hex=one))
    return keys


def locked(conversation_hex: str) -> Conversation:
    """The conversation with its row locked until the transaction ends. For services that checked access already."""
    return _find(conversation_hex, lock=True)


def unlocked(conversation_hex: str) -> Conversation:
    """The conversation as it stands, for the service's own errands on behalf of nobody (triage, sweeping)."""
    return _find(conversation_hex, lock=False)


def current_of(resident: Resident) -> Conversation:
    """The resident's open conversation, else their latest.

    Raises:
        Refused: conversation.not_found, when they have none or erased everything.
    """
    mine = Conversation.objects.filter(resident=resident, erased_at__isnull=True).select_related("holder")
    found = mine.open().first() or mine.order_by("-opened_at").first()
    if found is None:
        raise Refused(errors.NOT_FOUND)
    return found


def open_of(resident_id: uuid.UUID, conversation_hex: str) -> Conversation:
    """The resident's own conversation, locked, and still open.

    Raises:
        Refused: conversation.not_found or conversation.closed.
    """
    conversation = _find(conversation_hex, lock=True)
    if conversation.resident_id != resident_id or conversation.erased_at:
        raise Refused(errors.NOT_FOUND)
    if conversation.state == State.CLOSED:
        raise Refused(errors.CLOSED)
    return conversation


def own_of(resident_id: uuid.UUID, conversation_hex: str) -> Conversation:
    """The resident's own conversation, open or closed.

    Raises:
        Refused: conversation.not_found.
    """
    conversation = _find(conversation_hex, lock=False)
    if conversation.resident_id != resident_id or conversation.erased_at:
        raise Refused(errors.NOT_FOUND)
    return conversation


def held_by(staff: Staff, conversation_hex: str) -> Conversation:
    """A conversation that ``staff`` holds, locked.

    Raises:
        Refused: staff.not_allowed, conversation.closed (it was theirs), or conversation.not_found.
    """
    if not staff.may(Permission.CONVERSE):
        raise Refused(errors.NOT_ALLOWED)
    conversation = _find(conversation_hex, lock=True)
    check_held(staff, conversation)
    return conversation


def check_held(staff: Staff, conversation: Conversation) -> None:
    """See that ``staff`` holds this conversation, whose row is locked; refusals as in :func:`held_by`."""
    if not staff.may(Permission.CONVERSE):
        raise Refused(errors.NOT_ALLOWED)
    if conversation.state == State.ACTIVE and conversation.holder_id == staff.pk:
        return
    if (
        conversation.state == State.CLOSED
        and conversation.transitions.filter(new=State.ACTIVE, staff_id=staff.pk).exists()
    ):
        raise Refused(errors.CLOSED)
    raise Refused(errors.NOT_FOUND)


def waiting_for(staff: Staff, conversation_hex: str) -> Conversation:
    """A conversation in the queue that ``staff`` may take, locked.

    Raises:
        Refused: staff.not_allowed; conversation.taken when a colleague was quicker; conversation.closed.
    """
    if not staff.may(Permission.TAKE):
        raise Refused(errors.NOT_ALLOWED)
    conversation = _find(conversation_hex, lock=True)
    if conversation.state == State.ACTIVE:
        raise Refused(errors.TAKEN, conversation.holder.alias if conversation.holder else "")
    if conversation.state == State.CLOSED:
        raise Refused(errors.CLOSED)
    return conversation


def readable_by(staff: Staff, conversation_hex: str) -> Conversation:
    """A conversation that ``staff`` may read: their own, the earlier story of a person they hold, or any with READ_ANY.

    Raises:
        Refused: conversation.not_found.
    """
    conversation = _find(conversation_hex, lock=False)
    if not _may_read(staff, conversation):
        raise Refused(errors.NOT_FOUND)
    return conversation


def readable_among(staff: Staff, conversation_hexes: Iterable[str]) -> list[Conversation]:
    """Those of these that ``staff`` may read, see :func:`readable_by`; read together."""
    found = Conversation.objects.select_related("holder").in_bulk(keys_of(conversation_hexes))
    return [one for one in found.values() if _may_read(staff, one)]


def _may_read(staff: Staff, conversation: Conversation) -> bool:
    if staff.may(Permission.READ_ANY):
        return True
    if staff.may(Permission.CONVERSE):
        if is_own(staff, conversation):
            return True
        theirs_now = Conversation.objects.held_by(staff.pk).filter(resident_id=conversation.resident_id)
        return conversation.state == State.CLOSED and (theirs_now.exists() or is_wrapping_up(staff, conversation))
    return False


def is_wrapping_up(staff: Staff, conversation: Conversation) -> bool:
    """Whether ``staff`` held it last and it ended within the hour: time to read the last words and note them down."""
    if conversation.state != State.CLOSED or conversation.closed_at is None or conversation.erased_at:
        return False
    if timezone.now() - conversation.closed_at > WRAP_UP_TIME:
        return False
    last = conversation.transitions.filter(new=State.ACTIVE).order_by("-pk").first()
    return last is not None and last.staff_id == staff.pk


def notable_by(staff: Staff, conversation_hex: str) -> Conversation:
    """A conversation, locked, to which ``staff`` may add a private note: held, just ended, or any with READ_ANY.

    Raises:
        Refused: as :func:`held_by`.
    """
    conversation = _find(conversation_hex, lock=True)
    if staff.may(Permission.READ_ANY) or (staff.may(Permission.CONVERSE) and is_wrapping_up(staff, conversation)):
        if conversation.erased_at:
            raise Refused(errors.NOT_FOUND)
        return conversation
    return held_by(staff, conversation_hex)


def is_own(staff: Staff, conversation: Conversation) -> bool:
    """Whether ``staff`` holds it now (then reading it is not recorded)."""
    return conversation.state == State.ACTIVE and conversation.holder_id == staff.pk


def advisable_by(staff: Staff, conversation_hex: str, *, permission: Permission) -> Conversation:
    """A conversation, locked, in which ``staff`` may act without holding it.

    Raises:
        Refused: conversation.not_found, also when the role does not allow it.
    """
    if not staff.may(permission):
        raise Refused(errors.NOT_FOUND)
    return _find(conversation_hex, lock=True)
