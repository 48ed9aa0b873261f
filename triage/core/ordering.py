"""The order of the queue: pure functions of level, wait and fairness. No clock inside; ``now`` is given.

The constants of :class:`Policy` were settled by ``make simulate-queue``; docs/queue.md shows its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.core.levels import Level


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be chosen about the order. Nothing in it can put anybody before an imminent.

    Attributes:
        moderate_head_start: a moderate counts as having waited this much longer than a low. Bounded: a low that came
            this much earlier goes first, so that below a crisis nobody is overtaken for ever.
        doubt_head_start: the same for somebody whose low level the model would not vouch for.
        crises_in_a_row: after this many people of a crisis were taken one after another, the next one of level HIGH
            lets whoever waits longest below pass: reserved attention.
        reserve_after: only who has waited this long is let pass.
        overflow_after: a person whose language a desk does not speak is offered to it after this wait; in a crisis at
            once.
    """

    moderate_head_start: timedelta = timedelta(minutes=20)
    doubt_head_start: timedelta = timedelta(minutes=10)
    crises_in_a_row: int = 4
    reserve_after: timedelta = timedelta(minutes=30)
    overflow_after: timedelta = timedelta(minutes=5)


POLICY = Policy()
MODERATE_HEAD_START = POLICY.moderate_head_start


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue.

    Attributes:
        key: whatever the caller knows them by.
        level: how urgent.
        since: when they began to wait (timezone-aware); kept when a counselor gave them back.
        scored: false when triage could not read them: a human first, right behind a crisis.
        given_back: they had a counselor and lost them: on top of their band.
        doubtful: the model would not vouch for a level below a crisis.
        language: what they write in ("zh-hans", "en"); empty when it does not matter.
    """

    key: str
    level: Level
    since: datetime
    scored: bool = True
    given_back: bool = False
    doubtful: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who takes the next person.

    Attributes:
        languages: what they speak; empty for any.
        crises_in_a_row: how many of those taken last, by anybody, were in a crisis.
    """

    languages: frozenset[str] = frozenset()
    crises_in_a_row: int = 0


def priority(entry: Waiting, now: datetime, policy: Policy = POLICY) -> tuple[int, bool, timedelta, datetime, str]:
    """Sort key; smaller is served sooner.

    Bands: imminent, high, not scored, all others. In a band those given back come first, then who waited longest, the
    moderate and the doubtful with their head start.
    """
    if entry.level is Level.IMMINENT:
        band = 0
    elif entry.level is Level.HIGH:
        band = 1
    else:
        band = 3 if entry.scored else 2
    head_start = timedelta(0)
    if band == 3 and entry.level is Level.MODERATE:
        head_start = policy.moderate_head_start
    elif band == 3 and entry.doubtful:
        head_start = policy.doubt_head_start
    return band, not entry.given_back, -(now - entry.since + head_start), entry.since, entry.key


def order_queue(entries: Iterable[Waiting], *, now: datetime, policy: Policy = POLICY) -> list[Waiting]:
    """Everyone who waits, first to be served first."""
    return sorted(entries, key=lambda entry: priority(entry, now, policy))


def order_for(desk: Desk, ordered: Sequence[Waiting], *, now: datetime, policy: Policy = POLICY) -> list[Waiting]:
    """The queue as one desk should take from it: its languages, and attention kept for those below a crisis.

    Args:
        desk: who takes.
        ordered: the queue in the order of :func:`order_queue`.
        now: the time, timezone-aware.
        policy: the constants.
    """
    first = [one for one in ordered if one.level is Level.IMMINENT]
    rest = [one for one in ordered if one.level is not Level.IMMINENT]
    if desk.crises_in_a_row >= policy.crises_in_a_row:
        patient = [one for one in rest if not one.level.is_crisis and now - one.since >= policy.reserve_after]
        if patient:
            longest = min(patient, key=lambda one: (one.since, one.key))
            rest = [longest, *(one for one in rest if one is not longest)]
    strangers = [one for one in rest if not _suits(desk, one, now, policy)]
    return first + [one for one in rest if one not in strangers] + strangers


def _suits(desk: Desk, entry: Waiting, now: datetime, policy: Policy) -> bool:
    if not desk.languages or not entry.language or entry.language in desk.languages or entry.level.is_crisis:
        return True
    return now - entry.since >= policy.overflow_after
