"""`make bench`: measures, prints a table with ratios first, writes build/bench.json.

On a machine that others use too only ratios hold: every round measures the bare relay beside each peer, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.delivery import machine, words
from benchmarks.delivery.peers.base import ROOT, Missing, Peer
from benchmarks.delivery.peers.ejabberd import Ejabberd
from benchmarks.delivery.peers.node.peer import Node
from benchmarks.delivery.peers.product import CountedProduct, Product, ProductOnUvicorn
from benchmarks.delivery.peers.relay import Relay
from benchmarks.delivery.peers.tutorial.peer import Tutorial
from benchmarks.delivery.rounds import SHORT, Amounts, counted, saturated, scratch, talking

PEERS: tuple[type[Peer], ...] = (Relay, Product, ProductOnUvicorn, Tutorial, Node, Ejabberd)
PARTS = ("cost", "latency", "counts")
TEXTS = 997
"""A prime: rooms and texts do not fall into step."""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each peer is measured (5)")
    parser.add_argument("--only", default="", help=f"parts, with commas between: {', '.join(PARTS)}")
    parser.add_argument(
        "--peers", default="", help=f"peers: {', '.join(peer.name for peer in PEERS)}; relay always runs"
    )
    parser.add_argument("--short", action="store_true", help="a minute's worth, to see that it runs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json", help="where the figures go")
    return parser.parse_args()


def main() -> int:
    """Measure what was asked for."""
    asked = arguments()
    parts = [part for part in asked.only.split(",") if part] or list(PARTS)
    wanted = {name for name in asked.peers.split(",") if name}
    unknown = (set(parts) - set(PARTS)) | (wanted - {peer.name for peer in PEERS})
    if unknown:
        print(f"Not known: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    amounts = SHORT if asked.short else Amounts()
    began = time.time()
    figures: dict[str, Any] = {"machine": machine.describe(), "rounds": asked.rounds, "amounts": vars(amounts)}
    with scratch() as folder:
        texts = words.messages(TEXTS)
        peers, figures["skipped"] = prepared(folder, amounts, wanted)
        for part, measure in (("cost", saturated), ("latency", talking)):
            if part in parts:
                figures[part] = asyncio.run(in_turns(part, measure, peers, texts, amounts, asked.rounds))
        if "counts" in parts and (not wanted or "product" in wanted):
            peer = CountedProduct()
            (folder / "counted").mkdir()
            peer.prepare(folder / "counted", amounts.shapes())
            figures["counts"] = asyncio.run(counted(peer, texts, amounts))
    figures["took_seconds"] = round(time.time() - began, 1)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    report(figures)
    print(f"\nAll figures: {asked.out}")
    return 0


def prepared(folder: Path, amounts: Amounts, wanted: set[str]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be measured here, and why the others cannot."""
    ready, skipped = [], {}
    for kind in PEERS:
        if wanted and kind.name not in wanted and kind is not Relay:
            continue
        peer = kind()
        try:
            own = folder / kind.name
            own.mkdir()
            peer.prepare(own, amounts.shapes())
        except Missing as lack:
            skipped[kind.name] = str(lack)
            print(f"skipped {kind.name}: {lack}", flush=True)
        else:
            ready.append(peer)
    return ready, skipped


async def in_turns(part: str, measure: Any, peers: list[Peer], texts: list[str], amounts: Amounts, rounds: int) -> Any:
    """Every peer once a round, each round beginning with another; ratios to the relay of the same round."""
    results: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in peers}
    for number in range(rounds):
        start = number % len(peers)
        for peer in peers[start:] + peers[:start]:
            result = await measure(peer, texts, amounts)
            results[peer.name].append(result)
            print(
                f"{part} {number + 1}/{rounds} {peer.name:16} {result['cpu_us']:8.0f} µs"
                f"  p50 {result['p50_ms']:7.1f}  p99 {result['p99_ms']:7.1f} ms"
                f"  lost {result['lost']:.0f}  late {result['late']:.0f}  of {result['messages']:.0f}",
                flush=True,
            )
    return {name: summary(rounds_, results[Relay.name]) for name, rounds_ in results.items()}


def summary(rounds: list[dict[str, float]], relay: list[dict[str, float]]) -> dict[str, Any]:
    """Medians, and the median of the ratios to the relay's of the same round."""
    found: dict[str, Any] = {
        name: statistics.median(one[name] for one in rounds)
        for name in ("cpu_us", "p50_ms", "p99_ms", "seconds", "cpu_share")
    }
    found["ratio_to_relay"] = statistics.median(
        one["cpu_us"] / other["cpu_us"] if other["cpu_us"] else 0.0 for one, other in zip(rounds, relay, strict=True)
    )
    for name in ("messages", "lost", "late", "unacknowledged", "repeated"):
        found[name] = sum(one[name] for one in rounds)
    found["each_round"] = rounds
    return found


def report(figures: dict[str, Any]) -> None:
    """The table: ratios first, since they hold elsewhere too."""
    for part, title in (("cost", "CPU per message at saturation"), ("latency", "At a steady rate, many conversations")):
        if part not in figures:
            continue
        print(f"\n{title} ({figures['rounds']} rounds, medians)")
        print(f"{'':18}{'x relay':>8}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'lost':>7}{'late':>7}{'repeated':>10}")
        for name, row in figures[part].items():
            print(
                f"{name:18}{row['ratio_to_relay']:8.2f}{row['cpu_us']:9.0f}{row['p50_ms']:9.1f}{row['p99_ms']:9.1f}"
                f"{row['lost']:7.0f}{row['late']:7.0f}{row['repeated']:10.0f}"
            )
    if "counts" in figures:
        print("\nCounts per message of the product")
        runs = figures["counts"]
        print(f"{'':24}" + "".join(f"{run:>12}" for run in runs))
        for name in sorted({what for row in runs.values() for what in row}):
            print(f"{name:24}" + "".join(f"{row.get(name, 0.0):12.2f}" for row in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
