"""What residents' pages lack, looked up for many of them together: state, place, lines, and presence by the way.

A page that connects, sends its heartbeat or was told that something changed asks the same: may I still see this
conversation, does anything beside the lines differ from what I was sent last, and which lines came since? One reading
answers it for all who ask at one moment. A page for which nothing has changed costs its share of that reading and
nothing more: nothing is opened, built or sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import DatabaseError
from msgspec.structs import replace

from hotline.chat import errors, queue, recent, replay, selectors
from hotline.chat.errors import Refused
from hotline.chat.gathering import Gathering
from hotline.chat.keys import Sealed
from hotline.chat.models import Conversation, Visit
from hotline.chat.protocol import MAX_REPLAY, Line, Place, ResidentView
from hotline.chat.services import presence
from hotline.chat.states import State

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 32
"""So many pages share a reading at most: with 200 lines for each, messages wait a tenth of a second for it."""
APART_SECONDS = 0.05
"""Heartbeats of so long share a reading."""

Told = tuple[int, int]
"""What a page was sent last, beside the lines: of the facts behind it, and of the view itself. Of this process only."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one page asks.

    Attributes:
        visit_id: the browser's visit.
        conversation: which one it shows; "" for the newest.
        count_on_duty: counts the counselors on duty.
        told: what it was sent last; None: nothing yet.
        before: the place it was told last.
        after: the last line it has; None: it does not ask for lines.
        present: whether this shows that somebody is at the page.
    """

    visit_id: int
    conversation: str
    count_on_duty: Callable[[], int]
    told: Told | None = None
    before: Place | None = None
    after: int | None = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer.

    Attributes:
        conversation: which one it is about.
        upto: its last seq.
        told: what the page has been sent once it is sent the ``view``.
        view: None where the page shows all of it already.
        place: while waiting.
        lines: a portion of those beyond ``after``.
    """

    conversation: str
    upto: int
    told: Told
    view: ResidentView | None
    place: Place | None
    lines: list[Line]


class _Row(NamedTuple):
    """A conversation of somebody who asks. From ``pk`` on it is what a page shows beside the lines."""

    visit_id: int
    last_seq: int
    seen_at: datetime | None
    opened_at: datetime
    resident_id: uuid.UUID
    wrapped_key: Sealed
    pk: uuid.UUID
    state: str
    ending: str
    holder: str | None
    topic: str
    nickname_sealed: Sealed
    age_band: str
    mood_before: int | None
    mood_after: int | None
    may_learn: bool
    risk_sealed: Sealed
    code_digest: Sealed | None

    @property
    def rank(self) -> tuple[bool, datetime]:
        """The newest is the last by this: an open one, else the latest."""
        return self.state != State.CLOSED, self.opened_at

    def opened(self) -> Conversation:
        """As much of the conversation as its view and its lines are made of."""
        return Conversation(
            id=self.pk,
            resident_id=self.resident_id,
            state=self.state,
            ending=self.ending,
            last_seq=self.last_seq,
            wrapped_key=self.wrapped_key,
            topic=self.topic,
            nickname_sealed=self.nickname_sealed,
            age_band=self.age_band,
            mood_before=self.mood_before,
            mood_after=self.mood_after,
            may_learn=self.may_learn,
            risk_sealed=self.risk_sealed,
        )


_COLUMNS = (
    "resident__visits__pk",
    *("last_seq", "seen_at", "opened_at", "resident_id", "wrapped_key", "pk", "state", "ending", "holder__alias"),
    *("topic", "nickname_sealed", "age_band", "mood_before", "mood_after", "may_learn", "risk_sealed"),
    "resident__code_digest",
)
_FIRST_FACT = _Row._fields.index("pk")


def look(asked: Sequence[Look]) -> list[Seen | Exception]:
    """What each page lacks, or why it is not answered: session.ended, conversation.not_found, a key that is missing.

    Runs on the database's thread.
    """
    theirs = _rows_of({one.visit_id for one in asked})
    found = [_chosen(one, theirs) for one in asked]
    shown = [(one, row) for one, row in zip(asked, found, strict=True) if isinstance(row, _Row)]
    if any(row.state == State.WAITING for _, row in shown):
        queue.refresh()
    counts = {count: count() for count in {one.count_on_duty for one, _ in shown}}
    _note_presence(shown)
    lines = _Lines(shown)
    answers: list[Seen | Exception] = []
    for one, row in zip(asked, found, strict=True):
        if not isinstance(row, _Row):
            answers.append(row)
            continue
        try:
            answers.append(_seen(one, row, len(theirs[one.visit_id]) - 1, counts[one.count_on_duty], lines))
        except Exception as error:  # noqa: BLE001 - what cannot be opened for one page keeps no other from its answer
            answers.append(error)
    return answers


looks: Gathering[Look, Seen] = Gathering(look, at_once=LOOKS_AT_ONCE, apart_seconds=APART_SECONDS)


def _rows_of(visit_ids: Iterable[int]) -> dict[int, list[_Row]]:
    """Visit that has not ended -> the resident's conversations that were not erased; perhaps none."""
    ids = set(visit_ids)
    kept = Conversation.objects.filter(
        resident__visits__pk__in=ids, resident__visits__ended_at__isnull=True, erased_at__isnull=True
    ).values_list(*_COLUMNS)
    found: dict[int, list[_Row]] = {}
    for one in kept:
        row = _Row(*one)
        found.setdefault(row.visit_id, []).append(row)
    without = ids - found.keys()
    if without:
        standing = Visit.objects.filter(pk__in=without, ended_at__isnull=True).values_list("pk", flat=True)
        found.update((pk, []) for pk in standing)
    return found


def _note_presence(shown: Iterable[tuple[Look, _Row]]) -> None:
    try:
        presence.seen((row.pk, row.seen_at, row.state) for one, row in shown if one.present)
    except DatabaseError as error:
        # A page may read where nothing can be written.
        log.warning("presence not noted fault=%s", type(error).__name__)


def _chosen(one: Look, theirs: dict[int, list[_Row]]) -> _Row | Refused:
    mine = theirs.get(one.visit_id)
    if mine is None:
        return Refused(errors.SIGNED_OUT)
    if one.conversation:
        mine = [row for row in mine if row.pk.hex == one.conversation]
    return max(mine, key=lambda row: row.rank) if mine else Refused(errors.NOT_FOUND)


def _seen(one: Look, row: _Row, earlier: int, on_duty: int, lines: _Lines) -> Seen:
    hex_ = row.pk.hex
    place = queue.place_of(hex_, before=one.before) if row.state == State.WAITING else None
    facts = hash((row[_FIRST_FACT:], earlier, on_duty, place and (place.least, place.most, place.why)))
    told, view = one.told, None
    if told is None or told[0] != facts:
        view = selectors.resident_view(
            row.opened(),
            place=place,
            on_duty=on_duty,
            counselor=row.holder or "",
            has_code=row.code_digest is not None,
            earlier=earlier,
        )
        shown = hash(msgspec.json.encode(replace(view, upto=0)))
        if told is not None and told[1] == shown:
            # Another fact behind it, such as the number behind a level, but nothing that a page shows.
            view = None
        told = facts, shown
    return Seen(hex_, row.last_seq, told, view, place, lines.beyond(one, row))


class _Lines:
    """Lines that pages lack: from memory where this process committed all of them, else read for everybody at once."""

    def __init__(self, shown: Sequence[tuple[Look, _Row]]) -> None:
        wanted: dict[uuid.UUID, tuple[int, int]] = {}
        for one, row in shown:
            if one.after is None or one.after >= row.last_seq or _remembered(one.after, row) is not None:
                continue
            low, high = wanted.get(row.pk, (one.after, 0))
            wanted[row.pk] = min(low, one.after), max(high, one.after + MAX_REPLAY)
        self._read = replay.lines_beyond([(pk, low, high) for pk, (low, high) in wanted.items()]).ask()

    def beyond(self, one: Look, row: _Row) -> list[Line]:
        """A portion of what ``one`` lacks of its conversation."""
        if one.after is None or one.after >= row.last_seq:
            return []
        found = _remembered(one.after, row)
        if found is None:
            after, conversation = one.after, row.opened()
            kept = (line for line in self._read.get(row.pk, ()) if after < line.seq <= after + MAX_REPLAY)
            return selectors.portion(selectors.line_of(conversation, line) for line in kept)
        return selectors.portion(found[:MAX_REPLAY])


def _remembered(after: int, row: _Row) -> list[Line] | None:
    found = recent.after(row.pk.hex, after)
    return found if found and found[-1].seq >= row.last_seq else None


_known: asyncio.Task[None] | None = None
_known_at = 0.0


async def queue_is_known(seconds: float) -> None:
    """See that this process looked at the queue within so many seconds; all who wait share one look."""
    global _known, _known_at
    if time.monotonic() - _known_at < seconds:
        return
    if _known is None or _known.done() or _known.get_loop() is not asyncio.get_running_loop():
        _known = asyncio.get_running_loop().create_task(database_sync_to_async(queue.refresh)())
    await asyncio.shield(_known)
    _known_at = time.monotonic()
