"""What a socket refuses: strangers, other sites, rubbish, floods."""

import json

import pytest

from hotline.chat import sockets
from hotline.chat.models import Message
from hotline.chat.protocol import MAX_FRAME_BYTES, MAX_TEXT
from hotline.chat.services import opening
from tests import factories
from tests.wire import Closed, Page, desk_page, resident_page, sign_in, there

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {"type": "message.send", "id": 5, "client_id": "a-good-client-id", "text": "在吗"}


@pytest.mark.parametrize("cookie", ["", "visit=", "visit=made-up", "visit=" + "x" * 500, 'visit="\\303\\251"'])
async def test_an_unknown_visit_closes_with_4401(db, pages, cookie):
    page = await pages(Page("/ws/resident/", cookie))
    assert (await page.until("bye"))["code"] == "session.ended"
    assert await page.ended() == 4401


@pytest.mark.parametrize("cookie", ["", "desk=made-up", "desk="])
async def test_nobody_signed_in_closes_with_4401(db, pages, cookie):
    page = await pages(Page("/ws/desk/", cookie))
    assert await page.ended() == 4401


async def test_a_visit_that_ended_is_unknown(waiting, pages):
    await there(opening.end_visit, waiting.token)
    page = await pages(resident_page(waiting))
    assert await page.ended() == 4401


async def test_a_resident_is_nobody_at_the_desk(waiting, pages):
    page = await pages(Page("/ws/desk/", f"visit={waiting.token}"))
    assert await page.ended() == 4401


async def test_a_desk_session_is_no_residents_visit(counselor, pages):
    cookie = await there(sign_in, counselor)
    page = await pages(Page("/ws/resident/", cookie))
    assert await page.ended() == 4401


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "http://localhost.evil.example", "null", "", "http://"]
)
async def test_pages_of_other_sites_are_turned_away(waiting, origin):
    with pytest.raises(Closed):
        await resident_page(waiting, origin=origin).open()


async def test_pages_of_other_sites_are_turned_away_at_the_desk(counselor):
    page = await there(desk_page, counselor, origin="https://elsewhere.example")
    with pytest.raises(Closed):
        await page.open()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("nonsense", "frame.invalid"),
        ("[]", "frame.invalid"),
        ('{"type": "shout", "id": 5}', "frame.unknown_type"),
        ('{"type": "hint", "kind": "account", "id": 5}', "frame.unknown_type"),
        ('{"type": "websocket_disconnect", "id": 5}', "frame.unknown_type"),
        (json.dumps(GOOD | {"author": "counselor"}), "frame.invalid"),
        (json.dumps(GOOD | {"text": "字" * (MAX_TEXT + 1)}), "message.too_long"),
        (json.dumps(GOOD | {"text": ""}), "message.empty"),
        (json.dumps(GOOD | {"text": "  \n"}), "message.empty"),
        (json.dumps(GOOD | {"client_id": "a b"}), "frame.invalid"),
    ],
)
async def test_a_bad_frame_is_refused_with_a_code_and_the_socket_goes_on(waiting, pages, raw, code):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.send_raw(raw)
    error = await page.until("error")
    assert error["code"] == code
    assert error.get("id") == (5 if '"id"' in raw else None)
    assert (await page.say("在吗"))["type"] == "ack"


async def test_a_refused_message_leaves_nothing(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.say("字" * (MAX_TEXT + 1))
    assert not await there(Message.objects.filter(author="resident").exists)


async def test_the_longest_message_passes(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    assert (await page.say("🌙" * MAX_TEXT))["type"] == "ack"


async def test_twenty_bad_frames_are_forgiven_and_one_more_is_not(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    for _ in range(20):
        await page.send_raw("nonsense")
        assert (await page.until("error"))["code"] == "frame.invalid"
    await page.send_raw("nonsense")
    assert (await page.until("bye"))["code"] == "frame.invalid"
    assert await page.ended() == 4400


async def test_an_oversized_frame_ends_the_socket(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.send_raw(json.dumps(GOOD | {"text": "x" * MAX_FRAME_BYTES}))
    assert (await page.until("bye"))["code"] == "frame.too_big"
    assert await page.ended() == 4400


async def test_a_flood_ends_the_socket_with_4429(waiting, pages, monkeypatch):
    # However slowly a busy machine sends them: the allowance does not grow meanwhile.
    monkeypatch.setattr(sockets, "FRAMES_PER_SECOND", 0.0)
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    for _ in range(sockets.FRAMES_AT_ONCE + 10):
        await page.send("typing", on=True)
    bye = await page.until("bye")
    assert (bye["code"], bye["retry_after_ms"] > 0) == ("frame.too_fast", True)
    assert await page.ended() == 4429


async def test_bytes_are_no_frame(waiting, pages):
    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await page.socket.send_to(bytes_data=b"\x00\x01")
    assert (await page.until("error"))["code"] == "frame.invalid"


@pytest.mark.parametrize("kind", ["message.send", "sync", "ping", "danger", "about", "mood", "conversation.end"])
async def test_before_hello_nothing_is_done(waiting, pages, kind):
    fields = {
        "message.send": {"client_id": "a-good-client-id", "text": "在吗"},
        "sync": {"after": 0},
        "mood": {"when": "before", "value": 1},
    }.get(kind, {})
    page = await pages(resident_page(waiting))
    answer = await page.ask(kind, **fields)
    assert (answer["type"], answer["code"]) == ("error", "frame.invalid")
    assert (await there(lambda: waiting.row.state)) == "waiting"


async def test_a_fault_is_answered_and_ends_nothing(waiting, pages, monkeypatch):
    from hotline.chat.services import messages

    page = await pages(resident_page(waiting))
    await page.ask("hello")
    with monkeypatch.context() as patch:
        patch.setattr(messages, "keep", lambda *args, **kwargs: 1 / 0)
        assert (await page.say("在吗"))["code"] == "server.fault"
    assert (await page.say("在吗"))["type"] == "ack"


async def test_a_resident_who_erased_everything_meanwhile_is_told(waiting, pages):
    from hotline.chat.services import erasure

    page = await pages(resident_page(waiting))
    await page.ask("hello")
    await there(erasure.erase_resident, waiting.resident.pk)
    assert await page.ended() == 4403


async def test_somebody_without_a_conversation_is_told_so(db, pages):
    from hotline.chat.models import Resident, Visit

    def lonely():
        token = factories.client_id()
        from hotline.chat import codes

        Visit.objects.create(resident=Resident.objects.create(), token_digest=codes.digest_token(token))
        return token

    page = await pages(Page("/ws/resident/", f"visit={await there(lonely)}"))
    assert (await page.ask("hello"))["code"] == "conversation.not_found"


@pytest.mark.parametrize("whose", ["resident", "desk"])
async def test_an_echo_is_answered_without_a_look_at_the_database(whose, waiting, counselor, pages, monkeypatch):
    page = await pages(resident_page(waiting) if whose == "resident" else await there(desk_page, counselor))
    await page.ask("hello")

    async def cross(*_, **__):
        raise AssertionError("somebody looks")

    monkeypatch.setattr(sockets.FrameSocket, "cross", cross)
    answer = await page.ask("echo")
    assert (answer["type"], answer["at"][:2]) == ("pong", "20")


async def test_a_socket_is_ended_before_it_is_a_day_old_and_its_page_told_to_connect_anew(waiting, monkeypatch, pages):
    assert sockets.LONGEST_SOCKET_SECONDS < 24 * 3600
    monkeypatch.setattr(sockets, "LONGEST_SOCKET_SECONDS", 0.3)
    page = await pages(resident_page(waiting))
    bye = await page.until("bye")
    assert (bye["code"], bye["retry_after_ms"]) == ("socket.renew", 0)
    assert await page.ended() == 1000
