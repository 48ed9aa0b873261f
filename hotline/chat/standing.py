"""How the level of a conversation stands: a sealed record, and the pure rules of how it changes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from hotline.chat.keys import seal_record, unseal_record
from hotline.chat.models import Conversation
from hotline.chat.protocol import Risk, Span
from hotline.chat.states import State
from triage import services as triage
from triage.core.levels import Assessment, Level

LONGEST_QUOTE = 40
"""Characters of evidence shown in the queue."""
MOST_SPANS = 12

Source = Literal["triage", "declared", "counselor", "supervisor"]


class StandingRisk(Struct, frozen=True, kw_only=True):
    """The level with its reasons, and what it rests on.

    Attributes:
        risk: what the desks show.
        since_seq: words up to here were judged by a human; triage looks only at what came after.
        declared: the person said that they are in danger now.
    """

    risk: Risk
    since_seq: int = 0
    declared: bool = False


NOTHING_YET = StandingRisk(risk=Risk(level="low"))
UNREADABLE = StandingRisk(risk=Risk(level="moderate", scored=False))
"""Of somebody whose record does not open."""


def read(conversation: Conversation) -> StandingRisk:
    """The standing level of a conversation; low before any word."""
    if not conversation.risk_sealed or conversation.erased_at:
        return NOTHING_YET
    return unseal_record(conversation, "risk", conversation.risk_sealed, StandingRisk)


def seal(conversation: Conversation, record: StandingRisk) -> bytes:
    """The record as the conversation's row keeps it."""
    return seal_record(conversation, "risk", record)


def level_of(record: StandingRisk) -> Level:
    """Its level."""
    return Level.from_code(record.risk.level)


def after_message(before: StandingRisk, assessment: Assessment, spans: list[Span], *, waiting: str) -> StandingRisk:
    """The level after another message was read. Triage alone never lowers it.

    While nobody is with the person, one unreadable message keeps the "not scored" mark: a human must look first.
    """
    level = triage.follow(level_of(before), assessment)
    scored = assessment.scored and (before.risk.scored or waiting != State.WAITING)
    rose = level > level_of(before)
    source: Source = "triage" if rose else before.risk.source
    return replace(
        before,
        risk=Risk(
            level=level.code,
            scored=scored,
            # Doubt stays, as a level does, until the level rises to a crisis or a human decides.
            doubtful=not level.is_crisis and (assessment.doubtful or before.risk.doubtful),
            probability=max(round(assessment.probability, 4), 0.0 if rose else before.risk.probability),
            source=source,
            spans=_merge(before.risk.spans, spans, fresh_first=rose),
            by="" if rose else before.risk.by,
            reason="" if rose else before.risk.reason,
            model=assessment.model_version,
        ),
    )


def after_declaration(before: StandingRisk) -> StandingRisk:
    """The person declared danger: imminent."""
    risk = replace(
        before.risk, level=Level.IMMINENT.code, source="declared", by="", reason="", scored=True, doubtful=False
    )
    return replace(before, risk=risk, declared=True)


def after_override(before: StandingRisk, *, level: Level, by: str, reason: str, source: str, upto: int) -> StandingRisk:
    """A human decided. What was said up to ``upto`` no longer speaks for another level."""
    chosen: Source = "supervisor" if source == "supervisor" else "counselor"
    risk = replace(before.risk, level=level.code, source=chosen, by=by, reason=reason, scored=True, doubtful=False)
    return replace(before, risk=risk, since_seq=upto, declared=False)


def _merge(old: list[Span], new: list[Span], *, fresh_first: bool) -> list[Span]:
    """Both lists without repeats, the newest words first where they moved the level."""
    ordered = [*new, *old] if fresh_first else [*old, *new]
    seen: dict[tuple[int, int, int, str], Span] = {}
    for span in ordered:
        seen.setdefault((span.seq, span.start, span.end, span.reason), span)
    return list(seen.values())[:MOST_SPANS]
