"""What the staff's screens need to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from msgspec.structs import replace

from counselors.models import Duty, Review, StaffMember
from counselors.records import ReviewRecord
from counselors.roles import Role
from hotline.chat import selectors, standing
from hotline.chat.facts import is_present
from hotline.chat.keys import unseal_record
from hotline.chat.models import Conversation, Flag, Transition, Weighing, as_time
from hotline.chat.protocol import BoardRow, Colleague, Line, NoteView, Risk
from hotline.chat.services.flags import kinds_of
from hotline.chat.states import State
from triage.services import Desk


def connected_since() -> datetime:
    """Desks heard from after this count as connected."""
    return timezone.now() - timedelta(seconds=settings.VANISHED_AFTER_SECONDS)


def count_on_duty() -> int:
    """Counselors on duty whose desks are there."""
    return Duty.objects.filter(state=Duty.ON, staff__is_active=True, seen_at__gte=connected_since()).count()


@dataclass(frozen=True, slots=True)
class Known:
    """What those on duty know together.

    Attributes:
        skills: what somebody of them has learned to help with.
        languages: those that somebody of them answers in; empty when somebody answers in any.
        scarce: those that somebody of them answers in, and somebody else does not.
    """

    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    scarce: frozenset[str] = frozenset()


def known_on_duty() -> Known:
    """What those on duty know whose desks are there. Who named no language answers in any."""
    there = Duty.objects.filter(state=Duty.ON, staff__is_active=True, seen_at__gte=connected_since())
    known = list(there.values_list("staff__skills", "staff__languages"))
    spoken = [frozenset(languages) for _, languages in known if languages]
    every = frozenset().union(*spoken)
    return Known(
        skills=frozenset(chain.from_iterable(skills for skills, _ in known)),
        languages=every if len(spoken) == len(known) else frozenset(),
        scarce=every.difference(frozenset.intersection(*spoken)) if spoken else frozenset(),
    )


def desk_of(staff: StaffMember, known: Known, *, crises_in_a_row: int = 0) -> Desk:
    """Who takes the next person, as the order of the queue sees them."""
    return Desk(
        languages=frozenset(staff.languages),
        crises_in_a_row=crises_in_a_row,
        skills=frozenset(staff.skills),
        on_duty=known.skills,
        spoken=known.languages,
        scarce=known.scarce,
    )


def colleague(member: StaffMember) -> Colleague:
    """Somebody, as their colleagues see them."""
    duty = Duty.objects.filter(staff=member).first()
    return _colleague(member, duty, Conversation.objects.held_by(member.pk).count())


def _colleague(member: StaffMember, duty: Duty | None, holding: int) -> Colleague:
    seen = duty.seen_at if duty else None
    return Colleague(
        id=member.pk,
        name=member.alias,
        duty=duty.state if duty else Duty.OFF,  # type: ignore[arg-type]
        holding=holding,
        capacity=duty.capacity if duty else 0,
        role=member.role,
        connected=seen is not None and seen >= connected_since(),
        skills=member.skills,
    )


def colleagues() -> list[Colleague]:
    """Everyone who answers people: on duty first, then by name."""
    members = (
        StaffMember.objects.filter(is_active=True)
        .exclude(role=Role.COORDINATOR)
        .select_related("duty")
        .annotate(count=Count("holding", filter=Q(holding__state=State.ACTIVE)))
        .order_by("alias", "pk")
    )
    found = [_colleague(member, getattr(member, "duty", None), member.count) for member in members]
    order = {Duty.ON: 0, Duty.PAUSE: 1, Duty.OFF: 2}
    return sorted(found, key=lambda one: order[one.duty])


def held(staff: StaffMember) -> list[Conversation]:
    """The conversations somebody holds, in the order they took them."""
    rows = Conversation.objects.held_by(staff.pk).select_related("holder")
    return list(rows.annotate(taken=Max("transitions__pk")).order_by("taken"))


# --- the board ---------------------------------------------------------------------------------------------------
WAITING_ON_BOARD = 200
"""So many of those who wait stand on the board; how many wait in all stands above."""


def board_rows(keys: Sequence[str], *, quoting: bool) -> list[BoardRow]:
    """Who waits (in queue order), then who talks (longest unanswered first).

    Args:
        keys: the conversations of those who wait, in order.
        quoting: with the words that speak for a level, the reasons, and the names residents chose. Only for readers
            who may open what they see.
    """
    taken = Max("transitions__at", filter=Q(transitions__new=State.ACTIVE))
    talking = Conversation.objects.active().select_related("holder").annotate(taken_at=taken)
    rows = {one.hex: one for one in Conversation.objects.waiting().filter(pk__in=keys)}
    waiting = [_board_row(rows[key], quoting=quoting) for key in keys if key in rows]
    active = [_board_row(conversation, quoting=quoting) for conversation in talking]
    active.sort(key=lambda row: (row.waiting_on_us_since or "~", row.conversation))
    return waiting + active


def _board_row(conversation: Conversation, *, quoting: bool) -> BoardRow:
    risk = standing.read(conversation).risk
    since, on_us = conversation.waiting_since, conversation.waiting_on_us_since
    if conversation.state == State.ACTIVE:
        since = getattr(conversation, "taken_at", None) or since
        # What was said in the queue waits on us only since somebody of us is there; desks count alike.
        on_us = max(on_us, since) if on_us else None
    return BoardRow(
        conversation=conversation.hex,
        label=selectors.label_of(conversation) if quoting else selectors.mark_of(conversation),
        state=conversation.state,  # type: ignore[arg-type]
        risk=risk if quoting else replace(risk, spans=[], reason=""),
        since=as_time(since),
        holder=conversation.holder.alias if conversation.holder else "",
        silent_since=as_time(conversation.last_line_at),
        waiting_on_us_since=as_time(on_us),
        help_asked=conversation.help_asked_at is not None,
        present=is_present(conversation),
    )


# --- reviews -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A flagged conversation in the list of reviews.

    Attributes:
        kinds: why it is flagged: high, imminent, declared, overridden, asked.
        due_at: when the first open flag should be decided; None once all are.
    """

    conversation: Conversation
    label: str
    risk: Risk
    kinds: tuple[str, ...]
    raised_at: datetime
    due_at: datetime | None
    overdue: bool
    last_review: Review | None


def open_flags() -> QuerySet[Flag]:
    """Flags that no review has answered."""
    return Flag.objects.filter(answered__isnull=True)


def count_reviews() -> tuple[int, int]:
    """How many conversations wait for a review, and how many of them are overdue."""
    flagged = open_flags().values("conversation")
    return (
        flagged.distinct().count(),
        flagged.filter(due_at__lt=timezone.now()).distinct().count(),
    )


def reviews(status: str = "open", *, limit: int = 200) -> list[ReviewItem]:
    """Flagged conversations: "open" (most overdue first) or "decided" (latest first)."""
    if status == "open":
        rows = (
            Conversation.objects.filter(flags__answered__isnull=True, flags__isnull=False)
            .annotate(due=Min("flags__due_at", filter=Q(flags__answered__isnull=True)))
            .order_by("due")
        )
    else:
        rows = (
            Conversation.objects.filter(reviews__isnull=False)
            .exclude(pk__in=open_flags().values("conversation"))
            .annotate(decided=Max("reviews__decided_at"))
            .order_by("-decided")
        )
    return [_review_item(conversation) for conversation in rows.distinct().select_related("holder")[:limit]]


def _review_item(conversation: Conversation) -> ReviewItem:
    flags = list(conversation.flags.all())
    pending = [flag.due_at for flag in flags if not hasattr(flag, "answered")]
    due = min(pending, default=None)
    return ReviewItem(
        conversation=conversation,
        label=selectors.label_of(conversation),
        risk=standing.read(conversation).risk,
        kinds=() if conversation.erased_at else tuple(sorted(kinds_of(conversation))),
        raised_at=min(flag.raised_at for flag in flags),
        due_at=due,
        overdue=due is not None and due < timezone.now(),
        last_review=conversation.reviews.select_related("reviewer").order_by("-pk").first(),
    )


@dataclass(frozen=True, slots=True)
class DecidedReview:
    """A decision with its opened record; the record is None once the resident erased everything."""

    review: Review
    record: ReviewRecord | None


@dataclass(frozen=True, slots=True)
class LevelStep:
    """What triage said about one message."""

    seq: int
    at: datetime
    risk: Risk


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """All that a supervisor needs in order to decide."""

    item: ReviewItem
    lines: list[Line]
    notes: list[NoteView]
    steps: list[LevelStep]
    history: list[Transition]
    decisions: list[DecidedReview]
    readers: list[str]


def review_case(conversation: Conversation) -> ReviewCase | None:
    """The case of a conversation, None if it was never flagged. The caller has checked access."""
    if not conversation.flags.exists():
        return None
    erased = conversation.erased_at is not None
    return ReviewCase(
        item=_review_item(conversation),
        lines=[] if erased else selectors.lines_after(conversation, 0, limit=10_000, size=selectors.ALL),
        notes=[] if erased else selectors.notes_of(conversation),
        steps=[] if erased else list(level_steps(conversation)),
        history=list(conversation.transitions.select_related("staff")),
        decisions=[_decided(review, conversation) for review in conversation.reviews.select_related("reviewer")],
        readers=sorted({reading.staff.alias for reading in conversation.readings.select_related("staff")}),
    )


def level_steps(conversation: Conversation) -> Iterable[LevelStep]:
    """What triage said, message by message."""
    rows = (
        Weighing.objects.filter(message__conversation=conversation).select_related("message").order_by("message__seq")
    )
    for row in rows:
        risk = unseal_record(conversation, f"weighing:{row.message.seq}", row.assessment_sealed, Risk)
        yield LevelStep(seq=row.message.seq, at=row.at, risk=risk)


def _decided(review: Review, conversation: Conversation) -> DecidedReview:
    if not review.record_sealed:
        return DecidedReview(review, None)
    return DecidedReview(
        review, unseal_record(conversation, f"review:{review.ref}", review.record_sealed, ReviewRecord)
    )


# --- accounts ----------------------------------------------------------------------------------------------------
def staff_list() -> QuerySet[StaffMember]:
    """All accounts, active ones first."""
    return StaffMember.objects.select_related("duty").order_by("-is_active", "role", "alias")
