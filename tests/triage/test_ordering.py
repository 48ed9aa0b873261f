"""The order of the queue: crisis first, and below it nobody waits for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from triage.core.levels import Level
from triage.core.ordering import MODERATE_HEAD_START, POLICY, Desk, Waiting, longest_below, order_for, order_queue

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
    return {one.key: place for place, one in enumerate(order_queue(entries))}


@given(people)
def test_imminent_goes_first_then_high(entries):
    levels = [one.level for one in order_queue(entries)]
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
    assert order_queue(entries) == order_queue(list(reversed(entries)))


def test_a_low_that_came_long_before_is_not_overtaken():
    low = Waiting("low", Level.LOW, NOW - timedelta(minutes=61))
    later = Waiting("moderate", Level.MODERATE, low.since + MODERATE_HEAD_START + timedelta(minutes=1))
    assert [one.key for one in order_queue([later, low])] == ["low", "moderate"]


def test_whoever_lost_their_counselor_is_on_top_of_their_band():
    lost = Waiting("lost", Level.HIGH, NOW - timedelta(minutes=1), given_back=True)
    longer = Waiting("longer", Level.HIGH, NOW - timedelta(minutes=9))
    assert [one.key for one in order_queue([longer, lost])] == ["lost", "longer"]


def test_what_could_not_be_read_comes_right_behind_a_crisis():
    unread = Waiting("unread", Level.MODERATE, NOW, scored=False)
    moderate = Waiting("moderate", Level.MODERATE, NOW - timedelta(hours=3))
    high = Waiting("high", Level.HIGH, NOW)
    assert [one.key for one in order_queue([moderate, unread, high])] == ["high", "unread", "moderate"]


def waiting(key, level, minutes, **more):
    return Waiting(key, level, NOW - timedelta(minutes=minutes), **more)


def taken_by(desk, *entries):
    return [one.key for one in order_for(desk, order_queue(entries), now=NOW, longest=longest_below(entries))]


def test_doubt_is_sorted_above_a_low_that_came_a_little_earlier():
    doubtful = waiting("doubtful", Level.LOW, 3, doubtful=True)
    assert [one.key for one in order_queue([waiting("low", Level.LOW, 9), doubtful])] == ["doubtful", "low"]


@given(people, st.integers(0, 8))
def test_nobody_is_lost_and_no_desk_lets_anybody_pass_an_imminent(entries, row):
    ordered = order_queue(entries)
    chosen = list(order_for(Desk(frozenset({"en"}), row), ordered, now=NOW, longest=longest_below(ordered)))
    assert sorted(one.key for one in chosen) == sorted(one.key for one in ordered)
    imminent = [one for one in ordered if one.level is Level.IMMINENT]
    assert chosen[: len(imminent)] == imminent


def test_after_several_crises_whoever_waits_long_below_is_taken_before_the_next_high():
    high = waiting("high", Level.HIGH, 1)
    low = waiting("low", Level.LOW, 45)
    assert taken_by(Desk(crises_in_a_row=POLICY.crises_in_a_row), high, low) == ["low", "high"]
    assert taken_by(Desk(crises_in_a_row=POLICY.crises_in_a_row - 1), high, low) == ["high", "low"]


def test_a_desk_takes_its_own_languages_first_but_never_for_long():
    english = waiting("english", Level.LOW, 4, language="en")
    chinese = waiting("chinese", Level.LOW, 1, language="zh-hans")
    desk = Desk(frozenset({"zh-hans"}))
    assert taken_by(desk, english, chinese) == ["chinese", "english"]
    longer = waiting("english", Level.LOW, POLICY.overflow_after.total_seconds() / 60, language="en")
    assert taken_by(desk, longer, chinese) == ["english", "chinese"]


def test_who_could_not_be_read_does_not_wait_for_a_language():
    unread = waiting("unread", Level.MODERATE, 0, language="en", scored=False)
    low = waiting("low", Level.LOW, 50, language="zh-hans")
    assert taken_by(Desk(frozenset({"zh-hans"})), unread, low) == ["unread", "low"]


def test_nobody_is_kept_for_a_language_that_nobody_on_duty_answers_in():
    english = waiting("english", Level.LOW, 4, language="en")
    chinese = waiting("chinese", Level.LOW, 1, language="zh-hans")
    mine = frozenset({"zh-hans"})
    assert taken_by(Desk(mine, spoken=mine), english, chinese) == ["english", "chinese"]
    assert taken_by(Desk(mine, spoken=mine | {"en"}), english, chinese) == ["chinese", "english"]


def test_a_crisis_in_another_language_does_not_wait_for_somebody_who_speaks_it():
    english = waiting("english", Level.HIGH, 0, language="en")
    chinese = waiting("chinese", Level.HIGH, 0, language="zh-hans", given_back=False)
    assert taken_by(Desk(frozenset({"zh-hans"})), english, chinese)[0] in {"english", "chinese"}
    low = waiting("low", Level.LOW, 50, language="zh-hans")
    assert taken_by(Desk(frozenset({"zh-hans"})), english, low) == ["english", "low"]
