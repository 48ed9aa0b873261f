"""A bare answer says what was asked: the question is read for the answer, and for nothing else."""

import logging
import random

import pytest

from triage import child, services
from triage.core import asked
from triage.core.levels import Level
from triage.core.normalise import normalise


def after(*said):
    """What triage makes of the last of some lines; a counselor's begin with "? "."""
    turns, before, asking = [], [], []
    for line in said:
        if line.startswith("? "):
            asking.append(line[2:])
        else:
            turns.append(line)
            before.append("\n".join(asking))
            asking = []
    found = services.believed(turns, before=before)
    return found, [(turns[-1 - one.turn][one.start : one.end], one.reason) for one in found.evidence]


@pytest.mark.parametrize(
    "answer", ["有", "想过", "嗯", "是的", "对", "有过", "每天都想", "有时候会想", "其实有想过", "yes"]
)
def test_yes_to_a_question_of_suicide_is_as_if_it_were_said(answer):
    found, evidence = after("最近很累", "? 谢谢你告诉我。你有没有想过自杀？不用急着回答", answer)
    assert found.level >= Level.HIGH
    assert (answer, "asked_intent") in evidence


@pytest.mark.parametrize(
    "answer", ["yes", "Yeah", "I have", "sometimes", "every day", "yes. every night", "i guess so"]
)
def test_yes_to_a_question_of_suicide_is_as_if_it_were_said_in_english(answer):
    found, evidence = after(
        "i am tired", "? Thanks for telling me. Have you thought about suicide? Take your time.", answer
    )
    assert found.level >= Level.HIGH
    assert (answer, "asked_intent") in evidence


@pytest.mark.parametrize(
    ("question", "answer", "least", "reason"),
    [
        ("药在你身边吗？", "在床头", Level.HIGH, "asked_means"),
        ("你准备了安眠药吗", "买了", Level.HIGH, "asked_means"),
        ("那你有具体的计划吗", "有", Level.HIGH, "asked_plan"),
        ("你现在就想动手吗？", "现在", Level.IMMINENT, "asked_intent"),
        ("你已经把那些药吞下去了吗", "是的", Level.IMMINENT, "asked_underway"),
        ("你最近有没有伤害自己？", "有", Level.HIGH, "asked_self_harm"),
        ("他打你吗", "打过", Level.HIGH, "asked_violence_suffered"),
        ("你想伤害别人吗", "想", Level.HIGH, "asked_violence_intended"),
        ("你打算烧炭吗", "嗯", Level.HIGH, "asked_intent"),
        ("Do you have the pills with you?", "right here", Level.HIGH, "asked_means"),
        ("Do you have a plan?", "yes", Level.HIGH, "asked_plan"),
        ("Are you going to do it tonight?", "yes", Level.IMMINENT, "asked_intent"),
        ("Have you hurt yourself?", "i have", Level.HIGH, "asked_self_harm"),
        ("Does he hit you?", "sometimes", Level.HIGH, "asked_violence_suffered"),
        ("It sounds like you want to die, is that right?", "yeah", Level.HIGH, "asked_intent"),
    ],
)
def test_what_was_asked_is_what_a_yes_says(question, answer, least, reason):
    found, evidence = after(f"? {question}", answer)
    assert found.level >= least
    assert reason in [name for _, name in evidence]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("你想过自杀吗", "没有"),
        ("你想过自杀吗", "没想过"),
        ("你想过自杀吗", "嗯 没有"),
        ("你想过自杀吗", "不会"),
        ("你想过自杀吗", "有一点难过"),
        ("你想过自杀吗", "为什么这么问？"),
        ("你想过自杀吗", "有？"),
        ("你想过自杀吗", "在家"),
        ("你没有想过自杀吧", "没有"),
        ("你现在安全吗", "嗯"),
        ("周末有什么计划吗", "有"),
        ("今天按时吃药了吗", "吃了"),
        ("如果你想自杀，可以随时告诉我们", "嗯"),
        ("你之前说想死，现在好点了吗？", "嗯"),
        ("Have you thought about suicide?", "no"),
        ("Have you thought about suicide?", "not really"),
        ("Have you thought about suicide?", "a little sad"),
        ("Have you thought about suicide?", "what do you mean?"),
        ("Do you have any plans for the weekend?", "yes"),
        ("Did you take your meds today?", "i did"),
        ("If you feel suicidal, let me know", "yes"),
    ],
)
def test_no_another_answer_or_another_question_raises_nothing(question, answer):
    assert after(f"? {question}", answer) == after(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("你没有想过自杀吧", "嗯"),
        ("你不会想自杀的，对吧", "对"),
        ("You haven't thought about suicide, have you?", "yeah"),
        ("你想过自杀吗", "不知道"),
        ("你想过自杀吗", "可能吧"),
        ("你有计划吗", "还没有"),
        ("Do you have a plan?", "not yet"),
        ("你想过自杀吗？你一个人在家吗？", "嗯"),
    ],
)
def test_what_may_be_a_yes_is_in_doubt_and_not_low(question, answer):
    found, evidence = after(f"? {question}", answer)
    assert (found.level, found.doubtful) == (Level.LOW, True)
    assert evidence[0] == (answer, "asked_unclear")


def test_what_contradicts_a_question_that_expects_a_no_is_a_yes():
    assert after("? 你没有想过自杀吧", "其实有")[0].level >= Level.HIGH
    assert after("? 你不想活了吗", "嗯")[0].level >= Level.HIGH, "the denial belongs to what is asked about"


def test_answers_go_together_over_turns():
    found, evidence = after("? 你想过自杀吗？", "想过", "? 药在手边吗？", "在床头")
    assert found.level is Level.IMMINENT
    assert {("想过", "asked_intent"), ("在床头", "asked_means")} <= set(evidence)
    found, evidence = after("? 你想过自杀吗？", "有", "安眠药就在我手边")
    assert found.level is Level.IMMINENT
    assert ("有", "asked_intent") in evidence


def test_a_time_by_itself_says_nothing_and_after_an_intent_all():
    assert after("? 是今晚吗？", "嗯")[0].level is Level.LOW
    assert after("? 你想过自杀吗？", "想过", "? 是今晚吗？", "嗯")[0].level is Level.IMMINENT


def test_a_question_stands_until_it_is_answered_and_no_longer():
    assert after("? 你想过自杀吗", "那个", "嗯")[0].level >= Level.HIGH
    assert after("? 你想过自杀吗", "今天食堂的菜不错", "嗯")[0].level is Level.LOW


def test_what_was_long_ago_or_of_somebody_else_is_told_as_such():
    assert after("? have you ever thought of suicide?", "yeah but years ago")[0].level is Level.MODERATE
    assert after("? 你朋友想过自杀吗", "有")[1] == [("有", "third_person")]


STAFF = [
    "你想过自杀吗？",
    "我听到你说想死，不想活了，药就在手边",
    "今晚就从楼上跳下去",
    "你有计划吗",
    "别怕，我在",
    "Have you thought about killing yourself tonight?",
    "i want to kill myself",
    "",
]
RESIDENT = [
    "没有",
    "睡不着",
    "今天食堂的菜不错",
    "no",
    "work is a lot",
    "为什么这么问？",
    "有一点难过",
    "我想自杀",
    "谢谢你们，我先去吃饭了",
    "药在手边",
    "안녕하세요 도와주세요 제발",
]


@pytest.mark.parametrize("seed", range(30))
def test_words_of_the_staff_alone_never_change_a_level(seed):
    """Whatever they say before words that answer nothing."""
    chosen = random.Random(seed)
    turns = chosen.choices(RESIDENT, k=chosen.randint(1, 9))
    before = [" ".join(chosen.choices(STAFF, k=chosen.randint(0, 3))) for _ in turns]
    assert services.believed(turns, before=before) == services.believed(turns)


@pytest.mark.parametrize("before", [(None,), (7,), ({},), ("\ud800" * 9,), ("你想过自杀吗" * 5000,), ("(" * 400,)])
def test_a_context_that_cannot_be_read_leaves_the_answer_as_it_was(before, caplog):
    with caplog.at_level(logging.ERROR):
        found = services.believed(["我有点累"], before=before)
    assert found == services.believed(["我有点累"])
    found = services.believed(["有"], before=before)
    assert found.scored
    assert not any("自杀" in record.getMessage() for record in caplog.records)


def test_what_is_not_scored_stays_so():
    found = services.in_answer(services.NOT_SCORED, ["有"], ["你想过自杀吗"])
    assert (found.level, found.scored) == (Level.HIGH, False)


def test_the_process_remembers_nothing_of_what_the_staff_said():
    made = child.Child()
    [[told, _seconds]] = made.read([("a", ["最近很累", "有"], ["", "你想过自杀吗"])])
    assert told[0] == Level.HIGH
    readings, characters, _since = made.memory._kept["a"]
    assert list(readings) == ["最近很累", "有"]
    assert characters == len("最近很累有")
    assert "自杀" not in repr(readings)


def test_evidence_points_into_the_answer_as_it_was_written():
    found, evidence = after("? 你想过自杀吗", "嗯…… 有 的，很多次")
    assert found.level >= Level.HIGH
    assert evidence == [("嗯…… 有 的，很多次", "asked_intent")]


def test_every_concept_that_is_asked_about_has_a_name():
    for language in ("zh", "en"):
        for topic in asked._patterns(language).topics:
            assert all(f"asked_{name}" in services.REASONS for name in topic.concepts)


def test_crafted_answers_and_questions_are_read_in_a_step_per_character():
    """Pieces are taken one after the other, so none is tried in another way."""
    assert asked.answer_of(normalise("有的" * 40)).end == 80
    assert asked.answer_of(normalise("有的" * 41)) is None
    assert asked.question_of("有没有" * 2000) is None
