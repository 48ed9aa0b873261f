"""Clients that read slowly or not at all: they harm nobody, and lose nothing."""

import asyncio
from pathlib import Path

from tests.faults.client import Client

LONG = "很长的一段话" * 300
LONGEST = LONG * 2


def resident_megabytes(process):
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def test_a_story_longer_than_a_frame_may_come_in_goes_out_whole(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    page = await Client(process, "/ws/resident/", visit).connect()
    for number in range(40):
        await page.say(f"{number} {LONG}")
    await page.hold(41)
    fresh = await Client(process, "/ws/resident/", visit).connect()
    await fresh.hold(41)
    assert [line["text"] for line in fresh.lines[1:]] == page.written
    assert max(len(str(frame).encode()) for frame in fresh.frames) < 64 * 1024
    assert "Error" not in process.log


async def test_clients_that_never_read_take_little_and_miss_nothing_once_they_do(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    page = await Client(process, "/ws/resident/", visit).connect()
    deaf = [await Client(process, "/ws/resident/", visit).connect() for _ in range(40)]
    for one in deaf:
        one.socket.transport.pause_reading()
    before = resident_megabytes(process)
    for number in range(120):
        await page.say(f"{number} {LONGEST}")
    # Without a bound, 40 clients times 120 messages of 11 KiB are 51 MiB, less 64 KiB that the system keeps for each.
    assert resident_megabytes(process) - before < 32
    for one in deaf:
        one.socket.transport.resume_reading()
    for one in deaf[:5]:
        await one.hold(121)
        assert [line["text"] for line in one.lines[1:]] == page.written
    assert "Traceback" not in process.log


async def test_what_a_socket_says_last_comes_before_its_end(site):
    process = site.start()
    visit, _ = await asyncio.to_thread(process.begin)
    page = await Client(process, "/ws/resident/", visit).connect()
    await page.say("我走了")
    await page.ask("erase")
    assert page.frames[-1]["type"] == "erased"
    await page.until("bye")
    await page.socket.wait_closed()
    assert page.socket.close_code == 4401
