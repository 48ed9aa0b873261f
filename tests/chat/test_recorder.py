"""Many who speak at once share a transaction; what happens to one of them happens to no other."""

import asyncio
import os
import signal
import threading
import time

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from counselors import accounts, watch
from counselors import services as desk
from hotline import background, metrics
from hotline.chat import prepared, recent, recorder, rows, sockets
from hotline.chat.errors import Refused
from hotline.chat.models import Message, Weighing
from hotline.chat.services import erasure, messages, moves, risk
from tests import factories
from tests.wire import desk_page, resident_page, there
from triage import process, reading
from triage import services as triage
from triage.core.levels import Level

pytestmark = pytest.mark.django_db(transaction=True)


def door_of(found):
    """A door for residents; ``found``: who is behind some credentials."""
    return recorder.Door(Message.RESIDENT, lambda credentials: prepared.known(found(credentials)))


def spoken(talk, text, client_id=""):
    return recorder.Spoken(
        door_of(lambda credentials: dict.fromkeys(credentials, talk.resident.pk)),
        talk.hex,
        talk.hex,
        client_id or factories.client_id(),
        text,
    )


@pytest.fixture
def crowd(db):
    return [factories.begin() for _ in range(8)]


def test_many_sayings_cost_few_statements(crowd):
    def cost(some):
        said = [spoken(talk, "在吗") for talk in some]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            recorder._keep(said, [])
        return len(queries)

    cost(crowd)
    assert cost(crowd[:1]) == cost(crowd) < 10


async def test_words_said_at_once_are_kept_in_one_transaction_and_each_is_weighed(crowd, plain_triage, monkeypatch):
    batches = []
    keep = messages.keep

    def counted(sayings, begun=None):
        batches.append(len(sayings))
        return keep(sayings, begun)

    monkeypatch.setattr(messages, "keep", counted)
    keeper = recorder.Recorder()
    receipts = await asyncio.gather(*(keeper.keep(spoken(talk, "睡不着")) for talk in crowd))
    await keeper.rest()
    assert [receipt.seq for receipt in receipts] == [2] * len(crowd)
    assert sum(batches) == len(crowd)
    assert len(batches) < len(crowd)
    assert await there(Weighing.objects.count) == len(crowd)


def test_all_rows_of_a_transaction_are_locked_in_one_go(crowd, monkeypatch):
    """Two processes that lock some, and then others, may each wait for the other."""
    unread = risk.collect([(crowd[0].hex, crowd[0].says("在吗", weighed=False).seq)])
    read = [risk.Read(one, triage.NOT_SCORED) for one in unread]
    locked, really = [], rows.locked
    monkeypatch.setattr(rows, "locked", lambda keys: locked.append({one.hex for one in keys}) or really(keys))
    recorder._keep([spoken(crowd[1], "你好"), spoken(crowd[2], "你好")], read)
    assert locked == [{talk.hex for talk in crowd[:3]}]


async def test_in_a_surge_what_comes_soon_after_a_transaction_shares_the_next(crowd, monkeypatch):
    batches, keep = [], messages.keep

    def counted(sayings, begun=None):
        batches.append(len(sayings))
        return keep(sayings, begun)

    monkeypatch.setattr(messages, "keep", counted)
    keeper = recorder.Recorder()
    await keeper.keep(spoken(crowd[0], "在吗"))
    keeper._next_at = asyncio.get_running_loop().time() + 1.0
    later = [asyncio.create_task(keeper.keep(spoken(talk, "我也在"))) for talk in crowd[1:3]]
    await asyncio.sleep(0)
    later += [asyncio.create_task(keeper.keep(spoken(talk, "还有我"))) for talk in crowd[3:]]
    await asyncio.gather(*later)
    await keeper.rest()
    assert batches == [1, len(crowd) - 1]


async def test_after_a_transaction_of_many_those_who_were_answered_share_the_next(crowd, monkeypatch):
    """Else the half that was answered last would always miss the transaction that the other half begins."""
    batches, keep, began = [], messages.keep, threading.Event()

    def slow(sayings, begun=None):
        batches.append(len(sayings))
        began.set()
        time.sleep(0.6 if len(batches) == 1 else 0)
        return keep(sayings, begun)

    monkeypatch.setattr(messages, "keep", slow)
    monkeypatch.setattr(recorder, "SURGE", len(crowd) - 1)
    monkeypatch.setattr(recorder, "PAUSE_SECONDS", 60.0)
    keeper = recorder.Recorder()
    first = [asyncio.create_task(keeper.keep(spoken(talk, "在吗"))) for talk in crowd[1:]]
    assert await asyncio.to_thread(began.wait, 10)
    waiting = asyncio.create_task(keeper.keep(spoken(crowd[0], "我也在")))
    await asyncio.gather(*first)
    await keeper.keep(spoken(crowd[1], "还在吗"))
    await waiting
    await keeper.rest()
    assert [size for size in batches if size] == [len(crowd) - 1, 2]


async def test_one_that_is_refused_leaves_the_others_alone(crowd):
    closed, stranger, *others = crowd
    await there(lambda: moves.leave_locked(closed.row))
    keeper = recorder.Recorder()
    gone = recorder.Spoken(door_of(lambda credentials: {}), 1, stranger.hex, factories.client_id(), "我是谁")
    answers = await asyncio.gather(
        keeper.keep(spoken(closed, "还有一句")),
        keeper.keep(gone),
        *(keeper.keep(spoken(talk, "在吗")) for talk in others),
        return_exceptions=True,
    )
    await keeper.rest()
    assert [getattr(answer, "code", "") for answer in answers[:2]] == ["conversation.closed", "session.ended"]
    assert all(not isinstance(answer, Exception) for answer in answers[2:])
    assert await there(Message.objects.filter(author="resident").count) == len(others)


async def test_when_a_transaction_fails_each_is_tried_by_itself(crowd, monkeypatch):
    keep = messages.keep

    def one_is_poison(sayings, begun=None):
        kept = keep(sayings, begun)
        if any(saying.text == "毒" for saying in sayings):
            raise IntegrityError("poison")
        return kept

    monkeypatch.setattr(messages, "keep", one_is_poison)
    keeper = recorder.Recorder()
    words = ["毒", *["在吗"] * (len(crowd) - 1)]
    answers = await asyncio.gather(
        *(keeper.keep(spoken(talk, text)) for talk, text in zip(crowd, words, strict=True)), return_exceptions=True
    )
    await keeper.rest()
    assert isinstance(answers[0], IntegrityError)
    assert all(answer.seq == 2 for answer in answers[1:])
    assert await there(Message.objects.filter(author="resident").count) == len(crowd) - 1


async def test_the_same_message_twice_in_one_transaction_is_one_line(crowd):
    keeper = recorder.Recorder()
    talk = crowd[0]
    first, second = await asyncio.gather(*(keeper.keep(spoken(talk, "在吗", "the-very-same-id")) for _ in range(2)))
    assert (first.seq, first.repeated, second.seq, second.repeated) == (2, False, 2, True)
    with pytest.raises(Refused, match=r"message\.id_reused"):
        await keeper.keep(spoken(talk, "不在", "the-very-same-id"))
    await keeper.rest()


async def test_a_triage_that_hangs_on_one_delays_no_acknowledgement_and_hides_nobody(crowd, plain_triage, monkeypatch):
    assess, awake = risk.triage.assess, threading.Event()

    def hang(text, *, earlier=(), readings=None):
        if text == "挂起":
            awake.wait(30)
        return assess(text, earlier=earlier)

    monkeypatch.setattr(risk.triage, "assess", hang)
    keeper = recorder.Recorder()
    try:
        words = ["挂起", *["睡不着"] * (len(crowd) - 1)]
        await asyncio.gather(*(keeper.keep(spoken(talk, text)) for talk, text in zip(crowd, words, strict=True)))
        assert await there(Message.objects.filter(author="resident").count) == len(crowd)
        await keeper.rest()
    finally:
        awake.set()
    assert await there(Weighing.objects.count) == len(crowd) - 1
    assert await there(risk.unweighed) == [(crowd[0].hex, 2)]
    record = await there(lambda: risk.standing.read(crowd[0].row))
    assert not record.risk.scored


async def test_new_lines_reach_other_pages_without_the_database(waiting, counselor, pages, monkeypatch):
    here, at_desk = await pages(resident_page(waiting)), await pages(await there(desk_page, counselor))
    await here.ask("hello")
    await at_desk.ask("hello")
    await at_desk.ask("queue.take_next")
    await here.until(lambda frame: frame["type"] == "view" and frame["view"]["counselor"] == counselor.alias)
    await at_desk.say("我在", conversation=waiting.hex)
    await here.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "我在")
    monkeypatch.setattr(sockets, "SURE_SECONDS", 3600.0)
    with monkeypatch.context() as patch:
        patch.setattr("hotline.chat.selectors.lines_after", lambda *args, **kwargs: 1 / 0)
        await here.say("谢谢")
        await at_desk.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "谢谢")


async def test_whoever_lost_a_conversation_is_pushed_nothing_more(conversation, counselor, coordinator, pages):
    page = await pages(await there(desk_page, counselor))
    await page.ask("hello")
    await page.say("我在", conversation=conversation.hex)
    await there(moves.give_back, conversation.hex, by=counselor, note="要下班")
    await there(conversation.says, "悄悄话")
    assert "悄悄话" not in str(await page.catch_up())
    await there(accounts.deactivate, counselor, by=coordinator)
    assert await page.ended() == 4403


@pytest.fixture
async def own_process():
    """Triage in a process of its own, as servers have it."""
    made = process.read_in_a_process()
    yield made
    await made.end(10)
    reading.read_by(reading.here)
    triage.read_elsewhere(None)


async def test_triage_in_a_process_of_its_own_weighs_what_is_said(crowd, own_process, monkeypatch):
    monkeypatch.setattr(risk, "TIME_LIMIT_SECONDS", 10.0)
    keeper = recorder.Recorder()
    words = ["我不想活了", *["你好"] * (len(crowd) - 1)]
    await asyncio.gather(*(keeper.keep(spoken(talk, text)) for talk, text in zip(crowd, words, strict=True)))
    await keeper.rest()
    assert await there(Weighing.objects.count) == len(crowd)
    levels = [await there(lambda t=talk: risk.standing.read(t.row).risk) for talk in crowd[:2]]
    assert [(one.level, one.scored) for one in levels] == [("high", True), ("low", True)]
    assert levels[0].spans[0].words


async def test_what_is_erased_is_not_in_triages_process(crowd, own_process):
    keeper = recorder.Recorder()
    await asyncio.gather(*(keeper.keep(spoken(talk, "别留下这句")) for talk in crowd))
    await keeper.rest()
    assert metrics.triage_remembers._value.get() == len(crowd)
    await there(erasure.erase_resident, crowd[0].resident.pk)
    assert metrics.triage_remembers._value.get() == len(crowd) - 1
    # Already on its way when it was erased.
    await own_process.read([reading.Asked(crowd[0].hex, ("别留下这句",))], 10.0)
    assert metrics.triage_remembers._value.get() == len(crowd) - 1


async def test_a_process_of_triage_that_hangs_delays_no_acknowledgement(crowd, own_process):
    await own_process.keep_up()
    os.kill(own_process._line.pid, signal.SIGSTOP)
    keeper = recorder.Recorder()
    await asyncio.gather(*(keeper.keep(spoken(talk, "你好")) for talk in crowd[:1]))
    assert await there(Weighing.objects.count) == 0
    await keeper.rest()
    assert not (await there(lambda: risk.standing.read(crowd[0].row))).risk.scored
    assert await there(risk.unweighed) == [(crowd[0].hex, 2)]
    await background.read_what_was_left(watch.Left())
    assert await there(risk.unweighed) == []
    assert await there(Weighing.objects.count) == 1


def test_what_is_erased_is_in_no_memory(waiting):
    triage.prepare()
    waiting.says("别留下这句")
    assert recent.after(waiting.hex, 1)
    assert list(recent.readings(waiting.hex)) == ["别留下这句"]
    erasure.erase_resident(waiting.resident.pk)
    assert recent.upto(waiting.hex, 10**9) == []
    assert recent.readings(waiting.hex) == {}


def test_memory_holds_lines_without_gaps_or_none(waiting, counselor, monkeypatch):
    waiting.says("一")
    desk.claim(waiting.hex, by=counselor)
    waiting.hears("二", by=counselor)
    assert [line.seq for line in recent.after(waiting.hex, 0)] == [1, 2, 3, 4]
    monkeypatch.setattr(recent, "LINES_OF_ONE", 2)
    waiting.says("三", weighed=False)
    assert recent.after(waiting.hex, 2) is None
    assert [line.text for line in recent.after(waiting.hex, 3)] == ["二", "三"]
    monkeypatch.setattr(recent, "LINES_IN_ALL", 1)
    waiting.says("四", weighed=False)
    assert recent.after(waiting.hex, 5) is None


async def test_a_level_that_another_process_moved_is_read_and_not_remembered(
    waiting, counselor, supervisor, plain_triage, pages, monkeypatch
):
    at_desk = await pages(await there(desk_page, counselor))
    await at_desk.ask("hello")
    await at_desk.ask("queue.take_next")
    await there(waiting.says, "high: 不想活了")
    await at_desk.until(lambda frame: frame["type"] == "risk" and frame["risk"]["level"] == "high")
    # As if elsewhere: nothing of this move gets into the memory of this process.
    monkeypatch.setattr(recent, "put_risk", lambda *_, **__: None)
    await there(risk.override, waiting.hex, by=supervisor, level=Level.LOW, reason="歌词")
    await at_desk.until(lambda frame: frame["type"] == "risk" and frame["risk"]["level"] == "low")
