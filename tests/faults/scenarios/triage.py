"""Triage raises, hangs or answers nonsense: nobody's words wait for it, and nobody is hidden by it."""

import asyncio
import time
from statistics import median

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.record import begin_pairs, compare
from tests.faults.site import Process
from tests.faults.stage import Stage
from tests.faults.unwell import WAYS

DELAYED_MS = 200
"""What the issue allows: no message later than this because of triage."""
SHOWN_WITHIN_SECONDS = 5.0
ENDS_WITHIN_SECONDS = 10.0
"""Service managers usually wait so long before they kill."""


@scenario("triage raises, hangs or answers nonsense", full=200, short=6)
async def unwell(stage: Stage, rounds: int) -> Figures:
    """So many messages with a triage that is well, and in each way of being unwell, on a server started anew."""
    figures = Figures(rounds=len(WAYS))
    site = stage.site()
    process = await asyncio.to_thread(site.start)
    [pair] = await begin_pairs(process, process, 1)
    visit, hidden = await asyncio.to_thread(process.begin)
    well = await _talk(pair, "well", rounds)
    figures.notes["well: median, longest (ms)"] = _told(well)
    for way in WAYS:
        await asyncio.gather(*(page.close() for page in pair))
        await asyncio.to_thread(process.kill)
        fault = {"launcher": "tests.faults.launcher", "FAULT_TRIAGE": way}
        process = await asyncio.to_thread(site.start, process.port, **fault)
        for page in pair:
            await page.connect()
        took = await _talk(pair, way, rounds)
        figures.notes[f"{way}: median, longest (ms)"] = _told(took)
        delayed = sum(one > max(well) + DELAYED_MS / 1000 for one in took)
        figures.keeps("messages that triage delayed by more than 200 ms", delayed, 0)
        await _nobody_is_hidden(process, visit, hidden, way, figures)
        await compare(pair[0], pair, figures)
        await _ends(process, way, figures)
    return figures


async def _talk(pair: tuple[Client, Client], way: str, count: int) -> list[float]:
    """The resident writes; seconds from a message's leaving until the desk shows it, acknowledged."""
    resident, desk = pair
    took = []
    for number in range(count):
        text = f"{way} {number}"
        before = time.monotonic()
        await resident.say(text)
        async with asyncio.timeout(SHOWN_WITHIN_SECONDS):
            while not desk.lines or desk.lines[-1]["text"] != text:
                await desk.receive()
        took.append(time.monotonic() - before)
    return took


def _told(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.0f}, {max(seconds) * 1000:.0f}"


async def _nobody_is_hidden(process: Process, visit: str, hidden: str, way: str, figures: Figures) -> None:
    """Somebody in the queue writes: their row says "not scored", which is a human first, and the words are kept."""
    waiting = await Client(process, "/ws/resident/", visit).connect()
    cookie = await asyncio.to_thread(process.sign_in, "zhou")
    board = await Client(process, "/ws/desk/", cookie).connect()
    before = time.monotonic()
    await waiting.say(f"nobody reads this: {way}")

    def is_marked(frame: dict) -> bool:
        rows = frame.get("rows") or frame.get("queue") or []
        return any(row["conversation"] == hidden and not row["risk"]["scored"] for row in rows)

    if not is_marked(board.welcome):
        await board.until(is_marked, within=SHOWN_WITHIN_SECONDS * 2)
    figures.keeps("marked as not scored within (s)", round(time.monotonic() - before, 2), SHOWN_WITHIN_SECONDS)
    await waiting.close()
    await board.close()


async def _ends(process: Process, way: str, figures: Figures) -> None:
    """SIGTERM ends the server, though triage may sit in a thread for ever."""
    before = time.monotonic()
    try:
        await asyncio.to_thread(process.end, within=ENDS_WITHIN_SECONDS * 2)
    except Exception:
        process.kill()
    figures.keeps("ends within (s)", round(time.monotonic() - before, 1), ENDS_WITHIN_SECONDS)
