"""The line between pages and server: cut, silent, deaf in one direction, slow."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from tests.faults.bounds import ANSWER_WITHIN, QUIET
from tests.faults.campaign import scenario
from tests.faults.crowd import CURRENT_WITHIN_SECONDS, Crowd
from tests.faults.figures import Figures
from tests.faults.proxy import DOWN, UP, Proxy
from tests.faults.site import Process
from tests.faults.stage import Stage

CONVERSATIONS = 2
SHOWN_WITHIN_SECONDS = 6.0
"""After so long a page shows as not sent what was not acknowledged."""
Fault = Callable[[Proxy, Crowd, float], Awaitable[None]]


async def cut(proxy: Proxy, crowd: Crowd, seconds: float) -> None:
    await proxy.stop()
    await crowd.talk(seconds, every=1)
    await proxy.start()


async def silent(proxy: Proxy, crowd: Crowd, seconds: float, *ways: str) -> None:
    proxy.hold(*ways)
    await crowd.talk(seconds, every=1)
    proxy.let_go()


async def forgotten(proxy: Proxy, crowd: Crowd, seconds: float) -> None:
    proxy.forget()


async def slow(proxy: Proxy, crowd: Crowd, seconds: float) -> None:
    proxy.bytes_per_second = 4_000
    await crowd.talk(seconds, every=1)
    proxy.bytes_per_second = 0


async def play(stage: Stage, rounds: int, *, faults: list[tuple[Fault, float]]) -> Figures:
    """Talk before, in and after each fault; what is written in it is shown as not sent in time, and sent after it."""
    figures = Figures(rounds=rounds * len(faults))
    [process] = stage.serve(stage.site())
    await lines(figures, stage, process, rounds, faults)
    return figures


async def lines(
    figures: Figures, stage: Stage, process: Process, rounds: int, faults: list[tuple[Fault, float]]
) -> None:
    """The same, on a server that runs."""
    proxy = await Proxy(process.port).start()
    crowd = await Crowd.gather(process, process, CONVERSATIONS, through=proxy.url)
    for _ in range(rounds):
        for fault, seconds in faults:
            await crowd.talk(0.3)
            await crowd.acknowledged()
            before = len(crowd.said)
            await crowd.talk(0.1)
            await fault(proxy, crowd, min(seconds, 2) if stage.short else seconds)
            end = time.monotonic()
            await crowd.current(figures, end)
            await crowd.after(figures)
            shown(crowd, before, figures)
    await crowd.finish(figures)
    await proxy.stop()


def shown(crowd: Crowd, before: int, figures: Figures) -> None:
    """How soon pages said of what they could not send that it is not sent."""
    for said, _ in crowd.said[before:]:
        if said.kept.result() - said.at > ANSWER_WITHIN + 0.5:
            assert said.shown_not_sent, "a page showed as sent, or on its way, what was not"
            figures.keeps("shown as not sent within (s)", said.shown_not_sent - said.at, SHOWN_WITHIN_SECONDS + 0.1)


def register(title: str, fault: Fault, seconds: float, *, full: int) -> None:
    scenario(f"Line {title}", full=full, short=0)(partial(play, faults=[(fault, seconds)]))


register("cut for 1 s", cut, 1, full=20)
register("cut for 10 s", cut, 10, full=10)
register("cut for 60 s", cut, 60, full=5)
register("silent for 10 s", silent, 10, full=5)
register("silent for 60 s", silent, 60, full=3)
register("silent upwards for 20 s", lambda *all_: silent(*all_, UP), 20, full=3)
register("silent downwards for 20 s", lambda *all_: silent(*all_, DOWN), 20, full=3)
register("slow (4 kB/s) for 20 s", slow, 20, full=3)
register("forgotten: old connections dead, new ones pass", forgotten, 0, full=20)


@scenario("Line forgotten below a page that listens", full=20, short=0)
async def listens(stage: Stage, rounds: int) -> Figures:
    """Residents' connections are dead and nobody was told; they say nothing, and their counselor speaks to them."""
    figures = Figures(rounds=rounds)
    [process] = stage.serve(stage.site())
    await listen(figures, stage, process, rounds)
    return figures


async def listen(figures: Figures, stage: Stage, process: Process, rounds: int) -> None:
    """The same, on a server that runs; the fault comes at any moment between two questions of the page."""
    proxy = await Proxy(process.port).start()
    crowd = await Crowd.gather(process, process, CONVERSATIONS, through=proxy.url, desks_through=process.url)
    for number in range(rounds):
        await crowd.talk(0.1)
        await crowd.current(Figures(), time.monotonic())
        await asyncio.sleep(stage.chance.uniform(0, QUIET))
        proxy.forget()
        end = time.monotonic()
        for resident, desk in crowd.pairs:
            crowd.said.append((desk.say(f"can you hear me {number}"), resident))
        await crowd.current(figures, end, CURRENT_WITHIN_SECONDS)
    figures.add("spare lines", sum(page.found["spare lines"] for page in crowd.pages))
    figures.add("false alarms", sum(page.found["false alarms"] for page in crowd.pages))
    await crowd.finish(figures)
    await proxy.stop()


@scenario("Line, each of these once", full=0, short=1)
async def each_once(stage: Stage, rounds: int) -> Figures:
    """One server for all."""
    figures = Figures(rounds=rounds * 6)
    process = stage.server()
    ways = [(cut, 1), (silent, 2), (lambda *all_: silent(*all_, UP), 2), (slow, 2), (forgotten, 0)]
    await lines(figures, stage, process, rounds, ways)
    await listen(figures, stage, process, rounds)
    return figures
