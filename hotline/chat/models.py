"""Residents, conversations, messages and what is known about them. No workflow here: see ``services``.

Whatever a person wrote, and the level with its reasons, is in a ``*_sealed`` column (see ``keys``). No column holds an
address, a browser's name or a location.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from hotline.chat.states import START, Ending, State

STATES = [(state.value, state.value) for state in State]
ENDINGS = [("", "")] + [(ending.value, ending.value) for ending in Ending]


class Resident(models.Model):
    """An anonymous person. Known only by a browser's visit or a return code."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    code_digest = models.BinaryField(max_length=32, null=True, unique=True)
    """Argon2id output of the return code; the code itself is kept nowhere."""
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.id.hex[:8]


class Visit(models.Model):
    """A browser that speaks for a resident, known by the digest of its cookie."""

    resident = models.ForeignKey(Resident, on_delete=models.CASCADE, related_name="visits")
    token_digest = models.BinaryField(max_length=32, unique=True)
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"visit {self.pk}"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Conversations, by the filters people speak of."""

    def waiting(self) -> ConversationQuerySet:
        """Those in the queue."""
        return self.filter(state=State.WAITING)

    def active(self) -> ConversationQuerySet:
        """Those with a counselor."""
        return self.filter(state=State.ACTIVE)

    def open(self) -> ConversationQuerySet:
        """Those that are not over."""
        return self.exclude(state=State.CLOSED)

    def held_by(self, staff_id: int) -> ConversationQuerySet:
        """Those one counselor holds."""
        return self.active().filter(holder_id=staff_id)


class Conversation(models.Model):
    """One conversation between a resident and those who answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="conversations")
    channel = models.CharField(max_length=16, default="web")
    """How the person came: web now; wechat and phone later."""
    language = models.CharField(max_length=16, default="zh-hans")
    topic = models.CharField(max_length=16, blank=True)
    age_band = models.CharField(max_length=16, blank=True)
    nickname_sealed = models.BinaryField(default=bytes)
    mood_before = models.PositiveSmallIntegerField(null=True, blank=True)
    mood_after = models.PositiveSmallIntegerField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=STATES, default=START)
    ending = models.CharField(max_length=16, choices=ENDINGS, blank=True, default="")
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="holding"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(default=timezone.now)
    given_back_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    may_learn = models.BooleanField(default=False)
    """Whether the resident agreed that triage learns from their words."""
    example_ref = models.CharField(max_length=32, blank=True, default="", db_index=True)
    """Under which name triage keeps what was decided here; random, made with the first decision."""

    touched = models.PositiveBigIntegerField(default=0, db_index=True)
    """The number of the last thing that moved this person in the queue, counted over all conversations."""

    wrapped_key = models.BinaryField(default=bytes)
    last_seq = models.PositiveBigIntegerField(default=0)
    risk_sealed = models.BinaryField(default=bytes)
    weighed_seq = models.PositiveBigIntegerField(default=0)
    """The last seq whose words triage has read."""

    last_line_at = models.DateTimeField(null=True, blank=True)
    waiting_on_us_since = models.DateTimeField(null=True, blank=True)
    """When the first unanswered words of the resident were written."""
    help_asked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    """Presence: when the resident's page was last heard from; null once it said goodbye."""

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="conversation_active_has_holder",
                condition=Q(state=State.ACTIVE, holder__isnull=False)
                | (~Q(state=State.ACTIVE) & Q(holder__isnull=True)),
            ),
            models.CheckConstraint(
                name="conversation_closed_has_ending",
                condition=Q(state=State.CLOSED, closed_at__isnull=False) & ~Q(ending="")
                | ~Q(state=State.CLOSED) & Q(closed_at__isnull=True, ending=""),
            ),
            models.UniqueConstraint(
                name="conversation_one_open_per_resident", fields=["resident"], condition=~Q(state=State.CLOSED)
            ),
        ]
        indexes = [models.Index(fields=["state", "waiting_since"], name="conversation_queue")]

    def __str__(self) -> str:
        return self.hex

    @property
    def hex(self) -> str:
        """The id as frames and links carry it: 32 hexadecimal digits."""
        return self.id.hex


class Message(models.Model):
    """One place in a conversation's order. Words of a person, or an event told to both sides."""

    RESIDENT, COUNSELOR, SYSTEM = "resident", "counselor", "system"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField()
    author = models.CharField(max_length=9, choices=[(a, a) for a in (RESIDENT, COUNSELOR, SYSTEM)])
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    text_sealed = models.BinaryField(default=bytes)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("conversation", "seq")
        constraints = [
            models.UniqueConstraint(name="message_seq_once", fields=["conversation", "seq"]),
            models.UniqueConstraint(
                name="message_client_id_once",
                fields=["conversation", "author", "client_id"],
                condition=~Q(client_id=""),
            ),
            models.CheckConstraint(
                name="message_counselor_is_named",
                condition=Q(author="counselor", staff__isnull=False) | (~Q(author="counselor") & Q(staff__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"


class Weighing(models.Model):
    """What triage made of a message."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE)
    assessment_sealed = models.BinaryField(default=bytes)
    model_version = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"weighing of {self.message_id}"


class Transition(models.Model):
    """A row of the conversation's history: what moved, when, by whom."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="transitions")
    old = models.CharField(max_length=8, blank=True)
    new = models.CharField(max_length=8, choices=STATES)
    ending = models.CharField(max_length=16, choices=ENDINGS, blank=True, default="")
    cause = models.CharField(max_length=24)
    """opened, taken, claimed, vanished, given_back, handed_over, ended, erased, deactivated."""
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.old} -> {self.new}"


class Flag(models.Model):
    """A reason why a conversation must be reviewed by a supervisor. Its kind is sealed."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="flags")
    ref = models.CharField(max_length=32, unique=True)
    kind_sealed = models.BinaryField(default=bytes)
    """high, imminent, declared, overridden or asked."""
    raised_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"flag {self.pk}"


class Note(models.Model):
    """Private words of the staff about a conversation."""

    KINDS = ("note", "question", "advice", "handover", "wrap_up", "reason")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    ref = models.CharField(max_length=32, unique=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=[(kind, kind) for kind in KINDS], default="note")
    text_sealed = models.BinaryField(default=bytes)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"note {self.pk}"


class Handover(models.Model):
    """An offer to hand a conversation to a colleague, and the answer."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handovers")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handovers_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handovers_offered")
    note = models.ForeignKey(Note, on_delete=models.CASCADE)
    offered_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(
        max_length=9, blank=True, choices=[(a, a) for a in ("accepted", "declined", "withdrawn", "lapsed")]
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handover_answer_has_time",
                condition=Q(answer="", answered_at__isnull=True) | ~Q(answer="") & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(name="handover_to_another", condition=~Q(giver=F("taker"))),
            models.UniqueConstraint(
                name="handover_one_open", fields=["conversation"], condition=Q(answered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"


class Reading(models.Model):
    """Somebody opened a conversation that is not theirs."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="readings")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"reading {self.pk}"


class Feedback(models.Model):
    """A word of thanks or a complaint."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="feedback")
    ref = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=9, choices=[("thanks", "thanks"), ("complaint", "complaint")])
    text_sealed = models.BinaryField(default=bytes)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


def is_unique_violation(error: Exception) -> bool:
    """Whether a database error says that a row exists already (both databases word it so)."""
    return "unique" in str(error).lower()


def as_time(value: datetime | None) -> str:
    """A time as frames carry it: ISO 8601 in UTC with milliseconds, "" for none."""
    if value is None:
        return ""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
