"""The server's clock jumps: places in a conversation come from its own numbers, and not from the time of day."""

import asyncio
import signal
import time
from collections.abc import Sequence

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.page import Page
from tests.faults.record import Place
from tests.faults.site import Process
from tests.faults.stage import Stage

JUMPS = {"an hour on": 3600, "an hour back": -3600, "a day on": 86400, "a day back": -86400}
HOUR = 3600
QUICK = {"HEARTBEAT_SECONDS": "1", "SWEEP_EVERY_SECONDS": "0.5", "VANISHED_AFTER_SECONDS": "4"}
"""A server takes nobody's counselor for vanished before it is as old as this."""


@scenario("The server's clock jumps an hour and a day", full=4, short=1)
@scenario("The server's clock jumps an hour and a day", full=4, short=0, storage=("postgresql+redis",))
async def jumps(stage: Stage, rounds: int) -> Figures:
    """Pairs talk through it, at different processes where there are several: residents with counselors, who keep them.

    A day signs a desk out, as a day that passed would: two tabs of each resident talk through that.
    """
    figures = Figures(rounds=rounds)
    for jump in list(JUMPS.values())[:rounds]:
        fault = {"launcher": "tests.faults.launcher", "FAULT_CLOCK": str(jump)}
        site = stage.site(**QUICK)
        processes = [await asyncio.to_thread(site.start, **fault) for _ in stage.storage.split("+")]
        began = time.monotonic()
        crowd = await (Crowd.gather(processes[0], processes[-1], 2) if abs(jump) == HOUR else _tabs(processes))
        # Until the watch looks after desks that fell silent.
        await crowd.talk(began + float(QUICK["VANISHED_AFTER_SECONDS"]) + 1 - time.monotonic())
        await crowd.acknowledged()
        for one in processes:
            one.popen.send_signal(signal.SIGUSR1)
        end = time.monotonic()
        await crowd.talk(stage.seconds(0.5, 0.2))
        await crowd.current(figures, end)
        await crowd.talk(2 * float(QUICK["HEARTBEAT_SECONDS"]))
        await crowd.acknowledged()
        await crowd.after(figures, stage.seconds(1, 0.3))
        left = sum(line["event"].startswith("left:") for _, desk in crowd.pairs for line in desk.lines)
        figures.keeps("people who lost their counselor", left, 0)
        await crowd.finish(figures)
        for one in processes:
            await asyncio.to_thread(one.end)
    return figures


async def _tabs(processes: Sequence[Process]) -> Crowd:
    places = [Place((await asyncio.to_thread(processes[0].begin))[0], "", "") for _ in range(2)]
    crowd = Crowd(processes[0], places, processes[0].url, processes[0].url)
    crowd.pairs = [
        tuple(Page(one.url, "/ws/resident/", place.visit) for one in (processes[0], processes[-1])) for place in places
    ]
    await asyncio.gather(*(page.opened() for page in crowd.pages))
    return crowd
