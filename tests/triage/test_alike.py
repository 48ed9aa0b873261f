"""Words that sound or look like others are scored, each beside twins that say what they say."""

import pytest

from triage import services
from triage.core import alike, assess
from triage.core.levels import Level
from triage.core.normalise import normalise
from triage.learning import corpus

SURE = [
    "我又割碗了",
    "我想割婉",
    "想眺楼",
    "我想字杀",
    "5u1c1d3 is my only way",
    "i want to d13",
    "ready to k1ll my53lf",
]
PERHAPS = ["我真的不想火了", "我想轻声", "i just want to dye", "我想 qing sheng"]
AS_IT_SAYS = [
    "我洗碗割到手了",
    "切碗",
    "这个碗割手",
    "说话轻声一点",
    "我想轻声告诉你",
    "请轻声",
    "不想火了就关小点",
    "我的视频不想火了",
    "i want to dye my hair",
    "want to dye it pink",
    "see you l8r m8",
    "i have 2 cats and 1 dog",
    "covid19 test at 5pm",
    "我不会割碗",
]


@pytest.mark.parametrize("text", SURE)
def test_a_sure_spelling_counts_as_the_word(text):
    assert assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", PERHAPS)
def test_a_spelling_that_may_be_what_it_says_is_a_hint_and_no_more(text):
    found = assess.read(text)
    assert found.floor.level is Level.MODERATE
    assert {one.mention.concept for one in found.floor.because} == {"hint"}


@pytest.mark.parametrize("text", AS_IT_SAYS)
def test_their_twins_raise_nothing(text):
    assert assess.read(text).floor.level is Level.LOW


@pytest.mark.parametrize("text", ["我洗碗割到手了", "切碗", "说话轻声一点", "不想火了就关小点"])
def test_their_twins_are_low_by_the_model_too(text):
    assert services.assess(text).level is Level.LOW


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我又割碗了", "割碗"),
        ("ready to k1ll my53lf", "k1ll my53lf"),
        ("我又割.碗了", "割.碗"),
        ("想 an mian yao 都攒好了", "an mian yao"),
    ],
)
def test_evidence_points_to_what_was_written(text, words):
    shown = [text[one.start : one.end] for one in services.assess(text).evidence]
    assert any(words in one for one in shown)


def test_the_model_sees_what_was_written():
    assert not [one for one in assess.read("我又割碗了").scoped if one.mention.concept == "method"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sure_spelling_is_nothing_else_in_the_training_part(language):
    """Its weight is held against counts: where it means something else in ordinary lines it is not sure."""
    sure = [written for written, one in alike._table(language).spellings.items() if one.sure]
    lines = [line for line in corpus.read_lines() if not line.is_test and line.level is Level.LOW]
    texts = [normalise(line.text).text for line in lines if line.language == language]
    assert sure
    assert not [written for written in sure if any(written in text for text in texts)]


def test_many_spellings_cost_no_more_than_some():
    text = "我又割碗了 " * 500
    assert len(alike.read(normalise(text).text, "zh")) <= 3 * 18 * alike.MOST
