"""Medians of rounds, and the tables that are printed: ratios first, since they hold elsewhere too."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Figures = dict[str, float]


def medians(rounds: Sequence[Mapping[str, float]]) -> Figures:
    """The median of each figure."""
    return {name: statistics.median(one.get(name, 0.0) for one in rounds) for name in rounds[0]}


def in_rounds(rounds: Sequence[Figures]) -> dict[str, Any]:
    """The same, and each round's beside."""
    return {**medians(rounds), "each_round": list(rounds)}


def columns(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a table of such rows shows."""
    return [name for name in next(iter(rows.values())) if name != "each_round"]


def summary(rounds: Sequence[Figures], relay: Sequence[Figures]) -> dict[str, Any]:
    """Medians, sums of what became of messages, and the median of the ratios to the relay's of the same round."""
    names = ("cpu_us", "p50_ms", "p99_ms", "seconds", "cpu_share")
    found: dict[str, Any] = {name: statistics.median(one[name] for one in rounds) for name in names}
    pairs = zip(rounds, relay, strict=True)
    found["ratio_to_relay"] = statistics.median(one["cpu_us"] / other["cpu_us"] for one, other in pairs)
    for name in ("messages", "lost", "late", "unacknowledged", "repeated"):
        found[name] = sum(one[name] for one in rounds)
    found["each_round"] = list(rounds)
    return found


def one(result: Figures) -> str:
    """One peer's round in a line."""
    return (
        f"{result['cpu_us']:8.0f} µs  p50 {result['p50_ms']:7.1f}  p99 {result['p99_ms']:7.1f} ms"
        f"  lost {result['lost']:.0f}  late {result['late']:.0f}  of {result['messages']:.0f}"
    )


def report(figures: Mapping[str, Any]) -> str:
    """All tables."""
    tables = [
        *_messages(figures, "cost", "CPU per message at saturation"),
        *_messages(figures, "latency", "At a steady rate among many conversations"),
        *_counts(figures.get("counts", {})),
        *_rows(figures.get("idle", {}), "Idle sockets"),
        *_rows(figures.get("pages", {}), "Open pages that say nothing"),
        *_rows(figures.get("start", {}), "A start"),
        *_queue(figures.get("queue", {})),
    ]
    return "\n".join(tables)


def _messages(figures: Mapping[str, Any], part: str, title: str) -> list[str]:
    if part not in figures:
        return []
    lines = [
        f"\n{title} ({figures['rounds']} rounds, medians; late: the peer cannot keep up)",
        f"{'':18}{'x relay':>8}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'lost':>7}{'late':>7}{'repeated':>10}",
    ]
    for name, row in figures[part].items():
        lines.append(
            f"{name:18}{row['ratio_to_relay']:8.2f}{row['cpu_us']:9.0f}{row['p50_ms']:9.1f}{row['p99_ms']:9.1f}"
            f"{row['lost']:7.0f}{row['late']:7.0f}{row['repeated']:10.0f}"
        )
    return lines


def _counts(runs: Mapping[str, Figures]) -> list[str]:
    if not runs:
        return []
    lines = ["\nCounts per message of the product", f"{'':24}" + "".join(f"{run:>12}" for run in runs)]
    names = sorted({what for row in runs.values() for what in row})
    return lines + [f"{name:24}" + "".join(f"{row.get(name, 0.0):12.2f}" for row in runs.values()) for name in names]


def _rows(rows: Mapping[str, Figures], title: str) -> list[str]:
    if not rows:
        return []
    names = columns(rows)
    lines = [f"\n{title}", f"{'':18}" + "".join(f"{name:>{len(name) + 3}}" for name in names)]
    for peer, row in rows.items():
        lines.append(f"{peer:18}" + "".join(f"{row[name]:{len(name) + 3}.2f}" for name in names))
    return lines


def _queue(queue: Mapping[str, Any]) -> list[str]:
    if not queue:
        return []
    long, short = queue["long_waiting"], queue["short_waiting"]
    lines = [
        f"\nA queue of {long:,} beside one of {short:,}",
        f"{'':18}{'ratio':>8}{'CPU µs':>10}{'beside':>10}{'ms':>9}",
    ]
    for name, ratio in queue["ratios"].items():
        cpu, wait = f"{name}_cpu_us", f"{name}_ms"
        lines.append(
            f"{name:18}{ratio:8.2f}{queue['long'][cpu]:10.0f}{queue['short'][cpu]:10.0f}{queue['long'][wait]:9.1f}"
        )
    return lines
