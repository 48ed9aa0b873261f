"""`make bench`: measures, prints tables with ratios first, writes build/bench.json and the pictures of docs/.

On a machine that others use too only ratios hold: every round measures the bare relay beside each peer, in turns.
A goal that is missed is told and fails nothing. Exit code 1: a peer broke, or one named with --peers is not here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.delivery import asking, charts, goals, machine, page, tables, upkeep, words
from benchmarks.delivery.peers.base import ROOT, Broken, Missing, Peer, Shape
from benchmarks.delivery.peers.cluster import CountedOnPostgres, CountedTwoProcesses, ProductOnPostgres, TwoProcesses
from benchmarks.delivery.peers.ejabberd import Ejabberd
from benchmarks.delivery.peers.node.peer import DurableNode, Node
from benchmarks.delivery.peers.product import CountedProduct, Product, ProductOnUvicorn, UnsweptProduct
from benchmarks.delivery.peers.relay import Relay
from benchmarks.delivery.peers.tutorial.peer import Tutorial
from benchmarks.delivery.rounds import SHORT, Amounts, counted, saturated, scratch, talking

PEERS: tuple[type[Peer], ...] = (
    Relay,
    Product,
    ProductOnUvicorn,
    ProductOnPostgres,
    TwoProcesses,
    Tutorial,
    Node,
    DurableNode,
    Ejabberd,
)
COUNTED: dict[str, type[Product]] = {
    Product.name: CountedProduct,
    ProductOnPostgres.name: CountedOnPostgres,
    TwoProcesses.name: CountedTwoProcesses,
}
"""Of which set-ups it is counted what a message takes, and what counts it."""
PARTS = ("cost", "latency", "counts", "idle", "pages", "start", "queue")
TEXTS = 997
"""A prime: rooms and texts do not fall into step."""
BREAKS = (Broken, OSError, TimeoutError, ExceptionGroup)
"""A peer that does not bear the load is told of; the others are measured all the same."""
LONG_ROUNDS = 2
"""Most rounds of idle sockets, open pages and a queue at rest: they take long and scatter little."""
PACKAGES = ("django", "channels", "daphne", "uvicorn", "websockets", "scikit-learn")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    names = ", ".join(peer.name for peer in PEERS)
    parser.add_argument("--rounds", type=int, default=5, help="how often each peer is measured (5)")
    parser.add_argument("--only", default="", help=f"parts, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--peers", default="", help=f"peers: {names}; relay always runs")
    parser.add_argument("--short", action="store_true", help="small amounts, to see that it runs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json", help="where the figures go")
    parser.add_argument(
        "--docs", type=Path, help="where charts and speed.md go (docs/ when all parts and peers are measured)"
    )
    return parser.parse_args()


class Bench:
    """One run."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.folder, self.rounds = folder, asked.rounds
        self.product: Product | None = None
        self.parts = [part for part in asked.only.split(",") if part] or list(PARTS)
        self.wanted = {name for name in asked.peers.split(",") if name} or {peer.name for peer in PEERS}
        self.amounts = SHORT if asked.short else Amounts()
        self.upkeep = upkeep.SHORT if asked.short else upkeep.Amounts()
        self.texts = words.messages(TEXTS)
        self.figures: dict[str, Any] = {
            "machine": machine.describe(),
            "versions": {name: version(name) for name in PACKAGES},
            "commit": _commit(),
            "rounds": self.rounds,
            "amounts": {**vars(self.amounts), **vars(self.upkeep)},
            "long_rounds": min(self.rounds, LONG_ROUNDS),
            "is_full": not asked.short,
            "skipped": {},
            "broke": {},
        }

    def unknown(self) -> list[str]:
        """What was asked for and does not exist."""
        return sorted((set(self.parts) - set(PARTS)) | (self.wanted - {peer.name for peer in PEERS}))

    def run(self) -> dict[str, Any]:
        """Measure; returns all figures."""
        shapes = self._shapes()
        if {"cost", "latency", "idle", "start"} & set(self.parts):
            peers = self._prepared(shapes)
            for part, measure in (("cost", saturated), ("latency", talking)):
                if part in self.parts:
                    self.figures[part] = asyncio.run(self._in_turns(part, measure, peers))
            if "idle" in self.parts:
                self.figures["idle"] = asyncio.run(self._idle([peer for peer in peers if peer.sits_idle]))
            if "start" in self.parts:
                self.figures["start"] = asyncio.run(self._starts(peers))
        if "counts" in self.parts:
            found = {name: self._ours("counts", name, partial(self._counts, name)) for name in COUNTED}
            self.figures["counts"] = {name: runs for name, runs in found.items() if runs}
        for part, only_ours in (("pages", self._pages), ("queue", self._queue)):
            if part in self.parts and (figures := self._ours(part, Product.name, only_ours)):
                self.figures[part] = figures
        self.figures["goals"] = goals.judged(self.figures)
        return self.figures

    def _ours(self, part: str, name: str, measure: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        """What is measured of this product alone; nothing where it was not asked for, or cannot be."""
        if name in self.wanted:
            try:
                return asyncio.run(measure())
            except Missing as lack:
                self._skipped(f"{part} of {name}", lack)
            except BREAKS as trouble:
                self._broke(name, part, trouble)
        return {}

    def _shapes(self) -> dict[str, Shape]:
        """Who is needed for the parts that are measured."""
        shapes = self.amounts.shapes()
        # Pages that are open are the idle ones.
        named = {"idle" if part == "pages" else part for part in self.parts}
        return shapes | {name: one for name, one in self.upkeep.shapes().items() if name.partition("_")[0] in named}

    def _prepared(self, shapes: dict[str, Shape]) -> list[Peer]:
        """The peers that can be measured here; why the others cannot is taken down."""
        ready: list[Peer] = []
        for kind in PEERS:
            if kind.name not in self.wanted and kind is not Relay:
                continue
            peer = kind()
            try:
                self._prepare(peer, shapes)
            except Missing as lack:
                self._skipped(kind.name, lack)
            except BREAKS as trouble:
                self._broke(kind.name, "preparation", trouble)
            else:
                ready.append(peer)
        return ready

    def _prepare(self, peer: Peer, shapes: dict[str, Shape]) -> None:
        """Databases take a while to fill: one for all that can use it."""
        is_plain = isinstance(peer, Product) and not isinstance(peer, ProductOnPostgres)
        if is_plain and self.product is not None and set(shapes) <= set(self.product.shapes):
            peer.adopt(self.product)
            return
        own = self.folder / peer.name
        own.mkdir()
        peer.prepare(own, shapes)
        if is_plain:
            self.product = peer

    async def _in_turns(
        self, part: str, measure: Callable[..., Coroutine[Any, Any, dict[str, float]]], peers: list[Peer]
    ) -> dict[str, Any]:
        """Every peer once a round, each round beginning with another; ratios to the relay of the same round."""
        results: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in peers}
        for number in range(self.rounds):
            start = number % len(peers)
            for peer in peers[start:] + peers[:start]:
                if peer.name not in results:
                    continue
                try:
                    result = await measure(peer, self.texts, self.amounts)
                except BREAKS as trouble:
                    del results[peer.name]
                    self._broke(peer.name, f"{part} {number + 1}/{self.rounds}", trouble)
                    continue
                results[peer.name].append(result)
                print(f"{part} {number + 1}/{self.rounds} {peer.name:16} {tables.one(result)}", flush=True)
        return {name: tables.summary(rounds, results[Relay.name]) for name, rounds in results.items()}

    async def _idle(self, peers: list[Peer]) -> dict[str, Any]:
        """Every peer once a round, each round beginning with another."""
        rounds: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in peers}
        for number in range(min(self.rounds, LONG_ROUNDS)):
            start = number % len(peers)
            for peer in peers[start:] + peers[:start]:
                if peer.name not in rounds:
                    continue
                try:
                    found = await upkeep.idle(peer)
                except Missing as lack:
                    del rounds[peer.name]
                    self._skipped(f"idle of {peer.name}", lack)
                    continue
                except BREAKS as trouble:
                    del rounds[peer.name]
                    self._broke(peer.name, f"idle {number + 1}", trouble)
                    continue
                rounds[peer.name].append(found)
                print(f"idle {number + 1} {peer.name:16} {found['kib_per_socket']:.1f} KiB", flush=True)
        return {name: tables.in_rounds(found) for name, found in rounds.items()}

    async def _pages(self) -> dict[str, Any]:
        peer = Product()
        self._prepare(peer, {"idle": self.upkeep.shapes()["idle"]})
        rounds = []
        for number in range(min(self.rounds, LONG_ROUNDS)):
            found = await asking.pages(peer, self.upkeep.asking)
            rounds.append(found)
            told = f"{found['heartbeats_percent']:.1f} % of a core, with echoes {found['with_echoes_percent']:.1f} %"
            print(f"pages {number + 1} {told}", flush=True)
        return {Product.name: tables.in_rounds(rounds)}

    async def _starts(self, peers: list[Peer]) -> dict[str, Any]:
        rounds: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in peers}
        for _ in range(self.rounds):
            for peer in peers:
                if peer.name not in rounds:
                    continue
                try:
                    rounds[peer.name].append(await upkeep.start(peer, "pairs"))
                except BREAKS as trouble:
                    del rounds[peer.name]
                    self._broke(peer.name, "start", trouble)
        return {name: tables.medians(found) for name, found in rounds.items()}

    async def _counts(self, name: str) -> dict[str, Any]:
        peer = COUNTED[name]()
        self._prepare(peer, self.amounts.shapes())
        return await counted(peer, self.texts, self.amounts)

    async def _queue(self) -> dict[str, Any]:
        peer = UnsweptProduct()
        shapes = {name: shape for name, shape in self.upkeep.shapes().items() if name.startswith("queue")}
        self._prepare(peer, shapes)
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in shapes}
        for number in range(self.rounds):
            for name in shapes:
                rounds[name].append(await upkeep.queue(peer, name, self.upkeep.operations))
            print(f"queue {number + 1}/{self.rounds}", flush=True)
        pairs = zip(rounds["queue_short"], rounds["queue_long"], strict=True)
        return {
            "ratios": tables.medians([upkeep.queue_ratios(short, long) for short, long in pairs]),
            "short": tables.medians(rounds["queue_short"]),
            "long": tables.medians(rounds["queue_long"]),
            "short_waiting": self.upkeep.queue_short,
            "long_waiting": self.upkeep.queue_long,
            "at_rest": await self._at_rest(shapes),
        }

    async def _at_rest(self, shapes: dict[str, Shape]) -> dict[str, Any]:
        """What was switched off while operations were taken down one by one: the watch."""
        peer = Product()
        self._prepare(peer, shapes)
        rounds: dict[str, list[dict[str, float]]] = {name.removeprefix("queue_"): [] for name in shapes}
        for number in range(min(self.rounds, LONG_ROUNDS)):
            for name, found in rounds.items():
                found.append(await upkeep.at_rest(peer, f"queue_{name}", self.upkeep.at_rest))
            print(f"queue at rest {number + 1}", flush=True)
        return {name: tables.in_rounds(found) for name, found in rounds.items()}

    def _skipped(self, what: str, lack: Missing) -> None:
        """Take down what this machine does not allow, and why."""
        self.figures["skipped"][what] = str(lack)
        print(f"skipped {what}: {lack}", flush=True)

    def _broke(self, name: str, where: str, trouble: BaseException) -> None:
        """Take down that a peer did not bear it, and go on with the others.

        Raises:
            BaseException: the same, where it is the relay: nothing can be compared without it.
        """
        if name == Relay.name:
            raise trouble
        self.figures["broke"][name] = f"{where}: {trouble!r}"
        print(f"{where} {name:16} broke: {trouble!r}", flush=True)


def main() -> int:
    """Measure what was asked for."""
    asked = arguments()
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.time()
    with scratch() as folder:
        bench = Bench(asked, folder)
        if bench.unknown():
            print(f"Not known: {', '.join(bench.unknown())}", file=sys.stderr)
            return 2
        figures = bench.run()
    figures["took_seconds"] = round(time.time() - began, 1)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(tables.report(figures))
    print(f"\nAll figures: {asked.out}")
    was_cut = bool(asked.only or asked.peers or asked.short)
    folder = asked.docs or (page.PAGE.parent if not was_cut and is_whole(figures) else None)
    if folder is not None:
        for path in charts.draw(figures, folder / "pictures"):
            print(f"Picture: {path}")
        page.write(figures, folder)
    return exit_code(figures, {name for name in asked.peers.split(",") if name})


def is_whole(figures: Mapping[str, Any]) -> bool:
    """Whether every part was measured, of this product at least: others that are not here are named in its place."""
    between_peers = ("cost", "latency", "idle", "start")
    return all(figures.get(part) for part in PARTS) and all(Product.name in figures[part] for part in between_peers)


def exit_code(figures: Mapping[str, Any], named: set[str]) -> int:
    """1 where a peer broke, or one of those ``named`` is not here; a goal that is missed fails nothing."""
    return 1 if figures["broke"] or named & set(figures["skipped"]) else 0


def _commit() -> str:
    """Which state of the product this was; empty where git does not know."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
