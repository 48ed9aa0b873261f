"""Harm told as a plain fact, by whom it is done or to whom, is heard by rules; the same verbs in play are not."""

import pytest

from triage.core import assess
from triage.core.levels import Level

TOLD = [
    "my coach hits me with the strap when i lose",
    "the carer scratches me when she turns me",
    "mum burns me with the spoon if i cry",
    "my manager slaps the girls who are slow",
    "boss rape me when his wife travel",
    "he broke my back tooth because the rice was cold",
    "he held my head under the tap again",
    "he threw a hot pan at me this morning",
    "my stepdad put me through the door last night",
    "agent says i must sleep with him before i get my papers",
    "i'm being blackmailed with a video, he wants more every day",
    "my father has me on a chain in the yard",
    "they are taking me to be married on friday",
    "they are stabbing him outside the shop",
    "i'm being attacked in the stairwell",
    "cant sleep for thinking how to kill myself",
    "no one knows i want to kill myself",
    "i feel nothing any more and i want to die",
    "i don't see a reason not to kill myself",
    "i haven't stopped wanting to kill myself since june",
    "im going in front of a lorry",
    "i've picked the song for my funeral and the day",
    "won't be alive by friday",
    "i'm going to finish myself off",
    "i hold my hand on the iron most nights",
    "i hurt my legs every time he calls",
    "i'm shaking the baby and i can't stop",
    "i tried last night and it didn't work",
    "i took the lot an hour ago and nothing's happening",
    "i hung myself on wednesday and the hook broke",
    "the voices say i have to get rid of him",
    "my friends are all gone and i'm going to join them",
    "the beatings have started again",
    "the children downstairs are left alone for days",
    "tried to end it on tuesday and went to work on wednesday",
    "十天前我割腕，缝了七针，没人问",
    "礼拜四我吞了药，洗胃了，没告诉家里",
    "他拿皮带扣抽我，这个月第三回了",
    "教练用跳绳抽我腿",
    "婆婆拿热水泼我",
    "他又把我锤了一顿",
    "他把我的头按进水池里",
    "他扇了我两个耳光，今天又扇",
    "他拽着我头发往车里塞",
    "他们要把我卖到山里去",
    "孩子被关进冷库里",
    "我半夜用剪刀剪自己的肉",
    "有个小伙子坐在女儿墙上",
    "我已经站到栏杆外面了",
    "我这个月30号要死",
    "我加了一个约死群",
]
IN_PLAY = [
    "my coach hits the ball to me every time",
    "the carer scratches my back for me, bless her",
    "my brother beats me at chess every sunday",
    "he threw a party at my house",
    "he held my head in his hands and we cried",
    "i was blackmailed into baking for the fete, in the nicest way",
    "she's stabbing me in the back at work",
    "i'm being attacked by midges",
    "cant sleep for the heat",
    "no one knows i want to be a dancer",
    "i haven't stopped wanting chips since june",
    "there's a lorry parked in front of the house",
    "i've picked the song for my wedding and the day",
    "i'm going to finish myself off a nice slice of cake",
    "i shake the bottle for the baby and she laughs",
    "i tried last night to call you and it was busy",
    "i took the lot to the charity shop",
    "the voices in the choir say i should sing louder",
    "my friends have gone to the pub and i'm going to join them there",
    "the children are left with my mum on fridays",
    "他拿手机给我拍照",
    "教练用跳绳教我热身",
    "他拿热水给我泡脚",
    "他又夸了我一顿",
    "他打我从来打不过，乒乓球输了八局",
    "她帮我扎头发",
    "孩子把鱼关进冷库了",
    "我用剪刀剪自己的刘海",
    "女儿墙要修了，物业在收钱",
    "我这个月30号要交房租",
]


@pytest.mark.parametrize("text", TOLD)
def test_harm_in_plain_words_is_an_alarm_by_rules(text):
    assert assess.read(text).floor.level >= Level.HIGH


@pytest.mark.parametrize("text", IN_PLAY)
def test_the_same_words_in_play_are_none(text):
    assert assess.read(text).floor.level < Level.HIGH
