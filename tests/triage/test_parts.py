"""A conversation read by what is remembered of its messages is read as if it were read anew, to the last digit."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage import exact
from triage.core import assess, conversation
from triage.core.features import features
from triage.learning.corpus import read_conversations, read_lines

ODD = "ΣσςİßﬁＡ①…\u200b\u0301\u3000～~·.-_*/ \t\n\rkms死想殺我不03٣😭\ufe0f한あ'`^|，。！？哈吃ﷺ"
LINES = [line.text for line in read_lines()][::97]
WORDS = "我 想 死 不 没 药 刀 嗯 今晚 再见 他说 小说里 no not my the kill myself tonight don't want to die 唔想".split()
message = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(WORDS),
    st.text(alphabet=st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")), max_size=12),
    st.tuples(st.sampled_from(LINES), st.integers(0, 30), st.text(alphabet=ODD, max_size=4)).map(
        lambda drawn: drawn[0][drawn[1] : drawn[1] + 20] + drawn[2]
    ),
)


@pytest.fixture(scope="module")
def shipped():
    return exact.read(exact.WEIGHTS)


def anew(texts, _readings, model, language):
    """The odds of the messages read as one text, without anything that is remembered of them."""
    whole = assess.read("\n".join(texts))
    if whole.language != language:
        return None
    found = []
    looks = assess.windows(whole.normal.text, assess.WINDOW[language])
    for start, end in looks:
        inside = [one for one in whole.scoped if start <= one.mention.start < end]
        found.append(model.odds(model.scores(features(whole.normal.text[start:end], language, inside))))
    less = assess.LOOKS * math.log(len(looks))
    return tuple(max(each) - less if len(looks) > 1 else each[0] for each in zip(*found, strict=True))


def compare(turns, weights):
    known = {}
    for end in range(1, len(turns) + 1):
        texts = turns[:end]
        remembered = conversation.assess(texts, weights, known)
        assert remembered == conversation.assess(texts, weights)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(assess, "odds_together", anew)
            assert remembered == conversation.assess(texts, weights)
        near = texts[-conversation._near(texts, known[texts[-1]].language or "zh") :]
        for language, model in weights.languages.items():
            odds = assess.odds_together(near, [known[text] for text in near], model, language)
            assert odds == anew(near, None, model, language)


@settings(deadline=None)
@given(st.lists(message, min_size=2, max_size=6))
def test_whatever_is_written_is_read_as_if_anew(shipped, turns):
    compare(turns, shipped)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_conversations_of_the_corpus_are_read_as_if_anew(shipped, language):
    told = [[*one.turns] for one in read_conversations() if one.language == language][::29]
    assert told
    for turns in told:
        compare(turns, shipped)


def test_lines_of_both_languages_in_any_order_are_read_as_if_anew(shipped):
    chance = random.Random(7)
    for _ in range(12):
        compare([line[: chance.randint(4, 40)] for line in chance.sample(LINES, 9)], shipped)


@pytest.mark.parametrize(
    "turns",
    [
        ["没", "死"],
        ["我不", "想死了"],
        ["他说", "我想自杀"],
        ["a\n", "\nb"],
        ["", "ok", ""],
        ["ΑΣ", "ΑΣ…"],
        ["活着的意思\n", "\u200b", "一点也没有 ", " 死"],
        ["i do not", "want to die", "kill", "myself"],
        ["x", "y", "z w", "v"],
        ["ﷺ" * 12, "我想死"],
        ["1", "2 3", "45片"],
    ],
)
def test_what_lies_over_the_end_of_a_line_is_read_as_if_anew(shipped, turns):
    compare(turns, shipped)


def test_of_a_conversation_no_more_is_remembered_than_later_messages_look_at(shipped):
    known = {}
    turns = [f"第{place}天了 还是睡不着" for place in range(40)]
    for end in range(1, len(turns) + 1):
        conversation.assess(turns[:end], shipped, known)
        assert len(known) <= max(conversation.TURNS_TOGETHER, conversation._near(turns[:end], "zh"))
    assert list(known)[-conversation.TURNS_TOGETHER :] == turns[-conversation.TURNS_TOGETHER :]
    assert all(len(reading.parts) <= 2 for reading in known.values())
