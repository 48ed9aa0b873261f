"""The staff's pages against the whole application."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from counselors import accounts, consumers, reading
from counselors import services as desk
from counselors.models import StaffMember
from counselors.roles import Role
from hotline.chat import events, sockets
from hotline.chat.models import Reading
from hotline.chat.services import erasure, moves
from tests import factories
from tests.wire import Closed, desk_page, resident_page, there

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lin(counselor):
    return desk_page(counselor)


@pytest.fixture
def zhou(other_counselor):
    return desk_page(other_counselor)


@pytest.fixture
def shen(supervisor):
    return desk_page(supervisor)


@pytest.fixture
def gu(coordinator):
    return desk_page(coordinator)


async def test_hello_brings_queue_colleagues_and_what_one_holds(conversation, waiting, counselor, lin, pages):
    page = await pages(lin)
    welcome = await page.ask("hello")
    assert welcome["me"]["name"] == counselor.alias
    assert [row["conversation"] for row in welcome["queue"]] == [waiting.hex]
    assert [view["conversation"] for view in welcome["views"]] == [conversation.hex]
    assert welcome["views"][0]["mine"]
    lines = await page.until("lines")
    assert [line["event"] for line in lines["lines"]] == ["opened", f"joined:{counselor.alias}"]


async def test_hello_with_what_is_held_brings_only_the_rest(conversation, lin, pages):
    await there(conversation.says, "在吗")
    page = await pages(lin)
    await page.ask("hello", held={conversation.hex: 2})
    assert [line["text"] for line in (await page.until("lines"))["lines"]] == ["在吗"]


async def test_taking_is_acknowledged_shown_and_told_to_the_others(waiting, counselor, lin, zhou, pages):
    one, two = await pages(lin), await pages(zhou)
    await one.ask("hello")
    await two.ask("hello")
    ack = await one.ask("queue.take_next")
    assert (ack["type"], ack["conversation"]) == ("ack", waiting.hex)
    assert (await one.until("view"))["view"]["mine"]
    taken = await two.until("taken")
    assert (taken["conversation"], taken["by"]) == (waiting.hex, counselor.alias)
    assert (await two.until("queue"))["rows"] == []
    refused = await two.ask("conversation.claim", conversation=waiting.hex)
    assert (refused["code"], refused["detail"]) == ("conversation.taken", counselor.alias)


async def test_the_queue_is_live_and_in_order(lin, pages, plain_triage):
    page = await pages(lin)
    await page.ask("hello")
    calm = await there(factories.begin)
    await page.until(lambda frame: frame["type"] == "queue" and frame["total"] == 1)
    urgent = await there(factories.begin)
    await there(urgent.says, "high: 不想活了")
    queue = await page.until(lambda frame: frame["type"] == "queue" and frame["rows"][0]["conversation"] == urgent.hex)
    assert [row["conversation"] for row in queue["rows"]] == [urgent.hex, calm.hex]
    assert (queue["rows"][0]["risk"]["level"], queue["rows"][0]["risk"]["spans"][0]["words"]) == ("high", "high")


async def test_a_whole_exchange_live_between_both(waiting, lin, pages):
    here, there_ = await pages(resident_page(waiting)), await pages(lin)
    await here.ask("hello")
    await there_.ask("hello")
    await there_.ask("conversation.claim", conversation=waiting.hex)
    await here.until(lambda frame: frame["type"] == "view" and frame["view"]["state"] == "active")
    await here.send("typing", on=True)
    assert (await there_.until("typing"))["on"]
    await here.say("在吗")
    line = (await there_.until(lambda f: f["type"] == "lines" and f["lines"][-1]["author"] == "resident"))["lines"][-1]
    assert line["text"] == "在吗"
    await there_.send("typing", conversation=waiting.hex, on=True)
    assert (await here.until("typing"))["on"]
    ack = await there_.say("在的", conversation=waiting.hex)
    heard = (await here.until(lambda f: f["type"] == "lines" and f["lines"][-1]["author"] == "counselor"))["lines"][-1]
    assert (heard["text"], heard["seq"]) == ("在的", ack["seq"])


async def test_the_level_moves_live_with_its_evidence(conversation, lin, pages, plain_triage):
    page = await pages(lin)
    await page.ask("hello")
    await there(conversation.says, "high: 不想活了")
    told = await page.until(lambda frame: frame["type"] == "risk" and frame["risk"]["level"] == "high")
    assert told["risk"]["spans"][0]["words"] == "high"


async def test_notes_override_help_and_end_are_acknowledged_and_shown(conversation, lin, shen, pages):
    page, board = await pages(lin), await pages(shen)
    await page.ask("hello")
    await board.ask("hello")
    for kind, fields in (
        ("note.add", {"text": "室友在旁边"}),
        ("level.override", {"level": "high", "reason": "听着不对"}),
        ("help.ask", {"question": "怎么问？"}),
    ):
        assert (await page.ask(kind, conversation=conversation.hex, **fields))["type"] == "ack"
    assert (await board.ask("help.answer", conversation=conversation.hex, text="直接问"))["type"] == "ack"
    await page.until(lambda f: f["type"] == "view" and len(f["view"]["notes"]) == 4 and not f["view"]["help_asked"])
    ended = {"conversation": conversation.hex, "ending": "helped", "wrap_up": "好些了"}
    assert (await page.ask("conversation.end", **ended))["type"] == "ack"
    gone = await page.until("gone")
    assert (gone["conversation"], gone["why"]) == (conversation.hex, "conversation.closed")


async def test_a_handover_goes_from_desk_to_desk(conversation, counselor, other_counselor, lin, zhou, pages):
    one, two = await pages(lin), await pages(zhou)
    await one.ask("hello")
    await two.ask("hello")
    offer = {"conversation": conversation.hex, "to": other_counselor.pk, "note": "她需要会英语的同事"}
    assert (await one.ask("handover.offer", **offer))["type"] == "ack"
    [seen] = (await two.until(lambda f: f["type"] == "handovers" and f["handovers"]))["handovers"]
    assert (seen["from_name"], seen["note"], seen["mine"]) == (counselor.alias, "她需要会英语的同事", False)
    assert seen["label"] == f"#{conversation.hex[:4].upper()}"
    assert (await two.ask("handover.answer", handover=seen["id"], answer="accept"))["type"] == "ack"
    assert (await two.until("view"))["view"]["mine"]
    assert (await one.until("gone"))["why"] == "conversation.moved"
    assert (await one.say("还在吗", conversation=conversation.hex))["code"] == "conversation.not_found"


async def test_a_vanished_counselors_page_learns_that_the_person_is_gone(conversation, counselor, lin, zhou, pages):
    one, two = await pages(lin), await pages(zhou)
    await one.ask("hello")
    await two.ask("hello")
    await there(moves.release_vanished, conversation.hex, holder_id=counselor.pk)
    assert (await one.until("gone"))["conversation"] == conversation.hex
    queue = await two.until(lambda frame: frame["type"] == "queue" and frame["total"] == 1)
    assert queue["rows"][0]["given_back"]


async def test_the_last_words_of_who_left_are_still_shown(conversation, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(conversation.says, "谢谢，我先走了")
    await there(lambda: moves.leave_locked(conversation.row))
    await page.until(lambda f: f["type"] == "lines" and f["lines"][-1]["event"] == "closed:left_during")
    assert (await page.until("gone"))["why"] == "conversation.closed"


async def test_the_last_words_said_while_the_desk_was_away_are_still_shown(conversation, lin, pages):
    """The resident says goodbye and ends while the counselor's line is down: the page must not just lose them."""
    await there(conversation.says, "我先走了，谢谢你")
    await there(lambda: moves.leave_locked(conversation.row))
    page = await pages(lin)
    welcome = await page.ask("hello", held={conversation.hex: 2})
    assert welcome["views"] == []
    assert (await page.until("view"))["view"]["state"] == "closed"
    lines = await page.until("lines")
    assert [line["text"] or line["event"] for line in lines["lines"]] == ["我先走了，谢谢你", "closed:left_during"]
    gone = await page.until("gone")
    assert (gone["conversation"], gone["why"]) == (conversation.hex, "conversation.closed")


async def test_who_went_back_while_the_desk_was_away_is_told_as_gone_without_a_word(
    conversation, counselor, lin, pages
):
    await there(moves.give_back, conversation.hex, by=counselor, note="请接着听")
    await there(conversation.says, "还有人吗")
    page = await pages(lin)
    await page.ask("hello", held={conversation.hex: 2})
    assert (await page.until("gone"))["why"] == "conversation.moved"
    assert not [frame for frame in await page.catch_up() if frame["type"] in {"lines", "view"}]


async def test_naming_a_conversation_that_was_never_ones_own_brings_nothing(conversation, waiting, zhou, pages):
    await there(conversation.says, "不是给你看的")
    page = await pages(zhou)
    await page.ask("hello", held={conversation.hex: 0, waiting.hex: 0, "f" * 32: 0})
    assert not [frame for frame in await page.catch_up() if frame["type"] in {"lines", "view", "gone"}]


async def test_erased_words_are_gone_from_the_desk(conversation, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(erasure.erase_resident, conversation.resident.pk)
    assert (await page.until("gone"))["why"] == "conversation.erased"


async def test_a_counselor_does_not_read_what_they_do_not_hold(conversation, zhou, pages):
    page = await pages(zhou)
    await page.ask("hello")
    for kind, fields in (("conversation.open", {}), ("sync", {"after": 0}), ("note.add", {"text": "x"})):
        assert (await page.ask(kind, conversation=conversation.hex, **fields))["code"] == "conversation.not_found"
    await there(conversation.says, "悄悄话")
    await page.catch_up()
    assert "悄悄话" not in json.dumps([json.loads(raw) for raw in page.raw], ensure_ascii=False)


async def test_a_supervisors_opening_is_recorded_and_live(conversation, supervisor, shen, pages):
    page = await pages(shen)
    await page.ask("hello")
    opened = await page.ask("conversation.open", conversation=conversation.hex)
    assert not opened["view"]["mine"]
    record = await there(Reading.objects.get)
    assert (record.staff_id, record.conversation_id.hex) == (supervisor.pk, conversation.hex)
    await there(conversation.says, "有人在看吗")
    await page.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "有人在看吗")
    assert (await page.say("我来", conversation=conversation.hex))["code"] == "conversation.not_found"
    await page.ask("conversation.leave", conversation=conversation.hex)
    await page.catch_up()
    await there(conversation.says, "现在呢")
    assert all(frame["type"] != "lines" for frame in await page.catch_up())


async def test_nothing_is_read_past_the_record(conversation, shen, pages):
    await there(conversation.says, "悄悄话")
    page = await pages(shen)
    await page.ask("hello")
    assert (await page.ask("sync", conversation=conversation.hex, after=0))["code"] == "conversation.not_found"
    await page.ask("conversation.open", conversation=conversation.hex)
    await page.catch_up()
    await page.send("sync", conversation=conversation.hex, after=0)
    assert (await page.until("lines"))["lines"][-1]["text"] == "悄悄话"
    assert await there(Reading.objects.count) == 1


async def test_a_line_that_was_cut_makes_no_second_reading(conversation, shen, pages, monkeypatch):
    for page in (await pages(shen), await pages(shen)):
        await page.ask("hello")
        await page.ask("conversation.open", conversation=conversation.hex)
    assert await there(Reading.objects.count) == 1
    monkeypatch.setattr(reading, "SAME_READING", timedelta(0))
    await page.ask("conversation.open", conversation=conversation.hex)
    assert await there(Reading.objects.count) == 2


async def test_a_supervisor_closes_what_waits_for_nobody(waiting, zhou, shen, pages):
    for who, reason, answer in ((zhou, "走了", "conversation.not_found"), (shen, " ", "reason.missing")):
        page = await pages(who)
        await page.ask("hello")
        told = await page.ask("conversation.close_waiting", conversation=waiting.hex, reason=reason)
        assert told["code"] == answer
    told = await page.ask("conversation.close_waiting", conversation=waiting.hex, reason="人早走了")
    assert told["type"] == "ack"
    assert await there(lambda: waiting.row.ending) == "closed_by_staff"


async def test_ones_own_conversation_is_opened_without_a_record(conversation, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await page.ask("conversation.open", conversation=conversation.hex)
    assert not await there(Reading.objects.exists)


async def test_the_board_is_live_for_a_supervisor(conversation, counselor, shen, pages, plain_triage):
    page = await pages(shen)
    await page.ask("hello")
    board = await page.ask("board.watch")
    assert [(row["holder"], row["state"]) for row in board["rows"]] == [(counselor.alias, "active")]
    await there(conversation.says, "high: 不想活了")
    board = await page.until(lambda f: f["type"] == "board" and f["rows"][0]["risk"]["level"] == "high")
    assert board["reviews_open"] == 1


async def test_the_board_is_not_for_counselors(lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    assert (await page.ask("board.watch"))["code"] == "conversation.not_found"


async def test_a_coordinator_sees_load_and_reads_no_word(conversation, waiting, gu, pages, plain_triage):
    page = await pages(gu)
    await page.ask("hello")
    assert (await page.ask("board.watch"))["type"] == "board"
    await there(conversation.says, "high: 悄悄话")
    await there(waiting.says, "high: 悄悄话")
    await page.until(lambda f: f["type"] == "board" and [row["risk"]["level"] for row in f["rows"]] == ["high", "high"])
    for kind, fields in (
        ("conversation.open", {}),
        ("sync", {"after": 0}),
        ("conversation.claim", {}),
        ("message.send", {"client_id": "a-good-client-id", "text": "你好"}),
    ):
        assert (await page.ask(kind, conversation=conversation.hex, **fields))["type"] == "error"
    frames = [json.loads(raw) for raw in page.raw] + await page.catch_up()
    assert not [frame for frame in frames if frame["type"] in {"queue", "lines"}]
    wire = json.dumps(frames, ensure_ascii=False)
    assert "悄悄话" not in wire
    assert '"words"' not in wire


async def test_a_deactivated_counselors_socket_ends_at_once(conversation, counselor, coordinator, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(accounts.deactivate, counselor, by=coordinator)
    bye = await page.until("bye")
    assert (bye["code"], bye["retry_after_ms"]) == ("session.ended", -1)
    assert await page.ended() == 4403


FRAMES = {
    "hello": {},
    "ping": {},
    "duty.set": {"state": "on", "capacity": 3},
    "queue.take_next": {},
    "conversation.claim": {"conversation": "?"},
    "conversation.open": {"conversation": "?"},
    "conversation.leave": {"conversation": "?"},
    "sync": {"conversation": "?", "after": 0},
    "message.send": {"conversation": "?", "client_id": "a-good-client-id", "text": "在吗"},
    "typing": {"conversation": "?", "on": True},
    "note.add": {"conversation": "?", "text": "x"},
    "level.override": {"conversation": "?", "level": "low", "reason": "x"},
    "handover.offer": {"conversation": "?", "to": 1, "note": "x"},
    "handover.answer": {"handover": 1, "answer": "accept"},
    "conversation.give_back": {"conversation": "?", "note": "x"},
    "help.ask": {"conversation": "?", "question": "x"},
    "help.answer": {"conversation": "?", "text": "x"},
    "conversation.end": {"conversation": "?", "ending": "helped"},
    "conversation.close_waiting": {"conversation": "?", "reason": "x"},
    "board.watch": {},
}


def test_every_frame_of_the_desk_is_tried_below():
    from counselors.consumers import DeskSocket

    # An echo says that the line is alive, and nothing of anybody.
    assert {frame.__struct_config__.tag for frame in DeskSocket.handlers} - {"echo"} == set(FRAMES)


@pytest.mark.parametrize("kind", FRAMES)
async def test_without_the_hint_every_further_frame_is_refused_all_the_same(conversation, counselor, lin, pages, kind):
    """The hint that an account was closed may be lost: then the next frame, whatever it is, ends the socket."""
    page = await pages(lin)
    await page.ask("hello")
    await page.catch_up()
    await there(_close_silently, counselor)
    fields = {key: conversation.hex if value == "?" else value for key, value in FRAMES[kind].items()}
    await page.send(kind, **fields)
    assert await page.ended() == 4403
    assert (await there(lambda: conversation.row.holder_id)) == counselor.pk


def _close_silently(member):
    from django.utils import timezone

    StaffMember.objects.filter(pk=member.pk).update(is_active=False, deactivated_at=timezone.now())


async def test_lines_rest_on_a_look_at_the_account_that_is_seconds_old_at_most(
    conversation, counselor, lin, pages, monkeypatch
):
    """The hint that an account was closed may be lost: lines pushed from memory must not go on for ever."""
    page = await pages(lin)
    await page.ask("hello")
    await page.catch_up()
    monkeypatch.setattr(consumers, "SURE_SECONDS", 0.0)
    await there(conversation.says, "在吗", weighed=False)
    await page.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在吗")
    await there(_close_silently, counselor)
    await there(conversation.says, "悄悄话", weighed=False)
    assert await page.ended() == 4403
    assert not [raw for raw in page.raw if "悄悄话" in str(raw)]


async def test_a_supervisor_is_pushed_lines_from_memory_as_long_as_their_role_stands(
    conversation, shen, supervisor, pages, monkeypatch
):
    page = await pages(shen)
    await page.ask("hello")
    await page.ask("conversation.open", conversation=conversation.hex)
    await page.catch_up()
    [socket] = [one for one in sockets._open if isinstance(one, consumers.DeskSocket)]
    socket.sure.clear()
    with monkeypatch.context() as patch:
        patch.setattr("hotline.chat.selectors.lines_after", lambda *args, **kwargs: 1 / 0)
        await there(conversation.says, "在吗", weighed=False)
        await page.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在吗")
    # The hint of it is lost; the next look finds it.
    await there(lambda: StaffMember.objects.filter(pk=supervisor.pk).update(role=Role.COUNSELOR))
    socket.sure.clear()
    socket.known_at -= 2 * consumers.SURE_SECONDS
    await there(conversation.says, "悄悄话", weighed=False)
    await page.until("gone")
    assert "悄悄话" not in str(page.raw)


async def test_after_a_look_at_the_account_lines_come_from_memory(conversation, lin, pages, monkeypatch):
    page = await pages(lin)
    await page.ask("hello")
    await page.catch_up()
    [socket] = [one for one in sockets._open if isinstance(one, consumers.DeskSocket)]
    socket.known_at -= 2 * consumers.SURE_SECONDS
    monkeypatch.setattr("hotline.chat.selectors.lines_after", lambda *args, **kwargs: 1 / 0)
    await there(conversation.says, "在吗", weighed=False)
    await page.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在吗")


async def test_a_session_that_was_signed_out_ends(counselor, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(Session.objects.all().delete)
    await page.send("ping")
    assert (await page.until("bye"))["code"] == "session.ended"
    assert await page.ended() == 4403


async def test_another_password_ends_the_sessions_made_with_the_old_one(counselor, lin, pages):
    page = await pages(lin)
    await page.ask("hello")

    def change():
        counselor.set_password("another long password")
        counselor.save()

    await there(change)
    await page.send("ping")
    assert await page.ended() == 4403


async def test_another_role_makes_the_page_come_back(counselor, supervisor, lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(accounts.set_role, counselor, by=supervisor, role=Role.COORDINATOR)
    bye = await page.until("bye")
    assert (bye["code"], bye["retry_after_ms"]) == ("account.changed", 0)
    with pytest.raises(Closed):
        await page.until("welcome")


async def test_two_pages_of_one_counselor_show_the_same(waiting, counselor, lin, pages):
    one, two = await pages(lin), await pages(await there(desk_page, counselor))
    await one.ask("hello")
    await two.ask("hello")
    await one.ask("queue.take_next")
    assert (await two.until("view"))["view"]["conversation"] == waiting.hex
    await one.say("在的", conversation=waiting.hex)
    await two.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在的")


async def test_the_heartbeat_heals_what_no_hint_brought(waiting, counselor, lin, pages, monkeypatch):
    page = await pages(lin)
    await page.ask("hello")
    monkeypatch.setattr(events, "_send", lambda group, message: None)
    await there(desk.claim, waiting.hex, by=counselor)
    await there(waiting.says, "在吗")
    await page.send("ping")
    assert (await page.until("view"))["view"]["mine"]
    assert (await page.until("lines"))["lines"][-1]["text"] == "在吗"
    await there(waiting.says, "听得到吗")
    await page.send("ping", held={waiting.hex: 3})
    assert (await page.until("lines"))["lines"][-1]["text"] == "听得到吗"


@pytest.mark.usefixtures("plain_triage")
async def test_the_heartbeat_brings_a_view_that_has_changed_and_no_other(conversation, lin, pages, monkeypatch):
    page = await pages(lin)
    await page.ask("hello")
    await page.catch_up()
    assert "view" not in {frame["type"] for frame in await page.catch_up()}
    monkeypatch.setattr(events, "_send", lambda group, message: None)
    await there(conversation.says, "high: 不想活了")
    views = [frame["view"] for frame in await page.catch_up() if frame["type"] == "view"]
    assert [view["risk"]["level"] for view in views] == ["high"]


async def test_who_erased_everything_leaves_the_desk_at_the_next_heartbeat_though_every_hint_was_lost(
    conversation, waiting, lin, pages, monkeypatch
):
    """And the rest of what a heartbeat brings comes all the same."""
    page = await pages(lin)
    await page.ask("hello")
    await page.catch_up()
    monkeypatch.setattr(events, "_send", lambda group, message: None)
    await there(erasure.erase_resident, conversation.resident.pk)
    await page.send("ping", held={conversation.hex: 2})
    assert (await page.until("gone"))["why"] == "conversation.erased"
    assert [row["conversation"] for row in (await page.until("queue"))["rows"]] == [waiting.hex]
    assert "error" not in {frame["type"] for frame in await page.catch_up()}


async def test_who_gives_somebody_back_reads_no_further_word_though_every_hint_is_lost(
    conversation, other_counselor, lin, pages, monkeypatch
):
    page = await pages(lin)
    await page.ask("hello")
    await there(conversation.says, "在吗")
    await page.catch_up()
    with monkeypatch.context() as hints:
        hints.setattr(events, "_send", lambda group, message: None)
        await page.ask("conversation.give_back", conversation=conversation.hex, note="得走了")
        assert (await page.until("gone"))["why"] == "conversation.moved"
    await there(desk.claim, conversation.hex, by=other_counselor)
    await there(conversation.says, "这话不是给前一位的")
    await page.catch_up()
    assert not any("不是给前一位的" in raw for raw in page.raw)


async def test_a_desk_that_is_open_stays_signed_in(lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    await there(lambda: Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1)))
    assert (await page.ask("ping"))["type"] == "pong"
    until = await there(lambda: Session.objects.get().expire_date)
    assert until > timezone.now() + timedelta(hours=11)


async def test_a_session_that_ended_does_not_come_back(lin, pages):
    page = await pages(lin)
    await page.ask("hello")
    ended = timezone.now() - timedelta(minutes=1)
    await there(lambda: Session.objects.update(expire_date=ended))
    await page.send("ping")
    assert await page.ended() == 4403
    assert (await there(Session.objects.get)).expire_date == ended


async def test_who_reads_along_learns_of_an_erasure_though_its_hint_was_lost(conversation, shen, pages, monkeypatch):
    page = await pages(shen)
    await page.ask("hello")
    await page.ask("conversation.open", conversation=conversation.hex)
    await page.catch_up()
    monkeypatch.setattr(events, "_send", lambda group, message: None)
    await there(erasure.erase_resident, conversation.resident.pk)
    [frame] = [frame for frame in await page.catch_up() if frame["type"] == "view"]
    assert frame["view"]["erased"]


async def test_duty_is_told_to_colleagues_and_to_who_waits(waiting, counselor, lin, zhou, pages):
    one, two, resident = await pages(lin), await pages(zhou), await pages(resident_page(waiting))
    for page in (one, two, resident):
        await page.ask("hello")
    await one.catch_up()
    answer = await one.ask("duty.set", state="pause", capacity=2)
    assert answer["duty"] == {"state": "pause", "capacity": 2}
    await two.until(
        lambda f: (
            f["type"] == "colleagues"
            and [one["duty"] for one in f["colleagues"] if one["name"] == counselor.alias] == ["pause"]
        )
    )
    await resident.until(lambda f: f["type"] == "view" and f["view"]["on_duty"] == 1)


async def test_a_heartbeat_that_is_late_is_asked_for_until_it_comes(conversation, lin, pages, settings):
    settings.HEARTBEAT_SECONDS = 1
    page = await pages(lin)
    await page.ask("hello")
    await page.until("beat")
    await page.until("beat")
    assert (await page.ask("ping", held={conversation.hex: 2}))["type"] == "pong"
    await page.until("beat")
