"""What is long past, quoted, denied at once or a topic raises no alarm by rules; danger beside it does."""

from pathlib import Path

import pytest

from triage.core import assess
from triage.core.levels import Level

ENDED_WELL = [
    "十七岁那年我在桥上站过，一个环卫工拉住了我。现在我三十一，有个儿子",
    "我小姨年轻时吞过药，救回来了，今年五十，比谁都爱跳舞",
    "七十年代我们村有个人要喝农药，被他娘一巴掌打翻了碗",
    "in 2011 i took a load of pills. my sister found me. haven't touched any since",
    "when i was 14 i cut every night. got help. i'm 22 and i lifeguard",
]
GOES_ON = [
    "十七岁那年我在桥上站过，一个环卫工拉住了我。现在我又站在这座桥上了，想跳下去",
    "高二有阵子我天天想死，后来看了医生，如今大三了，今晚又想死",
    "我小姨年轻时吞过药，救回来了，昨晚她又吞了一瓶",
    "五年前割过，后来好了，现在刀在手上",
    "小时候爸打我，后来不打了，现在老公天天打我",
    "我十九岁吞过药，救回来了，今年四十，今晚又吞了一瓶药",
    "那年上吊被救下来，现在我又站在凳子上，绳子套好了",
    "小学割过，后来没再，后来就是昨天",
    "我每次考完都要划自己一下，从初三到现在大二，没停过",
    "i was 17 and standing on the bridge. a stranger talked me down. i'm 34 and i'm standing on the edge again",
    "in 2011 i took a load of pills and they saved me. i've just taken them all again",
    "i was in the army in 2009. survived that. the gun is in my hand",
    "used to cut. never again i said. blade's in my hand",
    "i got clean two years ago. i want to kill myself",
    "when i was 19 i got help. i'm 41 and i'm going to hang myself",
    "my son tried at 15 and got help. he's 17 and he has taken a load of pills",
    "he choked me in 2019. we're married four years and he choked me again on friday",
    "my stepfather hurt me as a child. tonight i'm going to put the pillow on his face",
]
ONCE_MORE = [
    "两年前割腕被救了，这次不会有人来",
    "我吞过药，没死成，这回一定",
    "以前自残，这次更深",
    "大二自杀被救过一次，现在毕业了，工作丢了，我在天台上",
    "i overdosed last year and they found me. this time no one will",
    "my daughter cut herself two years ago, got help, and she's doing it since september, every night",
    "last time he left i took an overdose. this time i'll do it right",
]
NOT_ONCE_MORE = [
    "我以前割过，这次换了医生，聊得挺好",
    "去年吞过药，现在我在阳台上晾衣服，挺好的",
    "i overdosed years ago. this time i asked for help first",
    "i used to cut. this time of year i swim instead",
]
CITED = [
    "公益海报上写着“我每天都想死”，下面是热线号码，我在等车",
    "期末案例分析：“我吞了一整瓶药”，问第一句该怎么回",
    "小品里老头喊“我不活了，今晚就上吊”，全场大笑",
    "my monologue for the audition starts 'i have a knife and he's coming home'. wish me luck",
]
SAID = [
    "我女儿作业本上写着“我想死”，标题也是这个",
    "他说“我要弄死你”，旁边放着歌",
    "我室友在群里发“我吞了一瓶药”，然后发了个歌单",
    "我朋友圈发了“今晚就去死”，当歌词发的",
    'my daughter wrote "i want to die" in her textbook',
    'my brother says "i\'m going to shoot myself" and plays the same song on repeat',
    'my boyfriend texted "i\'m going to kill myself if you leave" and i have to go to my play rehearsal',
    "\"i'm going to kill myself\" that's not a lyric",
    "the note says \"i'm going to kill myself tonight\". i wrote it, it's no script",
]
DENIED = [
    "do you only talk to people who are suicidal? i'm not, i only want to ask about grants",
    "everyone at work thinks i'm suicidal because i cried. i'm not.",
    "the gp asked about suicide, i said no and that's true, i can't sleep is all",
    "你们问我是不是想自杀，我说没有，我就是睡不着",
]
DENIED_AND_MEANT = [
    "the gp asked about suicide, i said no. i lied, i'm going to hang myself",
    "the gp asked had i thoughts of suicide. i said no. i have. every night",
    "they think i'm suicidal. i'm not, i've decided, the pills are counted out",
    "everyone asks am i suicidal. i'm not, i'm just done. i'm going to jump tonight",
    "他们问我想不想自杀，我说没有，其实今晚就要跳楼",
]
TALKED_ABOUT = [
    "could you recommend a course in suicide first aid for our staff?",
    "we have an inset day on self-harm and need materials for teachers",
    "i give a talk about losing my brother to suicide, is there anything i should leave out",
    "how do i dispose of my late husband's tablets safely",
]
TALKED_ABOUT_AND_MEANT = [
    "i teach the suicide first aid course and i'm going to kill myself tonight",
    "lost my brother to suicide and i want to kill myself too",
    "i sat through the talk on self-harm with cuts on my arm, i cut myself every night",
    "i've taken all of the tablets in the weekly box at once",
    "i took them all, the whole strip, i'm never going back to the chemist",
]
BORROWED = [
    "i overdosed on netflix this weekend",
    "replying all was career suicide",
    "glue gun in my hand, forty party bags to go",
]
TAKEN_LITERALLY = [
    "i overdosed on paracetamol while netflix was on",
    "this is suicide, i mean it, i'm doing it tonight",
    "gun in my hand, party's over",
    "nail gun to my head behind the site hut",
]


HEARD = Path(__file__).with_name("heard_all_the_same.txt").read_text(encoding="utf-8").splitlines()
"""Danger beside an age, a quotation, a denial or a topic, which a draft of rules 11 took for the past or for talk."""


def floor(text: str) -> Level:
    """What rules say of a text by themselves."""
    return assess.read(text).floor.level


@pytest.mark.parametrize("text", [*ENDED_WELL, *NOT_ONCE_MORE, *CITED, *DENIED, *TALKED_ABOUT, *BORROWED])
def test_what_ended_well_or_is_only_cited_raises_no_alarm_by_rules(text):
    assert floor(text) < Level.HIGH


@pytest.mark.parametrize(
    "text", [*GOES_ON, *ONCE_MORE, *SAID, *DENIED_AND_MEANT, *TALKED_ABOUT_AND_MEANT, *TAKEN_LITERALLY, *HEARD]
)
def test_what_goes_on_or_is_said_by_somebody_is_an_alarm_all_the_same(text):
    assert floor(text) >= Level.HIGH
