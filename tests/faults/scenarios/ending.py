"""A server ends while people talk and is started again: told to (SIGTERM), as at every update, or killed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.site import Process
from tests.faults.stage import Stage

CONVERSATIONS = 3
TALKS_SECONDS = (0.1, 0.7)
"""It ends so long after everybody was current again."""
ENDS_WITHIN_SECONDS = 10.0
"""Service managers usually wait so long before they kill."""
BOTH = ("sqlite", "postgresql+redis")


@scenario("told to end, and started again", full=50, short=1, storage=BOTH[:1])
@scenario("told to end, and started again", full=10, short=0, storage=("postgresql",))
@scenario("told to end, and started again, one of two", full=50, short=0, storage=BOTH[1:])
async def told_to_end(stage: Stage, rounds: int) -> Figures:
    """Every socket hears when to come back before it ends; of several processes they take turns."""
    return await by_turns(stage, rounds, _tell)


@scenario("kill -9, until every page is current", full=25, short=1, storage=BOTH)
async def killed(stage: Stage, rounds: int) -> Figures:
    """Pages as browsers have them, which wait before they try again; of several processes they take turns."""
    return await by_turns(stage, rounds, _kill)


Ends = Callable[[Process, Figures], Awaitable[None]]


async def by_turns(stage: Stage, rounds: int, ends: Ends) -> Figures:
    """One process after the other ends while people talk, and starts again."""
    figures = Figures(rounds=rounds)
    site = stage.site()
    processes = stage.serve(site)
    crowd = await Crowd.gather(processes[0], processes[-1], CONVERSATIONS)
    for number in range(rounds):
        which = number % len(processes)
        async with crowd.talking():
            await asyncio.sleep(stage.chance.uniform(*TALKS_SECONDS))
            there = [page for page in crowd.pages if page.open.is_set() and page.url == processes[which].url]
            assert there, "nobody was there when it ended"
            heard = [page.found["bye server.ending"] for page in there]
            await ends(processes[which], figures)
            processes[which] = await asyncio.to_thread(site.start, processes[which].port)
            end = time.monotonic()
        await crowd.current(figures, end)
        await crowd.after(figures, 0.3)
        if ends is _tell:
            deaf = sum(page.found["bye server.ending"] == before for page, before in zip(there, heard, strict=True))
            figures.keeps("open pages that were told nothing", deaf, 0)
    figures.notes["told when to come back"] = sum(page.found["bye server.ending"] for page in crowd.pages)
    await crowd.finish(figures)
    return figures


async def _tell(process: Process, figures: Figures) -> None:
    before = time.monotonic()
    assert await asyncio.to_thread(process.end, within=2 * ENDS_WITHIN_SECONDS) == 0
    figures.keeps("ends within (s)", time.monotonic() - before, ENDS_WITHIN_SECONDS)
    assert "Traceback" not in process.log, process.log


async def _kill(process: Process, figures: Figures) -> None:
    await asyncio.to_thread(process.kill)
