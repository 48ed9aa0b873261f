"""The order of the queue: one pure function of level, wait and fairness. No clock inside; ``now`` is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.core.levels import Level

MODERATE_HEAD_START = timedelta(minutes=20)
"""A moderate counts as having waited this much longer than a low.

Bounded: a low that came this much earlier goes first, so that below a crisis nobody is overtaken for ever. Twenty
minutes is a judgement, to be settled by simulation."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue.

    Attributes:
        key: whatever the caller knows them by.
        level: how urgent.
        since: when they began to wait (timezone-aware); kept when a counselor gave them back.
        scored: false when triage could not read them: a human first, right behind a crisis.
        given_back: they had a counselor and lost them: on top of their band.
    """

    key: str
    level: Level
    since: datetime
    scored: bool = True
    given_back: bool = False


def priority(entry: Waiting, now: datetime) -> tuple[int, bool, timedelta, datetime, str]:
    """Sort key; smaller is served sooner.

    Bands: imminent, high, not scored, all others. In a band those given back come first, then who waited longest, the
    moderate with their head start.
    """
    if entry.level is Level.IMMINENT:
        band = 0
    elif entry.level is Level.HIGH:
        band = 1
    else:
        band = 3 if entry.scored else 2
    head_start = MODERATE_HEAD_START if entry.level is Level.MODERATE and band == 3 else timedelta(0)
    return band, not entry.given_back, -(now - entry.since + head_start), entry.since, entry.key


def order_queue(entries: Iterable[Waiting], *, now: datetime) -> list[Waiting]:
    """Everyone who waits, first to be served first."""
    return sorted(entries, key=lambda entry: priority(entry, now))
