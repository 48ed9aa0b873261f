"""What the service costs while nobody talks: idle sockets, a start, and a queue that grows long.

All of it through the product's public face: its own command, real sockets. Only who waits is put into the database
beforehand, by the product's services.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from benchmarks.delivery.load import Load
from benchmarks.delivery.peers.base import Missing, Peer, Server, Shape
from benchmarks.delivery.peers.product import DeskSeat, Frame, Product, ResidentSeat
from benchmarks.delivery.rounds import rest, scratch, serving

FILES_SPARE = 200
CONNECT_WITHIN_SECONDS = 150.0
"""Whoever is not in by then is left out: the figure says how many were."""
FIRST_SOCKETS = 50
"""These come first: what is made once for all sockets is not counted for any."""


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        idle: sockets that stay silent.
        asking: seconds in which pages that are open send heartbeats and echoes: one heartbeat of each, or several.
        queue_short, queue_long: how many wait.
        operations: how many claims, moves and readings are taken together.
        at_rest: seconds in which a server with such a queue does nothing but its watch's rounds.
    """

    idle: int = 5_000
    asking: float = 20.0
    queue_short: int = 100
    queue_long: int = 10_000
    operations: int = 20
    at_rest: float = 20.0

    def shapes(self) -> dict[str, Shape]:
        """Who is there."""
        return {
            "idle": Shape(rooms=self.idle, desks=10, read_every=0),
            "queue_short": Shape(rooms=self.queue_short, desks=QUEUE_DESKS, read_every=1, waiting=True),
            "queue_long": Shape(rooms=self.queue_long, desks=QUEUE_DESKS, read_every=1, waiting=True),
        }


QUEUE_DESKS = 4
SHORT = Amounts(idle=100, asking=2.5, queue_short=20, queue_long=60, operations=4, at_rest=1.0)


# --- idle sockets -----------------------------------------------------------------------------------------------------
async def idle(peer: Peer) -> dict[str, float]:
    """Memory of the server per socket that was welcomed and then says nothing.

    Raises:
        Missing: this machine allows fewer open files than there are sockets.
    """
    with serving(peer, "idle") as server:
        load = Load([""])
        peer.seat(load, "idle")
        seats = [room.speakers[0] for room in load.rooms]
        allow_files(len(seats) + FILES_SPARE)
        load.seats = seats[:FIRST_SOCKETS]
        await load.connect(server.port)
        await rest(server)
        before, cpu = server.memory(), server.cpu()
        began = time.monotonic()
        load.seats = seats[FIRST_SOCKETS:]
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_WITHIN_SECONDS):
                await load.connect(server.port)
        took = time.monotonic() - began
        await rest(server)
        count = sum(1 for seat in load.seats if seat.is_welcome)
        found = {
            "sockets": len(seats),
            "connected": FIRST_SOCKETS + count,
            "kib_per_socket": (server.memory() - before) / 1024 / max(1, count),
            "connect_cpu_us": (server.cpu() - cpu) / max(1, count) * 1e6,
            "connected_within_seconds": took,
            "trouble": sum(load.trouble.values()),
        }
        load.seats = seats
        await load.leave()
        return found


def allow_files(count: int) -> None:
    """Let this process, and those it starts, open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Missing(f"only {hard} open files are allowed here (ulimit -n), {count} are needed")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else hard, hard))


# --- a start ----------------------------------------------------------------------------------------------------------
async def start(peer: Peer, shape: str) -> dict[str, float]:
    """CPU that a server uses until it takes connections, and until it is at rest."""
    with scratch() as folder:
        server = peer.start(folder, shape)
        try:
            listening = server.cpu()
            await rest(server)
            return {
                "cpu_seconds": listening,
                "cpu_seconds_at_rest": server.cpu(),
                "memory_mib": server.memory() / 2**20,
            }
        finally:
            server.stop()


# --- a queue ----------------------------------------------------------------------------------------------------------
class QueueDesk(DeskSeat):
    """A desk that asks one thing after the other."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.answers: dict[int, asyncio.Future[Frame]] = {}
        self.queue_came = asyncio.Event()

    def hear(self, raw: bytes) -> None:
        """Hand answers to whoever waits for them."""
        super().hear(raw)
        frame = self.heard
        if frame.id in self.answers:
            self.answers.pop(frame.id).set_result(frame)
        if frame.type == "queue":
            self.queue_came.set()

    async def request(self, kind: str, **fields: object) -> Frame:
        """Ask and wait for the answer.

        Raises:
            RuntimeError: it was refused.
        """
        self.ask(kind, **fields)
        answer = self.answers[self.request_id] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(20):
            frame = await answer
        if frame.type == "error":
            raise RuntimeError(f"{kind} was refused: {frame.code}")
        return frame


class QueueDay:
    """One server with a queue, some who wait on their pages, and desks that look at it."""

    def __init__(self, product: Product, shape: str, server: Server, operations: int) -> None:
        self.server, self.operations = server, operations
        self.people = product.people[shape]
        self.load = Load([""])
        self.desks = [QueueDesk(self.load, [], f"desk={cookie}") for cookie in self.people["desks"]]
        self.supervisor = QueueDesk(self.load, [], f"desk={self.people['supervisor']}")
        # A few whose page shows their place, spread over the queue; the others' pages are closed.
        step = max(1, len(self.people["residents"]) // 10)
        waiting = [ResidentSeat(self.load, [""], f"visit={token}") for token in self.people["residents"][::step]]
        self.load.seats = [*self.desks, self.supervisor, *waiting]

    async def all_costs(self) -> dict[str, float]:
        """CPU in microseconds and waiting time in milliseconds of each operation."""
        await self.load.connect(self.server.port)
        await rest(self.server)
        names = self.people["conversations"]
        # From the end of the queue: claims take people out of the middle of the order as well.
        taken, moved = names[-self.operations :], names[-2 * self.operations : -self.operations]
        found: dict[str, float] = {}
        found |= await self._cost("reorder", [self._reorder(name, at) for at, name in enumerate(moved)])
        found |= await self._cost("claim", [self._claim(name, at) for at, name in enumerate(taken)])
        found |= await self._cost("page", [self._page(at) for at in range(self.operations)])
        found["trouble"] = sum(self.load.trouble.values())
        await self.load.leave()
        return found

    async def _cost(self, name: str, operations: Sequence[Callable[[], Awaitable[None]]]) -> dict[str, float]:
        waits = []
        await operations[0]()  # what is slow at first, only once
        await rest(self.server)
        before = self.server.cpu()
        for operation in operations[1:]:
            began = time.perf_counter()
            await operation()
            waits.append(time.perf_counter() - began)
        await rest(self.server)
        used = self.server.cpu() - before
        return {f"{name}_cpu_us": used / len(waits) * 1e6, f"{name}_ms": statistics.median(waits) * 1000}

    def _reorder(self, name: str, at: int) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            watching = self.desks[0]
            watching.queue_came.clear()
            level = ("high", "moderate", "imminent")[at % 3]
            await self.supervisor.request("level.override", conversation=name, level=level, reason="measured")
            await asyncio.wait_for(watching.queue_came.wait(), 20)

        return run

    def _claim(self, name: str, at: int) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            desk = self.desks[at % len(self.desks)]
            desk.queue_came.clear()
            await desk.request("conversation.claim", conversation=name)
            await asyncio.wait_for(desk.queue_came.wait(), 20)

        return run

    def _page(self, at: int) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.desks[at % len(self.desks)].request("hello")

        return run


async def queue(product: Product, shape: str, operations: int) -> dict[str, float]:
    """What a claim, a change of level and a fresh page cost while so many wait."""
    with serving(product, shape) as server:
        return await QueueDay(product, shape, server, operations).all_costs()


async def at_rest(product: Product, shape: str, seconds: float) -> dict[str, float]:
    """The server's share of a core, in percent, while so many wait and nobody does anything: the watch's rounds."""
    with serving(product, shape) as server:
        day = QueueDay(product, shape, server, 1)
        await day.load.connect(server.port)
        await rest(server)
        before, began = server.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        used, took = server.cpu() - before, time.monotonic() - began
        await day.load.leave()
        return {"percent": 100 * used / took, "waiting": product.shapes[shape].rooms}


def queue_ratios(short: dict[str, float], long: dict[str, float]) -> dict[str, float]:
    """Long to short, of what was measured in one round."""
    return {
        name.removesuffix("_cpu_us"): long[name] / short[name]
        for name in short
        if name.endswith("_cpu_us") and short[name]
    }
