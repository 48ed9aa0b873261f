"""Who is kept for whom: a skill moves people of one level among themselves, for a while, and nobody else."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tests.triage.test_ordering import NOW
from tests.triage.test_waitlist import Watched, filled
from triage.core.levels import Level
from triage.core.ordering import POLICY, Desk, Waiting, longest_below, order_for, order_queue, priority, why_kept

SKILLS = ("young", "violence")
KEPT = POLICY.skill_overflow_after
HEAD_START = max(KEPT, POLICY.language_head_start)
subsets = st.frozensets(st.sampled_from(SKILLS))
people = st.lists(
    st.builds(
        Waiting,
        key=st.uuids().map(str),
        level=st.sampled_from(Level),
        since=st.integers(0, 2400).map(lambda seconds: NOW - timedelta(seconds=seconds)),
        scored=st.booleans(),
        given_back=st.booleans(),
        doubtful=st.booleans(),
        language=st.sampled_from(("", "en", "zh-hans")),
        skill=st.sampled_from(("", *SKILLS)),
    ),
    max_size=14,
    unique_by=lambda one: one.key,
)
desks = st.builds(
    Desk,
    languages=st.sampled_from((frozenset(), frozenset({"zh-hans"}), frozenset({"zh-hans", "en"}))),
    crises_in_a_row=st.integers(0, 6),
    skills=subsets,
    on_duty=subsets,
    spoken=st.sampled_from((frozenset(), frozenset({"zh-hans"}), frozenset({"en", "zh-hans"}))),
    scarce=st.sampled_from((frozenset(), frozenset({"en"}))),
)
both = frozenset({"zh-hans", "en"})
one_language = desks.map(lambda desk: replace(desk, languages=both))


def offered(desk, entries):
    return list(order_for(desk, order_queue(entries), now=NOW, longest=longest_below(entries)))


def unskilled(desk):
    return replace(desk, skills=frozenset(), on_duty=frozenset(), scarce=frozenset())


def waiting(key, level, minutes, skill="", **more):
    return Waiting(key, level, NOW - timedelta(minutes=minutes), skill=skill, **more)


def taken_by(desk, *entries):
    return [one.key for one in offered(desk, entries)]


VIOLENCE = frozenset({"violence"})
WITHOUT, WITH = Desk(on_duty=VIOLENCE), Desk(skills=VIOLENCE, on_duty=VIOLENCE)


@given(people, desks)
def test_nobody_is_left_out_whatever_they_call_for(entries, desk):
    assert sorted(one.key for one in offered(desk, entries)) == sorted(one.key for one in entries)


@given(people, desks)
def test_a_skill_never_moves_anybody_across_levels(entries, desk):
    levels = [one.level for one in offered(desk, entries)]
    assert levels == [one.level for one in offered(unskilled(desk), entries)]


@given(people, desks)
def test_neither_a_crisis_nor_the_unread_nor_who_was_given_back_waits_for_a_skill(entries, desk):
    def places(offers):
        fixed = (one for one in enumerate(offers) if one[1].level.is_crisis or one[1].given_back or not one[1].scored)
        return [(place, one.key) for place, one in fixed]

    assert places(offered(desk, entries)) == places(offered(unskilled(desk), entries))


@given(people, one_language)
def test_nobody_who_is_not_kept_is_passed_for_a_skill_by_one_who_came_much_later(entries, desk):
    """The head start for a skill or a language is bounded; who is kept is kept no longer than the test below says."""
    offers = offered(desk, entries)
    for place, later in enumerate(offers):
        for passed in offers[place + 1 :]:
            if passed.level is not later.level or priority(passed) > priority(later) or later is longest_below(entries):
                continue
            if not why_kept(desk, passed, now=NOW):
                assert later.skill in desk.skills or later.language in desk.scarce
                assert priority(later)[2] - priority(passed)[2] <= HEAD_START


@given(people, one_language)
def test_who_waited_that_long_is_kept_from_no_desk(entries, desk):
    for one in entries:
        if why_kept(desk, one, now=NOW):
            assert not one.level.is_crisis
            assert NOW - one.since < KEPT
            assert one.skill in desk.on_duty - desk.skills


@given(people, desks)
def test_for_a_skill_that_nobody_on_duty_has_nobody_is_kept(entries, desk):
    alone = replace(desk, skills=frozenset(), on_duty=frozenset({"older"}), scarce=frozenset())
    assert offered(alone, entries) == offered(unskilled(desk), entries)
    assert "skill" not in {why_kept(alone, one, now=NOW) for one in entries}


@given(people, one_language)
def test_whoever_waits_is_first_in_the_end(entries, desk):
    """Nobody starves: taken one after another while as many others arrive, all of the first queue are served."""
    there, left, now = list(entries), {one.key for one in entries}, NOW
    for turn in range(8 * len(entries)):
        if not left:
            return
        chosen = next(order_for(desk, order_queue(there), now=now, longest=None))
        there.remove(chosen)
        left.discard(chosen.key)
        now += timedelta(minutes=5)
        there.append(Waiting(f"new-{turn}", Level.LOW, now, skill=SKILLS[turn % 2]))
    assert not left


def test_another_of_the_same_level_is_taken_first_while_a_colleague_knows_more():
    hurt, tired = waiting("hurt", Level.LOW, 4, "violence"), waiting("tired", Level.LOW, 1)
    assert taken_by(WITHOUT, hurt, tired) == ["tired", "hurt"]
    assert taken_by(WITH, hurt, tired) == ["hurt", "tired"]
    assert why_kept(WITHOUT, hurt, now=NOW) == "skill"
    assert why_kept(WITH, hurt, now=NOW) == ""


def test_after_the_wait_anybody_takes_them():
    hurt, tired = waiting("hurt", Level.LOW, KEPT.total_seconds() / 60, "violence"), waiting("tired", Level.LOW, 1)
    assert taken_by(WITHOUT, hurt, tired) == ["hurt", "tired"]


def test_a_desk_that_finds_nobody_else_takes_them_at_once():
    assert taken_by(WITHOUT, waiting("hurt", Level.LOW, 0, "violence")) == ["hurt"]
    lower = waiting("lower", Level.LOW, 1)
    assert taken_by(WITHOUT, waiting("hurt", Level.MODERATE, 0, "violence"), lower) == ["hurt", "lower"]


def test_who_has_the_skill_takes_theirs_before_others_who_came_a_little_earlier():
    tired, hurt = (
        waiting("tired", Level.LOW, 9 + KEPT.total_seconds() / 60 - 1),
        waiting("hurt", Level.LOW, 9, "violence"),
    )
    assert taken_by(WITH, tired, hurt) == ["hurt", "tired"]
    much_earlier = waiting("tired", Level.LOW, 9 + KEPT.total_seconds() / 60 + 1)
    assert taken_by(WITH, much_earlier, hurt) == ["tired", "hurt"]


def test_who_is_let_pass_a_crisis_is_not_passed_by_a_skill():
    high, longest = waiting("high", Level.HIGH, 1), waiting("longest", Level.LOW, 45)
    hurt = waiting("hurt", Level.LOW, 44, "violence")
    desk = Desk(frozenset(), POLICY.crises_in_a_row, VIOLENCE, VIOLENCE)
    assert taken_by(desk, high, longest, hurt) == ["longest", "high", "hurt"]


def test_a_language_matters_more_than_a_skill():
    desk = Desk(frozenset({"zh-hans"}), 0, VIOLENCE, VIOLENCE)
    english = waiting("english", Level.LOW, 4, "violence", language="en")
    chinese = waiting("chinese", Level.LOW, 1, language="zh-hans")
    assert taken_by(desk, english, chinese) == ["chinese", "english"]
    assert why_kept(desk, english, now=NOW) == "language"


def test_who_answers_in_a_scarce_language_takes_its_people_a_little_sooner():
    minutes = POLICY.language_head_start.total_seconds() / 60
    english = waiting("english", Level.LOW, 9, language="en")
    chinese = waiting("chinese", Level.LOW, 9 + minutes - 1, language="zh-hans")
    desk = Desk(both, spoken=both, scarce=frozenset({"en"}))
    assert taken_by(desk, chinese, english) == ["english", "chinese"]
    assert taken_by(replace(desk, scarce=frozenset()), chinese, english) == ["chinese", "english"]
    much_earlier = waiting("chinese", Level.LOW, 9 + minutes + 1, language="zh-hans")
    assert taken_by(desk, much_earlier, english) == ["chinese", "english"]
    moderate = waiting("moderate", Level.MODERATE, 9, language="zh-hans")
    assert taken_by(desk, moderate, english) == ["moderate", "english"]


def test_a_desk_with_skills_looks_no_further_than_it_must():
    waitlist = filled(Waiting(f"{n:05}", Level.LOW, NOW - timedelta(seconds=n), skill="young") for n in range(5_000))
    seen = []
    waitlist._entries = Watched(waitlist._entries, seen)
    desk = Desk(skills=VIOLENCE, on_duty=frozenset(SKILLS))
    assert [one.key for one in islice(waitlist.order_for(desk, now=NOW), 2)] == ["04999", "04998"]
    assert len(seen) < KEPT.total_seconds() + 20
