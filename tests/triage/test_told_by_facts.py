"""Danger told by plain facts, as kinds that readers' probes showed: rules raise it, and leave its twins alone."""

import pytest

from triage.core import assess
from triage.core.levels import Level

UNDER_WAY = [
    "我在他家门口等他出来 刀带着",
    "他要嘞死我",
    "他锁了门 楼道里全是烟 我跟两个娃在卧室",
    "屋里着火了 门锁着 我们出不去",
    "there's so much blood and it isn't stopping",
    "i skipped my insulin for three days on purpose",
    "took my oxygen off on purpose",
    "do you call an ambulance if i've already done it",
    "i've got dad's pistol. safety off",
    "i'm stood over him with the hammer",
    "she walked into the sea in all her clothes",
    "i cut deeper than i meant to",
    "Third Mainland bridge. The lagoon is just there. tell my mother I tried",
]
HIGH = [
    "等孩子高考完。六月九号。我都算好了",
    "遗书改到第七版了",
    "邮件定时了 他看到也来不及了",
    "早晚捅死他",
    "婆婆把我和孩子关在老屋半年了",
    "身份证被老板扣着，天天打我们",
    "one of these mornings i won't steer",
    "when mum goes i go too",
    "i'm not ok. it's all planned",
    "the rope held when i tested it",
    "tablets tipped out on the bed",
    "i bought that gun for a reason",
    "the neighbours' kid is kept in the shed. it's been weeks",
    "my grandmother is being slapped by the helper every day",
    "he makes me touch him and still does. i'm 12",
]
TWINS = [
    "我在他家门口等他出来 一起上学",
    "楼道里全是烟味 邻居老抽烟",
    "等孩子高考完我们去旅游，机票都算好了",
    "作文改到第七版了",
    "消息看到了 也来不及报名了",
    "把自己锁在房间一天没吃饭",
    "在一棵树上吊死，说的就是我姐",
    "我要杀了那个策划 这副本太难",
    "月考死定了 我妈要杀了我",
    "this match has no stopping, blood pressure is up",
    "i skipped breakfast on purpose",
    "i stood over the pan with a spoon",
    "he walked into the sea for a swim",
    "one of these mornings i won't oversleep",
    "when mum goes shopping i go too",
    "my brother got his shotgun licence for clay pigeons",
    "we were beaten by the other team again",
    "the swing's rope held a swing for years",
]


@pytest.mark.parametrize("text", UNDER_WAY)
def test_what_happens_now_is_imminent_by_rules(text):
    assert assess.read(text).floor.level is Level.IMMINENT


@pytest.mark.parametrize("text", HIGH)
def test_a_decision_a_way_and_harm_that_goes_on_are_high_by_rules(text):
    assert assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", TWINS)
def test_the_same_words_of_every_day_raise_nothing(text):
    assert not assess.read(text).floor.level.is_crisis
