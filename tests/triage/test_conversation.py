"""Risk gathers over turns, and small talk does not unsay it."""

import pytest

from triage import exact, services
from triage.core import conversation, story
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


def test_figures_of_a_conversation_look_at_the_latest_messages_only():
    calm, dark = (-1.0, -1.0, -1.0), (0.5, 1.0, 1.5)
    long = story.figures([dark, *[calm] * story.LATEST], calm)
    assert long == story.figures([calm] * story.LATEST, calm)
    assert len(story.figures([dark], dark)) == len(long)


def test_a_message_just_now_weighs_more_than_the_same_one_earlier():
    grey, calm = (0.2, 0.2, 0.2), (-1.0, -1.0, -1.0)
    before, now = story.figures([grey, calm, calm], calm), story.figures([calm, calm, grey], calm)
    fading = slice(story.OF_EACH_LEVEL, None, story.OF_EACH_LEVEL)
    assert all(early < late for early, late in zip(before[fading], now[fading], strict=True))


def test_the_model_reads_more_letters_than_characters_together():
    turns = ["I did not sleep again last night"] * 6
    assert len(conversation.together(turns, "en")) > conversation.CONTEXT["zh"]
    assert len(conversation.together(turns, "zh")) <= conversation.CONTEXT["zh"]


def test_several_grey_messages_weigh_more_than_one():
    grey, calm = (0.2, 0.2, 0.2), (-1.0, -1.0, -1.0)
    one, three = story.figures([calm, calm, grey], grey), story.figures([grey, grey, grey], grey)
    assert all(few <= many for few, many in zip(one, three, strict=True))
    assert one != three


def test_what_is_remembered_of_earlier_messages_changes_no_assessment():
    texts = ["睡不着", "工作没了", "活着没意思", "药在手边", "想了很久", "今晚", "谢谢你们", "再见", "我走了"]
    known, shipped = {}, exact.read(exact.WEIGHTS)
    for end in range(1, len(texts) + 1):
        alone = conversation.assess(texts[:end], shipped)
        assert conversation.assess(texts[:end], shipped, known) == alone
    assert list(known) == texts, "all of them are short enough to be read together with the newest"
