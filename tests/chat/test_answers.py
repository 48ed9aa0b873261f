"""A counselor asks, the resident answers in a word, and the row rises with what was asked."""

import pytest

from hotline.chat import recent, selectors, standing
from hotline.chat.models import Weighing
from hotline.chat.services import moves, risk
from tests.wire import desk_page, resident_page, there
from triage import feedback
from triage import services as triage
from triage.core.levels import Level


@pytest.fixture(autouse=True)
def patient_triage(monkeypatch):
    """The real one, ready, and with time for a busy machine."""
    triage.prepare()
    monkeypatch.setattr(risk, "TIME_LIMIT_SECONDS", 30.0)


@pytest.fixture
def lin(counselor):
    return desk_page(counselor)


@pytest.fixture
def theirs(conversation):
    return resident_page(conversation)


def level(talk):
    return standing.read(talk.row).risk.level


def unread(talk, receipt):
    [one] = risk.collect([(talk.hex, receipt.seq)])
    return one


def test_yes_to_a_question_raises_the_level_and_says_what_was_asked(conversation, counselor):
    conversation.says("最近很累")
    conversation.hears("你有没有想过自杀？", by=counselor)
    assert level(conversation) == "low"
    receipt = conversation.says("有")
    assert level(conversation) == "high"
    [span] = standing.read(conversation.row).risk.spans
    assert (span.seq, span.words, span.reason) == (receipt.seq, "有", "asked_intent")


def test_no_raises_nothing(conversation, counselor):
    conversation.hears("你有没有想过自杀？药在手边吗？", by=counselor)
    conversation.says("没有")
    assert level(conversation) == "low"


def test_the_question_of_one_counselor_is_answered_to_the_next(conversation, counselor, other_counselor):
    conversation.says("最近很累")
    conversation.hears("你有没有想过自杀？", by=counselor)
    offer = moves.offer_handover(conversation.hex, by=counselor, to=other_counselor, note="问过了，还没回答")
    moves.answer_handover(offer.pk, by=other_counselor, answer="accept")
    conversation.hears("我是阿舟，我接着陪你", by=other_counselor)
    conversation.says("想过")
    assert level(conversation) == "high"


def test_after_a_human_decided_an_answer_raises_again(conversation, counselor):
    conversation.says("我想自杀")
    conversation.hears("你现在就想动手吗？", by=counselor)
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="说的是歌词")
    conversation.says("嗯")
    assert level(conversation) == "imminent"


def test_the_question_is_read_from_the_database_where_memory_has_it_no_more(conversation, counselor):
    conversation.hears("你有没有想过自杀？", by=counselor)
    recent.forget_all()
    conversation.says("有")
    assert level(conversation) == "high"


def test_only_what_may_be_a_bare_answer_takes_the_question_along(conversation, counselor):
    conversation.hears("你有没有想过自杀？", by=counselor)
    long = conversation.says("我先跟你说说今天发生的事。" * 9)
    assert unread(conversation, long).before == ("",)
    conversation.hears("好，我听着。" + "你慢慢说。" * 200 + "你想过自杀吗", by=counselor)
    before = unread(conversation, conversation.says("嗯")).before
    assert before[0] == ""
    assert before[1].endswith("你想过自杀吗")
    assert len(before[1]) == risk.ASKED


def test_what_staff_said_is_kept_nowhere_anew(conversation, counselor, monkeypatch):
    """Neither with the level, nor with what was read, nor in what is counted or learned from."""
    counted = []
    monkeypatch.setattr(feedback, "seen", lambda *found, **told: counted.append(told["turns"]))
    conversation.hears("你有没有想过自杀？", by=counselor)
    conversation.says("有")
    assert counted == [("有",)]
    assert "自杀" not in repr(standing.read(conversation.row))
    assert "自杀" not in repr(recent.readings(conversation.hex))
    assert Weighing.objects.count() == 1
    assert not [line for line in selectors.lines_after(conversation.row, 0) if line.event.startswith("asked")]


@pytest.mark.django_db(transaction=True)
async def test_the_desk_sees_the_row_rise_with_the_answer(conversation, lin, theirs, pages):
    page = await pages(lin)
    await page.ask("hello")
    resident = await pages(theirs)
    await resident.ask("hello")
    await page.say("你想过自杀吗？", conversation=conversation.hex)
    await resident.until("lines")
    await resident.say("有")
    told = await page.until(lambda frame: frame["type"] == "risk" and frame["risk"]["level"] == "high")
    assert [(span["words"], span["reason"]) for span in told["risk"]["spans"]] == [("有", "asked_intent")]
    assert await there(level, conversation) == "high"
