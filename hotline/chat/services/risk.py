"""The level of a conversation: what triage reads, what the person declares, what a human decides."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

from django.db import transaction
from django.utils import timezone

from hotline.chat import access, errors, events, standing
from hotline.chat.errors import Refused
from hotline.chat.keys import seal_record, unseal_text
from hotline.chat.models import Conversation, Message, Weighing
from hotline.chat.permissions import Permission, Staff
from hotline.chat.protocol import Risk, Span
from hotline.chat.services import flags, learning, lines, notes
from hotline.chat.standing import StandingRisk
from triage import feedback
from triage import services as triage
from triage.core.levels import Assessment, Level

log = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 0.2
"""Longest that one message may occupy triage; beyond it the person counts as not scored, a human first."""
SECOND_LIMIT_SECONDS = 1.0
"""The same for the watch, which gives such a message one more try."""
TURNS_READ = 40
"""How many of the resident's latest messages triage is given."""
_reader = ThreadPoolExecutor(max_workers=2, thread_name_prefix="triage")


def weigh(conversation_hex: str, seq: int, *, again: bool = False) -> bool:
    """Let triage read the message ``seq``, and move the conversation's level if it says so.

    Runs after the acknowledgement: a message is never delayed or lost by its weighing. A message left without one
    (the process died in between, or triage was too slow on a busy machine) is found by :func:`unweighed`.

    Args:
        conversation_hex: 32 hexadecimal digits.
        seq: the place of one of the resident's messages.
        again: the watch's try, with more patience and the last one.

    Returns:
        Whether triage answered in time (or there was nothing to read).
    """
    conversation = access.unlocked(conversation_hex)
    if conversation.erased_at:
        return True
    # Words before a human decision are weighed too, each for itself, or the sweep would find them for ever.
    since = min(standing.read(conversation).since_seq, seq - 1)
    turns = list(
        conversation.messages.filter(author=Message.RESIDENT, seq__gt=since, seq__lte=seq).order_by("-seq")[:TURNS_READ]
    )[::-1]
    if not turns or turns[-1].seq != seq:
        return True
    texts = [unseal_text(conversation, f"line:{turn.seq}:{turn.author}", turn.text_sealed) for turn in turns]
    triage.look()
    assessment, in_time = _assess_in_time(texts, SECOND_LIMIT_SECONDS if again else TIME_LIMIT_SECONDS)
    spans = _spans(assessment, [turn.seq for turn in turns], texts)
    with transaction.atomic():
        conversation = access.locked(conversation_hex)
        if conversation.erased_at or Weighing.objects.filter(message=turns[-1]).exists():
            return in_time
        if in_time or again:
            _keep_weighing(conversation, turns[-1], assessment, spans)
        before = after = standing.read(conversation)
        if before.since_seq < seq:
            # Else a human decided with these words before them, perhaps while triage was reading.
            after = standing.after_message(before, assessment, spans, waiting=conversation.state)
            _settle(conversation, before, after)
    if in_time or again:
        alarmed = standing.level_of(after).is_crisis and not standing.level_of(before).is_crisis
        feedback.seen(assessment, alarmed=alarmed, turns=texts)
    return in_time


def _keep_weighing(conversation: Conversation, message: Message, assessment: Assessment, spans: list[Span]) -> None:
    Weighing.objects.create(
        message=message,
        model_version=assessment.model_version,
        assessment_sealed=seal_record(
            conversation,
            f"weighing:{message.seq}",
            Risk(
                level=assessment.level.code,
                scored=assessment.scored,
                doubtful=assessment.doubtful,
                probability=round(assessment.probability, 4),
                spans=spans,
                model=assessment.model_version,
            ),
        ),
    )
    Conversation.objects.filter(pk=conversation.pk, weighed_seq__lt=message.seq).update(weighed_seq=message.seq)


def unweighed(limit: int = 50) -> list[tuple[str, int]]:
    """Messages of open conversations that triage has not read: (conversation, seq), oldest first."""
    rows = Message.objects.filter(
        author=Message.RESIDENT, weighing__isnull=True, conversation__closed_at__isnull=True
    ).order_by("pk")
    return [(row.conversation_id.hex, row.seq) for row in rows[:limit]]


@transaction.atomic
def declare_danger(conversation: Conversation) -> None:
    """The person says that they are in danger now: imminent, whatever any score says. The row must be locked."""
    before = standing.read(conversation)
    if before.declared:
        return
    lines.tell(conversation, "danger", at=timezone.now())
    flags.raise_flag(conversation, "declared")
    _settle(conversation, before, standing.after_declaration(before))


@transaction.atomic
def override(conversation_hex: str, *, by: Staff, level: Level, reason: str, source: str = "counselor") -> None:
    """A human sets the level, up or down, and says why. It will be reviewed.

    Raises:
        Refused: conversation.not_found, reason.missing.
    """
    if by.may(Permission.OVERRIDE_ANY):
        conversation = access.advisable_by(by, conversation_hex, permission=Permission.OVERRIDE_ANY)
        source = "supervisor"
    else:
        conversation = access.held_by(by, conversation_hex)
    if not reason.strip():
        raise Refused(errors.REASON_MISSING)
    notes.write(conversation, staff_id=by.pk, kind="reason", text=reason)
    flags.raise_flag(conversation, "overridden", again=True)
    judged_upto = standing.read(conversation).since_seq
    set_level(conversation, by=by, level=level, reason=reason, source=source)
    learning.remember(conversation, source=source, decision="override", decided=level, after=judged_upto)


def set_level(conversation: Conversation, *, by: Staff, level: Level, reason: str, source: str) -> None:
    """Set the level by human decision; words before it do not raise it again. The row must be locked."""
    before = standing.read(conversation)
    after = standing.after_override(
        before, level=level, by=by.alias, reason=reason.strip(), source=source, upto=conversation.last_seq
    )
    _settle(conversation, before, after)


def _settle(conversation: Conversation, before: StandingRisk, after: StandingRisk) -> None:
    """Keep the level, raise the flags that follow from it, and tell who must know."""
    conversation.risk_sealed = standing.seal(conversation, after)
    conversation.save(update_fields=["risk_sealed"])
    level = Level.from_code(after.risk.level)
    if level.is_crisis and level > standing.level_of(before):
        # Each time that it rises: what a review decided was about the time before.
        flags.raise_flag(conversation, level.code, again=True)
    if after.risk != before.risk:
        events.view_changed(conversation.hex)
        events.queue_changed()


def _assess_in_time(texts: list[str], limit: float) -> tuple[Assessment, bool]:
    """Triage in a thread of its own, so that a hang delays nobody; and whether it answered within ``limit`` seconds."""
    in_time = True
    try:
        return _reader.submit(triage.assess, texts[-1], earlier=tuple(texts[:-1])).result(limit), in_time
    except TooSlow:
        in_time = False
        log.error("triage took longer than %s s; counted as not scored", limit)
    except Exception as error:  # noqa: BLE001 - whatever it is, a human comes first
        log.error("triage failed fault=%s; counted as not scored", type(error).__name__)
    return Assessment(level=Level.MODERATE, probability=0.5, evidence=(), model_version="none", scored=False), in_time


def _spans(assessment: Assessment, seqs: list[int], texts: list[str]) -> list[Span]:
    """Evidence with the seq of its line and its words; evidence that points nowhere is left out."""
    spans = []
    for piece in assessment.evidence:
        if 0 <= piece.turn < len(texts):
            words = texts[-1 - piece.turn][piece.start : piece.end]
            if words:
                spans.append(
                    Span(
                        seq=seqs[-1 - piece.turn],
                        start=piece.start,
                        end=piece.end,
                        reason=piece.reason,
                        words=words[: standing.LONGEST_QUOTE],
                    )
                )
    return spans
