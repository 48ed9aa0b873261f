"""The line between pages and server: cut, silent, deaf in one direction, slow."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
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
SHOWN = "shown as not sent within (s)"
MOST_SAID = 60
"""By each page while its line is cut."""
Fault = Callable[[Sequence[Proxy], Crowd, float], Awaitable[None]]
"""What happens to the lines of all processes at once, for so many seconds."""


async def cut(proxies: Sequence[Proxy], crowd: Crowd, seconds: float) -> None:
    for proxy in proxies:
        await proxy.stop()
    # No more than a page sends at once when it is back: a longer outbox takes its time, and says so in delivery.md.
    await crowd.talk(seconds, every=max(1, seconds / MOST_SAID))
    for proxy in proxies:
        await proxy.start()


async def silent(proxies: Sequence[Proxy], crowd: Crowd, seconds: float, *ways: str) -> None:
    for proxy in proxies:
        proxy.hold(*ways)
    await crowd.talk(seconds, every=1)
    for proxy in proxies:
        proxy.let_go()


async def forgotten(proxies: Sequence[Proxy], crowd: Crowd, seconds: float) -> None:
    for proxy in proxies:
        proxy.forget()


async def slow(proxies: Sequence[Proxy], crowd: Crowd, seconds: float) -> None:
    for proxy in proxies:
        proxy.bytes_per_second = 4_000
    await crowd.talk(seconds, every=1)
    for proxy in proxies:
        proxy.bytes_per_second = 0


@asynccontextmanager
async def before(processes: Sequence[Process]) -> AsyncIterator[list[Proxy]]:
    """A line to each process."""
    proxies = [await Proxy(one.port).start() for one in processes]
    try:
        yield proxies
    finally:
        for proxy in proxies:
            await proxy.stop()


async def play(stage: Stage, rounds: int, *, faults: list[tuple[Fault, float]]) -> Figures:
    """Talk before, in and after each fault; what is written in it is shown as not sent in time, and sent after it."""
    figures = Figures(rounds=rounds * len(faults))
    processes = stage.serve(stage.site())
    await lines(figures, stage, processes, rounds, faults)
    return figures


async def lines(
    figures: Figures, stage: Stage, processes: Sequence[Process], rounds: int, faults: list[tuple[Fault, float]]
) -> None:
    """The same, on servers that run: residents at the first, counselors at the last."""
    async with before(processes) as proxies:
        ways = {"through": proxies[0].url, "desks_through": proxies[-1].url}
        crowd = await Crowd.gather(processes[0], processes[-1], CONVERSATIONS, **ways)
        for _ in range(rounds):
            for fault, seconds in faults:
                await crowd.talk(stage.seconds(0.3, 0.1))
                await crowd.acknowledged()
                said = len(crowd.said)
                await crowd.talk(0.1)
                await fault(proxies, crowd, seconds)
                end = time.monotonic()
                await crowd.current(figures, end)
                await crowd.after(figures, stage.seconds(1, 0.3))
                shown(crowd, said, figures)
        await crowd.finish(figures)


def shown(crowd: Crowd, before: int, figures: Figures) -> None:
    """How soon pages said of what they could not send that it is not sent."""
    for said, _ in crowd.said[before:]:
        if said.kept.result() - said.at > ANSWER_WITHIN + 0.5:
            assert said.shown_not_sent, "a page showed as sent, or on its way, what was not"
            figures.keeps(SHOWN, said.shown_not_sent - said.at, SHOWN_WITHIN_SECONDS)


def waited_long(stage: Stage, figures: Figures) -> None:
    """The fault lasted long enough for pages to say that something is not sent; short forms do not."""
    assert stage.short or SHOWN in figures.limits, "nobody waited for so long that it had to be shown"


BOTH = ("sqlite", "postgresql+redis")


def register(title: str, fault: Fault, seconds: float, *, full: int) -> None:
    scenario(f"Line {title}", full=full, short=0, storage=BOTH)(partial(play, faults=[(fault, seconds)]))


scenario("Line cut for 10 s", full=3, short=0, storage=("postgresql",))(partial(play, faults=[(cut, 10)]))
register("cut for 1 s", cut, 1, full=20)
register("cut for 10 s", cut, 10, full=10)
register("cut for 60 s", cut, 60, full=5)
register("cut for 240 s", cut, 240, full=1)
register("silent for 10 s", silent, 10, full=5)
register("silent for 60 s", silent, 60, full=3)
register("silent upwards for 20 s", lambda *all_: silent(*all_, UP), 20, full=3)
register("silent downwards for 20 s", lambda *all_: silent(*all_, DOWN), 20, full=3)
register("slow (4 kB/s) for 20 s", slow, 20, full=3)
register("forgotten: old connections dead, new ones pass", forgotten, 0, full=20)


@scenario("Line forgotten below a page that listens", full=20, short=0, storage=BOTH)
async def listens(stage: Stage, rounds: int) -> Figures:
    """Residents' connections are dead and nobody was told; they say nothing, and their counselor speaks to them."""
    figures = Figures(rounds=rounds)
    await listen(figures, stage, stage.serve(stage.site()), rounds)
    return figures


async def listen(figures: Figures, stage: Stage, processes: Sequence[Process], rounds: int) -> None:
    """The same, on servers that run; the fault comes at any moment between two questions of the page."""
    async with before(processes[:1]) as [proxy]:
        ways = {"through": proxy.url, "desks_through": processes[-1].url}
        crowd = await Crowd.gather(processes[0], processes[-1], CONVERSATIONS, **ways)
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


@scenario("Line, each of these once", full=0, short=1)
async def each_once(stage: Stage, rounds: int) -> Figures:
    """One server for all."""
    figures = Figures(rounds=rounds * 6)
    processes = stage.servers()
    ways = [(cut, 1), (silent, 2), (lambda *all_: silent(*all_, UP), 2), (slow, 1), (forgotten, 0)]
    await lines(figures, stage, processes, rounds, ways)
    await listen(figures, stage, processes, rounds)
    return figures
