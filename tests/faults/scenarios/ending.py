"""A server is told to end (SIGTERM) while people talk, as at every update, and started again."""

import asyncio
import time

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.stage import Stage

CONVERSATIONS = 3
TALKS_SECONDS = (0.1, 0.7)
"""It is told so long after everybody was current again."""
ENDS_WITHIN_SECONDS = 10.0
"""Service managers usually wait so long before they kill."""


@scenario("told to end, and started again", full=50, short=1, storage=("sqlite",))
@scenario("told to end, and started again, one of two", full=50, short=0, storage=("postgresql+redis",))
async def told_to_end(stage: Stage, rounds: int) -> Figures:
    """Every socket hears when to come back before it ends; of several processes they take turns."""
    figures = Figures(rounds=rounds)
    site = stage.site()
    processes = stage.serve(site)
    crowd = await Crowd.gather(processes[0], processes[-1], CONVERSATIONS)
    told = 0
    for number in range(rounds):
        which = number % len(processes)
        async with crowd.talking():
            await asyncio.sleep(stage.chance.uniform(*TALKS_SECONDS))
            told += sum(page.open.is_set() and page.url == processes[which].url for page in crowd.pages)
            before = time.monotonic()
            assert await asyncio.to_thread(processes[which].end, within=2 * ENDS_WITHIN_SECONDS) == 0
            figures.keeps("ends within (s)", time.monotonic() - before, ENDS_WITHIN_SECONDS)
            assert "Traceback" not in processes[which].log, processes[which].log
            processes[which] = await asyncio.to_thread(site.start, processes[which].port)
            end = time.monotonic()
        await crowd.current(figures, end)
        await crowd.after(figures, 0.3)
    heard = sum(page.found["bye server.ending"] for page in crowd.pages)
    figures.notes["told when to come back"] = heard
    figures.keeps("open pages that were told nothing", told - heard, 0)
    assert told >= rounds * CONVERSATIONS, "nobody was there when it ended"
    await crowd.finish(figures)
    return figures
