"""The order of the queue: crisis first, and below it nobody waits for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from triage.core.levels import Level
from triage.core.ordering import MODERATE_HEAD_START, Waiting, order_queue

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)

people = st.lists(
    st.builds(
        Waiting,
        key=st.uuids().map(str),
        level=st.sampled_from(Level),
        since=st.integers(0, 600).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        scored=st.booleans(),
        given_back=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.key,
)


def places(entries):
    return {one.key: place for place, one in enumerate(order_queue(entries, now=NOW))}


@given(people)
def test_imminent_goes_first_then_high(entries):
    levels = [one.level for one in order_queue(entries, now=NOW)]
    crisis = [level for level in levels if level.is_crisis]
    assert levels[: len(crisis)] == sorted(crisis, reverse=True)


@given(people, st.data())
def test_raising_somebody_never_moves_them_back(entries, data):
    if not entries:
        return
    chosen = data.draw(st.sampled_from(entries))
    if chosen.level is Level.IMMINENT or not chosen.scored:
        return
    raised = [
        Waiting(one.key, Level(one.level + 1), one.since, one.scored, one.given_back) if one is chosen else one
        for one in entries
    ]
    assert places(raised)[chosen.key] <= places(entries)[chosen.key]


@given(people)
def test_the_order_does_not_depend_on_how_it_was_given(entries):
    assert order_queue(entries, now=NOW) == order_queue(list(reversed(entries)), now=NOW)


def test_a_low_that_came_long_before_is_not_overtaken():
    low = Waiting("low", Level.LOW, NOW - timedelta(minutes=61))
    later = Waiting("moderate", Level.MODERATE, low.since + MODERATE_HEAD_START + timedelta(minutes=1))
    assert [one.key for one in order_queue([later, low], now=NOW)] == ["low", "moderate"]


def test_whoever_lost_their_counselor_is_on_top_of_their_band():
    lost = Waiting("lost", Level.HIGH, NOW - timedelta(minutes=1), given_back=True)
    longer = Waiting("longer", Level.HIGH, NOW - timedelta(minutes=9))
    assert [one.key for one in order_queue([longer, lost], now=NOW)] == ["lost", "longer"]


def test_what_could_not_be_read_comes_right_behind_a_crisis():
    unread = Waiting("unread", Level.MODERATE, NOW, scored=False)
    moderate = Waiting("moderate", Level.MODERATE, NOW - timedelta(hours=3))
    high = Waiting("high", Level.HIGH, NOW)
    assert [one.key for one in order_queue([moderate, unread, high], now=NOW)] == ["high", "unread", "moderate"]
