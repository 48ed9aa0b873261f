"""The load: people in rooms who talk, and what became of each word. The same for every peer.

A seat is one page and its socket; each peer has seats of its own that know its frames. A room is a conversation: two
seats that speak in turns, and perhaps others that only read. A message is done when its writer has its
acknowledgement and every seat of the room has the message.
"""

from __future__ import annotations

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.delivery.wire import Wire, open_wire

CONNECTING_AT_ONCE = 40
WELCOME_SECONDS = 60.0
STILL_SECONDS = 5.0
"""When for this long nothing of what is missing has arrived, it counts as lost."""
TRIES = 5
"""So often a page tries to connect; what failed is counted as trouble."""
DRAIN_SECONDS = 12.0
"""Waits no longer than this for a peer that is behind; what is still on its way then counts as late."""


class Bucket:
    """Keeps a seat below the pace that its server allows."""

    def __init__(self, per_second: float, at_once: int) -> None:
        self.per_second, self.at_once = per_second, at_once
        self.left, self.then = float(at_once), time.monotonic()

    def wait(self) -> float:
        """Take one. Returns the seconds after which it may be used."""
        now = time.monotonic()
        self.left = min(self.at_once, self.left + (now - self.then) * self.per_second) - 1
        self.then = now
        return max(0.0, -self.left / self.per_second)


def _asked_for() -> asyncio.Future[None]:
    """A future that complains to nobody: whoever waited for it may have given up before it failed."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


class Seat(ABC):
    """One page of somebody. Subclasses speak a peer's language."""

    path = "/"
    counts_own = True
    """Whether the writer's own seat is told its message, beside being told that it is kept."""
    bucket: Bucket | None = None

    def __init__(self, load: Load, rooms: Sequence[str]) -> None:
        self.load, self.rooms = load, list(rooms)
        self.headers: dict[str, str] = {}
        self.wire: Wire | None = None
        self.ready = _asked_for()
        self.leaving = False

    async def open(self, port: int) -> None:
        """Connect, and wait until the peer has welcomed this page."""
        self.leaving, self.ready = False, _asked_for()
        self.wire = await open_wire(port, self.path, self.headers, self.hear, self._ended)
        self.begin()
        async with asyncio.timeout(WELCOME_SECONDS):
            await self.ready

    def send(self, text: bytes) -> None:
        """Send a frame."""
        if self.wire is not None:
            self.wire.send(text)

    def close(self) -> None:
        """Leave."""
        self.leaving = True
        if self.wire is not None:
            self.wire.close()

    def welcome(self) -> None:
        """The page may speak now."""
        if not self.ready.done():
            self.ready.set_result(None)

    @property
    def is_welcome(self) -> bool:
        """Whether this page was let in."""
        return self.ready.done() and not self.ready.cancelled() and self.ready.exception() is None

    def _ended(self, code: int) -> None:
        if not self.leaving:
            self.load.trouble[f"closed {code}"] += 1
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed with {code} before it was welcomed"))

    @abstractmethod
    def begin(self) -> None:
        """Say what is to be said first."""

    @abstractmethod
    def hear(self, raw: bytes) -> None:
        """Tell :class:`Load` what a frame means."""

    @abstractmethod
    def say(self, room: str, client_id: str, text: str) -> None:
        """Write a message."""


@dataclass
class Room:
    """A conversation: who speaks, in turns, and who only reads."""

    name: str
    speakers: list[Seat]
    readers: list[Seat] = field(default_factory=list)
    said: int = 0


@dataclass(slots=True)
class Sent:
    """One message under way."""

    room: Room
    speaker: Seat
    at: float
    missing: set[Seat]
    heard: set[Seat] = field(default_factory=set)
    acknowledged: bool = False
    done: bool = False


class Load:
    """Everybody of one run, and what became of what they said.

    Attributes:
        latencies: seconds from sending to the other speaker's page, one for each message.
        frames: how many of each type came, where a peer's seats count them.
        repeated: messages that a page got more than once.
        trouble: whatever should not have come, counted.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.rooms: list[Room] = []
        self.seats: list[Seat] = []
        self.number = 0
        self.trouble: Counter[str] = Counter()
        self._forget()

    def _forget(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.latencies: list[float] = []
        self.repeated = 0
        self.frames: Counter[str] = Counter()
        self.open = 0
        self.progress = 0
        self.is_behind = False
        self.nothing_open = asyncio.Event()
        self.then: Callable[[Room], None] | None = None

    # --- coming and going --------------------------------------------------------------------------------------------
    async def connect(self, port: int) -> None:
        """All seats, some at a time."""
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def one(seat: Seat) -> None:
            async with gate:
                for attempt in range(1, TRIES + 1):
                    try:
                        await seat.open(port)
                        break
                    except (ConnectionError, TimeoutError):
                        # As pages do: come back after a while, not all at once.
                        self.trouble["came back"] += 1
                        seat.close()
                        if attempt == TRIES:
                            raise
                        await asyncio.sleep(random.uniform(0, attempt))  # noqa: S311 - jitter, no secret

        async with asyncio.TaskGroup() as group:
            for seat in self.seats:
                group.create_task(one(seat))

    async def leave(self) -> None:
        """All go."""
        for seat in self.seats:
            seat.close()
        await asyncio.sleep(0.2)

    # --- what seats tell ---------------------------------------------------------------------------------------------
    def acknowledged(self, client_id: str) -> None:
        """The peer has kept it."""
        sent = self.sent.get(client_id)
        if sent is not None and not sent.acknowledged:
            self.progress += 1
            sent.acknowledged = True
            self._perhaps_done(sent)

    def delivered(self, seat: Seat, client_id: str) -> None:
        """A page shows it."""
        sent = self.sent.get(client_id)
        if sent is None:
            return
        if seat in sent.heard:
            self.repeated += 1
            return
        self.progress += 1
        sent.heard.add(seat)
        sent.missing.discard(seat)
        if seat is not sent.speaker and seat in sent.room.speakers:
            self.latencies.append(time.perf_counter() - sent.at)
        self._perhaps_done(sent)

    def _perhaps_done(self, sent: Sent) -> None:
        if sent.acknowledged and not sent.missing and not sent.done:
            sent.done = True
            self.open -= 1
            if self.then is not None:
                self.then(sent.room)
            if not self.open:
                self.nothing_open.set()

    # --- talking -----------------------------------------------------------------------------------------------------
    def speak(self, room: Room) -> None:
        """The next message of a room, by whose turn it is."""
        speaker = room.speakers[room.said % len(room.speakers)]
        room.said += 1
        self.number += 1
        self.open += 1
        self.nothing_open.clear()
        wait = speaker.bucket.wait() if speaker.bucket is not None else 0.0
        if wait > 0:
            self.trouble["waited for the pace"] += 1
            asyncio.get_running_loop().call_later(wait, self._say, room, speaker, self.number)
        else:
            self._say(room, speaker, self.number)

    def _say(self, room: Room, speaker: Seat, number: int) -> None:
        client_id = f"m{number:09d}"
        missing = {seat for seat in (*room.speakers, *room.readers) if seat is not speaker or seat.counts_own}
        self.sent[client_id] = Sent(room, speaker, time.perf_counter(), missing)
        speaker.say(room.name, client_id, self.texts[number % len(self.texts)])

    async def saturate(self, *, most: int, seconds: float) -> dict[str, float]:
        """Every room has one message under way at any time, until there were ``most`` or the time is up."""
        self._forget()
        end = time.monotonic() + seconds
        asked = len(self.rooms)

        def again(room: Room) -> None:
            nonlocal asked
            if asked < most and time.monotonic() < end:
                asked += 1
                self.speak(room)

        self.then = again
        began = time.perf_counter()
        for room in self.rooms:
            self.speak(room)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.nothing_open.wait(), seconds)
        await self._drain()
        return self._result(time.perf_counter() - began)

    async def talk(self, *, rate: float, seconds: float) -> dict[str, float]:
        """``rate`` messages a second in all, evenly, whatever becomes of those before."""
        self._forget()
        count = int(rate * seconds)
        began = time.perf_counter()
        late: list[float] = []
        for number in range(count):
            due = began + number / rate
            # Sleeps end a little early at times: what is left is waited for as well.
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late.append(max(0.0, time.perf_counter() - due))
            self.speak(self.rooms[number % len(self.rooms)])
        await self._drain()
        result = self._result(time.perf_counter() - began)
        return {**result, "generator_late_p99_ms": percentile(late, 0.99) * 1000}

    async def _drain(self) -> None:
        """Wait for what is missing, while some of it still comes."""
        end = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < end:
            moved = self.progress
            with suppress(TimeoutError):
                await asyncio.wait_for(self.nothing_open.wait(), STILL_SECONDS)
                return
            if self.progress == moved:
                return
        self.is_behind = True

    def _result(self, took: float) -> dict[str, float]:
        every = list(self.sent.values())
        missing = sum(1 for sent in every if sent.missing)
        return {
            "messages": len(every),
            "acknowledged": sum(1 for sent in every if sent.acknowledged),
            "seconds": took,
            "deliveries": sum(len(sent.heard) for sent in every),
            "lost": 0 if self.is_behind else missing,
            "late": missing if self.is_behind else 0,
            "unacknowledged": sum(1 for sent in every if not sent.acknowledged),
            "repeated": self.repeated,
            "p50_ms": percentile(self.latencies, 0.5) * 1000,
            "p99_ms": percentile(self.latencies, 0.99) * 1000,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie; 0 of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
