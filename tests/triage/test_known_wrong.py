"""What readers found wrong by hand, as behaviours: each beside twins in nearly the same words that keep their level."""

import pytest

from triage import exact, services
from triage.core import assess, conversation, pieces
from triage.core.levels import Level

AFFIRMED = [
    "no cap i'm gonna end it tonight",
    "no cap jumping tonight",
    "no lie i'm going to kill myself tonight",
    "no joke i want to die",
    "ngl i want to die",
    "no doubt i'm going to kill myself",
    "no matter what i do i want to die",
    "i'm not gonna lie i want to kill myself",
    "not lying, i'm going to kill myself",
]
DENIED_OR_ABOUT_SOMETHING_ELSE = [
    "no cap this game is killing me",
    "no cap i have never wanted to die",
    "i'm not going to kill myself no cap",
    "no lie, jumping tonight was fun",
    "no joke i nearly died laughing",
    "bungee jumping tonight with the lads",
    "no, i don't want to die",
]
SAID_SIDEWAYS = [
    "i'm off to meet my maker tonight lads",
    "i'll be meeting my maker tonight",
    "i'm going to kick the bucket tonight",
    "i cba anymore, jumping at 9",
    "can't do this anymore, jumping at midnight",
    "so done. gonna jump at 10pm",
]
NOT_SAID_SIDEWAYS = [
    "cba anymore, jumping on a call at 9",
    "jumping on the trampoline at 9",
    "can't be arsed, jumping in the shower at 9",
    "i'm not ready to meet my maker",
    "i thought i was about to meet my maker on that road lol",
    "i'm off to meet my brother tonight lads",
]
ON_THE_RAILS = [
    "火车几点过这个道口？我躺好了等它",
    "躺轨了",
    "我在铁轨上躺着",
    "我躺在铁轨上了",
    "趴在轨道中间 听见车了",
    "火车来了，我已经躺好等它碾过来",
    "躺在这里等火车压过来",
]
BESIDE_THE_RAILS = [
    "火车几点过这个道口？我想等它过了再走",
    "火车晚点了 我躺着等车",
    "坐火车躺着去的 卧铺",
    "我坐在轨道交通三号线上",
    "别躺在铁轨旁边 危险",
    "小时候我们在铁路边玩",
]
LAUGHED_AT = [
    "我要自杀了 哈哈哈",
    "我准备自杀 哈哈",
    "我想自杀哈哈",
    "打算轻生了哈哈哈",
    "i'm gonna kill myself lol",
    "going to kill myself haha",
    "i'm gonna kill myself lol this homework",
    "about to commit suicide lol",
]
HYPERBOLE = [
    "笑死我了哈哈哈",
    "想死哈哈哈 作业好多",
    "累到想死 哈哈",
    "我不会自杀的哈哈",
    "朋友说他要自杀哈哈哈",
    "dying lol this homework",
    "not gonna kill myself over it lol",
    "my friend said he's gonna kill himself lol",
]
ALL_AT_ONCE = [
    "took all my tablets at once",
    "took all my pills",
    "took all my tablets as prescribed, all of them at once",
    "took the week's tablets all in one go",
    "把一周的药一次都吃了",
    "按医生说的一次把一周的药都吃了",
    "医生开的药今天一次全吃了",
    "把药都吃了",
]
AS_PRESCRIBED = [
    "took my tablets this morning, blood pressure is better",
    "took all my tablets this morning, blood pressure is better",
    "took all my tablets for the week as prescribed",
    "took all my pills with breakfast like the doctor said",
    "按医生说的把今天的药都吃了",
    "今天的药都吃了，血压正常",
    "早上的药都吃了",
    "遵医嘱把药都吃了，好多了",
]
A_CHORE = [
    "got rope and nails",
    "got rope and nails for the pictures",
    "got rope and hooks for the shelf",
    "bought a rope for the hammock",
    "刀在桌上，帮我切下水果",
    "刀在桌上，帮我切点葱",
    "水果刀在桌上，切个西瓜吧",
]
A_WAY = [
    "got rope",
    "i got rope and i'm ready",
    "got rope and a beam that holds",
    "刀在桌上，我想割下去",
    "刀就在手边，切过一次了",
]
TITLES = [
    "自杀小队",
    "自杀小队好看吗",
    "今晚想看自杀小队",
    "刚看完《自杀小队》",
    "suicide squad",
    "going to watch suicide squad tonight",
    'have you seen "suicide squad"',
]
TEAPOTS = ["我想买把紫砂", "想买一把紫砂壶", "我想收一把紫砂", "那把紫砂多少钱", "用紫砂煮茶", "老伴送了我一把紫砂"]
NO_TEAPOTS = ["想紫砂", "我真的好想紫砂", "不如紫砂算了"]
BEGUN_AGAIN = [
    "以前割过腕。最近又开始了。",
    "以前割过腕，现在又开始了",
    "以前自残过。这个月又犯了",
    "女儿以前割过腕，最近又开始了",
    "i used to cut. lately i've started again.",
    "i used to cut myself. it's started again",
    "i used to self harm years ago. i relapsed.",
]
SOMETHING_ELSE_AGAIN = [
    "以前爱喝酒。最近又开始了。",
    "以前割过腕。最近又开始上班了。",
    "以前割过腕，没有又开始",
    "以前爱画画。最近又开始了。",
    "i used to drink. lately i've started again.",
    "i used to run. i've started again",
    "i used to cut. not any more",
]
MEANT_AFTER_ALL = [
    ("might just end it lol", "just kidding", "no actually i'm serious"),
    ("might end it all lol", "jk", "i'm serious tho"),
    ("gonna end my life haha", "only joking", "actually i wasn't joking"),
    ("想死哈哈哈哈", "开玩笑啦", "刚才不是开玩笑 是真的"),
]
LEFT_A_JOKE = [
    ("might just end it lol", "just kidding", "no really, i'm fine"),
    ("想死哈哈哈哈", "开玩笑啦", "真的是开玩笑"),
]


@pytest.mark.parametrize("text", [*AFFIRMED, *SAID_SIDEWAYS, *ON_THE_RAILS, *ALL_AT_ONCE, *A_WAY, *NO_TEAPOTS])
def test_what_is_said_plainly_is_a_crisis_by_rules_alone(text):
    assert assess.read(text).floor.level.is_crisis


@pytest.mark.parametrize("text", [*ON_THE_RAILS, *ALL_AT_ONCE])
def test_an_act_that_has_begun_is_imminent(text):
    assert services.assess(text).level is Level.IMMINENT


@pytest.mark.parametrize(
    "text",
    [
        *DENIED_OR_ABOUT_SOMETHING_ELSE,
        *NOT_SAID_SIDEWAYS,
        *BESIDE_THE_RAILS,
        *AS_PRESCRIBED,
        *A_CHORE,
        *TITLES,
        *TEAPOTS,
    ],
)
def test_their_twins_raise_no_alarm(text):
    assert not services.assess(text).level.is_crisis


@pytest.mark.parametrize("text", LAUGHED_AT)
def test_an_explicit_word_with_laughter_is_neither_low_nor_an_alarm_by_rules(text):
    assert assess.read(text).floor.level is Level.MODERATE
    assert services.assess(text).level >= Level.MODERATE


@pytest.mark.parametrize("text", LAUGHED_AT[:2])
def test_the_laughed_at_word_is_shown(text):
    assert any(one.reason == "intent" for one in services.assess(text).evidence)


@pytest.mark.parametrize("text", HYPERBOLE)
def test_a_manner_of_speaking_with_laughter_stays_low(text):
    assert services.assess(text).level is Level.LOW


@pytest.mark.parametrize("text", BEGUN_AGAIN)
def test_self_harm_that_begins_again_in_the_next_sentence_is_high(text):
    assert assess.read(text).floor.level >= Level.HIGH


@pytest.mark.parametrize("text", SOMETHING_ELSE_AGAIN)
def test_something_else_that_begins_again_is_no_relapse(text):
    assert not services.assess(text).level.is_crisis


@pytest.mark.parametrize("turns", MEANT_AFTER_ALL)
def test_a_joke_in_three_turns_that_was_meant_is_high(turns):
    assert conversation.floor_of(turns) >= Level.HIGH
    assert services.assess_turns(turns)[-1].level >= Level.HIGH


@pytest.mark.parametrize("turns", LEFT_A_JOKE)
def test_a_joke_that_stays_one_is_no_alarm_by_rules(turns):
    assert not conversation.floor_of(turns).is_crisis


@pytest.mark.parametrize(
    "answer",
    ["好", "好的", "嗯嗯", "对", "没有", "好 谢谢", "嗯，是的。", "ok", "yes", "yeah, thanks", "no.", "hmm..."],
)
def test_a_bare_answer_says_nothing_by_itself(answer):
    assert pieces.is_answer(answer)


@pytest.mark.parametrize(
    "text", ["死", "好累", "好想死", "没有意义", "no way out", "yes i took them", "不活了", "有刀"]
)
def test_what_says_something_is_no_bare_answer(text):
    assert not pieces.is_answer(text)


@pytest.mark.parametrize(
    "turns", [("我想死", "好的"), ("我想死", "嗯"), ("i want to die", "ok"), ("不想活了", "好 谢谢")]
)
def test_a_bare_answer_is_not_underlined_for_what_was_said_before(turns):
    found = conversation.assess(turns, exact.read(exact.WEIGHTS))
    assert not [one for one in found.evidence if one.turn == 0]
    if found.level.is_crisis:
        assert [(one.turn, one.reason) for one in found.evidence] == [(1, "intent")]


def test_a_bare_answer_beside_other_words_is_left_out_of_the_pieces():
    weights = exact.read(exact.WEIGHTS)
    text = "好。把猫送人了 东西也都分完了 谢谢大家这些年的照顾。嗯"
    found = [text[one.start : one.end] for one in assess.assess(assess.read(text), weights).evidence]
    assert found
    assert not {"好", "嗯"} & set(found)


MEANT_WITH_A_WAY = [
    ("想死哈哈", "开玩笑啦", "其实不是玩笑 药买好了"),
    ("想死哈哈", "开玩笑啦", "其实不是玩笑，药买好了"),
    ("i want to die lol", "jk", "actually i'm not joking, i've got the pills"),
]
A_JOKE_BESIDE_A_WAY = [
    ("想死哈哈", "开玩笑啦", "真的是玩笑 我没买药"),
    ("想死哈哈", "开玩笑啦", "不是开玩笑 我妈的药买好了"),
    ("i want to die lol", "jk", "honestly just a joke, the homework is done"),
]
BELONGS_TO_SOMETHING_ELSE = [
    "想死哈哈 明天考试",
    "想死哈哈哈 明天还要上班",
    "想死哈哈 今晚又要加班",
    "i want to die lol exam tomorrow",
    "i want to die lol, tomorrow is my exam",
]
BELONGS_TO_THE_WISH = [
    "想死哈哈 明天就去跳",
    "想死哈哈 明天",
    "想死哈哈 明天考试 今晚就跳",
    "i want to die lol tomorrow",
    "i want to die lol exam tomorrow, doing it tonight",
]
TIRED = ["no joke this hill nearly killed me", "that workout nearly killed me lol", "the stairs almost killed me"]
NOT_TIRED = ["he nearly killed me last night", "no joke i'm gonna kill myself tonight"]
BACK_TO_DAYS = ["以前自残，现在又开始上学了", "以前割过腕，现在又开始画画了"]


@pytest.mark.parametrize("turns", MEANT_WITH_A_WAY)
def test_a_joke_that_was_meant_with_a_way_in_the_same_turn_is_imminent(turns):
    assert conversation.floor_of(turns) is Level.IMMINENT
    last = services.assess_turns(turns)[-1]
    assert last.level is Level.IMMINENT
    assert {one.turn for one in last.evidence} >= {0, 2}


@pytest.mark.parametrize("turns", A_JOKE_BESIDE_A_WAY)
def test_a_joke_that_was_not_meant_is_not_imminent(turns):
    assert conversation.floor_of(turns) < Level.IMMINENT


@pytest.mark.parametrize("text", BELONGS_TO_SOMETHING_ELSE)
def test_a_time_that_belongs_to_something_else_is_no_near_one(text):
    assert not services.assess(text).level.is_crisis


@pytest.mark.parametrize("text", BELONGS_TO_THE_WISH)
def test_laughter_takes_back_no_wish_with_a_near_time(text):
    assert assess.read(text).floor.level is Level.IMMINENT


@pytest.mark.parametrize("text", [*TIRED, *BACK_TO_DAYS])
def test_what_was_hard_or_is_over_is_no_alarm(text):
    assert not services.assess(text).level.is_crisis


@pytest.mark.parametrize("text", NOT_TIRED)
def test_what_was_done_or_will_be_done_is_one(text):
    assert services.assess(text).level.is_crisis
