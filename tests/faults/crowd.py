"""Pairs of pages that live by themselves and talk through a fault; how long until all of them were current again."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.page import Page, Said
from tests.faults.record import Place, begin, count
from tests.faults.site import Process

CURRENT_WITHIN_SECONDS = 5.0
"""What docs/delivery.md promises: so long after a fault's end, every open page shows everything."""
GIVES_UP_SECONDS = 120.0
PAUSE_SECONDS = 0.3
"""A pause of this process that is remembered."""


class Crowd:
    """Conversations of two pages each, the resident's through one address and the desk's through another.

    Attributes:
        pairs: resident's page and desk's page of each conversation.
        said: everything anybody wrote, with the page that is to show it.
    """

    def __init__(self, process: Process, places: Sequence[Place], residents_url: str, desks_url: str) -> None:
        self.process, self.places = process, places
        self.pairs = [
            (
                Page(residents_url, "/ws/resident/", place.visit, origin=process.url),
                Page(desks_url, "/ws/desk/", place.desk, place.conversation, origin=process.url),
            )
            for place in places
        ]
        self.said: list[tuple[Said, Page]] = []
        self.number = 0
        self.pauses: list[tuple[float, float]] = []
        self.watching = asyncio.create_task(self._watch_itself())

    @classmethod
    async def gather(
        cls,
        residents_at: Process,
        desks_at: Process,
        conversations: int,
        *,
        counselors: Sequence[str] = ("lin",),
        through: str = "",
        desks_through: str = "",
    ) -> Crowd:
        """Begin so many conversations of each counselor and open their pages, or ``through`` the address of a proxy."""
        places = [place for name in counselors for place in await begin(residents_at, desks_at, conversations, name)]
        crowd = cls(residents_at, places, through or residents_at.url, desks_through or through or desks_at.url)
        await asyncio.gather(*(page.opened() for page in crowd.pages))
        return crowd

    @property
    def pages(self) -> list[Page]:
        """All of them."""
        return [page for pair in self.pairs for page in pair]

    async def talk(self, seconds: float, *, every: float = 0.25) -> None:
        """Everybody writes something at this interval, whatever becomes of it."""
        until = time.monotonic() + seconds
        while True:
            self.number += 1
            for resident, desk in self.pairs:
                self.said.append((resident.say(f"resident says {self.number}"), desk))
                self.said.append((desk.say(f"counselor says {self.number}"), resident))
            if time.monotonic() > until:
                return
            await asyncio.sleep(every)

    @asynccontextmanager
    async def talking(self, *, every: float = 0.25) -> AsyncIterator[None]:
        """They :meth:`talk` as long as the block lasts."""
        task = asyncio.create_task(self.talk(math.inf, every=every))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def acknowledged(self, within: float = GIVES_UP_SECONDS) -> None:
        """Return once everything written is acknowledged."""
        async with asyncio.timeout(within):
            for said, _ in self.said:
                await asyncio.shield(said.kept)

    async def current(self, figures: Figures, since: float, most: float = CURRENT_WITHIN_SECONDS) -> float:
        """Wait until everything written so far is acknowledged and shown on both pages; count from the fault's end."""
        await self.acknowledged()
        async with asyncio.timeout(GIVES_UP_SECONDS):
            for resident, desk in self.pairs:
                upto = max((*resident.acknowledged, *desk.acknowledged), default=0)
                for page in (resident, desk):
                    await page.shows(upto)
        latest = max((at for page in self.pages for at in page.arrived.values()), default=since)
        latest = max(latest, *(said.kept.result() for said, _ in self.said))
        if latest - since > most:
            figures.stories += self._stories(since, most)
        figures.back(max(0.0, latest - since), most)
        return latest - since

    def _stories(self, since: float, most: float) -> list[str]:
        """What the pages went through that were shown something late, or whose own words were kept late."""
        late = {page for page in self.pages if any(at - since > most for at in page.arrived.values())}
        late |= {self.writer_of(page) for said, page in self.said if said.kept.result() - since > most}
        pauses = [
            f"    this process itself paused {lag:.2f} s, {at - since:.2f}" for at, lag in self.pauses if at > since - 4
        ]
        return pauses + [line for page in self.pages if page in late for line in page.story(since)]

    def writer_of(self, page: Page) -> Page:
        """Who wrote what this page is to show."""
        return next(one if page is other else other for one, other in self.pairs if page in (one, other))

    async def _watch_itself(self) -> None:
        """What looks like a late page may be this process, which plays them all, having had no processor."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.1)
            lag = time.monotonic() - before - 0.1
            if lag > PAUSE_SECONDS:
                self.pauses.append((before, lag))

    async def after(self, figures: Figures, seconds: float = 1.0) -> None:
        """Talk on: each page must hear the other live, and not only at a heartbeat."""
        before = len(self.said)
        await self.talk(seconds)
        await self.acknowledged()
        worst = 0.0
        for said, page in self.said[before:]:
            seq = next(seq for one in self.pages for seq, text in one.acknowledged.items() if text == said.text)
            async with asyncio.timeout(GIVES_UP_SECONDS):
                worst = max(worst, await page.shows(seq) - said.kept.result())
        figures.keeps("heard live again within (s)", worst, CURRENT_WITHIN_SECONDS)

    async def finish(self, figures: Figures) -> None:
        """Compare every page with the record as a fresh page reads it; close them all."""
        for place, (resident, desk) in zip(self.places, self.pairs, strict=True):
            fresh = await Client(self.process, "/ws/resident/", place.visit).connect()
            await fresh.hold(fresh.welcome["view"]["upto"])
            async with asyncio.timeout(GIVES_UP_SECONDS):
                for page in (resident, desk):
                    await page.shows(len(fresh.lines))
            count(fresh.lines, (resident, desk), figures)
            await fresh.close()
        for page in self.pages:
            await page.close()
        self.watching.cancel()
