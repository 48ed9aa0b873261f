"""Telling the demo's stories through the real services, and then setting their clocks back.

Each story runs in one transaction, in the order in which it would have happened. The services stamp everything with
the present; afterwards each stamp is moved to where the story says that it belongs.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from counselors import services
from counselors.demo.script import Step, Story
from counselors.models import Review, StaffMember
from hotline.chat import access
from hotline.chat.models import (
    Conversation,
    Feedback,
    Flag,
    Handover,
    Message,
    Note,
    Reading,
    Resident,
    Transition,
    Visit,
    Weighing,
)
from hotline.chat.services import messages, moves, notes, opening, risk
from hotline.chat.states import Ending
from triage.core.levels import Level

NAMESPACE = uuid.UUID("6f1d3c2e-5a0b-4f57-9d0e-2b1a7c4e8f30")
"""Residents of the demo have ids made from this and their story's name: that is how they are found again."""
EVENING = timedelta(hours=12)
"""How long the demo's people and colleagues count as present, and how old an evening may become."""

STAMPS: tuple[tuple[QuerySet[Any], str, tuple[str, ...]], ...] = (
    (Message.objects.all(), "conversation", ("at",)),
    (Weighing.objects.all(), "message__conversation", ("at",)),
    (Transition.objects.all(), "conversation", ("at",)),
    (Flag.objects.all(), "conversation", ("raised_at",)),
    (Note.objects.all(), "conversation", ("at",)),
    (Handover.objects.all(), "conversation", ("offered_at", "answered_at")),
    (Reading.objects.all(), "conversation", ("at",)),
    (Feedback.objects.all(), "conversation", ("at",)),
    (Review.objects.all(), "conversation", ("decided_at",)),
)
ON_CONVERSATION = (
    "opened_at",
    "waiting_since",
    "given_back_at",
    "closed_at",
    "last_line_at",
    "waiting_on_us_since",
    "help_asked_at",
)


class Clock:
    """Where the moments of a telling belong: real time in, story time out."""

    def __init__(self, opened_at: datetime) -> None:
        self.opened_at = opened_at
        self.told: list[datetime] = []
        self.meant: list[datetime] = []

    def strike(self, at_seconds: int) -> None:
        """From here on things happen ``at_seconds`` after the story opened."""
        self.told.append(timezone.now())
        self.meant.append(self.opened_at + timedelta(seconds=at_seconds))

    def shift(self, stamp: datetime) -> datetime:
        """Where ``stamp`` belongs: as long after its step as it was told after it."""
        step = max(0, bisect_right(self.told, stamp) - 1)
        return self.meant[step] + (stamp - self.told[step])


def resident_id(story: Story) -> uuid.UUID:
    """The id of the story's person."""
    return uuid.uuid5(NAMESPACE, story.resident or story.key)


def demo_conversations(stories: Iterable[Story]) -> QuerySet[Conversation]:
    """Everything that the people of ``stories`` ever opened."""
    return Conversation.objects.filter(resident_id__in={resident_id(story) for story in stories})


def clear(stories: Iterable[Story]) -> None:
    """Forget an earlier evening. Only the demo's own people: whoever else wrote here stays."""
    gone = demo_conversations(stories)
    Visit.objects.filter(resident__conversations__in=gone).delete()
    gone.delete()


@transaction.atomic
def tell(story: Story, cast: Mapping[str, StaffMember], *, now: datetime) -> Conversation:
    """Let ``story`` happen, so that it looks as if it had begun ``story.opened`` minutes before ``now``."""
    clock = Clock(now - timedelta(minutes=story.opened))
    clock.strike(0)
    resident, _ = Resident.objects.get_or_create(id=resident_id(story))
    conversation = opening.open_conversation(
        language=story.language,
        topic=story.topic,
        nickname=story.nickname,
        age_band=story.age_band,
        danger=story.danger,
        mood_before=story.mood_before,
        resident=resident,
    ).conversation
    teller = _Teller(conversation.hex, resident, cast)
    for number, step in enumerate(story.steps):
        clock.strike(step.at)
        getattr(teller, step.verb)(step, f"demo-{number:04d}")
    _set_back(conversation, clock, present=story.present, now=now)
    return conversation


class _Teller:
    """One method for each verb of :data:`counselors.demo.script.VERBS`."""

    def __init__(self, hex_: str, resident: Resident, cast: Mapping[str, StaffMember]) -> None:
        self.hex, self.resident, self.cast = hex_, resident, cast

    @property
    def conversation(self) -> Conversation:
        return access.locked(self.hex)

    @property
    def holder(self) -> StaffMember:
        return StaffMember.objects.get(holding=self.conversation)

    def says(self, step: Step, client_id: str) -> None:
        receipt = messages.say_as_resident(self.hex, resident_id=self.resident.pk, client_id=client_id, text=step.says)
        # With more patience than people are asked for: the machine is busy with its first start.
        risk.weigh(self.hex, receipt.seq, again=True)

    def answers(self, step: Step, client_id: str) -> None:
        messages.say_as_counselor(self.hex, by=self.holder, client_id=client_id, text=step.answers)

    def taken_by(self, step: Step, _: str) -> None:
        moves.accept(self.hex, by=self.cast[step.taken_by], cause="taken")

    def given_back(self, step: Step, _: str) -> None:
        moves.give_back(self.hex, by=self.holder, note=step.given_back)

    def note(self, step: Step, _: str) -> None:
        notes.add_note(self.hex, by=self.holder, text=step.note)

    def asks(self, step: Step, _: str) -> None:
        notes.ask(self.hex, by=self.holder, question=step.asks)

    def advised_by(self, step: Step, _: str) -> None:
        notes.advise(self.hex, by=self.cast[step.advised_by], text=step.advice)

    def level(self, step: Step, _: str) -> None:
        risk.override(self.hex, by=self.holder, level=Level.from_code(step.level), reason=step.reason)

    def offered_to(self, step: Step, _: str) -> None:
        moves.offer_handover(self.hex, by=self.holder, to=self.cast[step.offered_to], note=step.note_to_them)

    def ends(self, step: Step, _: str) -> None:
        moves.close(self.hex, by=self.holder, ending=Ending(step.ends), wrap_up=step.wrap_up)

    def leaves(self, step: Step, _: str) -> None:
        moves.leave_locked(self.conversation)

    def mood_after(self, step: Step, _: str) -> None:
        opening.set_mood(self.conversation, when="after", value=step.mood_after)

    def thanks(self, step: Step, _: str) -> None:
        opening.give_feedback(self.conversation, kind="thanks", text=step.thanks)

    def reviewed_by(self, step: Step, _: str) -> None:
        """Whether triage raised a flag is for triage to say: without one there is nothing to decide."""
        if Flag.objects.filter(conversation=self.conversation, answered__isnull=True).exists():
            services.decide(self.hex, by=self.cast[step.reviewed_by], decision=step.decision, reason=step.why)


def _set_back(conversation: Conversation, clock: Clock, *, present: bool, now: datetime) -> None:
    for rows, path, fields in STAMPS:
        _shift_rows(rows.filter(**{path: conversation}), fields, clock)
    within = timedelta(hours=settings.REVIEW_WITHIN_HOURS)
    Flag.objects.filter(conversation=conversation).update(due_at=F("raised_at") + within)
    row = Conversation.objects.filter(pk=conversation.pk)
    _shift_rows(row, ON_CONVERSATION, clock)
    # Nobody sits at the demo people's screens: they count as present for one evening, those who stay.
    row.exclude(state="closed").update(seen_at=now + EVENING if present else None)


def _shift_rows(rows: QuerySet[Any], fields: tuple[str, ...], clock: Clock) -> None:
    found = list(rows)
    for row in found:
        for field in fields:
            stamp = getattr(row, field)
            if stamp is not None:
                setattr(row, field, clock.shift(stamp))
    if found:
        rows.bulk_update(found, list(fields))
