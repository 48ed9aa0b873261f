"""The rules by themselves: plain ways of saying it raise, their harmless twins do not, and alarms are mostly right."""

import pytest

from triage.core import assess, conversation
from triage.core.levels import Level
from triage.learning import corpus, floors

PAIRS = [
    # what is under way, or about to be; a chore, a meal or a joke with the same words
    ("药已经下去了 手开始麻", "退烧药我孩子吃了 现在睡了", Level.IMMINENT),
    ("一条腿已经跨出去了", "一条腿麻了 坐太久", Level.IMMINENT),
    ("水到胸口了 好冷", "泡温泉 水没到胸口 舒服", Level.IMMINENT),
    ("绳子勒紧了 喘不上", "行李箱上的绳子勒紧了 装不下", Level.IMMINENT),
    ("我吃了妈妈的药，一整瓶", "我吃了妈妈做的药膳，一整锅", Level.IMMINENT),
    ("i took my whole month's meds", "i took my whole month's pay home", Level.IMMINENT),
    ("我刚吃了四十片阿普唑仑", "我刚吃了两片感冒药", Level.IMMINENT),
    ("刀片抵着手腕", "刀片是刮胡子用的", Level.IMMINENT),
    ("i've swallowed the whole box of paracetamol", "i've swallowed a vitamin, is that ok", Level.IMMINENT),
    ("i just took 40 tablets", "i just took 40 photos of the tablets leaflet", Level.IMMINENT),
    ("rope round my neck already", "lanyard round my neck all day at work", Level.IMMINENT),
    ("i'm on the ledge, legs over the edge", "i'm on the edge of my seat, what a match", Level.IMMINENT),
    ("he's trying to break in", "he's trying to break into the industry", Level.IMMINENT),
    # a way at hand
    ("安眠药倒出来摆好了", "药倒出来摆好了 按说明书一天三次", Level.HIGH),
    ("麻绳挂在房梁上了", "皮带太长 想打个洞", Level.HIGH),
    ("the pills are lined up on the bed", "my pills are in the box, do i take them with food", Level.HIGH),
    ("the razor is here next to me", "his razor did the job, shaving my legs, next to me the cat", Level.HIGH),
    # active thoughts and plans
    ("满脑子都是自杀", "满脑子都是死线", Level.HIGH),
    ("我死给你们看", "死记硬背给你们看", Level.HIGH),
    ("想开车撞墙", "开车去上班 路上堵", Level.HIGH),
    ("我怕控制不住自己跳下去", "我怕高 走天桥腿软", Level.HIGH),
    ("有没有不痛苦的死法", "有没有不痛苦的拔牙法", Level.HIGH),
    ("吃多少会死", "吃多少会胖", Level.HIGH),
    ("说不想死是假的", "说不想吃是假的", Level.HIGH),
    ("不想死才怪", "不想睡才怪", Level.HIGH),
    ("谁说我不敢死", "谁说我不敢吃辣", Level.HIGH),
    ("想把自己注销", "想把会员注销", Level.HIGH),
    ("人间我准备退游了", "这个游戏我准备退游了", Level.HIGH),
    ("i want to be dead", "i want to be dead honest with you", Level.HIGH),
    ("i'm gonna top myself", "i'm gonna top up my phone", Level.HIGH),
    ("nothing is stopping me now", "nothing is stopping me from learning guitar", Level.HIGH),
    ("i don't feel safe with myself", "i don't feel safe walking home", Level.HIGH),
    ("not a day goes by that i don't want to die", "not a day goes by that i don't miss him", Level.HIGH),
    ("i'd be lying if i said i didn't want to die", "i'd be lying if i said i didn't want cake", Level.HIGH),
    ("really want die already lah", "the battery is about to die", Level.HIGH),
    ("what's the quickest way to die", "what's the quickest way to the station", Level.HIGH),
    ("how many paracetamol would it take to die", "how many paracetamol can i take a day", Level.HIGH),
    ("my mum says she doesn't want to live any more", "my mum says she doesn't want to live in leeds", Level.HIGH),
    ("发完这条就跳", "发完这条就睡", Level.HIGH),
    ("差一点就跳了", "差一点就迟到了", Level.HIGH),
    ("she's on the balcony threatening to jump", "she's on the balcony drinking tea", Level.HIGH),
    ("how deep do you have to cut", "how deep do you have to plant them", Level.HIGH),
    # goodbyes
    ("对不起爸妈 下辈子再做你们的女儿", "对不起老师 作业下周再交", Level.HIGH),
    ("sorry everyone, goodbye", "sorry everyone, running late", Level.HIGH),
    # harm that goes on
    ("只有流血才觉得自己活着", "流血了才发现切菜切到手", Level.HIGH),
    ("每晚都拿烟头烫自己", "每晚都拿热水烫脚", Level.HIGH),
    ("昨晚又划了手腕", "昨天拆快递又划了手", Level.HIGH),
    ("我躲厕所里划自己", "我躲厕所里划手机", Level.HIGH),
    ("不给钱就打我", "不给钱就打电话催", Level.HIGH),
    ("i cut when my parents fight", "i cut the cake when my parents came", Level.HIGH),
    ("he had me by the throat last night", "he had a sore throat last night", Level.HIGH),
    ("i've relapsed and cut myself again", "i cut myself shaving again", Level.HIGH),
    ("i bang my head against the wall until it bleeds", "it's like banging my head against a wall", Level.HIGH),
    ("他拿皮带抽我", "他拿皮带给我看 问好不好看", Level.HIGH),
    ("他说我敢报警就杀我全家 天天威胁我要弄死我", "他说我敢不吃饭就没收零食", Level.HIGH),
    ("my husband slaps me every night", "my husband beats me at chess every night", Level.HIGH),
    ("he took the belt to me again", "he took the belt off, it was hot", Level.HIGH),
    ("有个声音叫我把孩子扔下去", "有个声音叫我起床 是闹钟", Level.HIGH),
    ("i'm taking a knife to school tomorrow", "i'm taking a cake to school tomorrow", Level.HIGH),
    ("i keep having thoughts of hurting my baby", "i keep having thoughts of my baby", Level.HIGH),
]


@pytest.mark.parametrize(("text", "twin", "least"), PAIRS)
def test_what_is_said_plainly_raises_and_its_harmless_twin_does_not(text, twin, least):
    assert assess.read(text).floor.level >= least
    assert assess.read(twin).floor.level < Level.HIGH


@pytest.mark.parametrize(
    ("text", "third"),
    [
        ("我跟我妈说我不想活了", False),
        ("我妈说她不想活了", True),
        ("他走了我也不想活了", False),
        ("my friend left and i want to die", False),
        ("my friend says she wants to die", True),
    ],
)
def test_the_person_named_last_is_the_one_spoken_of(text, third):
    spoken = [one.third for one in assess.read(text).scoped if one.mention.concept in {"intent", "wish"}]
    assert spoken
    assert all(one is third for one in spoken)


def test_a_joke_takes_back_words_and_not_deeds():
    assert assess.read("我要杀了他 又把我外卖吃了 哈哈").floor.level < Level.HIGH
    assert assess.read("我刚把一整瓶安眠药都吃了 哈哈").floor.level is Level.IMMINENT


def test_a_goodbye_with_a_way_at_hand_is_imminent():
    assert conversation.floor_of(["安眠药倒出来摆好了", "替我照顾好我妈"]) is Level.IMMINENT


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_rules_raise_is_mostly_a_crisis(language):
    found = floors.measure(corpus.read_lines(), [], language)
    assert found.right_at_high.value >= 0.8
    assert found.right_at_imminent.value >= 0.9
    # .008 until dark calm lines were written on purpose; .014 until rules 12, whose silencers reach less far (.016).
    assert found.calm.value <= 0.018


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rules_raise_at_most_one_in_six_twins_that_hold_words_of_danger(language):
    found = floors.measure([], [], language, corpus.read_twins())
    assert found.twins.count > 10_000
    # .13 until rules 12, which let a danger of now stand beside an old year, a denial or a chore of something else.
    assert found.twins.value <= 1 / 6
