"""`kill -9` of the server: what was acknowledged survives it, and is shown after the restart."""

import asyncio
import itertools
import time
from collections.abc import Collection
from functools import partial

from tests.faults.campaign import scenario
from tests.faults.client import BREAKS, Client
from tests.faults.figures import Figures
from tests.faults.launcher import POINTS
from tests.faults.record import Talk, begin_pairs
from tests.faults.site import Process, Site
from tests.faults.stage import Stage

CONVERSATIONS = 3
TALKS_SECONDS = (0.02, 0.9)
"""The server is killed so long after it answers again."""


@scenario("kill -9 at random moments", full=200, short=3, minutes=30)
@scenario("kill -9 at random moments", full=50, short=0, storage=("postgresql",), minutes=20)
@scenario("kill -9 at random moments, one of two", full=200, short=1, storage=("postgresql+redis",), minutes=40)
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


DIES_WITHIN_SECONDS = 90.0


async def at_point(stage: Stage, rounds: int, *, points: Collection[str]) -> Figures:
    """The server kills itself when it comes to a certain point, the first to the sixth time."""
    figures = Figures(rounds=rounds * len(points))
    site = stage.site()
    processes = stage.serve(site)
    pairs = await begin_pairs(processes[0], processes[-1], 1)
    async with Talk(pairs, figures):
        for point in [*points] * rounds:
            processes[0].kill()
            fault = {"FAULT_POINT": point, "FAULT_AT": str(stage.chance.randint(1, 6))}
            port = processes[0].port
            processes[0] = await asyncio.to_thread(_start, site, port, fault)
            await _until_dead(processes[0], pairs[0][0] if point == "in replay" else None)
        processes[0] = await asyncio.to_thread(site.start, processes[0].port)
        await asyncio.sleep(0.3)
    assert figures.acknowledged >= figures.rounds, figures
    return figures


def _start(site: Site, port: int, fault: dict[str, str]) -> Process:
    """Start it; pages that were waiting may bring it to its point before anybody asks whether it is ready."""
    try:
        return site.start(port, launcher="tests.faults.launcher", **fault)
    except AssertionError:
        if site.processes[-1].popen.poll() != -9:
            raise
        return site.processes[-1]


async def _until_dead(process: Process, replays: Client | None) -> None:
    """Wait for the server's own end; with ``replays``, new pages of that resident ask for everything meanwhile."""
    async with asyncio.timeout(DIES_WITHIN_SECONDS):
        while process.popen.poll() is None:
            if replays is None:
                await asyncio.sleep(0.02)
                continue
            try:
                fresh = await Client(process, replays.path, replays.cookie).connect()
                await fresh.drop()
            except BREAKS:
                await asyncio.sleep(0.02)
    assert process.popen.returncode == -9, process.log


for _point in POINTS:
    for _storage in ("sqlite", "postgresql+redis"):
        scenario(f"kill -9 {_point}", full=25, short=0, storage=(_storage,))(partial(at_point, points=[_point]))
_EACH = scenario("kill -9 at each of these points", full=0, short=1, storage=("sqlite", "postgresql+redis"))
_EACH(partial(at_point, points=[*POINTS]))
