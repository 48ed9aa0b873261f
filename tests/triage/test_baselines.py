"""What triage is measured beside must be as good as its users would make it: lists are whole, in both scripts."""

import pytest

from triage.core.levels import Level
from triage.learning.baselines import KEYWORDS, FilterThenRegression, Keywords
from triage.learning.corpus import Line


def line(text, level=Level.LOW, family="f", language="zh"):
    return Line(family, language, level, "ordinary", "other", text)


def said(text, language="zh"):
    words = Keywords()
    words.fit([line("", language=language)])
    return bool(words.chances([text])[0] >= words.threshold)


@pytest.mark.parametrize(
    "text",
    [
        "我想结束生命",
        "我想結束生命",
        "遺書寫好了",
        "买了木炭想烧炭",
        "又在燒炭",
        "他輕生了",
        "自残很久了",
        "割脈",
        "自 杀",
        "寫遺書",
    ],
)
def test_key_words_are_found_in_both_scripts(text):
    assert said(text)


@pytest.mark.parametrize("text", ["I DON’T want to live", "i wanna die", "I want to KILL MYSELF"])
def test_key_words_are_found_in_any_case_and_apostrophe(text):
    assert said(text, "en")


@pytest.mark.parametrize("language", sorted(KEYWORDS))
def test_each_word_stands_once_and_can_be_found(language):
    words = KEYWORDS[language]
    assert len(words) == len(set(words))
    for word in words:
        assert said(word, language), "as the list has it, a text can hold it"


def test_calm_words_alarm_nobody():
    assert not said("今天食堂的菜不错")
    assert not said("nice weather today", "en")


def test_the_filter_reads_traditional_characters_as_the_list_does():
    """What it learned from simplified lines lets the same words in traditional characters pass."""
    crisis = [line(f"我把遗书压在抽屉里第{n}次", Level.HIGH, f"c{n}") for n in range(12)]
    calm = [line(f"今天食堂的菜不错第{n}次", Level.LOW, f"o{n}") for n in range(12)]
    way = FilterThenRegression()
    way.fit([*crisis, *calm])
    assert way.chances(["我把遺書壓在抽屜裡"])[0] > 0


def test_a_term_of_the_filter_is_a_word_and_not_a_part_of_one():
    crisis = [line(f"it will end at bridge {n}", Level.HIGH, f"c{n}", "en") for n in range(12)]
    calm = [line(f"a nice lunch with colleagues {n}", Level.LOW, f"o{n}", "en") for n in range(12)]
    way = FilterThenRegression()
    way.fit([*crisis, *calm])
    assert way.chances(["it must end"])[0] > 0
    assert way.chances(["good weekends, bridges, items"])[0] == 0
