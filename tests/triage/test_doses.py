"""Medicine: an overdose told by a number, a share or a length of time alone, beside doses as doctors give them."""

import pytest

from triage import services
from triage.core import assess
from triage.core.levels import Level

OVERDOSES = [
    # more than was told
    "医生说一天一片，我今晚把一百片都吃了",
    "大夫让我一天吃两粒，我刚才吃了六十粒",
    "遵医嘱？呵呵 我把三十片都吃了",
    "说好的每天两片 今天吃了两百片",
    "吃药了 不过不是一片 是一百片",
    "一天一粒太慢了,我全吃了",
    "就按说明书吃的啊,只不过把一整盒当一次",
    "as prescribed, ha. i took the entire month at once",
    "took my meds like the doctor said. all thirty of them",
    "doctor said one a day. i took sixty tonight",
    "they said two a day, i had the whole month's tonight",
    "the label says 2. i took 32",
    "it said take two. i took the box",
    # a length of time
    "一个月的量我一次吃了",
    "开了三十天的药 我一晚上吃完了",
    "今晚的药我吃了三个月的",
    "我妈把她半年的药一次性吃了",
    "took a month's worth of sertraline just now",
    "took three months of my antidepressants in one go",
    # medicine of every day
    "我把一整盒感冒药都吃了",
    "我把奶奶的降压药吃了四十片",
    "对乙酰氨基酚吃了40片",
    "吃了两板布洛芬",
    "褪黑素吃了一整瓶",
    "阿普唑仑,四十片,就着白酒",
    "胰岛素我打了三百个单位",
    "i ate the whole box of cold and flu tablets",
    "my son took like 40 of his ritalin",
    "washed down forty paracetamol with vodka",
    "i injected all my insulin",
    "300 units of insulin. just now",
    # where it is now
    "三盒阿普唑仑都空了 全在我肚子里",
    "一瓶安定,现在在我胃里",
    "doctor gave me 30 sleeping pills and they're all inside me",
    "there were 60 in the bottle this morning. there are none now",
    "i've taken every single tablet in the house",
    "i counted them out, 84, and swallowed every one",
    "i took sixty",
]
DOSES = [
    "医生说一天一片，我每天都按时吃",
    "一个月的药都吃完了，明天去医院开新的",
    "两个月的药都吃完了,抑郁好多了",
    "上周的药都吃完了",
    "今天的药都吃了，血压一百二，放心",
    "开了三十片，一天一片，吃了二十天了",
    "吃了一百片药了还不见好,每天三片",
    "吃了两板头孢了嗓子还是疼",
    "吃了两周的药，还是睡不着",
    "一盒感冒药都吃完了还没好",
    "维生素一瓶一百片，吃了快半年了",
    "六味地黄丸一次吃三十粒对吗",
    "我吃了三十片薯片",
    "一口气吃了五十颗葡萄",
    "胰岛素每天打二十个单位",
    "吃药吃了二十年了",
    "took my meds like the doctor said. feeling ok",
    "i took all my tablets for today",
    "finished all my antibiotics, all 21 tablets, over the week",
    "picked up my month's supply today",
    "30 sleeping pills a month is all they give me",
    "i've taken every tablet they prescribed and nothing works",
    "took a whole month off at once",
    "took the whole week's worth of bins out tonight",
    "took twenty tablets back to the chemist",
    "i had 20 pills to sort into nan's box",
    "had all thirty of them round for dinner",
    "took sixty of my students to the museum",
    "i took 20 of my students' essays home",
    "took 12 units of insulin with dinner",
]


@pytest.mark.parametrize("text", OVERDOSES)
def test_so_much_medicine_is_an_act_begun_whatever_else_is_said(text):
    floor = assess.read(text).floor
    assert (floor.level, floor.rule) == (Level.IMMINENT, "underway")


@pytest.mark.parametrize("text", DOSES)
def test_medicine_as_doctors_give_it_raises_nothing(text):
    assert not assess.read(text).floor.level.is_crisis


STILL_OVERDOSES = [
    # what tells of a course of medicine, or of an illness, beside all of it at once
    "还是睡不着，我把药全吃了",
    "吃药没用，我把药全吃了",
    "还是疼，我把药都吃了",
    "停药了没用，我把一瓶药都吃了",
    "我对青霉素过敏，我把药都吃了",
    "过敏就过敏，我把头孢都吃了，喝了酒",
    "药都吃完了，不用复查了",
    "药全吃完了，不用再去医院开了",
    "再买一瓶也没用，这瓶药我全吃了",
    "上个月开的药我都吃了 一颗没剩",
    "我把药全吃了 情绪稳定了",
    "took the whole bottle of pills, for the headache",
    "took 40 paracetamol for the pain",
    "i took all my pills for tonight",
    "吃了三十片安眠药还是睡不着",
    "喝了农药还在疼",
    "years ago i tried, and now i've swallowed the lot",
]


@pytest.mark.parametrize("text", STILL_OVERDOSES)
def test_no_illness_and_no_course_explains_all_of_it_at_once(text):
    assert services.assess(text).level is Level.IMMINENT
