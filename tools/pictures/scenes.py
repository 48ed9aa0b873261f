"""What is said while the pictures are taken, in both languages. Written for this project; nobody said these words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LOCALES: dict[Language, str] = {"zh": "zh-CN", "en": "en-GB"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One language's evening.

    Attributes:
        counselor: who talks, and the ``alias`` that residents see; ``colleague`` takes over from them.
        said, answers, then: the conversation that is shown most.
        also_take: people of the demo whom the counselor takes as well; the first is handed over later.
        absent: what somebody writes who then closes the page.
    """

    counselor: str
    alias: str
    colleague: str
    nickname: str
    said: tuple[str, ...]
    answers: tuple[str, ...]
    then: tuple[str, ...]
    later: str
    also_take: tuple[str, ...]
    greeting: str
    note: str
    reason: str
    question: str
    advice: str
    handover: str
    given_back: str
    wrap_up: str
    thanks: str
    again: str
    welcome_back: str
    unsent: str
    absent: str
    absent_name: str
    closing: str
    decision: str
    danger: str
    invited: str


SCENES: dict[Language, Scene] = {
    "zh": Scene(
        counselor="zhou",
        alias="阿舟",
        colleague="lin",
        nickname="小雨",
        said=("睡不着，也不知道该跟谁说", "我爸上周住院了，我请了假在这边陪着，单位又一直催我回去"),
        answers=(
            "你好，我是阿舟，我在。医院的夜很长，你能写过来真好。爸爸现在怎么样？",
            "那你呢，这一周你自己睡过几个整觉？",
        ),
        then=("刚睡着。医生说还要观察几天", "没有整觉。我不敢睡，怕他叫我"),
        later="我好像一直没想过自己累不累",
        also_take=("阿渡", "老周"),
        greeting="你好，我是阿舟。你写的每一句我都看了，现在我在这里陪着你。",
        note="白天是姑姑替她，周四姑姑要走。可以一起想想周四之后谁来。",
        reason="他说“今晚就走”，信写好了，猫托付了。",
        question="他把猫托付了，信也写好了，说今晚。我正在问他现在在哪里、身边有什么。要不要请一位同事同时守着？",
        advice="先问他此刻是不是一个人，药和绳子在不在手边。我在旁边看着，你不用快。",
        handover="他肯说话，一句一句问就好。还没有问到他现在在哪里。",
        given_back="我这边断电了，手机快没电。他在宿舍，室友十一点回来。",
        wrap_up="说出来轻松了些，打算周四跟姑姑开口。",
        thanks="谢谢阿舟，今晚没那么慌了",
        again="又是我，爸爸今天转到普通病房了",
        welcome_back="小雨，又见到你了。转出来了，这一天你等了很久吧？",
        unsent="先去给他倒杯水，等我一下",
        absent="写着写着又不想说了，算了",
        absent_name="阿宁",
        closing="写了一句就离开了，等了十分钟没有回来。",
        decision="依据在他自己的话里，问得及时，级别合适。",
        danger="我站在楼顶，风很大",
        invited="小陶",
    ),
    "en": Scene(
        counselor="lin",
        alias="Lin",
        colleague="zhou",
        nickname="Ash",
        said=(
            "can't sleep, and I don't know who to say this to",
            "my dad's in hospital. I took leave to be here and work keeps calling",
        ),
        answers=(
            "Hello, I'm Lin, and I'm here. Nights in a hospital are long. How is your dad just now?",
            "And you? How many whole nights have you slept this week?",
        ),
        then=(
            "asleep at last. they want to keep an eye on him a few more days",
            "none. I'm afraid he'll call and I won't hear",
        ),
        later="I don't think I've asked myself once if I'm tired",
        also_take=("June", "Tomás"),
        greeting="Hello, I'm Lin. I have read everything you wrote, and I'm here with you now.",
        note="An aunt sits with him by day and leaves on Thursday. Think together about who comes after that.",
        reason="Under eighteen and hurting herself again since this week; nobody near her knows.",
        question="Under eighteen, hurting herself again since this week, nobody at home knows. How would you go on?",
        advice="Ask what it was like in the year without it, and who was near then. No hurry. I'm reading along.",
        handover="She answers short questions. I have not asked yet whether she is hurt now.",
        given_back="My power is out. She is in her room, her mother is at home.",
        wrap_up="It helped to say it. Means to speak with the aunt on Thursday.",
        thanks="thank you Lin. tonight feels a little less long",
        again="me again. they moved dad to a normal ward today",
        welcome_back="Ash, good to read you again. A normal ward: you have waited long for that.",
        unsent="getting him some water, one moment",
        absent="I don't know what to write. never mind",
        absent_name="Robin",
        closing="One line, then the page was closed. Not back after ten minutes.",
        decision="Their own words bear it out; asked in time. The level was right.",
        danger="I'm on the roof. it's windy up here",
        invited="Kit",
    ),
}
