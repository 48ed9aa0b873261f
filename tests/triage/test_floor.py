"""Plain rules set a least level, whatever the model says; their twins set none."""

import pytest

from triage.core import assess
from triage.core.levels import Level


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("我刚刚把一整瓶安眠药都吃了", Level.IMMINENT),
        ("我站在天台上，今晚就想死", Level.IMMINENT),
        ("刀就在我手里 我不想活了", Level.IMMINENT),
        ("i just took the whole bottle of pills", Level.IMMINENT),
        ("i have a rope and i am going to kill myself tonight", Level.IMMINENT),
        ("我想自杀", Level.HIGH),
        ("我不是不想死", Level.HIGH),
        ("i want to kill myself", Level.HIGH),
        ("我每天都在自残", Level.HIGH),
        ("上周我吞药被送去洗胃了", Level.HIGH),
        ("they pumped my stomach last week after i tried to kill myself", Level.HIGH),
        ("要是睡着就不用再醒来就好了", Level.MODERATE),
        ("要是能一觉睡过去不醒就好了", Level.MODERATE),
        ("去年我自杀过，现在已经走出来了", Level.MODERATE),
    ],
)
def test_the_floor_is_at_least(text, least):
    assert assess.read(text).floor.level >= least


@pytest.mark.parametrize(
    "text",
    [
        "没有想过自杀，就是睡不着",
        "今天真是笑死我了",
        "爷爷的紫砂壶摔碎了",
        "这部电影的主角最后跳楼了",
        "想请教怎么识别有自杀倾向的学生",
        "i am not suicidal, i just cannot sleep",
        "跳楼梯减肥伤膝盖吗",
        "医生问我有没有自杀的念头，我说没有",
        "体育课被球砸到脸，鼻血流了一校服",
        "do i want to hurt myself? no. i want to hurt the weather",
        "is there a group for people bereaved by suicide? it was my cousin, 2020",
        "this heat is killing me",
        "the character kills himself in the last chapter of the book",
        "不想活也没有 就是觉得闷",
        "我一直拍打我那床被子",
        "楼下投诉说像要杀人 一看在贴墙纸",
        "the doctor asked do i think about suicide and i said no",
    ],
)
def test_a_harmless_twin_has_no_floor(text):
    assert assess.read(text).floor.level is Level.LOW


@pytest.mark.parametrize("text", ["大一的时候我自杀过 洗胃救回来了", "刚出来那阵 我在桥洞底下想过不活了"])
def test_what_is_long_over_is_moderate(text):
    assert assess.read(text).floor.level is Level.MODERATE


@pytest.mark.parametrize("text", ["am i suicidal? no one ever asked", "我想自杀，没有人问我"])
def test_what_only_looks_like_a_denial_is_none(text):
    assert assess.read(text).floor.level >= Level.HIGH


def test_somebody_else_in_danger_counts_as_danger():
    assert assess.read("我室友说她想自杀，怎么办").floor.level is Level.HIGH


@pytest.mark.parametrize(
    "text", ["自 杀", "想.死", "想*死", "自殺", "我想自殺", "ｋｉｌｌ ｍｙｓｅｌｆ", "k i l l myself"]
)
def test_spelling_does_not_hide_it(text):
    assert assess.read(text).floor.level >= Level.HIGH


def test_evidence_points_into_the_original_words():
    text = "唉……我真的想　　死，睡不着"
    reading = assess.read(text)
    spans = assess.spans_of(reading, reading.floor.because)
    assert [text[span.start : span.end] for span in spans] == ["想　　死"]
