"""What was asked of this product, and whether the figures of a run meet it.

A goal that is missed is told with how much, on the terminal, in build/bench.json and in docs/speed.md, and fails
nothing: why it is missed stands in docs/speed.md. What was not measured is said not to have been.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
SERVERS = ("product", "product-uvicorn")
"""The servers of the default set-up: Daphne, which `make run` starts, and uvicorn."""
RELAY_P99_MS = 3.0
"""The latency is asked for where the bare relay's own is no more than this."""
TIMES = "times"
MET, MISSED, UNMEASURED = "met", "missed", "not measured"


class NotMeasured(Exception):
    """The run has no figure for this goal; the text says why."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that was asked.

    Attributes:
        asked: in words, the bound included.
        bound: the most that is allowed, or the least where ``is_least``.
        unit: of the bound and of the figure.
        take: the figure of a run, and what is told beside it.
        digits: how exactly it is told.
        is_least: the figure may not be smaller than the bound, instead of not larger.
    """

    asked: str
    bound: float
    unit: str
    take: Callable[[Results], tuple[float, str]]
    digits: int = 1
    is_least: bool = False

    def judge(self, figures: Results) -> dict[str, Any]:
        """What was measured, whether that is met, and by how much it is missed."""
        told: dict[str, Any] = {"asked": self.asked, "bound": self.bound, "unit": self.unit}
        try:
            value, beside = self.take(figures)
        except NotMeasured as why:
            return {**told, "verdict": UNMEASURED, "text": f"{UNMEASURED}: {why}"}
        except KeyError as lack:
            return {**told, "verdict": UNMEASURED, "text": f"{UNMEASURED}: the run has no {lack}"}
        over = self.bound - value if self.is_least else value - self.bound
        told |= {"measured": value, "beside": beside, "over": over}
        if over <= 0:
            return {**told, "verdict": MET, "text": MET}
        # Of a ratio, how much larger it is than the bound says all; else the difference comes first.
        by = [] if self.unit == TIMES else [self.shown(over)]
        by += [f"{100 * over / self.bound:.0f} %"] if self.bound else []
        return {**told, "verdict": MISSED, "text": f"{MISSED} by {', '.join(by)}"}

    def shown(self, value: float) -> str:
        """A figure with its unit."""
        return f"{value:,.{self.digits}f} {self.unit}"


def judged(figures: Results) -> list[dict[str, Any]]:
    """Each goal with what the run says of it; ``shown`` is the figure in words."""
    rows = []
    for goal in GOALS:
        row = goal.judge(figures)
        beside = f" ({row['beside']})" if row.get("beside") else ""
        row["shown"] = f"{goal.shown(row['measured'])}{beside}" if "measured" in row else ""
        rows.append(row)
    return rows


def _row(figures: Results, part: str, peer: str) -> Mapping[str, Any]:
    """A peer's figures in a part.

    Raises:
        NotMeasured: it has none.
    """
    if part not in figures:
        raise NotMeasured(f"the part {part} was not run")
    if peer not in figures[part]:
        skipped = figures.get("skipped", {})
        why = figures.get("broke", {}).get(peer) or skipped.get(peer) or skipped.get(f"{part} of {peer}")
        raise NotMeasured(f"no {peer}" + (f": {why.strip().splitlines()[0][:120]}" if why and why.strip() else ""))
    return figures[part][peer]


def _servers(figures: Results, part: str, name: str) -> dict[str, float]:
    """A figure for each server of the default set-up that was measured.

    Raises:
        NotMeasured: none was.
    """
    found = {one: figures[part][one][name] for one in SERVERS if one in figures.get(part, {})}
    return found or {SERVERS[0]: _row(figures, part, SERVERS[0])[name]}


def _fastest(figures: Results, part: str, name: str, digits: int) -> tuple[float, str]:
    """The smallest figure, and all of them in words."""
    found = _servers(figures, part, name)
    return min(found.values()), ", ".join(f"{one} {value:,.{digits}f}" for one, value in found.items())


def _times(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> float:
    """Median of the ratios of the same rounds, or the ratio of medians where rounds are not told."""
    rounds, others = one.get("each_round", ()), other.get("each_round", ())
    if rounds and len(rounds) == len(others):
        return statistics.median(mine[name] / his[name] for mine, his in zip(rounds, others, strict=True))
    return one[name] / other[name]


def _relay_times(figures: Results) -> tuple[float, str]:
    return _fastest(figures, "cost", "ratio_to_relay", 1)


def _beside_ejabberd(part: str, name: str, unit: str, digits: int) -> Callable[[Results], tuple[float, str]]:
    """The fastest server's figure as a multiple of ejabberd's."""

    def take(figures: Results) -> tuple[float, str]:
        theirs = _row(figures, part, "ejabberd")
        ours = {one: _times(_row(figures, part, one), theirs, name) for one in _servers(figures, part, name)}
        told = [f"{one} {_row(figures, part, one)[name]:,.{digits}f}" for one in ours]
        return min(ours.values()), f"{', '.join(told)}, ejabberd {theirs[name]:,.{digits}f} {unit}"

    return take


def _p99(server: str) -> Callable[[Results], tuple[float, str]]:
    def take(figures: Results) -> tuple[float, str]:
        row, relay = _row(figures, "latency", server), _row(figures, "latency", "relay")["p99_ms"]
        if relay > RELAY_P99_MS:
            raise NotMeasured(f"the relay's own p99 was {relay:.1f} ms, more than {RELAY_P99_MS:.0f}")
        each = [one["p99_ms"] for one in row.get("each_round", ())]
        between = f"rounds: {min(each):.1f} to {max(each):.1f}; " if each else ""
        return row["p99_ms"], f"{between}p50 {row['p50_ms']:.1f}; the relay's p99 {relay:.1f}"

    return take


def _not_kept(figures: Results) -> tuple[float, str]:
    """Whatever did not come once and in time, of all servers of the product."""
    rows = {name: row for name, row in figures.get("latency", {}).items() if name.startswith("product")}
    if not rows:
        raise NotMeasured("the part latency was not run")
    what = ("lost", "late", "unacknowledged", "repeated")
    messages = sum(row["messages"] for row in rows.values())
    return sum(row[name] for row in rows.values() for name in what), f"of {messages:,.0f}, {len(rows)} set-ups together"


def _queue(name: str) -> Callable[[Results], tuple[float, str]]:
    def take(figures: Results) -> tuple[float, str]:
        if "queue" not in figures:
            raise NotMeasured("the part queue was not run")
        queue = figures["queue"]
        key = f"{name}_cpu_us"
        return queue["ratios"][name], f"{queue['long'][key]:,.0f} and {queue['short'][key]:,.0f} µs"

    return take


def _idle_kib(figures: Results) -> tuple[float, str]:
    return _row(figures, "idle", SERVERS[0])["kib_per_socket"], "behind Daphne"


def _idle_count(figures: Results) -> tuple[float, str]:
    row = _row(figures, "idle", SERVERS[0])
    fewest = min((one["connected"] for one in row.get("each_round", ())), default=row["connected"])
    return fewest, f"within {row['connected_within_seconds']:.1f} s"


def _start(figures: Results) -> tuple[float, str]:
    row = _row(figures, "start", SERVERS[0])
    return row["cpu_seconds_at_rest"], f"at rest, triage included; {row['cpu_seconds']:.2f} until it listens"


def _two(figures: Results) -> tuple[float, str]:
    two, one = _row(figures, "cost", "product-two"), _row(figures, "cost", SERVERS[0])
    beside = f"{two['cpu_us']:,.0f} and {one['cpu_us']:,.0f} µs"
    if "product-postgres" in figures["cost"]:
        against = _times(two, figures["cost"]["product-postgres"], "cpu_us")
        beside += f"; {against:.1f} times one process on PostgreSQL"
    return _times(two, one, "cpu_us"), beside


GOALS: tuple[Goal, ...] = (
    Goal("CPU per message at most 4 times the bare relay's", 4.0, TIMES, _relay_times),
    Goal(
        "ahead of ejabberd: CPU per message at saturation",
        1.0,
        TIMES,
        _beside_ejabberd("cost", "cpu_us", "µs", 0),
        2,
    ),
    Goal(
        "ahead of ejabberd: CPU at 500 messages a second",
        1.0,
        TIMES,
        _beside_ejabberd("latency", "cpu_us", "µs", 0),
        2,
    ),
    Goal("ahead of ejabberd: p99 then", 1.0, TIMES, _beside_ejabberd("latency", "p99_ms", "ms", 1), 2),
    Goal(
        "ahead of ejabberd: memory of an idle page",
        1.0,
        TIMES,
        _beside_ejabberd("idle", "kib_per_socket", "KiB", 1),
        2,
    ),
    Goal("p99 at most 10 ms at 500 messages a second, behind Daphne", 10.0, "ms", _p99("product")),
    Goal("the same behind uvicorn", 10.0, "ms", _p99("product-uvicorn")),
    Goal("none lost, late, unacknowledged or repeated then", 0.0, "messages", _not_kept, 0),
    Goal("with 10,000 waiting a claim at most twice as dear as with 100", 2.0, TIMES, _queue("claim"), 2),
    Goal("a change of order likewise", 2.0, TIMES, _queue("reorder"), 2),
    Goal("a page likewise", 2.0, TIMES, _queue("page"), 2),
    Goal("idle socket at most 40 KiB", 40.0, "KiB", _idle_kib),
    Goal("5,000 idle sockets on one process", 5_000.0, "sockets", _idle_count, 0, is_least=True),
    Goal("start at most 1.2 s of CPU", 1.2, "s", _start, 2),
    Goal("two processes behind nginx at most 1.6 times one", 1.6, TIMES, _two, 2),
)
