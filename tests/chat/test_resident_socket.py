"""A resident's page, from hello to the end, against the whole application."""

import asyncio
import json

import pytest
from django.db import OperationalError, transaction

from counselors import services as desk
from hotline.chat import access, consumers, looking, sockets
from hotline.chat.models import Conversation, Message
from hotline.chat.services import messages, moves, notes, opening, risk
from hotline.chat.states import Ending
from hotline.wire import EXTENSION
from tests import factories
from tests.wire import PATIENCE_SECONDS, Page, resident_page, there
from triage.core.levels import Level

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(frame):
    return [line["seq"] for line in frame["lines"]]


async def test_hello_is_answered_with_the_state_and_the_lines(waiting, pages):
    page = await pages(resident_page(waiting))
    welcome = await page.ask("hello")
    assert (welcome["type"], welcome["version"]) == ("welcome", 1)
    assert [line["event"] for line in welcome["lines"]] == ["opened"]
    assert (welcome["view"]["state"], welcome["view"]["place"]) == ("waiting", {"least": 0, "most": 0, "why": ""})


async def test_an_acknowledged_message_is_in_the_database(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    ack = await page.say("在吗", client_id="a-good-client-id")
    row = await there(Message.objects.get, conversation=waiting.hex, client_id="a-good-client-id")
    assert (ack["type"], ack["seq"], ack["client_id"]) == ("ack", row.seq, "a-good-client-id")


async def test_ones_own_line_comes_back_once_with_its_client_id(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    for _ in range(2):
        await page.say("在吗", client_id="a-good-client-id")
    [line] = (await page.until("lines"))["lines"]
    assert line["client_id"] == "a-good-client-id"
    assert all(frame["type"] != "lines" for frame in await page.catch_up())


async def test_after_a_reload_everything_is_there_and_with_after_only_what_was_missed(waiting, pages):
    for number in range(4):
        await there(waiting.says, str(number))
    page = await pages(resident_page(waiting))
    assert seqs(await page.ask("hello")) == [1, 2, 3, 4, 5]
    again = await pages(resident_page(waiting))
    assert seqs(await again.ask("hello", after=3)) == [4, 5]


async def test_a_page_goes_on_showing_its_conversation_when_another_page_has_begun_a_newer_one(waiting, pages):
    """Else it would put the newer one's lines behind its own."""

    def begin_anew():
        waiting.says("那次")
        with transaction.atomic():
            moves.leave_locked(access.locked(waiting.hex))
        opened = opening.open_conversation(language="zh-hans", resident=waiting.resident)
        newer = factories.Talk(opened.conversation.hex, waiting.resident, opened.visit_token)
        for number in range(4):
            newer.says(f"这次 {number}")
        return newer

    newer = await there(begin_anew)
    old = await pages(resident_page(waiting))
    welcome = await old.ask("hello", after=1, conversation=waiting.hex)
    assert [line["text"] or line["event"] for line in welcome["lines"]] == ["那次", "closed:left_waiting"]
    assert welcome["view"]["state"] == "closed"
    assert (await old.say("还想说"))["code"] == "conversation.closed"
    for page in (resident_page(waiting), resident_page(newer)):
        opened = await pages(page)
        assert (await opened.ask("hello"))["view"]["upto"] == 5


async def test_a_page_is_not_shown_a_conversation_of_somebody_else(waiting, another_resident, pages):
    page = await pages(resident_page(waiting))
    assert (await page.ask("hello", conversation=another_resident.hex))["code"] == "conversation.not_found"


async def test_a_long_story_comes_whole_and_in_order(waiting, pages):
    def write():
        for number in range(230):
            waiting.says(str(number), weighed=False)

    await there(write)
    page = await pages(resident_page(waiting))
    welcome = await page.ask("hello")
    rest = await page.until("lines")
    assert seqs(welcome) + seqs(rest) == list(range(1, 232))


async def test_what_was_said_while_the_page_was_away_comes_with_sync_and_with_the_heartbeat(
    conversation, counselor, pages
):
    page = await pages(resident_page(conversation))
    await page.ask("hello")
    await there(conversation.hears, "我在", by=counselor)
    pushed = await page.until("lines")
    await page.send("sync", after=2)
    synced = await page.until("lines")
    await page.send("ping", after=2)
    beaten = await page.until("lines")
    assert seqs(pushed) == seqs(synced) == seqs(beaten) == [3]


async def test_two_pages_of_one_resident_show_the_same(waiting, pages):
    one, two = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    await one.ask("hello")
    await two.ask("hello")
    await one.say("从手机上写的")
    line = (await two.until("lines"))["lines"][0]
    assert line["text"] == "从手机上写的"


async def test_the_last_page_to_go_tells_presence(waiting, pages):
    one, two = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    for page in (one, two):
        await page.ask("hello")
    await one.leave()
    assert (await there(lambda: waiting.row.seen_at)) is not None
    await two.leave()
    assert (await there(lambda: waiting.row.seen_at)) is None


async def test_who_joins_and_what_they_say_arrives_live(waiting, counselor, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await there(desk.claim, waiting.hex, by=counselor)
    joined = await page.until(lambda frame: frame["type"] == "lines" and frame["lines"][0]["event"] != "")
    assert joined["lines"][0]["event"] == f"joined:{counselor.alias}"
    view = await page.until(lambda frame: frame["type"] == "view" and frame["view"]["state"] == "active")
    assert (view["view"]["counselor"], view["view"]["place"]) == (counselor.alias, None)
    await there(waiting.hears, "你好", by=counselor)
    line = (await page.until("lines"))["lines"][0]
    assert (line["author"], line["name"], line["text"]) == ("counselor", counselor.alias, "你好")


async def test_the_place_moves_live_and_says_why(waiting, plain_triage, pages, monkeypatch):
    monkeypatch.setattr(consumers, "PLACE_EVERY_SECONDS", 0.02)
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    other = await there(factories.begin)
    await there(other.says, "high: 不想活了")
    view = await page.until(lambda frame: frame["type"] == "view" and frame["view"]["place"]["most"] == 1)
    assert view["view"]["place"]["why"] == "danger"


async def test_words_of_danger_bring_the_numbers_forward(waiting, plain_triage, pages):
    page = await pages(resident_page(waiting))
    assert not (await page.ask("hello"))["view"]["care"]
    await page.say("imminent: 现在")
    await page.until(lambda frame: frame["type"] == "view" and frame["view"]["care"])


async def test_danger_is_declared_and_told(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    assert (await page.ask("danger"))["type"] == "ack"
    view = await page.until(lambda frame: frame["type"] == "view" and frame["view"]["danger"])
    assert view["view"]["care"]


async def test_about_mood_and_feedback_are_kept(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    for kind, fields in (
        ("about", {"topic": "sleep", "nickname": "月亮邮差", "age_band": "18_24"}),
        ("mood", {"when": "before", "value": 2}),
        ("conversation.end", {}),
        ("mood", {"when": "after", "value": 4}),
        ("feedback", {"kind": "thanks", "text": "谢谢"}),
    ):
        assert (await page.ask(kind, **fields))["type"] == "ack"
    view = (await page.ask("hello"))["view"]
    assert (view["topic"], view["nickname"], view["age_band"]) == ("sleep", "月亮邮差", "18_24")
    assert (view["mood_before"], view["mood_after"], view["ending"]) == (2, 4, "left_waiting")


async def test_learning_from_words_is_agreed_to_and_taken_back_on_the_page(waiting, another_resident, pages):
    page = await pages(resident_page(waiting))
    welcome = await page.ask("hello")
    assert welcome["view"]["may_learn"] is False
    for on in (True, False):
        assert (await page.ask("learning", on=on))["type"] == "ack"
        await page.until(lambda frame, on=on: frame["type"] == "view" and frame["view"]["may_learn"] is on)
        assert (await there(Conversation.objects.get, pk=waiting.hex)).may_learn is on
    await page.ask("learning", on=True)
    assert not (await there(Conversation.objects.get, pk=another_resident.hex)).may_learn


async def test_a_code_is_shown_once_and_the_page_knows_that_there_is_one(waiting, pages):
    page = await pages(resident_page(waiting))
    assert not (await page.ask("hello"))["view"]["has_code"]
    code = (await page.ask("return_code"))["code"]
    assert len(code.replace(" ", "")) == 24
    assert (await page.ask("hello"))["view"]["has_code"]
    token = await there(opening.redeem_code, code)
    other = await pages(Page("/ws/resident/", f"visit={token}"))
    assert (await other.ask("hello"))["lines"][-1]["event"] == "returned"
    assert code not in "".join(other.raw)


async def test_after_the_end_words_are_refused_and_stay_with_the_page(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.ask("conversation.end")
    refused = await page.say("还有一句")
    assert (refused["type"], refused["code"]) == ("error", "conversation.closed")


async def test_erasing_ends_every_page_of_the_person(waiting, pages):
    one, two = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    for page in (one, two):
        await page.ask("hello")
    await one.say("再见")
    assert (await one.ask("erase"))["type"] == "erased"
    assert await one.ended() == 4401
    assert await two.ended() == 4403
    assert await there(Message.objects.count) == 0


async def test_a_page_that_was_left_quickly_speaks_no_more(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await there(opening.end_visit, waiting.token)
    await page.send("message.send", client_id="a-good-client-id", text="还在吗")
    bye = await page.until("bye")
    assert (bye["code"], bye["retry_after_ms"]) == ("session.ended", -1)
    assert await page.ended() == 4403
    assert await there(Message.objects.filter(author="resident").count) == 0


async def test_typing_is_passed_on_and_answered_by_nobody(conversation, counselor, pages):
    page = await pages(resident_page(conversation))
    await page.ask("hello")
    await page.send("typing", on=True)
    assert all(frame["type"] != "typing" for frame in await page.catch_up())


async def test_a_resident_never_receives_level_notes_or_evidence(waiting, counselor, supervisor, plain_triage, pages):
    """Asserted on the raw frames of a whole conversation in which everything happens."""
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.say("high: 不想活了")

    def everything():
        desk.claim(waiting.hex, by=counselor)
        notes.add_note(waiting.hex, by=counselor, text="私下记一笔")
        notes.ask(waiting.hex, by=counselor, question="私下问一句")
        notes.advise(waiting.hex, by=supervisor, text="私下答一句")
        risk.override(waiting.hex, by=counselor, level=Level.MODERATE, reason="私下说个理由")
        waiting.hears("我在听", by=counselor)
        desk.decide(waiting.hex, by=supervisor, decision="agree", reason="私下定一个")
        moves.close(waiting.hex, by=counselor, ending=Ending.HELPED, wrap_up="私下收个尾")

    await there(everything)
    await page.until(lambda frame: frame["type"] == "view" and frame["view"]["state"] == "closed")
    await page.catch_up()
    await page.ask("hello")
    wire = "".join(json.dumps(json.loads(raw), ensure_ascii=False) for raw in page.raw)
    assert "我在听" in wire
    for word in (
        "私下",
        "risk",
        "level",
        "probability",
        "evidence",
        "span",
        "moderate",
        "imminent",
        "notes",
        "supervisor",
    ):
        assert word not in wire.replace("high: 不想活了", ""), word
    assert "shen" not in wire
    assert supervisor.alias not in wire


async def test_a_message_is_acknowledged_though_triage_fails_or_hangs(waiting, plain_triage, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    ack = await page.say("fault: 你好")
    assert ack["type"] == "ack"
    await page.catch_up()
    row = await there(Conversation.objects.get, pk=waiting.hex)
    assert row.weighed_seq == ack["seq"]


async def test_what_the_database_did_not_take_is_not_acknowledged(waiting, pages, monkeypatch):
    from django.db import OperationalError

    page = await pages(resident_page(waiting))
    await page.ask("hello")

    def full(*args, **kwargs):
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "keep", full)
        refused = await page.say("在吗", client_id="a-good-client-id")
    assert (refused["type"], refused["code"]) == ("error", "storage.unavailable")
    assert (await page.say("在吗", client_id="a-good-client-id"))["type"] == "ack"


async def test_a_hint_that_could_not_be_followed_is_followed_once_the_database_answers(waiting, pages, monkeypatch):
    monkeypatch.setattr(sockets, "LOOKS_AGAIN_AFTER_SECONDS", (0.01, 0.05))
    here, other = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    for page in (here, other):
        await page.ask("hello")
    failed = []

    def failing_thrice(read):
        def fails(*args):
            if len(failed) < 3:
                failed.append(args)
                raise OperationalError("away")
            return read(*args)

        return fails

    monkeypatch.setattr(consumers, "_lines", failing_thrice(consumers._lines))
    monkeypatch.setattr(looking.looks, "answer", failing_thrice(looking.look))
    monkeypatch.setattr(consumers.ResidentSocket, "new_lines", lambda *_: None)
    await here.say("一句")
    await other.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "一句")
    assert len(failed) == 3


class Wire:
    """The server's end of a socket whose page takes nothing any more from some moment on."""

    def __init__(self):
        self.said, self.stands, self.news = [], True, asyncio.Event()

    def say(self, text):
        self.said.append(json.loads(text))
        self.news.set()

    async def written(self):
        return self.stands

    async def until(self, kind):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while kind not in [frame["type"] for frame in self.said]:
                self.news.clear()
                await self.news.wait()


async def test_nothing_is_looked_up_for_a_page_that_was_cut_off_but_what_it_said_before_is_kept(
    waiting, pages, monkeypatch
):
    """A hundred of them were cut off at one moment, and everybody else waited while each was read a whole story."""
    monkeypatch.setattr(looking, "MAX_REPLAY", 3)
    for number in range(12):
        await there(waiting.says, str(number))
    asked = []
    monkeypatch.setattr(consumers, "_lines", lambda *which: asked.append(which) or ([], 0))
    page, wire = resident_page(waiting), Wire()
    wire.stands = False
    page.socket.scope["extensions"] = {EXTENSION: wire}
    await pages(page)
    await page.send("hello", after=0)
    await page.send("message.send", client_id="said-before-it-went", text="在吗")
    await wire.until("ack")
    await there(waiting.says, "还在吗")
    await page.send("echo")
    await wire.until("pong")
    assert [frame["type"] for frame in wire.said] == ["welcome", "ack", "pong"]
    assert asked == []
    assert await there(Message.objects.filter(client_id="said-before-it-went").exists)
