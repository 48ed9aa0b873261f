"""Medians of rounds, and the tables that are printed: ratios first, since they hold elsewhere too."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Figures = dict[str, float]
PART = "part: "
"""What a round's figures of the CPU of one part of a server begin with."""
SERVED = "product"
"""The peer that is this product as `make run` serves it."""
PARTS_IN_ORDER = ("main threads", "database threads", "other threads", "triage", "postgres", "redis-server", "nginx")


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
    split = sorted({name for one in rounds for name in one if name.startswith(PART)})
    found["parts"] = {
        name.removeprefix(PART): statistics.median(one.get(name, 0.0) for one in rounds) for name in split
    }
    found["each_round"] = list(rounds)
    return found


def counted(figures: Mapping[str, Any]) -> dict[str, dict[str, Figures]]:
    """What was counted for each message, by the title of a table and of its columns.

    One process on SQLite in each run; and where others were counted too, all of them beside each other in one run.
    """
    counts, steady = figures.get("counts", {}), f"at {figures['amounts']['rate']:.0f} a second"
    runs = {
        name: {steady if run == "steady" else run: row for run, row in rows.items()} for name, rows in counts.items()
    }
    found = {"": runs[SERVED]} if SERVED in runs else {}
    if set(runs) - {SERVED}:
        for run in ("saturated", steady):
            found[f", {run}"] = {name: rows[run] for name, rows in runs.items()}
    return found


def split(figures: Mapping[str, Any], part: str) -> dict[str, Figures]:
    """CPU of a message by who computed it, for each set-up of the product; all rows have the same columns."""
    rows = {name: row["parts"] for name, row in figures.get(part, {}).items() if name.startswith("product")}
    names = dict.fromkeys(name for name in PARTS_IN_ORDER if any(name in row for row in rows.values()))
    names |= dict.fromkeys(name for row in rows.values() for name in row)
    return {peer: {name: row.get(name, 0.0) for name in names} for peer, row in rows.items()}


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
        *_rows(split(figures, "cost"), "CPU µs per message by who computed, at saturation"),
        *_rows(split(figures, "latency"), "The same at a steady rate"),
        *(line for which, runs in counted(figures).items() for line in _counts(which, runs)),
        *_rows(figures.get("idle", {}), "Idle sockets"),
        *_rows(figures.get("pages", {}), "Open pages that say nothing"),
        *_rows(figures.get("start", {}), "A start"),
        *_queue(figures.get("queue", {})),
        *goals(figures.get("goals", []), is_full=figures.get("is_full", False)),
        *(f"\nBroke: {name}: {why}" for name, why in figures.get("broke", {}).items()),
        *(f"\nNot here: {name}: {why}" for name, why in figures.get("skipped", {}).items()),
    ]
    return "\n".join(tables)


def _messages(figures: Mapping[str, Any], part: str, title: str) -> list[str]:
    if part not in figures:
        return []
    names = (
        f"{'x relay':>8}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'lost':>7}{'late':>7}{'not ack.':>10}{'repeated':>10}"
    )
    lines = [
        f"\n{title} ({figures['rounds']} rounds, medians; late: the peer cannot keep up)",
        f"{'':18}{names}",
    ]
    for name, row in figures[part].items():
        lines.append(
            f"{name:18}{row['ratio_to_relay']:8.2f}{row['cpu_us']:9.0f}{row['p50_ms']:9.1f}{row['p99_ms']:9.1f}"
            f"{row['lost']:7.0f}{row['late']:7.0f}{row['unacknowledged']:10.0f}{row['repeated']:10.0f}"
        )
    return lines


def turned(columns: Mapping[str, Figures]) -> dict[str, Figures]:
    """The same by row; what a column lacks is 0."""
    names = sorted({name for row in columns.values() for name in row})
    return {name: {column: row.get(name, 0.0) for column, row in columns.items()} for name in names}


def _counts(which: str, runs: Mapping[str, Figures]) -> list[str]:
    lines = [f"\nCounts per message{which}", f"{'':37}" + "".join(f"{run:>18}" for run in runs)]
    rows = turned(runs).items()
    return lines + [f"{name:37}" + "".join(f"{value:18.2f}" for value in row.values()) for name, row in rows]


def _rows(rows: Mapping[str, Figures], title: str) -> list[str]:
    if not rows:
        return []
    names = columns(rows)
    lines = [f"\n{title}", f"{'':18}" + "".join(f"{name:>{len(name) + 3}}" for name in names)]
    for peer, row in rows.items():
        lines.append(f"{peer:18}" + "".join(f"{row[name]:{len(name) + 3}.2f}" for name in names))
    return lines


def _rest(queue: Mapping[str, Any]) -> list[str]:
    """The watch's part of a long queue."""
    if not queue.get("at_rest"):
        return []
    told = (f"{row['percent']:.2f} % of a core with {row['waiting']:,.0f}" for row in queue["at_rest"].values())
    return [f"At rest, the watch on: {', '.join(told)}"]


def goals(rows: Sequence[Mapping[str, Any]], *, is_full: bool) -> list[str]:
    """What was asked, what was measured, and whether that is met; nothing of parts that were not run."""
    lines = []
    for row in rows:
        if not row["text"].endswith("was not run"):
            why = row["text"].removeprefix(row["verdict"]).lstrip(": ")
            told = "; ".join(part for part in (row["asked"], row["shown"], why) if part)
            lines.append(f"  {row['verdict']:13} {told}")
    title = "" if is_full else " (amounts smaller than asked: these verdicts mean little)"
    return [f"\nAgainst what was asked{title}", *lines] if lines else []


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
    return lines + _rest(queue)
