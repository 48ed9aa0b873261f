"""A review case as its page shows it: the transcript with its evidence underlined, and the level's way through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, pairwise

from counselors.selectors import LevelStep, ReviewCase
from counselors.words import reason_word
from hotline.chat.models import Transition
from hotline.chat.protocol import Line, NoteView, Span
from triage.core.levels import Level


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: plain where ``reason`` is empty, else evidence, with the reason in the reader's language."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of the transcript.

    Attributes:
        event, argument: for system lines, "joined" and "alias" of "joined:alias".
        level: code of what triage said of this message; "" where it said nothing.
        rose: whether that is higher than ever before in this conversation.
        chance: P(level >= high) that it told, from 0 to 1; "" where it could not read the message.
        model: the rules and weights that read it; "" where none did.
        model_changed: whether others had read the resident's message before it.
    """

    line: Line
    at: datetime
    pieces: list[Piece]
    event: str
    argument: str
    level: str
    rose: bool
    chance: str = ""
    model: str = ""
    model_changed: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, told by the field that is set.

    Attributes:
        level, seq: what the level rose to, and at which line; or, with ``declared``, where danger was declared.
        transition: the conversation moved.
        note: somebody of the staff set the level, asked or advised.
    """

    at: datetime
    level: str = ""
    seq: int = 0
    declared: bool = False
    transition: Transition | None = None
    note: NoteView | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The level after each message as a step line: ``points`` for an SVG polyline, ``width`` by 64 units."""

    points: str
    width: int


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """The text in stretches. Positions are code points; where spans overlap the first one has the character."""
    owner: list[Span | None] = [None] * len(text)
    for span in spans:
        for at in range(max(0, span.start), min(span.end, len(text))):
            owner[at] = owner[at] or span
    found = []
    for span_or_none, group in groupby(range(len(text)), key=lambda at: owner[at]):
        stretch = list(group)
        reason = reason_word(span_or_none.reason) if span_or_none else ""
        found.append(Piece(text[stretch[0] : stretch[-1] + 1], reason))
    return found


def shown_lines(case: ReviewCase) -> list[ShownLine]:
    """The transcript, each of the resident's messages with what triage said of it."""
    steps = {step.seq: step for step in case.steps}
    rises = {step.seq for step in risen(case.steps)}
    changes = {step.seq for before, step in pairwise(case.steps) if before.risk.model != step.risk.model}
    shown = (_shown(line, steps.get(line.seq), case.item.risk.spans, line.seq in rises) for line in case.lines)
    return [replace(one, model_changed=one.line.seq in changes) for one in shown]


def models(steps: Iterable[LevelStep]) -> list[str]:
    """Which rules and weights read the messages, in the order in which they came to speak."""
    return list(dict.fromkeys(step.risk.model for step in steps if step.risk.model))


def _shown(line: Line, step: LevelStep | None, standing_spans: Sequence[Span], rose: bool) -> ShownLine:
    spans = [span for span in standing_spans if span.seq == line.seq]
    spans += [span for span in (step.risk.spans if step else []) if span.seq == line.seq]
    event, _, argument = line.event.partition(":")
    return ShownLine(
        line=line,
        at=datetime.fromisoformat(line.at),
        pieces=pieces(line.text, spans if line.author == "resident" else []),
        event=event,
        argument=argument,
        level=step.risk.level if step else "",
        rose=rose,
        chance=f"{step.risk.probability:.2f}" if step and step.risk.scored else "",
        model=step.risk.model if step else "",
    )


def risen(steps: Iterable[LevelStep]) -> list[LevelStep]:
    """The steps at which the level was higher than ever before."""
    highest, found = Level.LOW, []
    for step in steps:
        level = Level.from_code(step.risk.level)
        if level > highest:
            highest = level
            found.append(step)
    return found


def timeline(case: ReviewCase) -> list[Moment]:
    """Rises of the level, what people did about it, and moves of the conversation, in order."""
    moments = [Moment(at=step.at, level=step.risk.level, seq=step.seq) for step in risen(case.steps)]
    moments += [Moment(at=moved.at, transition=moved) for moved in case.history]
    moments += [
        Moment(at=datetime.fromisoformat(line.at), seq=line.seq, declared=True)
        for line in case.lines
        if line.event == "danger"
    ]
    moments += [
        Moment(at=datetime.fromisoformat(note.at), note=note)
        for note in case.notes
        if note.kind in ("reason", "question", "advice")
    ]
    return sorted(moments, key=lambda moment: moment.at)


def chart(steps: Sequence[LevelStep]) -> Chart | None:
    """What triage said, message by message, as a step line from low (below) to imminent (above)."""
    if len(steps) < 2:
        return None
    step_width = max(6, min(28, 560 // len(steps)))
    points: list[str] = []
    for index, step in enumerate(steps):
        y = 58 - 17 * Level.from_code(step.risk.level)
        points += [f"{index * step_width},{y}", f"{(index + 1) * step_width},{y}"]
    return Chart(points=" ".join(points), width=len(steps) * step_width)
