"""The queue as this process knows it: who waits, in order, kept in memory and brought up to date by what changed.

Levels are sealed in the database, so the database cannot order by them; and opening everybody's record for every change
would make each change cost as much as there are people waiting. Whatever moves somebody in the queue gives their row
the next number in ``touched`` (:func:`hotline.chat.rows.touch`), and a look reads only rows with new numbers. Taking
somebody is settled by the row itself (``services.moves``): what is known here may be a moment old, and does no harm.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from threading import RLock

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone
from msgspec.structs import replace

from hotline.chat import standing
from hotline.chat.facts import is_present_at
from hotline.chat.models import Conversation, Message, as_time
from hotline.chat.protocol import Place, QueueRow
from hotline.chat.sealing import Unreadable
from hotline.chat.selectors import label_of, mark_of
from hotline.chat.skills import called_for
from hotline.chat.standing import StandingRisk
from hotline.chat.states import State
from triage.core.levels import Level
from triage.services import Desk, Waiting, Waitlist

log = logging.getLogger(__name__)

ROWS_SHOWN = 60
EXACT_PLACE_UPTO = 5
"""Up to here a place is told exactly; further back a range is more honest, since people in danger go first."""
ROWS_KEPT_SECONDS = 1.0
"""How old the rows may be that desks share, while nobody moved: presence and counts of messages move by themselves."""
LATE_COMMITS = 300
"""With PostgreSQL a number may become visible after higher ones: so many are looked at again."""
COUNTED_EVERY_SECONDS = 5.0
READ_AT_ONCE = 500


@dataclass(slots=True)
class _Known:
    """What this process knows. ``row``: what desks are shown of somebody, but for what moves by itself."""

    waitlist: Waitlist = field(default_factory=Waitlist)
    rows: dict[str, QueueRow] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    last: int = -1
    version: int = 0
    counted_at: float = 0.0
    shown: tuple[int, int, float, list[QueueRow]] | None = None


_known = _Known()
_lock = RLock()


def forget() -> None:
    """Know nothing; the next look reads everybody."""
    global _known
    with _lock:
        _known = _Known()


def refresh() -> None:
    """Look for what changed. Runs where one may use the database."""
    with _lock:
        newest = Conversation.objects.aggregate(newest=Max("touched"))["newest"] or 0
        # A lower number than was seen: another database is behind (a backup was restored).
        if _known.last < 0 or newest < _known.last:
            _read_everybody()
            return
        again = 0 if connection.vendor == "sqlite" else LATE_COMMITS
        changed = Conversation.objects.filter(touched__gt=_known.last - again).values_list("pk", "touched")
        fresh = {pk: number for pk, number in changed if _known.numbers.get(pk.hex) != number}
        keys = list(fresh)
        for first in range(0, len(keys), READ_AT_ONCE):
            for conversation in Conversation.objects.filter(pk__in=keys[first : first + READ_AT_ONCE]):
                _learn(conversation)
        now = time.monotonic()
        if now - _known.counted_at > COUNTED_EVERY_SECONDS:
            _known.counted_at = now
            if Conversation.objects.waiting().count() != len(_known.waitlist):
                _read_everybody()


def _read_everybody() -> None:
    forget()
    _known.last = Conversation.objects.aggregate(last=Max("touched"))["last"] or 0
    for conversation in Conversation.objects.waiting().iterator(chunk_size=READ_AT_ONCE):
        _learn(conversation)
    _known.counted_at = time.monotonic()


def _learn(conversation: Conversation) -> None:
    key = conversation.hex
    _known.version += 1
    _known.last = max(_known.last, conversation.touched)
    _known.numbers[key] = conversation.touched
    if conversation.state != State.WAITING:
        _known.waitlist.discard(key)
        _known.rows.pop(key, None)
        # Who does not wait is remembered for as long as their number may be seen again.
        if len(_known.numbers) > 2 * len(_known.waitlist) + 2 * LATE_COMMITS:
            low = _known.last - LATE_COMMITS
            _known.numbers = {
                one: number for one, number in _known.numbers.items() if number >= low or one in _known.waitlist
            }
        return
    record, label = _opened(conversation)
    skill = called_for(conversation.topic, conversation.age_band)
    _known.waitlist.put(
        Waiting(
            key=key,
            level=standing.level_of(record),
            scored=record.risk.scored,
            doubtful=record.risk.doubtful,
            language=conversation.language,
            since=conversation.waiting_since,
            given_back=conversation.given_back_at is not None,
            skill=skill,
        )
    )
    _known.rows[key] = QueueRow(
        conversation=key,
        label=label,
        risk=record.risk,
        since=as_time(conversation.waiting_since),
        language=conversation.language,
        channel=conversation.channel,
        topic=conversation.topic,
        age_band=conversation.age_band,
        danger=record.declared,
        given_back=conversation.given_back_at is not None,
        skill=skill,
    )


def _opened(conversation: Conversation) -> tuple[StandingRisk, str]:
    """How the level stands, and what the staff call them. Where a key is missing: not scored, a human first."""
    try:
        return standing.read(conversation), label_of(conversation)
    except Unreadable:
        log.error("somebody who waits cannot be read: a key is missing")
        return standing.UNREADABLE, mark_of(conversation)


# --- what is asked of it -------------------------------------------------------------------------------------------
def rows(*, limit: int = ROWS_SHOWN) -> tuple[list[QueueRow], int]:
    """The first rows of the queue, and how many wait in all. Desks that ask at one moment share one reading."""
    with _lock:
        refresh()
        total = len(_known.waitlist)
        if _known.shown is not None:
            version, count, at, shown = _known.shown
            if (version, count) == (_known.version, limit) and time.monotonic() - at < ROWS_KEPT_SECONDS:
                return shown, total
        first = [_known.rows[one.key] for one in islice(_known.waitlist, limit)]
        found = _with_facts(first)
        _known.shown = (_known.version, limit, time.monotonic(), found)
        return found, total


def _with_facts(shown: list[QueueRow]) -> list[QueueRow]:
    """The rows with what moves by itself: messages written, whether the page is there, and earlier stories."""
    facts = (
        Conversation.objects.filter(pk__in=[row.conversation for row in shown])
        .annotate(
            written=Count("messages", filter=Q(messages__author=Message.RESIDENT), distinct=True),
            stories=Count("resident__conversations", distinct=True),
        )
        .values_list("pk", "seen_at", "written", "stories")
    )
    by_key = {pk.hex: (seen_at, written, stories) for pk, seen_at, written, stories in facts}
    found = []
    for row in shown:
        seen_at, written, stories = by_key.get(row.conversation, (None, 0, 1))
        found.append(replace(row, present=is_present_at(seen_at), written=written, returning=stories > 1))
    return found


def as_seen_from(desk: Desk, shown: list[QueueRow]) -> list[QueueRow]:
    """The rows as one desk sees them: with whom it is not offered first for now, and why."""
    now = timezone.now()
    with _lock:
        kept = [_known.waitlist.why_kept(desk, row.conversation, now=now) for row in shown]
    return [replace(row, kept=why) if why else row for row, why in zip(shown, kept, strict=True)]


@dataclass(frozen=True, slots=True)
class Front:
    """The beginning of the queue.

    Attributes:
        keys: the conversations of the first who wait, in order.
        total: how many wait in all.
        longest_since: when whoever waits longest began; None when nobody waits.
    """

    keys: list[str]
    total: int
    longest_since: datetime | None


def front(limit: int) -> Front:
    """The first ``limit`` who wait."""
    with _lock:
        refresh()
        longest = _known.waitlist.longest()
        keys = [one.key for one in islice(_known.waitlist, limit)]
        return Front(keys, len(_known.waitlist), longest.since if longest else None)


def waits_by_level(now: datetime | None = None) -> dict[Level, tuple[int, float]]:
    """How many wait at each level, and for how many seconds the first of them has waited."""
    now = now or timezone.now()
    found: dict[Level, tuple[int, float]] = {}
    with _lock:
        refresh()
        for one in _known.waitlist:
            people, longest = found.get(one.level, (0, 0.0))
            found[one.level] = (people + 1, max(longest, (now - one.since).total_seconds()))
    return found


def candidates(desk: Desk, *, limit: int = 20) -> list[str]:
    """Whom a desk should try to take, the first first."""
    with _lock:
        refresh()
        return [one.key for one in islice(_known.waitlist.order_for(desk, now=timezone.now()), limit)]


def place_of(conversation_hex: str, *, before: Place | None = None) -> Place | None:
    """A resident's place as last known, honestly: exact near the front, a range further back, and why it is so.

    The word of why is read off the queue, not off the last place told: a page that comes back after a break, where the
    place may have jumped, is told as well.
    """
    with _lock:
        ahead = _known.waitlist.ahead_of(conversation_hex)
    if ahead is None:
        return None
    if ahead.count <= EXACT_PLACE_UPTO:
        least = most = ahead.count
    else:
        least = ahead.count // 5 * 5
        most = least + 4
    if ahead.crisis:
        return Place(least=least, most=most, why="danger")
    if ahead.given_back:
        return Place(least=least, most=most, why="given_back")
    # Once told, the word stays for as long as the place does.
    fell_back = before is not None and (most > before.most or (most == before.most and before.why == "sooner"))
    return Place(least=least, most=most, why="sooner" if fell_back or ahead.came_later else "")
