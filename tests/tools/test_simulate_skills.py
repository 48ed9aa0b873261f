"""Who meets whom, by how long they are kept: the figures follow the policy, and people stay who they were."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tools import simulate_queue, simulate_skills
from tools.simulate_skills import Shares
from triage.core.ordering import POLICY

ALL_ALIKE = Shares(english=0.0, bilingual=1.0, calling=0.0, skilled=1.0)
MIXED = Shares(english=0.1, bilingual=0.5, calling=0.4, skilled=0.3)


def surge(policy, shares):
    return simulate_skills.meet(policy, shares, nights=1, slots=12, surge=True, stay=True)


def test_where_all_know_everything_the_night_is_as_without_skills():
    people = simulate_queue.people_of(0, slots=12, surge=True, stay=True)
    waits = {one.number: one.answered for one in simulate_queue.run("triage", people, slots=12)}
    assert all(one.answered == waits[one.number] for one, _ in surge(POLICY, ALL_ALIKE))


def met(kept):
    policy = replace(POLICY, skill_overflow_after=timedelta(minutes=kept))
    calling = [(one, desks) for one, desks in surge(policy, MIXED) if one.skill and not one.level.is_crisis]
    return sum(one.skill in desks[one.by].skills for one, desks in calling)


def test_who_is_kept_longer_meets_more_often_one_who_knows():
    assert met(40) > met(0)


def test_people_of_a_night_stay_who_they_were_whatever_they_need():
    plain, needing = (simulate_queue.people_of(3, slots=12, surge=True, stay=False) for _ in range(2))
    simulate_skills.give_needs(3, needing, MIXED)
    assert {one.skill for one in needing} > {""}
    assert [replace(one, language="", skill="") for one in needing] == plain


@pytest.mark.parametrize("slots", [3, 12])
def test_a_table_is_told_for_each_situation(monkeypatch, slots):
    arguments = ["--nights", "1", "--slots", str(slots), "--kept", "0", "10"]
    monkeypatch.setattr("sys.argv", ["simulate_skills", *arguments])
    lines = []
    simulate_skills.main(lines.append)
    tables = [line for line in lines if line.startswith("|")]
    assert len(tables) == 2 * len(simulate_skills.SITUATIONS)
    assert all(table.count("\n") == 3 for table in tables)
