"""The one place that moves a conversation between states."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from hotline.chat import access, errors, events
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation, Handover, Transition
from hotline.chat.permissions import Permission, Staff
from hotline.chat.services import lines, notes, queueing
from hotline.chat.states import Ending, State, check_move


def advance(
    conversation: Conversation,
    new: State,
    *,
    cause: str,
    staff_id: int | None = None,
    ending: Ending | None = None,
    **fields: Any,
) -> None:
    """Move ``conversation``, locked by this transaction, and write its history row.

    The update names the expected state and holder, so that even without a lock only one of two racers wins.

    Raises:
        Refused: conversation.moved, when somebody else moved it first.
        MoveNotAllowed: the tables in ``states`` hold no such move.
    """
    old = State(conversation.state)
    check_move(old, new, ending)
    now = timezone.now()
    fields = {"holder_id": None, **fields, "state": new, "ending": ending or ""}
    if new is State.CLOSED:
        fields |= {"closed_at": now, "waiting_on_us_since": None, "help_asked_at": None}
    moved = Conversation.objects.filter(pk=conversation.pk, state=old, holder_id=conversation.holder_id).update(
        **fields
    )
    if moved != 1:
        raise Refused(errors.MOVED)
    former = conversation.holder_id
    # Who was given back begins a wait anew; their place in the queue goes by the first.
    waited_since = conversation.given_back_at or conversation.waiting_since
    conversation.refresh_from_db(fields=[*fields])
    Transition.objects.create(
        conversation=conversation, old=old, new=new, ending=ending or "", cause=cause, staff_id=staff_id, at=now
    )
    Handover.objects.filter(conversation=conversation, answer="").exclude(
        taker_id=conversation.holder_id if new is State.ACTIVE else None
    ).update(answer="lapsed", answered_at=now)
    for desk in {former, conversation.holder_id}:
        if desk is not None:
            events.desk_changed(desk)
    events.view_changed(conversation.hex)
    queueing.moved(conversation)
    if old is State.WAITING:
        queueing.stopped_waiting(conversation, since=waited_since, now=now)
    events.board_changed()
    events.colleagues_changed()


@transaction.atomic
def accept(conversation_hex: str, *, by: Staff, cause: str = "claimed") -> Conversation:
    """Give the person to ``by``. One person, one counselor, however many press at once.

    Raises:
        Refused: conversation.taken (detail: who has them), conversation.closed, staff.not_allowed.
    """
    conversation = access.waiting_for(by, conversation_hex)
    advance(conversation, State.ACTIVE, cause=cause, staff_id=by.pk, holder_id=by.pk, given_back_at=None)
    lines.tell(conversation, f"joined:{by.alias}", at=timezone.now())
    events.person_taken(conversation.hex, by.alias)
    return conversation


@transaction.atomic
def give_back(conversation_hex: str, *, by: Staff, note: str) -> Conversation:
    """Put a person back on top of their band, with a note for whoever comes next.

    Raises:
        Refused: as :func:`hotline.chat.access.held_by`.
    """
    conversation = access.held_by(by, conversation_hex)
    notes.write(conversation, staff_id=by.pk, kind="handover", text=note)
    _return_to_queue(conversation, cause="given_back", staff_id=by.pk, alias=by.alias)
    return conversation


@transaction.atomic
def release_vanished(conversation_hex: str, *, holder_id: int, cause: str = "vanished") -> bool:
    """Put a person back because their counselor's desk has fallen silent (or was closed down).

    Returns:
        False when the conversation had moved meanwhile, which is no fault.
    """
    conversation = access.locked(conversation_hex)
    if conversation.state != State.ACTIVE or conversation.holder_id != holder_id or conversation.holder is None:
        return False
    _return_to_queue(conversation, cause=cause, staff_id=holder_id, alias=conversation.holder.alias)
    return True


def _return_to_queue(conversation: Conversation, *, cause: str, staff_id: int, alias: str) -> None:
    now = timezone.now()
    # waiting_since stays: who has waited before does not begin again at the end.
    advance(conversation, State.WAITING, cause=cause, staff_id=staff_id, given_back_at=now)
    lines.tell(conversation, f"left:{alias}", at=now)


@transaction.atomic
def close(conversation_hex: str, *, by: Staff, ending: Ending, wrap_up: str = "") -> Conversation:
    """End a conversation that ``by`` holds, with an optional wrap-up note.

    Raises:
        Refused: as :func:`hotline.chat.access.held_by`.
    """
    conversation = access.held_by(by, conversation_hex)
    if wrap_up.strip():
        notes.write(conversation, staff_id=by.pk, kind="wrap_up", text=wrap_up)
    lines.tell(conversation, f"closed:{ending}", at=timezone.now())
    advance(conversation, State.CLOSED, cause="ended", staff_id=by.pk, ending=ending)
    return conversation


@transaction.atomic
def close_waiting(conversation_hex: str, *, by: Staff, reason: str) -> Conversation:
    """Close a conversation that waits (its resident is long gone), with a reason.

    Raises:
        Refused: conversation.not_found without OVERRIDE_ANY, reason.missing, conversation.moved.
    """
    conversation = access.advisable_by(by, conversation_hex, permission=Permission.OVERRIDE_ANY)
    if conversation.state != State.WAITING:
        raise Refused(errors.MOVED)
    notes.write(conversation, staff_id=by.pk, kind="wrap_up", text=reason)
    lines.tell(conversation, f"closed:{Ending.CLOSED_BY_STAFF}", at=timezone.now())
    advance(conversation, State.CLOSED, cause="ended", staff_id=by.pk, ending=Ending.CLOSED_BY_STAFF)
    return conversation


def leave_locked(conversation: Conversation, *, cause: str = "ended") -> None:
    """The resident ends it: how it ended follows from where it stood. The row must be locked."""
    ending = Ending.LEFT_WAITING if conversation.state == State.WAITING else Ending.LEFT_DURING
    lines.tell(conversation, f"closed:{ending}", at=timezone.now())
    advance(conversation, State.CLOSED, cause=cause, ending=ending)


@transaction.atomic
def offer_handover(conversation_hex: str, *, by: Staff, to: Staff, note: str) -> Handover:
    """Ask ``to`` to take the person over; until they accept, nothing changes for the resident.

    Raises:
        Refused: as :func:`hotline.chat.access.held_by`; handover.no_such_colleague; conversation.moved if one is open.
    """
    conversation = access.held_by(by, conversation_hex)
    if to.pk == by.pk or not to.may(Permission.CONVERSE):
        raise Refused(errors.HANDOVER_UNKNOWN)
    if conversation.handovers.filter(answer="").exists():
        raise Refused(errors.MOVED)
    written = notes.write(conversation, staff_id=by.pk, kind="handover", text=note)
    offer = Handover.objects.create(conversation=conversation, giver_id=by.pk, taker_id=to.pk, note=written)
    _tell_both(offer)
    return offer


@transaction.atomic
def answer_handover(handover_id: int, *, by: Staff, answer: str) -> Handover:
    """Accept, decline or withdraw an open offer.

    Raises:
        Refused: handover.gone, when it is not open or not ``by``'s to answer (any more: a role may change meanwhile).
    """
    offer = Handover.objects.select_related("conversation").filter(pk=handover_id, answer="").first()
    if offer is None or by.pk != (offer.giver_id if answer == "withdraw" else offer.taker_id):
        raise Refused(errors.HANDOVER_GONE)
    if answer == "accept" and not by.may(Permission.CONVERSE):
        raise Refused(errors.HANDOVER_GONE)
    conversation = access.locked(offer.conversation.hex)
    words = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}
    taken = Handover.objects.filter(pk=offer.pk, answer="").update(answer=words[answer], answered_at=timezone.now())
    if taken != 1 or conversation.state != State.ACTIVE or conversation.holder_id != offer.giver_id:
        raise Refused(errors.HANDOVER_GONE)
    if answer == "accept":
        _change_holder(conversation, to=by)
    _tell_both(offer)
    return offer


def _change_holder(conversation: Conversation, *, to: Staff) -> None:
    """The only change of hands that is not a change of state; it has its history row all the same."""
    giver = conversation.holder_id
    moved = Conversation.objects.filter(pk=conversation.pk, state=State.ACTIVE, holder_id=giver).update(holder_id=to.pk)
    if moved != 1:
        raise Refused(errors.HANDOVER_GONE)
    Transition.objects.create(
        conversation=conversation, old=State.ACTIVE, new=State.ACTIVE, cause="handed_over", staff_id=to.pk
    )
    conversation.refresh_from_db(fields=["holder_id"])
    lines.tell(conversation, f"handed:{to.alias}", at=timezone.now())
    events.colleagues_changed()
    events.board_changed()


def _tell_both(offer: Handover) -> None:
    events.desk_changed(offer.giver_id)
    events.desk_changed(offer.taker_id)
    events.view_changed(offer.conversation.hex)
