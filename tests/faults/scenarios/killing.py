"""`kill -9` of the server: what was acknowledged survives it, and is shown after the restart."""

import asyncio
import itertools
import time

from tests.faults.campaign import scenario
from tests.faults.figures import Figures
from tests.faults.record import Talk, begin_pairs
from tests.faults.stage import Stage

CONVERSATIONS = 3
TALKS_SECONDS = (0.02, 0.9)
"""The server is killed so long after it answers again."""


@scenario("kill -9 at random moments", full=200, short=8, minutes=30)
@scenario("kill -9 at random moments, one of two", full=200, short=3, storage=("postgresql+redis",), minutes=40)
async def at_random(stage: Stage, rounds: int) -> Figures:
    """Six pages write as fast as they can through so many kills; of several processes they take turns."""
    figures = Figures()
    site = stage.site()
    processes = stage.serve(site)
    async with Talk(await begin_pairs(processes[0], processes[-1], CONVERSATIONS), figures):
        for number in itertools.islice(itertools.cycle(range(len(processes))), rounds):
            await asyncio.sleep(stage.chance.uniform(*TALKS_SECONDS))
            processes[number].kill()
            before = time.monotonic()
            processes[number] = await asyncio.to_thread(site.start, processes[number].port)
            figures.most("longest start (s)", round(time.monotonic() - before, 2))
        await asyncio.sleep(0.3)
    assert figures.acknowledged >= rounds, figures
    assert figures.notes["breaks"] >= rounds, "the kills met nobody"
    return figures
