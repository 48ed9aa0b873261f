"""`make simulate-queue`: a night and a surge, by the order of the queue: waits per level under three orders.

People arrive at random, stay with a counselor for a while, and some leave while they wait. The same people, in the
same order, meet three queues: first come first served; this product's, with triage that errs as often as it was
measured to; and this product's with perfect knowledge. The tables decide the policy's constants, and help a site to
plan its staff.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import simpy

from triage.core.levels import Level
from triage.core.ordering import POLICY, Desk, Policy, Waiting, longest_below, order_for, order_queue
from triage.exact import WEIGHTS
from triage.learning import errors

START = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
NIGHT_MINUTES = 12 * 60
NIGHTS, SLOTS = 40, 12
TOLD = Path("docs/pictures/queue.svg")
"""What docs/queue.md shows; a run with other numbers than its does not draw over it."""
BOUND = 1.5
"""Nobody's wait in a surge may be longer than so many times the longest of first come first served; without skills."""
SURGE = (120.0, 300.0)
"""From 22:00 to 01:00, in minutes after the start."""
MIX = {Level.LOW: 0.70, Level.MODERATE: 0.20, Level.HIGH: 0.08, Level.IMMINENT: 0.02}
"""Shares of true levels among people; Crisis Text Line and 988 publish about one in ten in danger."""
TALK_MINUTES = {Level.LOW: 35.0, Level.MODERATE: 45.0, Level.HIGH: 55.0, Level.IMMINENT: 65.0}
"""Median length of a conversation; lognormal with sigma 0.4."""
SAID = errors.read(errors.beside(WEIGHTS))
"""How rules and model err at one message: by folds of the training part, calm lines for low, the mean of the languages.
Training writes it beside the weights."""
PATIENCE_MINUTES = {Level.LOW: 90.0, Level.MODERATE: 120.0, Level.HIGH: 60.0, Level.IMMINENT: 30.0}
"""Mean of an exponential time after which somebody leaves unanswered; the service itself never ends a wait."""


@dataclass(slots=True)
class Person:
    """Somebody of the night."""

    number: int
    level: Level
    said: Level
    doubtful: bool
    arrives: float
    talks: float
    patience: float
    language: str = ""
    skill: str = ""
    answered: float | None = None
    by: int | None = None
    """The slot that took them."""
    left: bool = False

    @property
    def waited(self) -> float:
        """Minutes until an answer, or until they left."""
        return (self.arrives + self.patience if self.answered is None else self.answered) - self.arrives


@dataclass(slots=True)
class Line:
    """Who waits, and how the next one is chosen; ``desks``: of each slot, what its counselor knows."""

    order: str
    desks: Sequence[Desk]
    policy: Policy = POLICY
    waiting: dict[int, Person] = field(default_factory=dict)
    recent: list[bool] = field(default_factory=list)

    def take(self, minute: float, slot: int) -> Person | None:
        """The next person for this slot, removed."""
        if not self.waiting:
            return None
        chosen = self._first() if self.order == "first come" else self._most_urgent(minute, slot)
        self.recent.append((chosen.said if self.order == "triage" else chosen.level).is_crisis)
        chosen.by = slot
        return self.waiting.pop(chosen.number)

    def _first(self) -> Person:
        return self.waiting[min(self.waiting)]

    def _most_urgent(self, minute: float, slot: int) -> Person:
        now = START + timedelta(minutes=minute)
        known = self.order == "perfect"
        entries = [
            Waiting(
                f"{one.number:06}",
                one.level if known else one.said,
                START + timedelta(minutes=one.arrives),
                doubtful=not known and one.doubtful,
                language=one.language,
                skill=one.skill,
            )
            for one in self.waiting.values()
        ]
        row = 0
        for crisis in reversed(self.recent):
            if not crisis:
                break
            row += 1
        desk = replace(self.desks[slot], crises_in_a_row=row)
        ordered, longest = order_queue(entries, policy=self.policy), longest_below(entries)
        first = next(order_for(desk, ordered, now=now, longest=longest, policy=self.policy))
        return self.waiting[int(first.key)]


def people_of(seed: int, *, slots: int, surge: bool, stay: bool) -> list[Person]:
    """The people of one night: arrivals by thinning, at 70 % of capacity, or at twice capacity in the surge."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    mean_talk = sum(share * TALK_MINUTES[level] * 1.083 for level, share in MIX.items())
    capacity = slots / mean_talk
    most = capacity * 2.0
    people: list[Person] = []
    minute = 0.0
    while True:
        minute += chance.expovariate(most)
        if minute >= NIGHT_MINUTES:
            return people
        inside = surge and SURGE[0] <= minute < SURGE[1]
        if chance.random() * most > capacity * (2.0 if inside else 0.7):
            continue
        people.append(_person(chance, len(people), minute, stay=stay))


def _person(chance: random.Random, number: int, minute: float, *, stay: bool) -> Person:
    level = chance.choices(list(MIX), weights=list(MIX.values()))[0]
    told = chance.choices(range(len(errors.SAID)), weights=SAID[level])[0]
    said = Level(max(0, told - 1))
    talks = TALK_MINUTES[level] * chance.lognormvariate(0.0, 0.4)
    patience = chance.expovariate(1 / PATIENCE_MINUTES[level])
    return Person(number, level, said, told == 1, minute, talks, 1e9 if stay else patience)


def run(
    order: str, people: Sequence[Person], *, slots: int, desks: Sequence[Desk] = (), policy: Policy = POLICY
) -> list[Person]:
    """Let the people of a night meet one order of the queue; without ``desks`` nobody knows more than the others."""
    world = simpy.Environment()
    line = Line(order, desks or [Desk()] * slots, policy)
    come: list[simpy.Event] = []

    def arrive(person: Person) -> simpy.events.ProcessGenerator:
        yield world.timeout(person.arrives)
        line.waiting[person.number] = person
        if come:
            come.pop(0).succeed()
        if person.patience < 1e9:
            yield world.timeout(person.patience)
            if line.waiting.pop(person.number, None):
                person.left = True

    def serve(slot: int) -> simpy.events.ProcessGenerator:
        while True:
            person = line.take(world.now, slot)
            if person is None:
                wake = world.event()
                come.append(wake)
                yield wake
                continue
            person.answered = world.now
            yield world.timeout(person.talks)

    for person in people:
        world.process(arrive(person))
    for slot in range(slots):
        world.process(serve(slot))
    world.run(until=NIGHT_MINUTES * 3)
    return list(people)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


NOBODY = "– | – | – | –"
ORDERS = ("first come", "triage", "perfect")


def simulate(*, nights: int, slots: int, surge: bool, stay: bool) -> dict[str, list[Person]]:
    """All nights under each order; the same people meet each."""
    found: dict[str, list[Person]] = {}
    for order in ORDERS:
        found[order] = [
            person
            for seed in range(nights)
            for person in run(order, people_of(seed, slots=slots, surge=surge, stay=stay), slots=slots)
        ]
    return found


def of_the_surge(nights: dict[str, list[Person]]) -> dict[str, list[Person]]:
    """Only those who came while more people arrived than can be answered."""
    return {order: [one for one in people if SURGE[0] <= one.arrives < SURGE[1]] for order, people in nights.items()}


def table(nights: dict[str, list[Person]]) -> str:
    """Waits in minutes per true level and order, in Markdown."""
    lines = [
        "| order | level | people | median | 90 % | 99 % | longest | left unanswered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for order, people in nights.items():
        for level in reversed(Level):
            some = [one for one in people if one.level is level]
            waits = [one.waited for one in some if one.answered is not None]
            gone = sum(one.left for one in some) / max(1, len(some))
            figures = NOBODY
            if waits:
                cells = [statistics.median(waits), quantile(waits, 0.9), quantile(waits, 0.99), max(waits)]
                figures = " | ".join(f"{value:.1f}" for value in cells)
            lines.append(f"| {order} | {level.code} | {len(some)} | {figures} | {gone:.0%} |")
    return "\n".join(lines)


def shorter(nights: dict[str, list[Person]], level: Level) -> float | None:
    """By which share the median wait of a level is shorter than first come first served; None where nobody waited."""
    medians = []
    for order in ("first come", "triage"):
        waits = [one.waited for one in nights[order] if one.level is level and one.answered is not None]
        medians.append(statistics.median(waits) if waits else 0.0)
    return 1 - medians[1] / medians[0] if medians[0] else None


def bounded(longest: dict[str, float]) -> tuple[str, bool]:
    """What the longest waits of a surge are beside the bound, and whether triage keeps to it.

    Args:
        longest: of each order, in minutes.
    """
    ratio = longest["triage"] / longest["first come"] if longest["first come"] else 1.0
    kept = ratio <= BOUND
    told = ", ".join(f"{name} {most:.0f}" for name, most in longest.items())
    return (
        f"longest wait of anybody, minutes: {told}; triage's is {ratio:.2f} times that of first come first served,"
        f" bound {BOUND:g}: {'kept' if kept else 'MISSED'} (nobody is kept for a skill or a language here)"
    ), kept


def plot(nights: dict[str, list[Person]], path: Path) -> None:
    """Share of people answered within so many minutes, per level and order, as an SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "queue"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), sharey=True)
    colours = {"first come": "#9a8f80", "triage": "#2f6f62", "perfect": "#c58b2a"}
    for axis, level in zip(axes, reversed(Level), strict=True):
        for order, people in nights.items():
            waits = sorted(one.waited for one in people if one.level is level and one.answered is not None)
            axis.plot(waits, [(i + 1) / len(waits) for i in range(len(waits))], label=order, color=colours[order])
        axis.set_title(level.code)
        axis.set_xlabel("minutes waited")
        axis.set_xlim(0, 240)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("share answered")
    axes[-1].legend(frameon=False, loc="lower right")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main(report: Callable[[str], None] = print) -> int:
    """Print how triage errs, and tables for an ordinary night and a surge; draw the surge.

    Returns:
        The exit code: 1 where somebody in a surge waits longer than the bound.
    """
    arguments = argparse.ArgumentParser(prog="make simulate-queue")
    arguments.add_argument("--nights", type=int, default=NIGHTS)
    arguments.add_argument("--slots", type=int, default=SLOTS, help="conversations held at once by all on duty")
    arguments.add_argument("--plot", type=Path, help="where the picture goes; docs/pictures has that of the defaults")
    options = arguments.parse_args()
    as_told = (options.nights, options.slots) == (NIGHTS, SLOTS)
    picture = options.plot or (TOLD if as_told else Path("build/queue.svg"))
    missed = False
    report(f"What triage says of people of each level\n\n{errors.table(SAID)}\n")
    for title, surge, stay in (
        ("An ordinary night, arrivals at 70 % of capacity", False, False),
        ("A surge, twice capacity from 22:00 to 01:00; people may leave", True, False),
        ("The same surge, nobody leaves", True, True),
    ):
        nights = simulate(nights=options.nights, slots=options.slots, surge=surge, stay=stay)
        longest = {order: max(one.waited for one in people) for order, people in nights.items()}
        nights = of_the_surge(nights) if surge else nights
        report(f"\n{title}: {options.nights} nights, {options.slots} conversations at once\n\n{table(nights)}\n")
        for level in (Level.IMMINENT, Level.HIGH):
            share = shorter(nights, level)
            told = "nothing: there nobody waited, or nobody was answered" if share is None else f"{share:.0%}"
            report(f"median wait of {level.code} shorter than first come first served by {told}")
        if surge:
            told, kept = bounded(longest)
            report(told)
            missed = missed or not kept
        if stay:
            plot(nights, picture)
            report(f"drawn: {picture}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
