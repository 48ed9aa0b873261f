"""SIGTERM ends the server gently: what is under way is finished, pages are told when to come back, then it is gone."""

import asyncio
import secrets
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.faults.client import Client
from tests.faults.site import wait_for

ENDS_WITHIN_SECONDS = 7.0
SPEAK_INTO_THE_END = 8
MANAGERS_WAIT_SECONDS = 20.0
"""Half of what this took while the end waited for each of them; twice what it may take."""


async def test_every_page_is_told_when_to_come_back(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    resident = await Client(process, "/ws/resident/", visit).connect()
    desk = await Client(process, "/ws/desk/", await asyncio.to_thread(process.sign_in, "lin")).connect()
    before = time.monotonic()
    ended = asyncio.create_task(asyncio.to_thread(process.end))
    for page in (resident, desk):
        frames, code = await page.last_words(ENDS_WITHIN_SECONDS)
        assert (frames[-1]["type"], frames[-1]["code"], code) == ("bye", "server.ending", 1000)
        assert frames[-1]["retry_after_ms"] > 0
    assert await ended == 0
    assert time.monotonic() - before < ENDS_WITHIN_SECONDS
    assert "Traceback" not in process.log


async def test_what_is_said_into_the_end_is_acknowledged_and_kept_or_neither(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    resident = await Client(process, "/ws/resident/", visit).connect()
    said = {secrets.token_urlsafe(16): f"word {number}" for number in range(40)}
    numbers = [await resident.send("message.send", client_id=one, text=text) for one, text in said.items()]
    ended = asyncio.create_task(asyncio.to_thread(process.end))
    frames, _ = await resident.last_words(ENDS_WITHIN_SECONDS)
    await ended
    acknowledged = {frame["client_id"]: frame["seq"] for frame in frames if frame["type"] == "ack"}
    assert len(numbers) == 40
    assert frames[-1]["code"] == "server.ending"
    process = site.start(process.port)
    again = await Client(process, "/ws/resident/", visit).connect()
    kept = {line["client_id"]: line["seq"] for line in again.lines if line["client_id"]}
    assert kept == acknowledged, "a message was kept and its acknowledgement held back, or the other way round"
    for one, text in said.items():
        answer = await again.ask("message.send", client_id=one, text=text)
        assert answer["seq"] == acknowledged.get(one, answer["seq"])
    await again.hold(41)
    assert [line["text"] for line in again.lines if line["text"]] == list(said.values())


async def test_a_client_that_never_answers_does_not_hold_the_end_up(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    deaf = await Client(process, "/ws/resident/", visit).connect()
    deaf.socket.transport.pause_reading()
    idle = socket.create_connection(("127.0.0.1", process.port))
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200 OK" in await asyncio.to_thread(idle.recv, 4096)
    before = time.monotonic()
    assert await asyncio.to_thread(process.end) == 0
    assert time.monotonic() - before < ENDS_WITHIN_SECONDS
    idle.close()
    deaf.socket.transport.abort()


def test_with_nobody_there_it_ends_at_once(site):
    process = site.start()
    before = time.monotonic()
    assert process.end() == 0
    assert time.monotonic() - before < 3
    assert process.log == ""


@pytest.mark.parametrize("path", ["/ws/resident/", "/ws/desk/"])
async def test_who_is_turned_away_is_no_trouble_for_the_end(site, path):
    process = site.start()
    stranger = Client(process, path, "visit=unknown; desk=unknown")
    with pytest.raises(ConnectionClosed):
        await stranger.connect()
    assert await asyncio.to_thread(process.end) == 0


async def test_a_triage_that_hangs_does_not_keep_the_process(site):
    process = site.start(launcher="tests.faults.launcher", FAULT_TRIAGE="hangs")
    visit, _ = await asyncio.to_thread(process.begin)
    resident = await Client(process, "/ws/resident/", visit).connect()
    await resident.say("somebody there?")
    await asyncio.to_thread(wait_for_log, process, "triage gave no answer")
    before = children_of(process.popen.pid)
    assert before
    assert await asyncio.to_thread(process.end) == 0
    assert not [pid for pid in before if (Path("/proc") / pid).exists()]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_what_reads_for_the_server_ends_with_it(site, how):
    process = site.start()
    [reads] = children_of(process.popen.pid)
    process.popen.send_signal(how)
    await asyncio.to_thread(process.popen.wait, 15)
    await asyncio.to_thread(wait_for, lambda: not (Path("/proc") / reads).exists())


def children_of(pid):
    """Process ids, as words."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_for_log(process, words):
    deadline = time.monotonic() + 20
    while words not in process.log:
        assert time.monotonic() < deadline, process.log
        time.sleep(0.05)


async def test_a_database_that_nobody_gets_does_not_keep_the_process(site):
    """Somebody else holds SQLite's one lock: each word under way would wait 5 s for it, one behind the other."""
    process = site.start()
    clients = []
    for _ in range(SPEAK_INTO_THE_END):
        visit, _ = await asyncio.to_thread(process.begin)
        clients.append(await Client(process, "/ws/resident/", visit).connect())
    with closing(sqlite3.connect(site.folder / "var" / "hotline.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for client in clients:
            await client.send("message.send", client_id=secrets.token_urlsafe(16), text="somebody there?")
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(process.end, within=MANAGERS_WAIT_SECONDS) == 0
    assert "ended without" in process.log
    again = site.start(process.port)
    for client in clients:
        frames, _ = await client.last_words(ENDS_WITHIN_SECONDS)
        assert not [frame for frame in frames if frame["type"] == "ack"]
        resident = await Client(again, "/ws/resident/", client.cookie).connect()
        assert not [line for line in resident.lines if line["client_id"]], "kept, and its page was not told"
