"""The order of the queue: pure functions of level, wait and fairness. No clock inside; ``now`` is given.

The constants of :class:`Policy` were settled by ``make simulate-queue``; docs/queue.md shows its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


Priority = tuple[int, bool, datetime, datetime, str]


def priority(entry: Waiting, policy: Policy = POLICY) -> Priority:
    """Sort key; smaller is served sooner. It does not depend on the time: whoever waits, waits on equally.

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
    return band, not entry.given_back, entry.since - head_start, entry.since, entry.key


def order_queue(entries: Iterable[Waiting], *, policy: Policy = POLICY) -> list[Waiting]:
    """Everyone who waits, first to be served first."""
    return sorted(entries, key=lambda entry: priority(entry, policy))


def longest_below(entries: Iterable[Waiting]) -> Waiting | None:
    """Whoever waits longest of those below a crisis."""
    return min((one for one in entries if not one.level.is_crisis), key=lambda one: (one.since, one.key), default=None)


def order_for(
    desk: Desk, ordered: Iterable[Waiting], *, now: datetime, longest: Waiting | None, policy: Policy = POLICY
) -> Iterator[Waiting]:
    """The queue as one desk should take from it: its languages, and attention kept for those below a crisis.

    Lazy: it looks no further into the queue than it is asked for.

    Args:
        desk: who takes.
        ordered: the queue in the order of :func:`order_queue`.
        now: the time, timezone-aware.
        longest: whoever waits longest below a crisis.
        policy: the constants.
    """
    reserved = desk.crises_in_a_row >= policy.crises_in_a_row
    passes = longest if reserved and longest is not None and now - longest.since >= policy.reserve_after else None
    strangers: list[Waiting] = []
    for one in _with_passing(ordered, passes):
        if one.level is Level.IMMINENT or _suits(desk, one, now, policy):
            yield one
        else:
            strangers.append(one)
    yield from strangers


def _with_passing(ordered: Iterable[Waiting], passes: Waiting | None) -> Iterator[Waiting]:
    """The queue, with somebody let pass to right behind the imminent."""
    waits = passes
    for one in ordered:
        if waits is not None and one.level is not Level.IMMINENT:
            yield waits
            waits = None
        if one is not passes:
            yield one


def _suits(desk: Desk, entry: Waiting, now: datetime, policy: Policy) -> bool:
    if not desk.languages or not entry.language or entry.language in desk.languages or entry.level.is_crisis:
        return True
    return now - entry.since >= policy.overflow_after
