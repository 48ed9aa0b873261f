"""Pictures of the figures, for docs/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

OURS, OTHERS, INK, PALE = "#1f6f78", "#b9b4a7", "#2b2b2b", "#d9d5ca"
WIDTH, ROW, FRAME = 7.2, 0.42, 1.1
"""Inches: of the picture, of a bar with its gap, of what is around the bars."""


def draw(figures: Mapping[str, Any], folder: Path) -> list[Path]:
    """A picture of each part that was measured.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    charts: tuple[tuple[str, Callable[[Mapping[str, Any], Path], None]], ...] = (
        ("cost", _cost),
        ("latency", _latency),
        ("idle", _idle),
        ("pages", _pages),
        ("start", _start),
        ("queue", _queue),
    )
    drawn = []
    for part, chart in charts:
        if figures.get(part):
            path = folder / f"bench-{part}.svg"
            chart(figures, path)
            drawn.append(path)
    return drawn


def _bars(
    path: Path, title: str, rows: list[tuple[str, float, str]], *, marks: tuple[tuple[float, str], ...] = ()
) -> None:
    """Horizontal bars: name, length, what stands at its end. Logarithmic where they differ much."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Without these, no two runs would give the same file.
    with mpl.rc_context({"svg.hashsalt": "hotline", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(WIDTH, FRAME + ROW * len(rows)), layout="constrained")
        axes = figure.subplots()
        names, lengths = [name for name, _, _ in rows], [length for _, length, _ in rows]
        colours = [OURS if name.startswith("product") else OTHERS for name in names]
        bars = axes.barh(names, lengths, color=colours, height=0.66)
        axes.bar_label(bars, labels=[text for _, _, text in rows], padding=4, color=INK, fontsize=9)
        if max(lengths) > 20 * min(length for length in lengths if length > 0):
            axes.set_xscale("log")
        for at, name in marks:
            axes.axvline(at, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.annotate(
                name, (at, 1), xycoords=("data", "axes fraction"), xytext=(3, 2), textcoords="offset points", fontsize=8
            )
        axes.invert_yaxis()
        axes.margins(x=0.22)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(PALE)
        axes.tick_params(length=0, colors=INK, labelsize=9)
        axes.set_title(title, loc="left", fontsize=10, color=INK, pad=14)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _by_length(rows: list[tuple[str, float, str]]) -> list[tuple[str, float, str]]:
    return sorted(rows, key=lambda row: row[1])


def _cost(figures: Mapping[str, Any], path: Path) -> None:
    rows = [
        (name, row["ratio_to_relay"], f"{row['ratio_to_relay']:.1f} ×   ({row['cpu_us']:.0f} µs)")
        for name, row in figures["cost"].items()
    ]
    title = f"CPU per message at saturation, as multiples of a bare relay (median of {figures['rounds']} rounds)"
    _bars(path, title, _by_length(rows), marks=((4.0, "goal"),))


def _latency(figures: Mapping[str, Any], path: Path) -> None:
    amounts = figures["amounts"]
    rows = []
    for name, row in figures["latency"].items():
        behind = "   cannot keep up" if row["late"] else ""
        rows.append((name, row["p99_ms"], f"{row['p50_ms']:.1f} / {row['p99_ms']:.1f} ms{behind}"))
    title = (
        f"From sending to showing, p50 / p99: {amounts['crowd']} conversations, {amounts['rate']:.0f} messages a second"
    )
    _bars(path, title, _by_length(rows), marks=((10.0, "goal"),))


def _idle(figures: Mapping[str, Any], path: Path) -> None:
    rows = [(name, row["kib_per_socket"], f"{row['kib_per_socket']:.0f} KiB") for name, row in figures["idle"].items()]
    count = max(row["sockets"] for row in figures["idle"].values())
    title = f"Memory of an idle socket, {count:,.0f} on one process"
    _bars(path, title, _by_length(rows), marks=((40.0, "goal"),))


def _pages(figures: Mapping[str, Any], path: Path) -> None:
    found = figures["pages"]["product"]
    kinds = (("heartbeats alone", "heartbeats_percent"), ("with an echo in each silence", "with_echoes_percent"))
    rows = [(f"product: {what}", found[name], f"{found[name]:.1f} %") for what, name in kinds]
    _bars(path, f"{found['pages']:,.0f} open pages that say nothing: share of one core", rows)


def _start(figures: Mapping[str, Any], path: Path) -> None:
    rows = [
        (name, row["cpu_seconds_at_rest"], f"{row['cpu_seconds_at_rest']:.2f} s   ({row['memory_mib']:.0f} MiB)")
        for name, row in figures["start"].items()
    ]
    _bars(path, "CPU of a start until the server is at rest", _by_length(rows), marks=((1.2, "goal"),))


def _queue(figures: Mapping[str, Any], path: Path) -> None:
    queue = figures["queue"]
    rows = [(f"product: {name}", ratio, f"{ratio:.2f} ×") for name, ratio in queue["ratios"].items()]
    title = f"With {queue['long_waiting']:,} waiting, as multiples of the cost with {queue['short_waiting']:,}"
    _bars(path, title, rows, marks=((2.0, "goal"),))
