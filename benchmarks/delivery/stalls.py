"""`python -m benchmarks.delivery.stalls`: what the product does in each fifth of a second of the latency run.

Where messages wait longer than others, the answer is next to it: jobs of the database's thread, a late event loop, or
the search for garbage. The clock is one for server and load (CLOCK_MONOTONIC). Watching costs a little: no figures of
cost.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.delivery import words
from benchmarks.delivery.load import Load, Seat, percentile
from benchmarks.delivery.peers.base import python
from benchmarks.delivery.peers.product import Product
from benchmarks.delivery.rounds import SHORT, Amounts, rest, scratch

PER_SECOND = 5
LATE_SECONDS = 0.01
LOOKED_AT_EVERY_SECONDS = 0.02
LONG_SECONDS = 0.025
WRITTEN_WITHIN = 20
"""Seconds."""
TEXTS = 997
SERVE = "--serve"


# --- the server, watched ----------------------------------------------------------------------------------------------
def serve() -> None:
    """Serve like `python -m hotline.server`; at SIGUSR1 what was seen so far goes into seen.json in VAR_DIR."""
    seen: dict[str, list[Any]] = {"jobs": [], "late": [], "garbage": []}
    target = Path(os.environ["VAR_DIR"]) / "seen.json"

    def write(_: int, __: object) -> None:
        part = target.with_suffix(".part")
        part.write_text(json.dumps(seen))
        part.replace(target)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    import hotline.asgi  # noqa: F401 - models must be ready before what follows

    _watch_jobs(seen["jobs"])
    _watch_garbage(seen["garbage"])
    _watch_loop(seen["late"])
    signal.signal(signal.SIGUSR1, write)
    from hotline.server import main as serve_all

    sys.argv[0] = "hotline.server"
    serve_all()


def _watch_jobs(jobs: list[Any]) -> None:
    """Name, beginning, length and CPU of whatever crosses to another thread."""
    from asgiref.sync import SyncToAsync

    really = SyncToAsync.thread_handler

    def handler(self: Any, loop: Any, *args: Any, **kwargs: Any) -> Any:
        began, used = time.perf_counter(), time.thread_time()
        try:
            return really(self, loop, *args, **kwargs)
        finally:
            names = [_name(one) for one in getattr(args[2], "args", ()) if callable(one)]
            job = (began, time.perf_counter() - began, time.thread_time() - used, " ".join(names) or _name(self.func))
            jobs.append(job)

    SyncToAsync.thread_handler = handler  # type: ignore[method-assign]


def _name(call: Any) -> str:
    return str(getattr(getattr(call, "func", call), "__qualname__", type(call).__name__))


def _watch_garbage(found: list[Any]) -> None:
    began = 0.0

    def note(phase: str, told: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            found.append((began, time.perf_counter() - began, told["generation"]))

    gc.callbacks.append(note)


def _watch_loop(late: list[Any]) -> None:
    """How much later than it asked the loop woke somebody, beside the product's own look at it."""
    from hotline import metrics

    really: Callable[[], Any] = metrics.watch_loop

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
            behind = time.perf_counter() - began - LOOKED_AT_EVERY_SECONDS
            if behind > LATE_SECONDS:
                late.append((began, behind))

    async def both() -> None:
        await asyncio.gather(look(), really())

    metrics.watch_loop = both


# --- the load ---------------------------------------------------------------------------------------------------------
class Timed(Load):
    """Notes for each message when it was sent, and how long it took."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(texts)
        self.times: list[tuple[float, float]] = []

    def delivered(self, seat: Seat, client_id: str) -> None:
        """A page shows it."""
        before = len(self.latencies)
        super().delivered(seat, client_id)
        if len(self.latencies) > before:
            self.times.append((self.sent[client_id].at, self.latencies[-1]))


class WatchedProduct(Product):
    """The product, watched. Never measured against others."""

    name = "product-watched"

    def command(self, port: int) -> list[str]:
        """The same server, watched."""
        return python("benchmarks.delivery.stalls", SERVE, "-b", "127.0.0.1", "-p", str(port))


async def run(amounts: Amounts, folder: Path) -> tuple[float, Timed, dict[str, list[Any]], dict[str, float]]:
    """One latency run: when it began, what the load and the server saw, and the load's result."""
    peer = WatchedProduct()
    peer.prepare(folder / "made", {"crowd": amounts.shapes()["crowd"]})
    server = peer.start(folder, "crowd")
    try:
        load = Timed(words.messages(TEXTS))
        peer.seat(load, "crowd")
        await load.connect(server.port)
        await load.saturate(most=amounts.crowd, seconds=amounts.seconds)
        await rest(server)
        load.times.clear()
        began = time.perf_counter()
        result = await load.talk(rate=amounts.rate, seconds=amounts.talk_seconds)
        os.kill(server.pid, signal.SIGUSR1)
        for _ in range(WRITTEN_WITHIN * 20):
            if (folder / "seen.json").exists():
                break
            await asyncio.sleep(0.05)
        await load.leave()
        return began, load, json.loads((folder / "seen.json").read_text()), result
    finally:
        server.stop()


def report(began: float, load: Timed, seen: dict[str, list[Any]], result: dict[str, float]) -> str:
    """A line for each fifth of a second; then whatever took long."""
    waits: dict[int, list[float]] = defaultdict(list)
    for at, wait in load.times:
        waits[int((at - began) * PER_SECOND)].append(wait)
    jobs: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0, 0.0, 0.0]))
    for at, took, used, name in seen["jobs"]:
        sums = jobs[int((at - began) * PER_SECOND)][name]
        sums[0], sums[1], sums[2] = sums[0] + 1, sums[1] + took, sums[2] + used
    lines = [f"p50 {result['p50_ms']:.1f} p99 {result['p99_ms']:.1f} ms; jobs: how many, ms, ms of CPU"]
    for number in sorted(waits):
        told = (f"{name} {n:.0f} {took * 1e3:.0f} {cpu * 1e3:.0f}" for name, (n, took, cpu) in jobs[number].items())
        p50, longest = percentile(waits[number], 0.5) * 1e3, max(waits[number]) * 1e3
        lines.append(f"{number / PER_SECOND:4.1f} s  p50 {p50:5.1f}  longest {longest:5.1f}  {'; '.join(told)}")
    for at, took, used, name in seen["jobs"]:
        if at >= began and took > LONG_SECONDS:
            lines.append(f"{at - began:5.2f} s  a job of {took * 1e3:.0f} ms ({used * 1e3:.0f} of CPU): {name}")
    for at, behind in seen["late"]:
        if at >= began:
            lines.append(f"{at - began:5.2f} s  the loop was {behind * 1e3:.0f} ms late")
    for at, took, generation in seen["garbage"]:
        if at >= began and took > LATE_SECONDS:
            lines.append(f"{at - began:5.2f} s  {took * 1e3:.0f} ms of looking for garbage, generation {generation}")
    return "\n".join(lines)


def main() -> int:
    """Run it, print it."""
    if SERVE in sys.argv:
        sys.argv.remove(SERVE)
        serve()
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery.stalls", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small amounts, to see that it runs")
    amounts = SHORT if parser.parse_args().short else Amounts()
    with scratch() as folder:
        print(report(*asyncio.run(run(amounts, folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
