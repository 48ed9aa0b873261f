"""Heartbeats and arrivals of residents' pages: what they bring, and that many of them cost little more than one."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from counselors import services as desk
from hotline.chat import consumers, errors, events, recent
from hotline.chat.errors import Refused
from hotline.chat.looking import Look, look
from hotline.chat.models import Conversation, Visit
from hotline.chat.sealing import Unreadable
from hotline.chat.services import moves, opening, presence
from tests import factories
from tests.wire import desk_page, resident_page, there

pytestmark = pytest.mark.django_db(transaction=True)
PING_STATEMENTS = 2
"""Who shows what, and who is on duty."""


@pytest.fixture
def no_hints(monkeypatch):
    """As if the layer took none; what the test calls has effect from then on."""
    return lambda: monkeypatch.setattr(events, "_send", lambda group, message: None)


def asked(talk, **options):
    visit = Visit.objects.get(resident=talk.resident)
    return Look(visit.pk, options.pop("conversation", talk.hex), lambda: 1, **options)


# --- heartbeats ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same process", "another process"])
async def test_the_heartbeat_heals_what_no_hint_brought(conversation, counselor, pages, no_hints, elsewhere):
    page = await pages(resident_page(conversation))
    await page.ask("hello")
    no_hints()

    def meanwhile():
        conversation.hears("我在", by=counselor)
        if elsewhere:
            # The last line known here is one behind what the other process committed.
            known = recent.after(conversation.hex, 2)
            recent.forget(conversation.hex)
            recent.put(conversation.hex, known, resident_id=conversation.resident.pk, holder_id=counselor.pk)
            conversation.hears("慢慢说", by=counselor)
            held = recent.after(conversation.hex, 2)
            recent.forget(conversation.hex)
            recent.put(conversation.hex, held[:1], resident_id=conversation.resident.pk, holder_id=counselor.pk)
        opening.set_mood(conversation.row, when="before", value=4)

    await there(meanwhile)
    await page.send("ping", after=2)
    texts = [line["text"] for line in (await page.until("lines"))["lines"]]
    assert texts == (["我在", "慢慢说"] if elsewhere else ["我在"])
    assert (await page.until("view"))["view"]["mood_before"] == 4


async def test_a_heartbeat_for_which_nothing_has_changed_is_answered_by_a_pong_alone(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.catch_up()
    assert [frame["type"] for frame in await page.catch_up()] == []


async def test_words_alone_bring_no_view(conversation, counselor, pages):
    page = await pages(resident_page(conversation))
    await page.ask("hello")
    await page.catch_up()
    await there(conversation.hears, "我在", by=counselor)
    await page.until("lines")
    assert [frame["type"] for frame in await page.catch_up()] == []


async def test_a_view_that_went_back_to_what_it_was_is_told_each_time(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    for value in (1, 2, 1):
        await page.ask("mood", when="before", value=value)
        assert (await page.until("view"))["view"]["mood_before"] == value


async def test_a_hello_brings_the_whole_view_though_the_page_was_sent_it_before(waiting, pages):
    page = await pages(resident_page(waiting))
    assert (await page.ask("hello"))["view"] == (await page.ask("hello"))["view"]


async def test_who_was_given_back_hears_of_their_place_again(conversation, counselor, plain_triage, pages, monkeypatch):
    monkeypatch.setattr(consumers, "PLACE_EVERY_SECONDS", 0.02)
    page = await pages(resident_page(conversation))
    assert (await page.ask("hello"))["view"]["place"] is None
    await there(moves.give_back, conversation.hex, by=counselor, note="得走了")
    await page.until(lambda frame: frame["type"] == "view" and frame["view"]["place"] is not None)
    other = await there(factories.begin)
    await there(other.says, "imminent: 现在")
    await page.until(lambda frame: frame["type"] == "view" and frame["view"]["place"]["most"] == 1)


def test_heartbeats_of_many_take_the_statements_of_one(db):
    talks = [factories.begin() for _ in range(12)]
    counselor = factories.staff()
    for talk in talks:
        desk.set_duty(counselor, state="on", capacity=12)
        desk.claim(talk.hex, by=counselor)
    first = look([asked(talk, after=0, present=True) for talk in talks])
    assert [len(seen.lines) for seen in first] == [2] * 12
    again = [
        asked(talk, after=2, present=True, told=seen.told, before=seen.place)
        for talk, seen in zip(talks, first, strict=True)
    ]
    counts = []
    for some in (again[:1], again):
        with CaptureQueriesContext(
            connection,
        ) as taken:
            found = look(some)
        assert [(seen.view, seen.lines) for seen in found] == [(None, [])] * len(some)
        counts.append(len(taken))
    assert counts[0] == counts[1] <= PING_STATEMENTS


def test_many_who_come_back_share_their_statements(db):
    talks = [factories.begin() for _ in range(12)]
    for talk in talks:
        talk.says("在吗", weighed=False)
        recent.forget(talk.hex)
    counts = []
    for some in (talks[:1], talks[1:]):
        with CaptureQueriesContext(connection) as taken:
            arrivals = opening.arrivals([talk.token for talk in some])
            seen = look([asked(talk, conversation="", after=0, present=True) for talk in some])
        assert [one.newest for one in arrivals] == [talk.hex for talk in some]
        assert [[line.text for line in one.lines] for one in seen] == [["", "在吗"]] * len(some)
        # ``asked`` looks up the visit for the test.
        counts.append(len(taken) - len(some))
    # Of the first is learnt by and by who waits; that is the queue's reading and not theirs.
    assert counts[1] <= counts[0] + 1


def test_each_page_gets_its_own_answer(waiting, conversation, another_resident):
    def break_key():
        Conversation.objects.filter(pk=another_resident.hex).update(wrapped_key=b"gone", nickname_sealed=b"x" * 40)

    ended = asked(waiting)
    good, stranger, broken = (
        asked(conversation, after=0),
        asked(conversation, conversation=waiting.hex),
        asked(another_resident, after=0),
    )
    opening.end_visit(waiting.token)
    break_key()
    first, second, third, fourth = look([ended, good, stranger, broken])
    assert isinstance(first, Refused)
    assert first.code == errors.SIGNED_OUT
    assert [line.seq for line in second.lines] == [1, 2]
    assert isinstance(third, Refused)
    assert third.code == errors.NOT_FOUND
    assert isinstance(fourth, Unreadable)


def test_two_pages_of_one_conversation_get_each_what_it_lacks(waiting):
    for number in range(4):
        waiting.says(str(number), weighed=False)
    recent.forget(waiting.hex)
    found = look([asked(waiting, after=after) for after in (4, 0, 5, 2)])
    assert [[line.seq for line in seen.lines] for seen in found] == [[5], [1, 2, 3, 4, 5], [], [3, 4, 5]]


# --- presence --------------------------------------------------------------------------------------------------------
def test_who_comes_is_written_at_once_and_who_stays_together_with_others(waiting, settings, monkeypatch):
    monkeypatch.setattr(presence, "_written_at", 0.0)
    look([asked(waiting, present=True)])
    came = waiting.row.seen_at
    assert came is not None
    # Long ago enough to be written again, but not long enough to have been away.
    settings.HEARTBEAT_SECONDS = 1000
    aged = came - timedelta(seconds=900)
    Conversation.objects.filter(pk=waiting.hex).update(seen_at=aged)
    look([asked(waiting, present=True)])
    assert waiting.row.seen_at == aged
    monkeypatch.setattr(presence, "_written_at", -1e9)
    look([asked(waiting, present=True)])
    assert waiting.row.seen_at >= came


def test_who_went_is_not_brought_back_by_a_heartbeat_that_was_not_written_yet(waiting, another_resident, settings):
    look([asked(waiting, present=True)])
    settings.HEARTBEAT_SECONDS = 1000
    aged = waiting.row.seen_at - timedelta(seconds=900)
    Conversation.objects.filter(pk=waiting.hex).update(seen_at=aged)
    look([asked(waiting, present=True)])
    presence.gone([waiting.hex])
    look([asked(another_resident, present=True)])
    assert waiting.row.seen_at is None
    assert another_resident.row.seen_at is not None


async def test_desks_see_who_waits_come_and_go(waiting, counselor, pages):
    lin = await pages(await there(desk_page, counselor))
    [row] = (await lin.ask("hello"))["queue"]
    assert not row["present"]
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await lin.until(lambda frame: frame["type"] == "queue" and frame["rows"][0]["present"])
    await page.leave()
    await lin.until(lambda frame: frame["type"] == "queue" and not frame["rows"][0]["present"])


async def test_a_page_may_read_where_nothing_can_be_written(waiting, pages, monkeypatch):
    def full(pages):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(presence, "seen", full)
    page = await pages(resident_page(waiting))
    assert (await page.ask("hello"))["lines"][0]["event"] == "opened"


# --- on both databases -----------------------------------------------------------------------------------------------
def test_pages_that_come_back_are_brought_what_they_lack_on_both_databases(either_database, tmp_path):
    surroundings = {
        "DATABASE_URL": either_database,
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "hotline.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.chat.coming_back", "3"],
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for number, page in enumerate(json.loads(done.stdout)):
        words = [[3 + line, "resident", "", f"第 {line} 句", "Z"] for line in range(number)]
        assert page == {
            "mine": True,
            "lines": [*words, [3 + number, "counselor", "林", "我在", "Z"]],
            "view": ["active", "林", "月亮", 3 + number],
            "told_again": False,
            "present": [True, False],
        }
