"""The level of a conversation: what triage reads, what the person declares, what a human decides."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from msgspec.structs import replace

from hotline import metrics
from hotline.chat import access, errors, events, recent, rows, selectors, standing
from hotline.chat.errors import Refused
from hotline.chat.keys import seal_record
from hotline.chat.models import Conversation, Message, Weighing
from hotline.chat.permissions import Permission, Staff
from hotline.chat.prepared import Question
from hotline.chat.protocol import Line, Risk, Span
from hotline.chat.rows import Writes
from hotline.chat.services import flags, learning, lines, notes, queueing
from hotline.chat.standing import StandingRisk
from hotline.chat.states import State
from triage import feedback, reading
from triage import services as triage
from triage.core.levels import Assessment, Level
from triage.reading import Asked

log = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 0.2
"""Longest that one message may occupy triage; beyond it the person counts as not scored, a human first."""
SECOND_LIMIT_SECONDS = 1.0
"""The same for the watch, which gives such a message one more try."""
TURNS_READ = 24
"""How many of the resident's latest messages triage is given; it reads the last eight, and short ones further back."""
ANSWERS_READ = 8
"""Before so many of the latest messages triage is told what the staff said, if the message may be a bare answer."""
BARE_ANSWER, ASKED = 80, 400
"""Characters up to which a message may be one, and of what was said before it, the end."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A resident's message that triage is to read, with those before it.

    Attributes:
        conversation: 32 hexadecimal digits.
        seq: the message's place.
        seqs: the places of ``texts``.
        texts: the resident's latest messages, the one to read last.
        readings: what triage remembers of this conversation.
        before: what the staff said before each of ``texts``, where it is short enough to be a bare answer, else "".
    """

    conversation: str
    seq: int
    seqs: tuple[int, ...]
    texts: tuple[str, ...]
    readings: triage.Readings = field(default_factory=dict, compare=False, repr=False)
    before: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """What triage made of a message. ``in_time``: else it gave no answer within its time, and may get another try."""

    unread: Unread
    assessment: Assessment
    in_time: bool = True


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
    unread = collect([(conversation_hex, seq)])
    if not unread:
        return True
    limit = SECOND_LIMIT_SECONDS if again else TIME_LIMIT_SECONDS
    read = [_read_as(one, reading.here.read_now(_asked(one), limit), limit) for one in unread]
    settle(read, again=again)
    return all(one.in_time for one in read)


def collect(places: Sequence[tuple[str, int]], conversations: Mapping[str, Conversation] | None = None) -> list[Unread]:
    """The words that triage needs for the resident's messages at these places: (conversation, seq).

    Args:
        places: in the order in which they are to be read.
        conversations: their rows, where they were read a moment ago.
    """
    if conversations is None:
        asked = {uuid.UUID(hex=hex_) for hex_, _ in places}
        conversations = {one.hex: one for one in Conversation.objects.filter(pk__in=asked)}
    triage.look()
    found = []
    for hex_, seq in places:
        conversation = conversations.get(hex_)
        if conversation is None or conversation.erased_at:
            continue
        # Words before a human decision are weighed too, each for itself, or the sweep would find them for ever.
        since = min(standing.read(conversation).since_seq, seq - 1)
        turns = _turns(conversation, since, seq)
        if turns and turns[-1][0] == seq:
            seqs, texts, before = zip(*turns, strict=True)
            found.append(Unread(hex_, seq, seqs, texts, recent.readings(hex_), before))
    return found


def _turns(conversation: Conversation, since: int, seq: int) -> list[tuple[int, str, str]]:
    """The resident's latest messages after ``since`` up to ``seq``, from memory or from the database.

    Of each its seq, its words, and what the staff said before it.
    """
    held = recent.upto(conversation.hex, seq)
    if held and held[-1].seq == seq and (held[0].seq <= since + 1 or len(held) >= recent.LINES_OF_ONE - 1):
        return _with_what_was_asked(held, since)
    # Said before this process served it: read once, and keep for the messages to come.
    held = selectors.lines_after(
        conversation, max(0, seq - recent.LINES_OF_ONE), limit=recent.LINES_OF_ONE, size=selectors.ALL
    )
    if held:
        recent.prime(conversation.hex, held)
    return _with_what_was_asked([line for line in held if line.seq <= seq], since)


def _with_what_was_asked(lines_: Sequence[Line], since: int) -> list[tuple[int, str, str]]:
    """The resident's lines after ``since``. A question from before it may still be answered behind it."""
    turns: list[tuple[int, str, str]] = []
    staff: list[str] = []
    for line in lines_:
        if line.author == Message.COUNSELOR:
            staff.append(line.text)
        elif line.author == Message.RESIDENT:
            if line.seq > since:
                asked = "\n".join(staff)[-ASKED:] if staff and len(line.text) <= BARE_ANSWER else ""
                turns.append((line.seq, line.text, asked))
            staff = []
    latest = turns[-TURNS_READ:]
    first = len(latest) - ANSWERS_READ
    return [(seq, text, asked if place >= first else "") for place, (seq, text, asked) in enumerate(latest)]


async def read(unread: Sequence[Unread], *, again: bool = False) -> list[Read]:
    """Let triage read, wherever it does. Holds no thread that others need, and never raises.

    Args:
        unread: in the order in which they are read.
        again: the watch's try, with more patience and the last one.
    """
    limit = SECOND_LIMIT_SECONDS if again else TIME_LIMIT_SECONDS
    found = await reading.reader().read([_asked(one) for one in unread], limit)
    return [_read_as(one, assessment, limit) for one, assessment in zip(unread, found, strict=True)]


def _asked(unread: Unread) -> Asked:
    return Asked(unread.conversation, unread.texts, unread.readings, unread.before)


def _read_as(unread: Unread, assessment: Assessment | None, limit: float) -> Read:
    if assessment is not None:
        return Read(unread, assessment)
    metrics.triage_late()
    log.error("triage gave no answer within %s s; counted as not scored", limit)
    return Read(unread, triage.NOT_SCORED, in_time=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction that keeps other things too.

    Attributes:
        locked: the conversations it has locked, by id.
        unweighed: the answer of :func:`unweighed_among` for all that was read, asked after that.
        writes: gathers what it will write.
    """

    locked: Mapping[str, Conversation]
    unweighed: Mapping[tuple[str, int], int]
    writes: Writes


def settle(read: Sequence[Read], begun: Begun | None = None, *, again: bool = False) -> None:
    """Keep what triage made of messages, and move levels by it, in one transaction.

    Args:
        read: in the order of the messages.
        begun: the transaction, where there is one.
        again: whether an answer that did not come in time counts as one: not scored, a human first.
    """
    alarmed: list[tuple[Read, bool]] = []
    at = timezone.now()
    with transaction.atomic(savepoint=False):
        if begun is None:
            locked = access.locked_many({one.unread.conversation for one in read})
            begun, alone = Begun(locked, unweighed_among(read).ask(), Writes()), True
        else:
            alone = False
        conversations, messages = begun.locked, dict(begun.unweighed)
        weighings: list[tuple[int, bytes, str, datetime]] = []
        weighed: dict[str, Conversation] = {}
        for one in read:
            conversation = conversations.get(one.unread.conversation)
            message = messages.pop((one.unread.conversation, one.unread.seq), None)
            if conversation is None or conversation.erased_at or message is None:
                continue
            weighed[conversation.hex] = conversation
            spans = _spans(one.assessment, one.unread.seqs, one.unread.texts)
            kept = one.in_time or again
            if kept:
                weighings.append((message, _sealed(conversation, one, spans), one.assessment.model_version, at))
                conversation.weighed_seq = max(conversation.weighed_seq, one.unread.seq)
            before = after = standing.read(conversation)
            if before.since_seq < one.unread.seq:
                # Else a human decided with these words before them, perhaps while triage was reading.
                after = standing.after_message(before, one.assessment, spans, waiting=conversation.state)
                _move(conversation, before, after)
            if kept:
                rose = standing.level_of(after).is_crisis and not standing.level_of(before).is_crisis
                alarmed.append((one, rose))
        begun.writes.insert(Weighing, ("message", "assessment_sealed", "model_version", "at"), weighings)
        begun.writes.move(weighed.values(), ("risk_sealed", "weighed_seq"))
        if alone:
            begun.writes.do()
    for one, rose in alarmed:
        feedback.seen(one.assessment, alarmed=rose, turns=one.unread.texts)


def unweighed_among(read: Sequence[Read]) -> Question[dict[tuple[str, int], int]]:
    """Asks: (conversation, seq) -> the message's id, of those of these messages that have no weighing yet."""
    return rows.unweighed_ids([(uuid.UUID(hex=one.unread.conversation), one.unread.seq) for one in read])


def _sealed(conversation: Conversation, read: Read, spans: list[Span]) -> bytes:
    """What triage made of a message, as its weighing keeps it."""
    assessment = read.assessment
    return seal_record(
        conversation,
        f"weighing:{read.unread.seq}",
        Risk(
            level=assessment.level.code,
            scored=assessment.scored,
            doubtful=assessment.doubtful,
            probability=round(assessment.probability, 4),
            spans=spans,
            model=assessment.model_version,
        ),
    )


def unweighed(*, beyond: int = 0, before: datetime | None = None, limit: int = 50) -> list[tuple[str, int]]:
    """Messages of open conversations that triage has not read: (conversation, seq), oldest first.

    Args:
        beyond: a message's id; all up to it are known to be read.
        before: only what was kept before this.
        limit: how many at most.
    """
    left = _unweighed(beyond, before).order_by("pk").values_list("conversation_id", "seq")
    return [(key.hex, seq) for key, seq in left[:limit]]


def weighed_upto(beyond: int, before: datetime) -> int:
    """The id up to which all is read that was kept ``before``; up to ``beyond`` it is known to be.

    Ids are handed out before the commit: ``before`` must lie further back than a transaction takes.
    """
    latest = Message.objects.filter(pk__gt=beyond, at__lt=before).order_by("-pk").values_list("pk", flat=True).first()
    if latest is None:
        return beyond
    oldest = _unweighed(beyond, None).order_by("pk").values_list("pk", flat=True).first()
    return latest if oldest is None else max(beyond, min(latest, oldest - 1))


def _unweighed(beyond: int, before: datetime | None) -> QuerySet[Message]:
    left = Message.objects.filter(
        pk__gt=beyond, author=Message.RESIDENT, weighing__isnull=True, conversation__closed_at__isnull=True
    )
    return left if before is None else left.filter(at__lt=before)


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
    """Keep the level, raise the flags that follow from it, and tell who must know. The row must be locked."""
    _move(conversation, before, after)
    conversation.save(update_fields=["risk_sealed"])


def _move(conversation: Conversation, before: StandingRisk, after: StandingRisk) -> None:
    """As :func:`_settle`; whoever calls writes ``risk_sealed``."""
    if after == before:
        return
    conversation.risk_sealed = standing.seal(conversation, after)
    level = Level.from_code(after.risk.level)
    if level.is_crisis and level > standing.level_of(before):
        # Each time that it rises: what a review decided was about the time before.
        flags.raise_flag(conversation, level.code, again=True)
    if shown(after) == shown(before):
        return
    stamp = uuid.uuid4().hex[:12]
    keep_here = partial(recent.put_risk, conversation.hex, stamp, after.risk, holder_id=conversation.holder_id)
    transaction.on_commit(keep_here, robust=True)
    events.risk_changed(conversation.hex, stamp)
    if after.declared != before.declared:
        events.view_changed(conversation.hex)
    elif level.is_crisis != standing.level_of(before).is_crisis:
        events.care_changed(conversation.hex)
    if conversation.state == State.WAITING:
        queueing.moved(conversation)
    elif conversation.state == State.ACTIVE:
        events.board_changed()


def shown(record: StandingRisk) -> Risk:
    """What the staff see of it: without the number behind, which moves with every message."""
    return replace(record.risk, probability=0.0)


def _spans(assessment: Assessment, seqs: Sequence[int], texts: Sequence[str]) -> list[Span]:
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
