"""Triage raises, hangs or answers nonsense: nobody's words wait for it, and nobody is hidden by it."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.record import Pair, begin_pairs, compare
from tests.faults.site import Process
from tests.faults.stage import Stage
from tests.faults.stalls import Waits, Witness, longest_wait, waits_of
from tests.faults.unwell import SHORT_WAYS, WAYS

DELAYED_MS = 200
"""What the issue allows: no message later than this because of triage."""
PAUSE_SECONDS = 0.11
"""Below the pace that one socket may keep."""
NEAR = 8
WARMS_UP = 5
SHOWN_WITHIN_SECONDS = 5.0
ENDS_WITHIN_SECONDS = 10.0
"""Service managers usually wait so long before they kill."""


class Took(NamedTuple):
    """How long a message took until its desk showed it, in seconds, and how much of that the machine took."""

    seconds: float
    machine: float = 0.0

    @property
    def own(self) -> float:
        """What is left for the server to answer for."""
        return self.seconds - self.machine


@scenario("triage raises, hangs or answers nonsense", full=200, short=6, alone=True)
@scenario("triage raises, hangs or answers nonsense", full=200, short=0, storage=("postgresql+redis",), alone=True)
async def unwell(stage: Stage, rounds: int) -> Figures:
    """So many messages in each way of being unwell, on a process started anew; beside it one whose triage is well."""
    ways = list(SHORT_WAYS if stage.short else WAYS)
    figures = Figures(rounds=len(ways))
    beside = (await asyncio.to_thread(stage.servers))[0]
    [well] = await begin_pairs(beside, beside, 1)
    site = stage.site()
    process = await asyncio.to_thread(site.start, **_unwell(ways[0]))
    [pair] = await begin_pairs(process, process, 1)
    visit, hidden = await asyncio.to_thread(process.begin)
    for way in ways:
        if process.popen.poll() is not None:
            process = await asyncio.to_thread(site.start, process.port, **_unwell(way))
            for page in pair:
                page.process = process
                await page.connect()
        took, usual = await talk(pair, well, way, rounds)
        figures.notes[f"{way}: median, longest (ms)"] = f"{_told(took)}; beside it {_told(usual)}"
        figures.keeps("messages later than those beside by more than 200 ms", delayed(took, usual), 0)
        figures.add("earlier than those beside by more than 200 ms", delayed(usual, took))
        for one, other in zip(took, usual, strict=True):
            if abs(one.seconds - other.seconds) > DELAYED_MS / 1000:
                figures.add("apart by more than 200 ms, with what the machine took", 1)
                figures.notes[f"{way}: one of these (ms)"] = f"{_of_which(one)}; beside it {_of_which(other)}"
        figures.keeps("triage delays the slowest of a hundred by (ms)", (_p99(took) - _p99(usual)) * 1000, DELAYED_MS)
        await _nobody_is_hidden(process, visit, hidden, way, figures)
        await compare(pair[0], pair, figures)
        await _ends(process, way, figures)
    return figures


def _unwell(way: str) -> dict[str, str]:
    return {"launcher": "tests.faults.launcher", "FAULT_TRIAGE": way}


async def talk(pair: Pair, well: Pair, way: str, count: int) -> tuple[list[Took], list[Took]]:
    """Both residents write at the same moments: what slows the whole machine down slows both."""
    took, usual = [], []
    # A server that has just started is slow at first, whatever triage does.
    for number in range(WARMS_UP):
        await asyncio.gather(_shown(*pair, f"{way} first {number}"), _shown(*well, f"{way} first {number}"))
    with Witness() as witness:
        for number in range(count):
            text = f"{way} {number}"
            before = [waits_of(one.process.popen.pid) for one, _ in (pair, well)]
            since = time.monotonic()
            found = await asyncio.gather(_shown(*pair, text), _shown(*well, text))
            # If everything stands still, the witness tells of it only afterwards.
            await asyncio.sleep(PAUSE_SECONDS)
            for waited, (shown, waits), kept in zip(before, found, (took, usual), strict=True):
                assert waits or not waited, "another process is looked at than the one that serves"
                machine = max(witness.stood_still(since, shown), longest_wait(waited, waits))
                kept.append(Took(shown - since, machine))
    return took, usual


async def _shown(resident: Client, desk: Client, text: str) -> tuple[float, Waits]:
    """When a message that leaves now was acknowledged and shown at the desk, and the server's waits up to then."""
    await resident.say(text)
    async with asyncio.timeout(SHOWN_WITHIN_SECONDS):
        while not desk.lines or desk.lines[-1]["text"] != text:
            await desk.receive()
    return time.monotonic(), waits_of(resident.process.popen.pid)


def delayed(took: Sequence[Took], usual: Sequence[Took]) -> int:
    """How many took that much longer by themselves than those beside them took, within a second before and after."""
    near = (max(one.seconds for one in usual[max(0, at - NEAR) : at + NEAR + 1]) for at in range(len(took)))
    return sum(one.own - other > DELAYED_MS / 1000 for one, other in zip(took, near, strict=True))


def _p99(took: Sequence[Took]) -> float:
    """With all that the machine took: what happens each round stays in this, one stall of a hundred rounds does not."""
    return sorted(one.seconds for one in took)[-1 - len(took) // 100]


def _told(took: Sequence[Took]) -> str:
    return f"{median(one.seconds for one in took) * 1000:.0f}, {max(one.seconds for one in took) * 1000:.0f}"


def _of_which(took: Took) -> str:
    return f"{took.seconds * 1000:.0f}, the machine's {took.machine * 1000:.0f}"


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
