"""Which skill a person's matter calls for: read off what they chose to tell, and nothing more is asked."""

import pytest

from hotline.chat import queue
from hotline.chat.protocol import AgeBand, Skill, Topic
from hotline.chat.services import opening
from hotline.chat.skills import BY_TOPIC, MINORS, OLDER, SKILLS, called_for
from tests import factories


@pytest.mark.parametrize(
    ("topic", "age_band", "skill"),
    [
        ("", "", ""),
        ("mood", "25_39", ""),
        ("violence", "under_14", "violence"),
        ("family", "14_17", "young"),
        ("study", "18_24", "young"),
        ("love", "40_59", "family"),
        ("illness", "60_up", "illness"),
        ("isolation", "60_up", "older"),
    ],
)
def test_topic_and_age_call_for_a_skill(topic, age_band, skill):
    assert called_for(topic, age_band) == skill


def test_only_what_residents_can_choose_calls_for_a_skill_that_exists():
    assert set(BY_TOPIC) <= set(Topic.__args__)
    assert set(AgeBand.__args__) >= MINORS | OLDER
    assert set(Skill.__args__) == {"", *SKILLS}
    assert {called_for(topic, age) for topic in Topic.__args__ for age in AgeBand.__args__} == {"", *SKILLS}


def test_who_tells_more_while_they_wait_is_kept_for_who_knows(db):
    talk = factories.begin()
    assert queue.rows()[0][0].skill == ""
    opening.set_about(talk.row, topic="study", nickname="", age_band="")
    assert queue.rows()[0][0].skill == "young"
