"""A third process joins two and leaves them under load, behind nginx; see also tests/faults/test_behind_nginx.py."""

import asyncio
import time

import pytest

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.nginx import Front
from tests.faults.page import Page
from tests.faults.site import METRICS_TOKEN, Process
from tests.faults.stage import Stage
from tests.servers import free_port

CONVERSATIONS = 12
"""Of each of two counselors."""
EVERY_SECONDS = 0.25
"""So often each of 48 pages says something: 192 messages a second in all."""
NEWCOMERS = 6
JOINS_WITHIN_SECONDS = 60.0


@scenario("a third process joins and leaves under load", full=10, short=0, storage=("postgresql+redis",), minutes=20)
async def third(stage: Stage, rounds: int) -> Figures:
    """It takes newcomers and whoever leaves the first; it is told to end or, every other time, killed."""
    figures = Figures(rounds=rounds)
    site = stage.site(HTTPS="true", METRICS_TOKEN=METRICS_TOKEN)
    ports = [free_port() for _ in range(3)]
    folder = stage.folder / "nginx"
    folder.mkdir()
    first, second = [site.start(port) for port in ports[:2]]
    front = Front(site, folder, ports)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.certificate))
        try:
            await asyncio.to_thread(front.start)
            crowd = await Crowd.gather(front, front, CONVERSATIONS, counselors=("lin", "zhou"))
            for number in range(rounds):
                kindly, cut_off = number % 2 == 0, _cut_off(crowd)
                async with crowd.talking(every=EVERY_SECONDS):
                    joined = await asyncio.to_thread(site.start, ports[2])
                    others = await _newcomers(front, joined)
                    assert await asyncio.to_thread(first.end) == 0
                    await _serves(second, joined, len(crowd.pages) + len(others))
                    figures.most("sockets at the third", await asyncio.to_thread(joined.sockets))
                    first = await asyncio.to_thread(site.start, ports[0])
                    await asyncio.to_thread(joined.end if kindly else joined.kill)
                    end = time.monotonic()
                    await asyncio.sleep(1)
                await crowd.current(figures, end)
                await crowd.after(figures)
                if kindly:
                    figures.keeps("pages cut off without a word", _cut_off(crowd) - cut_off, 0)
                await _still_here(others, figures)
            await crowd.finish(figures)
        finally:
            front.stop()
    return figures


def _cut_off(crowd: Crowd) -> int:
    return sum(page.found["closed 1006"] for page in crowd.pages)


async def _newcomers(front: Front, joined: Process) -> list[Page]:
    """People who come now, until the third process serves some of them: the others have more."""
    pages: list[Page] = []
    async with asyncio.timeout(JOINS_WITHIN_SECONDS):
        while len(pages) < NEWCOMERS or not await asyncio.to_thread(joined.sockets):
            visit, _ = await asyncio.to_thread(front.begin)
            pages.append(await Page(front.url, "/ws/resident/", visit).opened())
            await asyncio.sleep(0.2)
    return pages


async def _serves(second: Process, joined: Process, pages: int) -> None:
    """Return once these two have everybody."""
    async with asyncio.timeout(JOINS_WITHIN_SECONDS):
        while True:
            if await asyncio.to_thread(lambda: second.sockets() + joined.sockets()) >= pages:
                return
            await asyncio.sleep(0.1)


async def _still_here(others: list[Page], figures: Figures) -> None:
    """What a newcomer says now is acknowledged, and in their page; they leave."""
    async with asyncio.timeout(JOINS_WITHIN_SECONDS):
        for page in others:
            await page.say("still here").kept
            await page.shows(max(page.acknowledged))
    figures.acknowledged += len(others)
    for page in others:
        figures.lost += [line["text"] for line in page.lines if line["text"]] != ["still here"]
        await page.close()
