"""The verbs of the desk: duty, taking people, vanished colleagues, reviews."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from counselors import selectors as staff_selectors
from counselors.accounts import deactivate, invite, join, reactivate, set_role, set_skills
from counselors.models import Duty, Review, ReviewedFlag, StaffMember
from counselors.records import ReviewRecord
from counselors.roles import Permission
from hotline.chat import access, errors, events, queue, selectors, standing
from hotline.chat.errors import Refused
from hotline.chat.keys import seal_record
from hotline.chat.models import Conversation, Flag
from hotline.chat.services import learning, moves, notes, risk
from triage.core.levels import Level

__all__ = [
    "claim",
    "deactivate",
    "decide",
    "invite",
    "join",
    "reactivate",
    "release_vanished",
    "set_duty",
    "set_role",
    "set_skills",
    "silence_seconds",
    "take_next",
    "touch",
]


def duty_of(staff: StaffMember) -> Duty:
    """The duty row of somebody, made when first asked for."""
    duty, _ = Duty.objects.get_or_create(staff=staff)
    return duty


def set_duty(staff: StaffMember, *, state: str, capacity: int) -> Duty:
    """On duty, pause or off duty, and for how many conversations at once. Whoever they hold stays with them.

    Raises:
        Refused: staff.not_allowed, for roles that take nobody.
    """
    if not staff.may(Permission.TAKE):
        raise Refused(errors.NOT_ALLOWED)
    with transaction.atomic():
        duty = duty_of(staff)
        now = timezone.now()
        since = duty.since if duty.state == state else now
        Duty.objects.filter(pk=duty.pk).update(state=state, capacity=capacity, since=since, seen_at=now)
        duty.refresh_from_db()
        events.colleagues_changed()
        events.hint(events.PLACES, "view")
        return duty


def touch(*staff_ids: int) -> None:
    """Desks of theirs were heard from."""
    Duty.objects.filter(staff__in=staff_ids).update(seen_at=timezone.now())


def _check_room(staff: StaffMember) -> None:
    """Lock their duty row and see that they are on duty with a place free.

    The lock keeps two pages of one counselor from filling the last place twice.
    """
    duty_of(staff)
    duty = Duty.objects.select_for_update().get(staff=staff)
    if duty.state != Duty.ON:
        raise Refused(errors.NOT_ON_DUTY)
    if Conversation.objects.held_by(staff.pk).count() >= duty.capacity:
        raise Refused(errors.FULL)


@transaction.atomic
def claim(conversation_hex: str, *, by: StaffMember) -> Conversation:
    """Take a chosen person.

    Raises:
        Refused: duty.off, duty.full, conversation.taken (detail: by whom), conversation.closed, staff.not_allowed.
    """
    _check_room(by)
    return moves.accept(conversation_hex, by=by, cause="claimed")


@transaction.atomic
def take_next(*, by: StaffMember) -> Conversation:
    """Take whoever is first for this desk; if a colleague is quicker, the one after.

    First by level and wait; in the desk's own languages before others', but for a crisis; below that by skills, among
    those of one level; and after several people of a crisis in a row one who waits long below it. See
    triage.core.ordering.

    Raises:
        Refused: queue.empty, duty.off, duty.full, staff.not_allowed.
    """
    _check_room(by)
    known = staff_selectors.known_on_duty()
    desk = staff_selectors.desk_of(by, known, crises_in_a_row=selectors.crises_taken_in_a_row())
    for conversation_hex in queue.candidates(desk):
        try:
            return moves.accept(conversation_hex, by=by, cause="taken")
        except Refused as refusal:
            if refusal.code not in (errors.TAKEN, errors.CLOSED, errors.MOVED):
                raise
    raise Refused(errors.NOBODY_WAITING)


def silence_seconds() -> float:
    """How long a desk may be silent before it counts as vanished.

    Less than VANISHED_AFTER_SECONDS: the watch comes by only now and then, and by then people are to be back.
    """
    whole = settings.VANISHED_AFTER_SECONDS
    return max(whole * 3 / 4, whole - 2 * settings.SWEEP_EVERY_SECONDS)


def release_vanished() -> int:
    """Give back the people of counselors whose desks fell silent.

    Returns:
        How many people went back to the queue.
    """
    silent = Q(holder__duty__seen_at__lt=timezone.now() - timedelta(seconds=silence_seconds())) | Q(
        holder__duty__seen_at__isnull=True
    )
    rows = Conversation.objects.active().filter(silent).values_list("pk", "holder_id")
    return sum(moves.release_vanished(pk.hex, holder_id=holder) for pk, holder in rows)


# --- reviews -----------------------------------------------------------------------------------------------------
@transaction.atomic
def decide(conversation_id: str, *, by: StaffMember, decision: str, reason: str, level: str | None = None) -> Review:
    """A supervisor's decision on everything that is flagged in a conversation and not yet decided.

    Args:
        conversation_id: 32 hexadecimal digits.
        by: needs REVIEW.
        decision: agree, lower, raise or follow_up.
        reason: why, in words.
        level: for lower and raise, the code of the level that it should be.

    Raises:
        Refused: conversation.not_found, reason.missing, review.nothing_open, review.level_wrong.
    """
    conversation = access.advisable_by(by, conversation_id, permission=Permission.REVIEW)
    if not reason.strip():
        raise Refused(errors.REASON_MISSING)
    open_flags = list(Flag.objects.filter(conversation=conversation, answered__isnull=True))
    if not open_flags:
        raise Refused(errors.NOTHING_TO_REVIEW)
    erased = conversation.erased_at is not None
    if erased and decision not in Review.LEVEL_KEEPING:
        raise Refused(errors.REVIEW_LEVEL, decision)
    before = standing.level_of(standing.read(conversation))
    after = _decided_level(before, decision, level)
    ref = uuid.uuid4().hex
    record = ReviewRecord(level_before=before.code, level_after=after.code, reason=reason.strip())
    judged_upto = learning.last_seq_by(conversation, _last_decision_at(conversation))
    review = Review.objects.create(
        conversation=conversation,
        ref=ref,
        reviewer=by,
        decision=decision,
        record_sealed=b"" if erased else seal_record(conversation, f"review:{ref}", record),
    )
    ReviewedFlag.objects.bulk_create([ReviewedFlag(flag=flag, review=review) for flag in open_flags])
    if not erased:
        notes.write(conversation, staff_id=by.pk, kind="reason", text=reason)
        if after != before:
            risk.set_level(conversation, by=by, level=after, reason=reason, source="supervisor")
            # The decision itself answers whatever flag its own level raises.
            fresh = Flag.objects.filter(conversation=conversation, answered__isnull=True)
            ReviewedFlag.objects.bulk_create([ReviewedFlag(flag=flag, review=review) for flag in fresh])
        learning.remember(conversation, source="supervisor", decision=decision, decided=after, after=judged_upto)
    events.board_changed()
    return review


def _last_decision_at(conversation: Conversation) -> datetime | None:
    last = Review.objects.filter(conversation=conversation).order_by("-decided_at").first()
    return last.decided_at if last else None


def _decided_level(before: Level, decision: str, level: str | None) -> Level:
    if decision not in Review.DECISIONS:
        raise Refused(errors.REVIEW_LEVEL, decision)
    if decision in Review.LEVEL_KEEPING:
        return before
    try:
        after = Level.from_code(level or "")
    except ValueError:
        raise Refused(errors.REVIEW_LEVEL) from None
    if (after >= before) if decision == "lower" else (after <= before):
        raise Refused(errors.REVIEW_LEVEL)
    return after
