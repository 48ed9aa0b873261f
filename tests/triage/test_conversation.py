"""Risk gathers over turns, and small talk does not unsay it."""

import pytest

from triage import services
from triage.core.levels import Level


def levels(*turns):
    level, found = Level.LOW, []
    for one in services.assess_turns(turns):
        level = services.follow(level, one)
        found.append(level)
    return found


def test_small_talk_does_not_unsay_dark_words():
    assert levels("我想自杀", "算了 你吃饭了吗", "今天天气不错")[-1] >= Level.HIGH


@pytest.mark.parametrize("turns", [("我", "想", "死"), ("我真的", "不想", "活了")])
def test_words_split_over_messages_are_read_as_one(turns):
    assert levels(*turns)[-1] >= Level.HIGH


def test_a_way_named_earlier_and_an_intent_now_belong_together():
    assert levels("安眠药我已经买好了 就在床头", "嗯", "我想自杀")[-1] is Level.IMMINENT


@pytest.mark.parametrize(
    "text", ["안녕하세요 도와주세요 제발 부탁이에요", "เหนื่อยมากไม่อยากอยู่แล้ว", "qwpkx zxvtrw pplkqz wrrtzx bvnmq"]
)
def test_what_cannot_be_read_is_left_to_a_human(text):
    assert not services.assess(text).scored


def test_nothing_written_is_nothing_to_fear():
    assert services.assess("").scored
