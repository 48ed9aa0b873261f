"""The server's clock jumps: places in a conversation come from its own numbers, and not from the time of day."""

import asyncio
import signal
import time

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.page import Page
from tests.faults.record import Place
from tests.faults.stage import Stage

JUMPS = {"an hour on": 3600, "an hour back": -3600, "a day on": 86400, "a day back": -86400}


@scenario("The server's clock jumps an hour and a day", full=4, short=1)
@scenario("The server's clock jumps an hour and a day", full=4, short=0, storage=("postgresql+redis",))
async def jumps(stage: Stage, rounds: int) -> Figures:
    """Two tabs of each resident talk through it, at different processes where there are several.

    (A day signs a desk out, as a day that passed would.)
    """
    figures = Figures(rounds=rounds)
    site = stage.site()
    for jump in list(JUMPS.values())[:rounds]:
        fault = {"launcher": "tests.faults.launcher", "FAULT_CLOCK": str(jump)}
        processes = [await asyncio.to_thread(site.start, **fault) for _ in stage.storage.split("+")]
        process = processes[0]
        places = [Place((await asyncio.to_thread(process.begin))[0], "", "") for _ in range(2)]
        crowd = Crowd(process, places, process.url, process.url)
        crowd.pairs = [
            tuple(Page(one.url, "/ws/resident/", place.visit) for one in (process, processes[-1]))
            for place in crowd.places
        ]
        await asyncio.gather(*(page.opened() for page in crowd.pages))
        await crowd.talk(stage.seconds(0.5, 0.2))
        for one in processes:
            one.popen.send_signal(signal.SIGUSR1)
        end = time.monotonic()
        await crowd.talk(stage.seconds(0.5, 0.2))
        await crowd.current(figures, end)
        await crowd.after(figures, stage.seconds(1, 0.3))
        await crowd.finish(figures)
        for one in processes:
            await asyncio.to_thread(one.end)
    return figures
