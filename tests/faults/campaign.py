"""`make faults`: every fault we know how to make, on real processes; what was lost, doubled or late is counted.

    python -m tests.faults.campaign                  everything in its full form (hours)
    python -m tests.faults.campaign --short          a little of everything, two at a time (minutes)
    python -m tests.faults.campaign --only Redis     scenarios with this in their title or storage
    python -m tests.faults.campaign --seed 7         the same random choices again
    python -m tests.faults.campaign --rounds 50      so often, instead of what the scenario says
    python -m tests.faults.campaign --jobs 2         two scenarios at a time, each with machines of its own
    python -m tests.faults.campaign --docs           play nothing: write the last whole run into docs/delivery.md
    python -m tests.faults.campaign --docs FILE      the same, from results that were kept elsewhere

Scenarios live in tests/faults/scenarios, a module for each kind of fault. The table goes to the terminal, a line as
each scenario ends; everything goes to build/faults.json. The exit code is 1 if anything acknowledged was lost, doubled
or out of order, if a page showed something else than the record, if a promise with a number was not kept, or if a
scenario broke off. What this machine does not allow is told as not done.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import pkgutil
import random
import secrets
import subprocess
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

from tests.faults import delivery_page
from tests.faults.figures import Figures
from tests.faults.stage import Stage, Workshop

Run = Callable[[Stage, int], Awaitable[Figures]]
RESULTS = Path(__file__).parents[2] / "build" / "faults.json"
SCENARIOS = Path(__file__).with_name("scenarios")


@dataclass(frozen=True)
class Scenario:
    """A fault, and how often it is made.

    Attributes:
        minutes: the full form is broken off after this; the short form always after 3.
        alone: it takes all that the machine has, and is played beside no other.
    """

    title: str
    storage: str
    full: int
    short: int
    minutes: float
    alone: bool
    run: Run


registered: list[Scenario] = []


def scenario(
    title: str,
    *,
    full: int,
    short: int,
    storage: tuple[str, ...] = ("sqlite",),
    minutes: float = 15,
    alone: bool = False,
) -> Callable[[Run], Run]:
    """Register ``async def run(stage, rounds) -> Figures`` for each storage: "sqlite", "postgresql", either "+redis".

    With ``short=0`` there is no short form of it.
    """

    def register(run: Run) -> Run:
        registered.extend(Scenario(title, one, full, short, minutes, alone, run) for one in storage)
        return run

    return register


def collect() -> list[Scenario]:
    """Every scenario there is."""
    for module in sorted(pkgutil.iter_modules([str(SCENARIOS)]), key=lambda one: one.name):
        importlib.import_module(f"tests.faults.scenarios.{module.name}")
    return registered


async def play(one: Scenario, workshop: Workshop, *, short: bool, seed: int, rounds: int = 0) -> Figures:
    """One scenario, in bounded time; with ``rounds`` the fault is made so often, and not as often as it says itself."""
    chance = random.Random(f"{seed} {one.title} {one.storage}")
    stage = Stage(workshop, one.storage, chance, short=short)
    rounds = rounds or (one.short if short else one.full)
    try:
        async with asyncio.timeout((3 if short else one.minutes) * 60):
            figures = await one.run(stage, rounds)
    finally:
        await stage.close()
    if "not done" not in figures.notes:
        figures.rounds = figures.rounds or rounds
    return figures


def result(one: Scenario, figures: Figures, *, seed: int, seconds: float) -> dict:
    """What build/faults.json says of a scenario."""
    said = asdict(figures)
    said.pop("back_seconds")
    done = "not done" not in figures.notes
    return {
        "scenario": one.title,
        "storage": one.storage,
        **said,
        "back_p50": figures.back_p50,
        "back_max": figures.back_max,
        "missed": figures.missed(),
        "done": done,
        "passed": done and not figures.wrong and not figures.missed() and "broke off" not in figures.notes,
        "seed": seed,
        "seconds": round(seconds, 1),
    }


HEAD = ("rounds", "acknowledged", "lost", "duplicated", "out_of_order", "page_differs", "back_p50", "back_max")
LABELS = ("rounds", "ack'd", "lost", "doubled", "order", "pages", "back p50", "back max", "took")


def row(found: dict) -> str:
    """A line of the table, and below it what was not kept."""
    cells = "".join(f"{'-' if found[name] is None else found[name]:>9}" for name in (*HEAD, "seconds"))
    end = "ok" if found["passed"] else "MISSED" if found["done"] else "NOT DONE"
    line = f"{found['scenario'][:52]:52} {found['storage'][:16]:16}{cells}  {end}"
    beside = [*found["missed"], *(f"{name} {value}" for name, value in found["notes"].items())]
    return "\n".join([line, *(f"    {one}" for one in beside), *found["stories"]])


def summary(results: list[dict]) -> str:
    """All of them in one line."""
    kept, done = (sum(one[name] for one in results) for name in ("passed", "done"))
    wrong = {name: sum(one[name] for one in results) for name in ("acknowledged", *Figures.WRONG)}
    told = ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in wrong.items())
    return f"{kept} kept, {done - kept} missed, {len(results) - done} not done: {told}"


class Worker:
    """One process of a run, with a workshop of its own for all the scenarios that come to it."""

    workshop: Workshop

    @classmethod
    def begin(cls) -> None:
        """Called once in the process, before the first scenario."""
        collect()
        cls.workshop = Workshop()
        # What ends such a process leaves out atexit, and calls this.
        Finalize(None, cls.workshop.close, exitpriority=1)

    @classmethod
    def play(cls, number: int, *, short: bool, seed: int, rounds: int) -> dict:
        """The scenario with this number; one that breaks off has a result too."""
        one, began = registered[number], time.monotonic()
        try:
            figures = asyncio.run(play(one, cls.workshop, short=short, seed=seed, rounds=rounds))
        except Exception as error:
            traceback.print_exc()
            figures = Figures(notes={"broke off": f"{type(error).__name__}: {str(error)[:300]}"})
        return result(one, figures, seed=seed, seconds=time.monotonic() - began)


def run_all(chosen: list[Scenario], *, jobs: int, short: bool, seed: int, rounds: int = 0) -> Iterator[dict]:
    """So many at a time, then one by one those that are played alone; each result as its scenario ends.

    Those that may take longest begin first, so that no long one is left over for the end.
    """
    for alone in (False, True):
        todo = [registered.index(one) for one in chosen if one.alone == alone]
        todo.sort(key=lambda number: -registered[number].minutes)
        with ProcessPoolExecutor(1 if alone else jobs, get_context("spawn"), Worker.begin) as pool:
            played = [pool.submit(Worker.play, one, short=short, seed=seed, rounds=rounds) for one in todo]
            for done in as_completed(played):
                yield done.result()


def begun(asked: argparse.Namespace, *, seed: int, jobs: int, forms: int) -> dict:
    """What build/faults.json says of a run as it begins: which code, when, and on how busy a machine."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=RESULTS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": described.stdout.strip() or None,
        "seed": seed,
        "jobs": jobs,
        "load": round(os.getloadavg()[0], 1),
        "forms": forms,
        "whole": not (asked.short or asked.only or asked.rounds),
    }


def main() -> int:
    """Play what was asked for, print and write it."""
    arguments = argparse.ArgumentParser(prog="make faults")
    arguments.add_argument("--short", action="store_true", help="a little of everything, in minutes")
    arguments.add_argument("--only", default="", help="scenarios with this in their title or storage")
    arguments.add_argument("--seed", type=int, default=0, help="the same random choices again")
    arguments.add_argument("--rounds", type=int, default=0, help="make each fault so often")
    arguments.add_argument(
        "--jobs", type=int, default=0, help="so many scenarios at a time; 1, or 2 of the short forms"
    )
    arguments.add_argument(
        "--docs", nargs="?", type=Path, const=RESULTS, help="play nothing, write results into docs/delivery.md"
    )
    asked = arguments.parse_args()
    if asked.docs:
        try:
            delivery_page.write(json.loads(asked.docs.read_text(encoding="utf-8")), delivery_page.PAGE)
        except (OSError, ValueError) as error:
            arguments.error(str(error))
        return 0
    seed = asked.seed or secrets.randbelow(100_000)
    chosen = [
        one
        for one in collect()
        if asked.only.lower() in f"{one.title} {one.storage}".lower() and (one.short if asked.short else one.full)
    ]
    sys.stdout.write(f"seed {seed}\n{'':52} {'':16}{''.join(f'{label:>9}' for label in LABELS)}\n")
    # Short forms mostly wait: for a page to come back, for a server to start.
    jobs = asked.jobs or (2 if asked.short else 1)
    run, began = begun(asked, seed=seed, jobs=jobs, forms=len(chosen)), time.monotonic()
    results: list[dict] = []
    for found in run_all(chosen, jobs=jobs, short=asked.short, seed=seed, rounds=asked.rounds):
        sys.stdout.write(row(found) + "\n")
        sys.stdout.flush()
        results.append(found)
        written = {"run": {**run, "seconds": round(time.monotonic() - began)}, "results": results}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(summary(results) + "\n")
    return 0 if results and all(found["passed"] or not found["done"] for found in results) else 1


if __name__ == "__main__":
    # Scenarios import this module by its name: what they register must be found there.
    from tests.faults import campaign

    sys.exit(campaign.main())
