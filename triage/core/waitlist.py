"""Everybody who waits, kept in the order of the queue.

To put somebody in, to find their place and to name the first costs little, however many wait. Time does not change the
order among those who wait (see :func:`triage.core.ordering.priority`), so it need not be sorted anew. People are kept
in groups of one band, given back or not, with one head start: in a group those who came first are first, and what lies
before somebody is the beginning of each group.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.core.ordering import (
    POLICY,
    Desk,
    Policy,
    Priority,
    Waiting,
    WhyKept,
    longest_below,
    order_for,
    priority,
    why_kept,
)

Group = tuple[int, bool, timedelta]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is before somebody.

    Attributes:
        count: how many people.
        crisis: somebody in a crisis is among them.
        given_back: somebody who lost their counselor is among them.
        came_later: somebody who began to wait later is among them.
    """

    count: int
    crisis: bool
    given_back: bool
    came_later: bool


class Waitlist:
    """People who wait, by key.

    Args:
        policy: the constants of the order.
    """

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self._entries: dict[str, Waiting] = {}
        self._groups: dict[Group, list[Priority]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[Waiting]:
        """Everybody, first to be served first."""
        for rank in heapq.merge(*self._groups.values()):
            yield self._entries[rank[-1]]

    def put(self, entry: Waiting) -> None:
        """Put somebody in, or at their new place."""
        self.discard(entry.key)
        self._entries[entry.key] = entry
        rank = priority(entry, self.policy)
        insort(self._groups.setdefault(_group(rank), []), rank)

    def discard(self, key: str) -> None:
        """They wait no more."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        rank = priority(entry, self.policy)
        ranks = self._groups[_group(rank)]
        del ranks[bisect_left(ranks, rank)]
        if not ranks:
            del self._groups[_group(rank)]

    def ahead_of(self, key: str) -> Ahead | None:
        """What is before somebody; None for who does not wait."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        mine = priority(entry, self.policy)
        count, crisis, given_back, came_later = 0, False, False, False
        for ranks in self._groups.values():
            before = bisect_left(ranks, mine)
            if before:
                last = self._entries[ranks[before - 1][-1]]
                count += before
                crisis = crisis or last.level.is_crisis
                given_back = given_back or last.given_back
                came_later = came_later or last.since > entry.since
        return Ahead(count, crisis, given_back, came_later)

    def order_for(self, desk: Desk, *, now: datetime) -> Iterator[Waiting]:
        """The queue as one desk should take from it; see :func:`triage.core.ordering.order_for`."""
        return order_for(desk, self, now=now, longest=longest_below(self._firsts()), policy=self.policy)

    def why_kept(self, desk: Desk, key: str, *, now: datetime) -> WhyKept:
        """Why a desk is offered others first, for now; "" also for who does not wait."""
        entry = self._entries.get(key)
        return why_kept(desk, entry, now=now, policy=self.policy) if entry else ""

    def longest(self) -> Waiting | None:
        """Whoever waits longest."""
        return min(self._firsts(), key=lambda one: (one.since, one.key), default=None)

    def _firsts(self) -> Iterator[Waiting]:
        """The first of each group: nobody in it waits longer."""
        return (self._entries[ranks[0][-1]] for ranks in self._groups.values())


def _group(rank: Priority) -> Group:
    band, not_given_back, effective, since, _ = rank
    return band, not_given_back, since - effective
