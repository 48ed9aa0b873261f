"""The figures as a part of docs/speed.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.delivery import tables
from benchmarks.delivery.peers.base import ROOT

PAGE = ROOT / "docs" / "speed.md"
PART = re.compile(r"(<!-- figures: .*? -->\n).*?(<!-- /figures -->)", re.DOTALL)
Rows = Mapping[str, Mapping[str, float]]


def write(figures: Mapping[str, Any], folder: Path) -> None:
    """Into docs/speed.md, or into a copy of it in another folder."""
    text = PART.sub(lambda found: f"{found[1]}{markdown(figures)}\n{found[2]}", PAGE.read_text(encoding="utf-8"))
    (folder / PAGE.name).write_text(text, encoding="utf-8")


def markdown(figures: Mapping[str, Any]) -> str:
    """Every table, with what it was measured on."""
    sections: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
        ("cost", _cost),
        ("latency", _latency),
        ("cost", _split),
        ("counts", _counts),
        ("idle", _idle),
        ("pages", _pages),
        ("start", _start),
        ("queue", _queue),
    )
    parts = [_where(figures), *_goals(figures.get("goals", []))]
    parts += [section(figures) for name, section in sections if figures.get(name)]
    parts += [f"`{name}` was left out: {why}." for name, why in figures["skipped"].items()]
    parts += [f"`{name}` broke in {why}." for name, why in figures["broke"].items()]
    return "\n\n".join(parts)


def _where(figures: Mapping[str, Any]) -> str:
    machine = figures["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    return (
        f"Measured at `{figures['commit']}`, medians of {figures['rounds']} rounds, on {machine['cores']} cores"
        f" ({machine['processor']}), load average {machine['load_average_before']:.1f} when it began;"
        f" Python {machine['python']}, {versions}."
        f" Idle sockets, open pages and the watch: {figures['long_rounds']} rounds."
    )


def _goals(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each thing that was asked beside what was measured."""
    if not rows:
        return []
    lines = ["| asked | measured | |", "|---|---|---|"]
    lines += [f"| {row['asked']} | {row['shown']} | {row['text']} |" for row in rows]
    return ["**Against what was asked**\n\n" + "\n".join(lines)]


def _cost(figures: Mapping[str, Any]) -> str:
    return _messages(figures, "cost", "CPU per message at saturation")


def _latency(figures: Mapping[str, Any]) -> str:
    amounts = figures["amounts"]
    return _messages(figures, "latency", f"{amounts['crowd']} conversations at {amounts['rate']:.0f} messages a second")


def _messages(figures: Mapping[str, Any], part: str, title: str) -> str:
    lines = [
        "| peer | × relay | CPU µs | p50 ms | p99 ms | lost | not acknowledged | repeated | late |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in figures[part].items():
        cells = (
            f"`{name}`",
            f"{row['ratio_to_relay']:.1f}",
            f"{row['cpu_us']:.0f}",
            f"{row['p50_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
            f"{row['lost']:.0f}",
            f"{row['unacknowledged']:.0f}",
            f"{row['repeated']:.0f}",
            f"{row['late']:.0f} of {row['messages']:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return _pictured(part, title, "\n".join(lines))


def _split(figures: Mapping[str, Any]) -> str:
    """Who computed what: at saturation, and at the steady rate where that was measured."""
    found = []
    for part, when in (
        ("cost", "at saturation"),
        ("latency", f"at {figures['amounts']['rate']:.0f} messages a second"),
    ):
        rows = tables.split(figures, part)
        if rows:
            found.append(f"**CPU µs per message by who computed, {when}**\n\n{_grid(rows, 'set-up', 0)}")
    return "\n\n".join(found)


def _counts(figures: Mapping[str, Any]) -> str:
    """Exact what each message takes; how many share something depends on the machine, as times do."""
    return "\n\n".join(
        f"**Counts per message{which}**, of one run\n\n{_grid(tables.turned(runs), 'what', 2)}"
        for which, runs in tables.counted(figures).items()
    )


def _idle(figures: Mapping[str, Any]) -> str:
    return _pictured("idle", "Idle sockets", _grid(figures["idle"], "peer", 1))


def _pages(figures: Mapping[str, Any]) -> str:
    return _pictured("pages", "Open pages that say nothing", _grid(figures["pages"], "peer", 1))


def _start(figures: Mapping[str, Any]) -> str:
    return _pictured("start", "A start", _grid(figures["start"], "peer", 2))


def _queue(figures: Mapping[str, Any]) -> str:
    queue = figures["queue"]
    rows = {
        name: {
            "ratio": ratio,
            f"CPU µs with {queue['long_waiting']:,}": queue["long"][f"{name}_cpu_us"],
            f"with {queue['short_waiting']:,}": queue["short"][f"{name}_cpu_us"],
        }
        for name, ratio in queue["ratios"].items()
    }
    told = (f"{row['percent']:.2f} % of a core with {row['waiting']:,.0f}" for row in queue["at_rest"].values())
    watch = f"The watch was off for these. At rest with the watch on: {', '.join(told)}."
    return _pictured("queue", "A long queue", f"{_grid(rows, 'operation', 2)}\n\n{watch}")


def _pictured(part: str, title: str, table: str) -> str:
    return f"**{title}**\n\n![{title}](pictures/bench-{part}.svg)\n\n{table}"


def _grid(rows: Rows, corner: str, digits: int) -> str:
    columns = tables.columns(rows)
    names = " | ".join(column.replace("_", " ") for column in columns)
    lines = [f"| {corner} | {names} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = " | ".join(f"{row[column]:,.{digits}f}" for column in columns)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
