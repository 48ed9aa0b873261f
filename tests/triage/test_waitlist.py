"""The kept order is the sorted order, whatever happened to it."""

from datetime import timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tests.triage.test_ordering import NOW, people
from triage.core.levels import Level
from triage.core.ordering import Desk, Waiting, longest_below, order_for, order_queue
from triage.core.waitlist import Waitlist

desks = st.builds(Desk, st.sampled_from([frozenset(), frozenset({"en"})]), st.integers(0, 6))


def filled(entries):
    waitlist = Waitlist()
    for one in entries:
        waitlist.put(one)
    return waitlist


@given(people, people, st.data())
def test_after_any_moves_it_is_the_sorted_queue(before, after, data):
    waitlist = filled(before)
    for one in before:
        if data.draw(st.booleans()):
            waitlist.discard(one.key)
            before = [other for other in before if other is not one]
    moved = [Waiting(one.key, Level.IMMINENT, one.since) for one in before[:3]]
    for one in [*moved, *after]:
        waitlist.put(one)
    there = {one.key: one for one in [*before, *moved, *after]}
    assert list(waitlist) == order_queue(there.values())
    assert len(waitlist) == len(there)


@given(people)
def test_what_is_ahead_is_counted_without_looking_at_everybody(entries):
    waitlist, ordered = filled(entries), order_queue(entries)
    for place, one in enumerate(ordered):
        ahead = waitlist.ahead_of(one.key)
        before = ordered[:place]
        assert ahead.count == place
        assert ahead.crisis == any(other.level.is_crisis for other in before)
        assert ahead.given_back == any(other.given_back for other in before)
        assert ahead.came_later == any(other.since > one.since for other in before)
    assert waitlist.ahead_of("nobody") is None
    assert waitlist.longest() == min(entries, key=lambda one: (one.since, one.key), default=None)


@given(people, desks)
def test_a_desk_is_offered_the_same_as_from_the_whole_queue(entries, desk):
    whole = order_for(desk, order_queue(entries), now=NOW, longest=longest_below(entries))
    assert list(filled(entries).order_for(desk, now=NOW)) == list(whole)


def test_taking_the_first_looks_at_few():
    waitlist = filled(Waiting(f"{n:05}", Level.LOW, NOW - timedelta(seconds=n)) for n in range(5_000))
    seen = []
    waitlist._entries = Watched(waitlist._entries, seen)
    assert [one.key for one in islice(waitlist.order_for(Desk(), now=NOW), 2)] == ["04999", "04998"]
    assert len(seen) < 20


class Watched(dict):
    def __init__(self, entries, seen):
        super().__init__(entries)
        self.seen = seen

    def __getitem__(self, key):
        self.seen.append(key)
        return super().__getitem__(key)
