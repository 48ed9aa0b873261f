"""What was promised, compared with what is there: pages, acknowledgements and the record as a fresh page reads it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.site import Process

Pair = tuple[Client, Client]
"""A resident's page, and the page of the counselor who has them."""


class Place(NamedTuple):
    """A conversation: the resident's cookie, its counselor's cookie, its id."""

    visit: str
    desk: str
    conversation: str


async def begin(residents_at: Process, counselors_at: Process, count: int, counselor: str = "lin") -> list[Place]:
    """Residents and the counselor who has them all (12 at most)."""
    cookie = await asyncio.to_thread(counselors_at.sign_in, counselor)
    taking = await Client(counselors_at, "/ws/desk/", cookie).connect()
    await taking.ask("duty.set", state="on", capacity=12)
    places = []
    for _ in range(count):
        visit, conversation = await asyncio.to_thread(residents_at.begin)
        taken = await taking.ask("conversation.claim", conversation=conversation)
        assert taken["type"] == "ack", taken
        places.append(Place(visit, cookie, conversation))
    await taking.drop()
    return places


async def begin_pairs(residents_at: Process, counselors_at: Process, count: int) -> list[Pair]:
    """The two pages of so many conversations, connected."""
    return [
        (
            await Client(residents_at, "/ws/resident/", place.visit).connect(),
            await Client(counselors_at, "/ws/desk/", place.desk, place.conversation).connect(),
        )
        for place in await begin(residents_at, counselors_at, count)
    ]


async def keep_talking(page: Client, name: str, stop: asyncio.Event) -> None:
    """Write one message after the other until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        await page.say(f"{name} {number}")


class Talk:
    """Everybody writes as fast as they are acknowledged, for as long as the block lasts; then all is compared."""

    def __init__(self, pairs: Iterable[Pair], figures: Figures) -> None:
        self.pairs, self.figures = list(pairs), figures
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Talk:
        self.tasks = asyncio.TaskGroup()
        await self.tasks.__aenter__()
        for number, (resident, desk) in enumerate(self.pairs):
            self.tasks.create_task(keep_talking(resident, f"resident {number} says", self.stop))
            self.tasks.create_task(keep_talking(desk, f"counselor {number} says", self.stop))
        return self

    async def __aexit__(self, kind, error, trace) -> None:
        self.stop.set()
        await self.tasks.__aexit__(kind, error, trace)
        for resident, desk in self.pairs:
            await compare(resident, (resident, desk), self.figures)


async def compare(reader: Client, pages: Iterable[Client], figures: Figures) -> None:
    """Read a conversation afresh as ``reader``, a resident's page; bring the pages up to it; count what differs."""
    fresh = await Client(reader.process, reader.path, reader.cookie).connect()
    await fresh.hold(fresh.welcome["view"]["upto"])
    for page in pages:
        await page.hold(len(fresh.lines))
    count(fresh.lines, pages, figures)
    for page in (fresh, *pages):
        await page.close()


def count(record: list[dict], pages: Iterable[Client], figures: Figures) -> None:
    """What pages show, and what was acknowledged to them, against the record."""
    shown = [(line["seq"], line["text"] or line["event"]) for line in record]
    texts = Counter(line["text"] for line in record if line["text"])
    figures.out_of_order += [seq for seq, _ in shown] != list(range(1, len(shown) + 1))
    figures.duplicated += sum(times - 1 for times in texts.values())
    for page in pages:
        own = set(page.written)
        figures.acknowledged += len(page.acknowledged)
        figures.lost += sum((seq, text) not in shown for seq, text in page.acknowledged.items())
        figures.out_of_order += [text for text in page.written if text in texts] != [
            text for _, text in shown if text in own
        ]
        figures.out_of_order += page.found["out of order"]
        figures.page_differs += [(line["seq"], line["text"] or line["event"]) for line in page.lines] != shown
        figures.page_differs += page.found["another line under the same seq"]
        figures.add("breaks", page.found["breaks"])
