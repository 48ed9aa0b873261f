"""Plain sentences on whose level nobody would disagree: what everybody tries first."""

import pytest

from triage import services
from triage.core.levels import Level

AN_ACT_NOW = [
    "给爸妈的信写好了，我想好了，今晚就结束",
    "我今晚就去死",
    "我已经站在楼顶了",
    "刚才吃了三十片安眠药",
    "绳子挂好了，再见",
    "他拿着刀在砸门",
    "我女朋友在桥上说要跳下去",
    "我把煤气打开了",
    "再见了大家，谢谢你们，我走了，别找我",
    "我现在手里拿着刀片，已经划下去了",
    "i'm on the bridge right now and i'm going to jump",
    "i took all my pills an hour ago",
    "goodbye everyone, i love you, this is my last message",
    "he's outside my door with a knife",
    "my friend just texted me she took a bunch of pills",
    "i have the gun in my hand",
    "tonight is the night, i wrote the letters already",
    "i'm standing on the edge and i don't want to be here anymore",
]
ACTIVE_OR_CONTINUING = [
    "我想死",
    "不想活了，真的不想活了",
    "我计划好了怎么自杀",
    "我每天晚上都用刀划自己",
    "我老公天天打我",
    "我爸经常打我和我妈",
    "上周我吞药被送去洗胃了",
    "我想杀了他",
    "我同学说她想自杀，怎么办",
    "我一直在想怎么死才不痛苦",
    "我攒了很多安眠药",
    "我不是不想死，只是不敢",
    "想zs",
    "好想死啊",
    "我真的好想紫砂",
    "自鲨算了",
    "i want to die",
    "i want to kill myself",
    "i don't want to live anymore",
    "i've been cutting every night",
    "my boyfriend beats me when he drinks",
    "i keep thinking about ending my life",
    "my roommate says she wants to kill herself",
    "i'm going to hurt him, i can't stop thinking about it",
    "i have a plan to end it",
    "want to unalive myself",
    "kms fr",
    "i tried to kill myself last week",
    "no reason to live, i've been saving up my pills",
]
PASSIVE_OR_PAST = [
    "有时候觉得活着挺没意思的，也就是撑着",
    "他们没有我可能更好",
    "孩子们都忙，我总觉得自己是他们的拖累",
    "要是能一觉睡过去不醒就好了",
    "看不到任何希望",
    "我以前割过腕，现在好了",
    "几年前自杀过一次",
    "everyone would be better off without me",
    "i wish i could just not wake up",
    "i feel like a burden to everyone",
    "there's no hope for me",
    "i used to self harm, been clean for two years",
    "i attempted suicide in 2015 but i'm doing okay now",
    "sometimes i wish i was never born",
]
ORDINARY = [
    "没有想过自杀，就是睡不着",
    "我不会自杀的，放心",
    "笑死我了哈哈哈",
    "累死了今天加班到十点",
    "想死你了",
    "这游戏我又被杀了三次",
    "电影里男主最后跳楼了好难过",
    "我在写一篇关于自杀预防的论文，想请教一下",
    "我奶奶上个月去世了，很难过",
    "紫砂壶怎么养",
    "医生开的安眠药按时吃，效果一般",
    "我最近压力很大，睡不着，很焦虑",
    "失恋了，好痛苦，每天哭",
    "妈妈总是骂我",
    "想请问怎么预约咨询",
    "this heat is killing me",
    "i'm dying of laughter",
    "i could kill for a coffee",
    "i'm not suicidal, just really tired",
    "my grandma died last month and i miss her",
    "the character kills himself in the movie",
    "how do i support a suicidal student as a teacher?",
    "i failed my exam and i feel terrible",
    "my boss is driving me crazy",
    "i took my meds this morning as prescribed",
    "i've never thought about hurting myself",
]


@pytest.mark.parametrize("text", AN_ACT_NOW)
def test_an_act_now_is_imminent_or_at_least_high(text):
    assert services.assess(text).level >= Level.HIGH


def test_most_acts_now_are_called_imminent():
    levels = [services.assess(text).level for text in AN_ACT_NOW]
    assert levels.count(Level.IMMINENT) >= 0.85 * len(levels)


@pytest.mark.parametrize("text", ACTIVE_OR_CONTINUING)
def test_active_thoughts_and_continuing_harm_are_a_crisis(text):
    assert services.assess(text).level >= Level.HIGH


@pytest.mark.parametrize("text", PASSIVE_OR_PAST)
def test_passive_wishes_and_what_is_past_are_not_low(text):
    assert services.assess(text).level >= Level.MODERATE


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_raise_no_alarm(text):
    assert services.assess(text).level < Level.HIGH
