"""`make soak`: a real server under steady coming and going; memory, open files, tasks and threads stay flat.

    python -m tests.faults.soak                   twenty minutes
    python -m tests.faults.soak --minutes 60      longer tells more: growth is told per hour
    python -m tests.faults.soak --storage postgresql+redis

Residents come, talk and leave, all the time. A few consoles and their people stay for the whole of it, which for the
server is many days: sockets and sessions age in moments (tests/faults/aging.py). Where a layer joins processes there
are two, and whoever comes is at one of them by chance. Every sample goes to build/soak.json, or with another storage to
a file named after it. The exit code is 1 if anything grew faster than its bound, if a console is not live at the end,
if anything acknowledged was lost, doubled or out of order, or a page differs from the record, if a visit broke off, or
if a server logged an error.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import re
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from statistics import median

from tests.faults.client import BREAKS, Client
from tests.faults.figures import Figures
from tests.faults.page import Page
from tests.faults.record import begin, count
from tests.faults.site import Process
from tests.faults.stage import Stage, Workshop

BUILD = Path(__file__).parents[2] / "build"
STORAGES = ("sqlite", "sqlite+redis", "postgresql", "postgresql+redis")
SAMPLE_EVERY_SECONDS = 5.0
DAY_SECONDS = 120.0
"""So long is a day for the sockets and sessions of this server."""
WARM_UP = 0.3
"""This share of the time is left out, and of two hours or more the first: caches fill, the allocator finds its size."""
HOUR_SECONDS = 3600.0
MOST_MINUTES = 24 * 60
MOST_ERRORS_TOLD = 20
MOST_SAMPLES_COMPARED = 600
CONSOLES, COMING_AND_GOING = 3, 6
STAYS_SECONDS = (5.0, 25.0)
PAUSE_SECONDS = (0.3, 1.2)
CURRENT_WITHIN_SECONDS = 5.0
COUNTED_WITHIN_SECONDS = 20.0
BOUNDS = {"rss_mib": 6.0, "triage_mib": 6.0, "files": 12.0, "tasks": 12.0, "threads": 6.0}
"""The most that each may grow in an hour. A leak of one task or file for each visit would be hundreds."""
SHORT_BOUNDS = {**BOUNDS, "rss_mib": 24.0, "triage_mib": 24.0}
"""Of a run shorter than an hour: memory that is still being taken in looks like growth."""
_BEGINS = re.compile(r"\d{4}-\d\d-\d\d ")
_WORDS = re.compile(r"(still here|something|good morning)[^'\"\n]*")
_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b|::1\b")


class Soak:
    """One site, its consoles, and everybody who comes and goes.

    Attributes:
        found: how often what happened.
        figures: what was acknowledged, to whomever, and what was wrong with it.
        errors: what the processes logged as errors.
    """

    def __init__(self, processes: list[Process], minutes: float, chance: random.Random) -> None:
        self.processes, self.chance = processes, chance
        self.ends = time.monotonic() + minutes * 60
        self.seconds = minutes * 60
        self.samples: list[dict[str, float]] = []
        self.found: Counter[str] = Counter()
        self.figures = Figures()
        self.errors: list[str] = []
        self.consoles: list[tuple[Page, Page]] = []
        self.turn = asyncio.Lock()

    @property
    def is_over(self) -> bool:
        """Whether nobody comes any more."""
        return time.monotonic() > self.ends

    async def run(self) -> None:
        """Let it go on until the end."""
        first, last = self.processes[0], self.processes[-1]
        for place in await begin(first, last, CONSOLES):
            resident = Page(first.url, "/ws/resident/", place.visit)
            desk = Page(last.url, "/ws/desk/", place.desk, place.conversation)
            self.consoles.append((await resident.opened(), await desk.opened()))
        cookie = await asyncio.to_thread(last.sign_in, "zhou")
        taking = await Client(last, "/ws/desk/", cookie).connect()
        await taking.ask("duty.set", state="on", capacity=12)
        await taking.drop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sample())
            tasks.create_task(self._stay())
            for _ in range(COMING_AND_GOING):
                tasks.create_task(self._come_and_go())
        await self._look_at_consoles()

    async def _sample(self) -> None:
        began = time.monotonic()
        while not self.is_over:
            self.samples.append({"at": round(time.monotonic() - began, 1), **await self._counts()})
            if len(self.samples) % 12 == 1:
                sys.stdout.write(f"{self.samples[-1]}  visits {self.found['visits']}\n")
                sys.stdout.flush()
            await asyncio.sleep(SAMPLE_EVERY_SECONDS)

    async def _counts(self) -> dict[str, float]:
        """What each process takes now; of every process but the first, under names that say which."""
        all_of_them: dict[str, float] = {}
        for number, process in enumerate(self.processes, 1):
            which = f", process {number}" if number > 1 else ""
            all_of_them |= {f"{name}{which}": value for name, value in (await counts(process)).items()}
        return all_of_them

    async def _stay(self) -> None:
        """Those who stay talk now and then, through all renewals."""
        for number in itertools.count():
            if self.is_over:
                return
            for resident, desk in self.consoles:
                resident.say(f"still here {number}")
                desk.say(f"still here {number}, as you are")
            await asyncio.sleep(SAMPLE_EVERY_SECONDS)

    async def _come_and_go(self) -> None:
        while not self.is_over:
            try:
                await self._visit()
                self.found["visits"] += 1
            except BREAKS as error:
                self.found[f"visit broke off: {type(error).__name__}"] += 1

    async def _visit(self) -> None:
        """Somebody comes, is taken, talks, and ends it; both pages are closed. A counselor signs in for each."""
        home, office = self.chance.choice(self.processes), self.chance.choice(self.processes)
        cookie = await asyncio.to_thread(office.sign_in, "zhou")
        visit, conversation = await asyncio.to_thread(home.begin)
        async with self.turn:
            taking = await Client(office, "/ws/desk/", cookie).connect()
            answer = await taking.ask("conversation.claim", conversation=conversation)
            await taking.close()
            Client.opened.remove(taking)
        if answer["type"] != "ack":
            raise OSError(answer)
        pages = [
            await Page(home.url, "/ws/resident/", visit).opened(),
            await Page(office.url, "/ws/desk/", cookie, conversation).opened(),
        ]
        try:
            leaves = time.monotonic() + self.chance.uniform(*STAYS_SECONDS)
            while time.monotonic() < leaves:
                said = self.chance.choice(pages).say(f"something {self.chance.random()}")
                async with asyncio.timeout(20):
                    await said.kept
                self.found["messages"] += 1
                await asyncio.sleep(self.chance.uniform(*PAUSE_SECONDS))
            async with asyncio.timeout(20):
                upto = max((*pages[0].acknowledged, *pages[1].acknowledged), default=0)
                for page in pages:
                    await page.shows(upto)
            leaving = await Client(home, "/ws/resident/", visit).connect()
            await self._compare(leaving, pages)
            await leaving.ask("conversation.end")
            await leaving.close()
            Client.opened.remove(leaving)
        finally:
            for page in pages:
                await page.close()

    async def _compare(self, fresh: Client, pages: list[Page]) -> None:
        """What two pages show and were told, against the record as ``fresh``, a resident's that has just come."""
        await fresh.hold(fresh.welcome["view"]["upto"])
        with suppress(TimeoutError):
            async with asyncio.timeout(CURRENT_WITHIN_SECONDS * 2):
                for page in pages:
                    await page.shows(len(fresh.lines))
        count(fresh.lines, pages, self.figures)

    async def _look_at_consoles(self) -> None:
        """After all those days every console still shows at once what is said, and all that was said before."""
        for resident, desk in self.consoles:
            for writer, reader, words in ((resident, desk, "good morning"), (desk, resident, "good morning to you")):
                with suppress(TimeoutError):
                    async with asyncio.timeout(CURRENT_WITHIN_SECONDS * 2):
                        said = writer.say(words)
                        await said.kept
                        await reader.shows(max(writer.acknowledged))
                        self.found["live at the end"] += 1
                self.found["renewals"] += reader.found["connects"] - 1
            fresh = await Client(self.processes[0], "/ws/resident/", resident.cookie).connect()
            await self._compare(fresh, [resident, desk])
            await fresh.close()
            for page in (resident, desk):
                await page.close()


async def counts(process: Process) -> dict[str, float]:
    """What the server takes now."""
    path = process.site.folder / "var" / "counts.json"
    path.unlink(missing_ok=True)
    process.popen.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + COUNTED_WITHIN_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, process.log
        await asyncio.sleep(0.02)
    proc = Path("/proc") / str(process.popen.pid)
    reading = (proc / "task" / str(process.popen.pid) / "children").read_text().split()
    return {
        "rss_mib": _rss_mib(process.popen.pid),
        "triage_mib": sum(_rss_mib(int(pid)) for pid in reading),
        "files": len(list((proc / "fd").iterdir())),
        **json.loads(path.read_text()),
    }


def _rss_mib(pid: int) -> float:
    """0 of a process that has just ended and stands in the table yet."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next((line for line in lines if line.startswith("VmRSS")), "VmRSS: 0 kB")
    return round(int(resident.split()[1]) / 1024, 2)


def growth(samples: list[dict[str, float]], name: str) -> float:
    """Growth in an hour: the median of the slopes between any two samples after warm-up (Theil and Sen)."""
    whole = samples[-1]["at"]
    warm = HOUR_SECONDS if whole >= 2 * HOUR_SECONDS else whole * WARM_UP
    settled = [one for one in samples if one["at"] > warm]
    # Of a long run not every sample: there are as many slopes as pairs.
    settled = settled[:: len(settled) // MOST_SAMPLES_COMPARED + 1]
    # Neighbours tell more of the moment than of the trend.
    apart = (settled[-1]["at"] - settled[0]["at"]) / 4
    slopes = [
        (late[name] - early[name]) / (late["at"] - early["at"])
        for early, late in combinations(settled, 2)
        if late["at"] - early["at"] >= apart
    ]
    return round(median(slopes) * 3600, 2)


def errors_in(log: str) -> list[str]:
    """Every error of a log with the traceback below it, without words that were said and without addresses."""
    found: list[str] = []
    is_error = False
    for line in log.splitlines():
        if _BEGINS.match(line):
            is_error = " ERROR " in line or " CRITICAL " in line
            if is_error:
                found.append(line)
        elif line.startswith("Traceback"):
            # What no logger wrote.
            is_error = True
            found.append(line)
        elif is_error:
            found[-1] += f"\n{line}"
    return [_ADDRESS.sub("(an address)", _WORDS.sub("(words)", one)) for one in found]


def missed(soak: Soak, rates: dict[str, float], bounds: dict[str, float]) -> list[str]:
    """What was promised and not kept, in words."""
    found = []
    for name, rate in rates.items():
        bound = bounds[name.partition(",")[0]]
        if rate > bound:
            found.append(f"{name} grew by {rate} an hour, at most {bound}")
    if soak.found["live at the end"] != 2 * CONSOLES:
        found.append(f"{soak.found['live at the end']} of {2 * CONSOLES} pages that stayed are live at the end")
    if soak.found["renewals"] < soak.seconds / DAY_SECONDS:
        found.append("sockets were not renewed")
    found += [f"{name.replace('_', ' ')}: {number}" for name, number in soak.figures.wrong.items()]
    found += [f"{what}, {number} times" for what, number in soak.found.items() if what.startswith("visit broke off")]
    if soak.errors:
        found.append(f"{len(soak.errors)} errors logged")
    return found


def told(soak: Soak) -> dict:
    """What build/soak.json says."""
    rates = {name: growth(soak.samples, name) for name in soak.samples[0] if name != "at"}
    is_long = soak.seconds >= HOUR_SECONDS
    bounds = BOUNDS if is_long else SHORT_BOUNDS
    why = "an hour or longer" if is_long else f"shorter than an hour; {BOUNDS['rss_mib']:g} for longer ones"
    return {
        "minutes": round(soak.seconds / 60, 1),
        "days for sockets and sessions": round(soak.seconds / DAY_SECONDS, 1),
        "processes": len(soak.processes),
        "growth per hour": rates,
        "bounds": bounds,
        "bound for memory": f"{bounds['rss_mib']:g} MiB an hour: the run was {why}",
        "first": soak.samples[0],
        "last": soak.samples[-1],
        **soak.found,
        "acknowledged": soak.figures.acknowledged,
        **{name: getattr(soak.figures, name) for name in Figures.WRONG},
        "errors logged": len(soak.errors),
        "the first of them": soak.errors[:MOST_ERRORS_TOLD],
        "missed": missed(soak, rates, bounds),
        "samples": soak.samples,
    }


async def main() -> int:
    """Run it for as long as was asked, print and write what was found."""
    arguments = argparse.ArgumentParser(prog="make soak")
    arguments.add_argument("--minutes", type=float, default=20)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--storage", choices=STORAGES, default=STORAGES[0])
    asked = arguments.parse_args()
    chance = random.Random(asked.seed)
    workshop = Workshop()
    stage = Stage(workshop, asked.storage, chance, short=False)
    try:
        aging = {"launcher": "tests.faults.launcher", "FAULT_AGES": str(DAY_SECONDS)}
        processes = await asyncio.to_thread(stage.serve, stage.site(), **aging)
        soak = Soak(processes, min(asked.minutes, MOST_MINUTES), chance)
        await soak.run()
        soak.errors = [error for process in processes for error in errors_in(process.log)]
        found = {"storage": asked.storage, **told(soak)}
    finally:
        await stage.close()
        workshop.close()
    BUILD.mkdir(exist_ok=True)
    name = "soak.json" if asked.storage == STORAGES[0] else f"soak-{asked.storage}.json"
    (BUILD / name).write_text(json.dumps(found, indent=1) + "\n")
    for name, value in found.items():
        if name != "samples":
            sys.stdout.write(f"{name:32} {value}\n")
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
