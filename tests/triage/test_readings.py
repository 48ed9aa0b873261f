"""What is not written plainly: other scripts and spellings, words that stand for others; and harmless twins."""

import re

import pytest

from triage.core import assess
from triage.core.concepts import LEXICON
from triage.core.levels import Level
from triage.core.normalise import normalise

LEXICONS = sorted(
    [*LEXICON.glob("zh.toml"), *LEXICON.glob("en.toml"), *LEXICON.glob("words.*.toml"), *LEXICON.glob("scope.*.toml")]
)


def floor(text):
    return assess.read(text).floor.level


def by_rules(text):
    return assess.assess(assess.read(text), None)


@pytest.mark.parametrize("path", LEXICONS, ids=lambda path: path.name)
def test_patterns_are_written_as_a_normalised_text_is(path):
    dead = {char for char in path.read_text() if ord(char) > 127 and normalise(char).text != char}
    # Width is no matter of spelling here: patterns name the wide signs too.
    assert not {char for char in dead if re.match(r"[\u3400-\u9fff]", char)}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("續話慮徹護撐綁繃癱癒聯戶脈屜鬆紀絞", "续话虑彻护撑绑绷瘫愈联户脉屉松纪绞"),
        ("我撐不住了 活著好累", "我撑不住了 活着好累"),
        ("沒關係 聯係 係咪", "没关系 联系 是咪"),
        ("我係唔係好煩", "我是不是好烦"),
        ("佢喺度瞓唔著", "他在度睡不着"),
        ("唔想生", "不想活"),
        ("唔想生仔", "不想生仔"),
        ("wanna dieeeee helllo sooo goood", "wanna die hello so good"),
        ("死死死了", "死死了"),
        ("想 自 杀", "想自杀"),
        ("跳.楼", "跳楼"),
        ("s u i c i d e", "suicide"),
    ],
)
def test_one_spelling(written, read):
    assert normalise(written).text == read


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("唔想生", Level.HIGH),
        ("我唔想生喇", Level.HIGH),
        ("唔想活落去", Level.HIGH),
        ("我捱唔住喇", Level.MODERATE),
        ("我想攞刀鎅手", Level.HIGH),
        ("我諗住跳樓", Level.HIGH),
        ("冇咗我佢哋會好啲", Level.MODERATE),
        ("上吊的繩結綁好了", Level.IMMINENT),
        ("我撐不住了", Level.MODERATE),
    ],
)
def test_cantonese_and_traditional_reach_what_their_twins_do(text, least):
    assert floor(text) >= least


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我要end my life", "end my life"),
        ("我想kms", "想kms"),
        ("好想unalive自己", "想unalive"),
        ("好想die", "想die"),
        ("想tiaolou", "想tiaolou"),
        ("wo xiang zisha", "wo xiang zisha"),
        ("woxiangsi", "woxiangsi"),
        ("zisha", "zisha"),
        ("bxhl", "bxhl"),
        ("不想huo了", "不想huo"),
        ("活不xiaqu了", "活不xiaqu"),
        ("想自💀", "想自💀"),
        ("k1ll mys3lf", "k1ll mys3lf"),
        ("su1cidal thoughts again", "su1cidal"),
        ("w@nt to d1e", "w@nt to d1e"),
        ("wanna dieeeee", "wanna die"),
        ("我想紫砂", "想紫砂"),
        ("紫砂算了", "紫砂算了"),
        ("真想zs", "想zs"),
        ("想自刹", "想自刹"),
        ("我想💀", "想💀"),
        ("我想🏢⬇️", "想🏢⬇"),
        ("死死死了算了", "死死了算了"),
        ("想 自 杀", "想 自 杀"),
        ("跳.楼", "跳.楼"),
        ("s u i c i d e", "s u i c i d e"),
    ],
)
def test_what_is_wished_for_in_other_words_is_an_alarm_with_its_words(text, words):
    found = by_rules(text)
    assert found.level >= Level.HIGH
    assert found.scored
    one = found.evidence[0]
    assert text[one.start : one.end] == words
    assert 0 <= one.start < one.end <= len(text)


@pytest.mark.parametrize("text", ["紫砂", "自刹", "tiaolou", "xiangsi", "🏢⬇", "我zs"])
def test_a_word_that_may_stand_for_another_is_at_most_moderate(text):
    assert floor(text) is Level.MODERATE
    assert {one.reason for one in by_rules(text).evidence} == {"hint"}


@pytest.mark.parametrize(
    "text",
    [
        "我想买把紫砂", "我打算收紫砂", "我想养紫砂壶", "想去看紫砂", "我喜欢紫砂", "紫砂茶具怎么挑", "zisha teapot",
        "我和zs去吃饭", "想zs的歌", "我zs的同学", "玩zs", "自刹车坏了", "bxhl-2024",
        "笑死💀", "想死你了💀", "im dead 💀", "我在🏢上班",
        "i live at tiaolou lu 5", "新闻说有人tiaolou", "wo xiang si ni le",
        "5 kms", "ran 10kms today", "its a few kms away", "跑了5kms", "我不想kms",
        "unalive the boss", "got unalived by a zombie in minecraft",
        "唔想生仔", "沒關係 唔該",
    ],
)  # fmt: skip
def test_harmless_twins_are_no_alarm(text):
    assert floor(text) is Level.LOW


@pytest.mark.parametrize("text", ["quiero morir", "me quiero morir", "mujhe marna hai", "nataka kujiua"])
def test_the_wish_to_die_in_a_few_words_of_other_languages_is_an_alarm(text):
    assert floor(text) is Level.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "je veux mourir", "no quiero vivir", "Ich will sterben", "voglio morire",
        "tôi muốn chết", "toi muon chet", "asdfghjkl qwe", "ich will heute nacht sterben",
        "no quiero estar aqui no me queda nada", "je ne veux plus vivre comme ca",
        "wo zai lou ding, ni men bie gao su wo ma",
        "hindi ko na kaya gusto ko nang mamatay", "aku ingin mati saja malam ini",
    ],
)  # fmt: skip
def test_short_words_of_another_language_are_left_to_a_human(text):
    found = by_rules(text)
    assert assess.read(text).language is None
    assert not found.scored
    assert found.level >= Level.MODERATE


@pytest.mark.parametrize(
    "text",
    [
        "ok", "hi", "thx", "idk", "lol nvm", "u there", "brb", "sarah", "im tom", "hello??", "pls help", "helo", "tnx",
        "nihao", "ni hao", "anyone there", "no", "me", "y", "im sad", "heyyyy", "nooooo", "don’t know",
    ],
)  # fmt: skip
def test_short_english_and_slang_is_read(text):
    assert assess.read(text).language == "en"


def test_words_in_no_language_are_shown_with_what_they_rest_on():
    found = by_rules("xqzt bxhl")
    assert (found.level, found.scored) == (Level.HIGH, True)


@pytest.mark.parametrize("piece", ["a" * 7, "唔想生", "紫砂买", "xiang si ", "w@nt ", "lool", "关係"])
def test_crafted_lengths_are_read_with_places_inside(piece):
    text = piece * (9_000 // len(piece))
    reading = assess.read(text)
    for one in assess.spans_of(reading, reading.everything):
        assert 0 <= one.start < one.end <= len(text)
