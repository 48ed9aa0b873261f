"""The results of a run of `make faults` as a part of docs/delivery.md, between two markers.

Nothing in it is bold: bold sentences of that page are its promises, and tests/architecture reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from tests.faults.figures import Figures

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"
PART = re.compile(r"(<!-- faults: .*? -->\n).*?(<!-- /faults -->)", re.DOTALL)
HEAD = "| fault | storage | rounds | acknowledged | wrong | back, seconds | most, of what is promised | also |"
STORAGES = {
    "sqlite": "SQLite",
    "sqlite+redis": "SQLite, Redis",
    "postgresql": "PostgreSQL",
    "postgresql+redis": "PostgreSQL, Redis",
}
WRONG = dict(zip(Figures.WRONG, ("lost", "doubled", "out of order", "pages that differ"), strict=True))
UNKNOWN = "unknown"
WIDTH = 124
"""Of the lines of the page; rows of a table cannot be broken."""
Result = Mapping[str, Any]


def write(found: Mapping[str, Any] | Sequence[Result], page: Path) -> None:
    """Put what build/faults.json says between the markers of ``page``, and leave the rest of it as it is.

    Raises ValueError where the run was not a whole one, or the page has no markers.
    """
    # Until it told of the run as well, the file was a list of results.
    run, results = (found["run"], found["results"]) if isinstance(found, Mapping) else ({}, found)
    if not run.get("whole", True):
        raise ValueError("the page tells whole runs of full forms: without --short, --only and --rounds")
    part = markdown(run, results)
    text, times = PART.subn(lambda old: f"{old[1]}{part}\n{old[2]}", page.read_text(encoding="utf-8"))
    if times != 1:
        raise ValueError(f"{page.name} has {times} places for results, and not one")
    page.write_text(text, encoding="utf-8")


def markdown(run: Mapping[str, Any], results: Sequence[Result]) -> str:
    """What was played, sums, and a row for each form."""
    rows = [HEAD, "|---" * HEAD.count(" | ") + "|---|", *(row(one) for one in results)]
    told = (fill(text, WIDTH, break_on_hyphens=False) for text in (_about(run, results), _sums(results)))
    return "\n\n".join([*told, "\n".join(rows)])


def _about(run: Mapping[str, Any], results: Sequence[Result]) -> str:
    seeds = {one["seed"] for one in results}
    seed = run.get("seed") or (seeds.pop() if len(seeds) == 1 else UNKNOWN)
    forms, all_of_them = len(results), run.get("forms", len(results))
    many = f"{forms} full forms" if forms == all_of_them else f"{forms} of {all_of_them} full forms, then it ended,"
    took = duration(run["seconds"]) if "seconds" in run else f"a time that is {UNKNOWN}"
    each = duration(sum(one["seconds"] for one in results))
    return (
        f"Date {run.get('date', UNKNOWN)}, commit {_code(run.get('commit'))}, seed {seed}, jobs"
        f" {run.get('jobs', UNKNOWN)}, load average when it began {run.get('load', UNKNOWN)}: {many} in {took}"
        f" ({each}, one after the other)."
    )


def _sums(results: Sequence[Result]) -> str:
    kept = sum(one["passed"] for one in results)
    broken, missing = (sum(word in one["notes"] for one in results) for word in ("broke off", "not done"))
    sums = {name: sum(one[name] for one in results) for name in ("acknowledged", *WRONG)}
    wrong = ", ".join(f"{label} {sums[name]:,}" for name, label in WRONG.items())
    return (
        f"{kept} kept every promise, {len(results) - kept - broken - missing} missed one, {broken} broke off,"
        f" {missing} were not done. Acknowledged {sums['acknowledged']:,}; {wrong}. A form that broke off is not"
        " counted in these sums. In the last column, what is 0 is left out."
    )


def row(one: Result) -> str:
    """The line of one form."""
    counted = not {"broke off", "not done"} & set(one["notes"])
    wrong = [f"{one[name]:,} {label}" for name, label in WRONG.items() if one[name]]
    cells = (
        _title(one["scenario"]),
        STORAGES.get(one["storage"], one["storage"]),
        f"{one['rounds']:,}" if counted else "",
        f"{one['acknowledged']:,}" if counted else "",
        (", ".join(wrong) or "0") if counted else "",
        _back(one["back_p50"], one["back_max"]),
        "; ".join(bounded(name, *figures) for name, figures in one["limits"].items()),
        "; ".join(_noted(name, value) for name, value in one["notes"].items() if value != 0),
    )
    return "".join(f"| {_escaped(cell)} " if cell else "| " for cell in cells) + "|"


def bounded(name: str, measured: float, most: float) -> str:
    """A figure with its bound: "back 3.84 s of 5"; of what must never be there only how much there was."""
    unit, label = _unit(name.replace(" within (", " ("))
    missed = " (missed)" if measured > most else ""
    bound = f" of {most:g}" if most else ""
    return f"{label} {_number(measured)}{unit}{bound}{missed}"


def duration(seconds: float) -> str:
    """Hours and minutes; what is shorter than a minute in seconds."""
    minutes = round(seconds / 60)
    if not minutes:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _unit(name: str) -> tuple[str, str]:
    """A figure's unit with a space before it, and its name without the unit."""
    found = re.fullmatch(r"(.*) \((s|ms|MB)\)", name)
    return (f" {found[2]}", found[1]) if found else ("", name)


def _noted(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return f"{name}: {value}"
    unit, label = _unit(name)
    return f"{label} {_number(value)}{unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _back(median: float | None, most: float | None) -> str:
    if median is None or most is None:
        return ""
    return f"{most:.2f}" if median == most else f"median {median:.2f}, most {most:.2f}"


def _title(scenario: str) -> str:
    named = scenario.replace("kill -9", "`kill -9`")
    return named[0].upper() + named[1:]


def _code(commit: str | None) -> str:
    return f"`{commit}`" if commit else UNKNOWN


def _escaped(cell: str) -> str:
    """An error's text may hold whatever it likes, and makes neither a cell nor a promise of it."""
    line = " ".join(cell.split())
    return re.sub(r"([|*<])", r"\\\1", line)
