"""One peer, one round: what is done with it and what is taken down."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery import machine
from benchmarks.delivery.load import Load
from benchmarks.delivery.peers.base import Peer, Server, Shape

QUIET_SHARE = 0.05
"""A server counts as at rest below this share of one core."""
WATCHED_SECONDS = 0.4
REST_WITHIN_SECONDS = 15.0
SHARED = {
    "messages in a transaction": ("messages_kept", "transactions_of_messages"),
    "messages in a request to triage": ("triage_reads", "triage_requests"),
    "hints in a command to redis": ("redis_hints", "redis_commands"),
    "conversations in a reading of others": ("others_read", "readings_of_others"),
}
"""How many share what is done once for all of them: of two things counted, the first for each of the second."""


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        pairs: conversations of the saturation run; a desk for each.
        most, seconds: the saturation run ends with so many messages or after this time.
        crowd: conversations of the run at a steady rate, with a tenth as many desks.
        rate, talk_seconds: messages a second of that run, and its length.
        warm: messages before either. What is slow once is not what a message costs: patterns that triage compiles when
            first it tries them, statements that are prepared, code that a virtual machine compiles.
    """

    pairs: int = 50
    most: int = 4_000
    seconds: float = 5.0
    crowd: int = 500
    rate: float = 500.0
    talk_seconds: float = 6.0
    warm: int = 1_000

    def shapes(self) -> dict[str, Shape]:
        """Who is there in each run."""
        return {
            "pairs": Shape(rooms=self.pairs, desks=self.pairs),
            "crowd": Shape(rooms=self.crowd, desks=max(1, self.crowd // 10)),
        }


SHORT = Amounts(pairs=10, most=120, seconds=3.0, crowd=20, rate=50.0, talk_seconds=1.0, warm=20)
"""Enough to see that everything runs."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(peer: Peer, shape: str) -> Iterator[Server]:
    """A fresh server, ended at the end."""
    with scratch() as folder:
        server = peer.start(folder, shape)
        try:
            yield server
        finally:
            server.stop()


async def rest(server: Server) -> None:
    """Wait until the server has done what connecting or talking brought about."""
    deadline = time.monotonic() + REST_WITHIN_SECONDS
    while time.monotonic() < deadline:
        before = server.cpu()
        await asyncio.sleep(WATCHED_SECONDS)
        if server.cpu() - before <= QUIET_SHARE * WATCHED_SECONDS:
            return


async def saturated(peer: Peer, texts: Sequence[str], amounts: Amounts) -> dict[str, float]:
    """CPU of the server per message when there is always more to do."""
    with serving(peer, "pairs") as server:
        load = Load(texts)
        peer.seat(load, "pairs")
        await load.connect(server.port)
        await load.saturate(most=amounts.warm, seconds=amounts.seconds)
        await rest(server)
        return await _spent(server, load, load.saturate(most=amounts.most, seconds=amounts.seconds))


async def talking(peer: Peer, texts: Sequence[str], amounts: Amounts) -> dict[str, float]:
    """Latency at a steady rate among many."""
    with serving(peer, "crowd") as server:
        load = Load(texts)
        peer.seat(load, "crowd")
        await load.connect(server.port)
        await load.saturate(most=max(amounts.warm, amounts.crowd), seconds=amounts.seconds)
        await rest(server)
        return await _spent(server, load, load.talk(rate=amounts.rate, seconds=amounts.talk_seconds))


async def _spent(server: Server, load: Load, talk: Awaitable[dict[str, float]]) -> dict[str, float]:
    """What became of the messages of ``talk``, and the CPU of each: in all, and by who computed.

    Until the server is at rest: what is read or written after the last one was delivered belongs to it as well.
    """
    threads, before = machine.threads(*server.pids), server.cpu()
    result = await talk
    delivered = server.cpu() - before
    await rest(server)
    used = server.cpu() - before
    split = machine.parts(threads, machine.threads(*server.pids))
    await load.leave()
    messages = max(1, result["acknowledged"])
    return {
        **result,
        "cpu_us": used / messages * 1e6,
        "cpu_share": delivered / result["seconds"],
        **{f"part: {name}": seconds / messages * 1e6 for name, seconds in split.items()},
        **_beside(load),
    }


def _beside(load: Load) -> dict[str, float]:
    """What came beside messages and acknowledgements, and what should not have come."""
    trouble = {f"trouble: {what}": count for what, count in load.trouble.items()}
    return {**trouble, **{f"frames: {what}": count for what, count in load.frames.items()}}


async def counted(peer: Peer, texts: Sequence[str], amounts: Amounts) -> dict[str, dict[str, float]]:
    """Exact counts per message: one message at a time, at saturation, and at a steady rate among many."""
    found = {}
    with scratch() as folder:
        async with _talkers(peer, texts, folder, "pairs", amounts) as (server, load):
            everybody = load.rooms
            for name, rooms, most in (
                ("alone", everybody[1:2], 20),
                ("saturated", everybody, amounts.most),
            ):
                load.rooms = rooms
                talk = load.saturate(most=most, seconds=amounts.seconds)
                found[name] = await _per_message(server, load, folder, talk)
    with scratch() as folder:
        async with _talkers(peer, texts, folder, "crowd", amounts) as (server, load):
            talk = load.talk(rate=amounts.rate, seconds=amounts.talk_seconds)
            found["steady"] = await _per_message(server, load, folder, talk)
    return found


@asynccontextmanager
async def _talkers(
    peer: Peer, texts: Sequence[str], folder: Path, shape: str, amounts: Amounts
) -> AsyncIterator[tuple[Server, Load]]:
    """A server and everybody of a shape, who have said something already."""
    server = peer.start(folder, shape)
    try:
        load = Load(texts)
        peer.seat(load, shape)
        await load.connect(server.port)
        await load.saturate(most=len(load.rooms) * 2, seconds=amounts.seconds)
        await rest(server)
        yield server, load
        await load.leave()
    finally:
        server.stop()


async def _per_message(server: Server, load: Load, folder: Path, talk: Awaitable[dict[str, float]]) -> dict[str, float]:
    """What was counted while they talked and until the server was at rest."""
    before = await _counts(folder)
    result = await talk
    await rest(server)
    after = await _counts(folder)
    counts: dict[str, float] = {what: after[what] - before.get(what, 0) for what in sorted(after)}
    shared = {name: counts[one] / counts[each] for name, (one, each) in SHARED.items() if counts.get(each)}
    counts |= {f"frames: {what}": count for what, count in load.frames.items()}
    return {**{what: count / result["messages"] for what, count in counts.items()}, **shared}


async def _counts(folder: Path) -> Counter[str]:
    """What all processes that count into this folder have counted so far; each has a file there, named after it."""
    found: Counter[str] = Counter()
    for target in _files_of_counts(folder):
        target.unlink()
        os.kill(int(target.stem.rpartition("-")[2]), signal.SIGUSR1)
        for _ in range(500):
            if target.exists():
                break
            await asyncio.sleep(0.02)
        found.update(json.loads(target.read_text()))
    return found


def _files_of_counts(folder: Path) -> list[Path]:
    return list(folder.glob("counts-*.json"))
