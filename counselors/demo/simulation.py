"""An evening that happens by itself: simulated residents and counselors, each on a page of their own.

They use nothing but what people use, the forms and the two sockets, and need no database. A simulated counselor takes
simulated residents only: whoever else writes is left to a human. A human may take simulated residents, too; they go on
with their story whoever answers.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle, islice
from statistics import median
from typing import Literal

import msgspec
from msgspec import Struct

from counselors.demo import people
from counselors.demo.pages import Browser, Frame, Gone, Page, Refused
from counselors.demo.script import HERE
from hotline.chat.protocol import AgeBand, Topic
from triage.core.levels import Level

CAPACITY = 3
SIT_DOWN = 4.0
"""Seconds of the story that a counselor needs to take the next person."""
ANSWER_PATIENCE = 120.0
"""A simulated person waits so many seconds of the story for the other's answer, then goes on."""
QUEUE_PATIENCE = 30 * 60.0
"""So long a simulated resident waits for somebody to come."""
WITHOUT_TYPING = 10.0
"""Above this speed nobody is told who writes: it would exceed the pace of a socket."""
_CONVERSATION = re.compile(r'data-conversation="([0-9a-f]{32})"')


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens; see simulated.toml."""

    r: str = ""
    c: str = ""
    note: str = ""
    away: int = 0
    leaves: bool = False
    vanishes: bool = False


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's story, and what a simulated counselor answers."""

    key: str
    level: Literal["low", "moderate", "high", "imminent"]
    steps: list[Step]
    ending: Literal["helped", "left_during", "handed_on", "closed_by_staff"]
    wrap_up: str
    language: Literal["zh-hans", "en"] = "zh-hans"
    nickname: str = ""
    topic: Topic = ""
    age_band: AgeBand = ""
    mood_before: int | None = None
    danger: bool = False


class _File(Struct, forbid_unknown_fields=True):
    script: list[Script]


def read_scripts() -> list[Script]:
    """All scripts.

    Raises:
        msgspec.ValidationError: the file says something that no script can hold.
    """
    return msgspec.toml.decode((HERE / "simulated.toml").read_bytes(), type=_File).script


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated.

    Attributes:
        minutes: of the story, in which people arrive.
        speed: seconds of the story in one real second.
        language: "mix", or one of the scripts' languages.
        patience: real seconds in which a server that went away may come back.
    """

    url: str
    residents: int = 12
    counselors: int = 3
    minutes: float = 10.0
    speed: float = 1.0
    seed: int = 1
    language: str = "mix"
    patience: float = 20.0


@dataclass
class Tally:
    """What came of it. A message counts as lost when it was acknowledged and is not there at the end."""

    conversations: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    for_nobody: int = 0
    """Acknowledged words of people whom no simulated counselor took: nobody's page is there to show them."""
    delivered: int = 0
    undelivered: int = 0
    disordered: int = 0
    reconnects: int = 0
    waits: dict[Level, list[float]] = field(default_factory=lambda: defaultdict(list))
    never_taken: int = 0

    @property
    def is_clean(self) -> bool:
        """Nothing acknowledged is missing, on either page or in the record, and all is in order."""
        return not (self.lost or self.undelivered or self.disordered)

    def lines(self) -> Iterator[str]:
        """The summary, for people."""
        endings = ", ".join(f"{count} {ending.replace('_', ' ')}" for ending, count in self.endings.most_common())
        yield f"Conversations  {self.conversations}: {endings or 'none ended'}"
        yield f"Messages       {self.sent} sent, {self.acknowledged} acknowledged, {self.kept} kept, {self.lost} lost"
        yield (
            f"On pages       {self.delivered} delivered, {self.undelivered} not delivered,"
            f" {self.for_nobody} of people whom nobody of ours took; {self.disordered} out of order"
        )
        yield f"Lines          came back {self.reconnects} times after a break"
        for level in sorted(self.waits, reverse=True):
            waits = self.waits[level]
            told = f"median {median(waits):6.0f} s, longest {max(waits):6.0f} s"
            yield f"Waited         {level.name.lower():<9} {told}  ({len(waits)} taken)"
        if self.never_taken:
            yield f"Never taken    {self.never_taken}"


class Evening:
    """Lets a plan happen."""

    def __init__(self, plan: Plan, *, progress: Callable[[int], None] = lambda done: None) -> None:
        self.plan = plan
        self.progress = progress
        self.tally = Tally()
        self.chance = random.Random(plan.seed)  # noqa: S311 - a repeatable evening, no secret
        scripts = [one for one in read_scripts() if plan.language in {"mix", one.language}]
        self.chance.shuffle(scripts)
        self.scripts = list(islice(cycle(scripts), plan.residents))
        self.known: dict[str, Script] = {}
        """Conversations of simulated residents."""
        self.desks: list[Counselor] = []
        self.over = False
        self.seen = False

    @property
    def messages(self) -> int:
        """How many messages the residents have to say; the counselors' answers depend on who takes them."""
        return sum(bool(step.r) for script in self.scripts for step in script.steps)

    async def happen(self) -> Tally:
        """From the first arrival until everybody has gone.

        Raises:
            Gone: the server does not answer, or went away for longer than the plan's patience.
        """
        cast = people.SIMULATED[: self.plan.counselors]
        try:
            async with asyncio.TaskGroup() as group:
                self.desks = [Counselor(self, person.username) for person in cast]
                at_work = [group.create_task(desk.work()) for desk in self.desks]
                visits = [
                    group.create_task(Resident(self, script).visit(arrival))
                    for script, arrival in zip(self.scripts, self._arrivals(), strict=True)
                ]
                await asyncio.gather(*visits)
                self.over = True
                for desk in self.desks:
                    desk.page.nudge()
                await asyncio.gather(*at_work)
        except* (Gone, Refused) as group_of_faults:
            raise _first(group_of_faults) from None
        return self.tally

    def _arrivals(self) -> list[float]:
        """Seconds of the story at which people arrive; the first ones at once, so that there is something to see."""
        span = self.plan.minutes * 60
        return sorted(self.chance.uniform(0, span) if number > 1 else 1.0 for number in range(len(self.scripts)))

    async def submit(self, browser: Browser, path: str, fields: dict[str, str]) -> tuple[str, str]:
        """Send a form; once the server was seen, it may be away for as long as the plan's patience.

        Raises:
            Gone: it does not answer, or is not ours.
        """
        deadline = time.monotonic() + (self.plan.patience if self.seen else 0)
        while True:
            try:
                answer = await asyncio.to_thread(browser.submit, path, fields)
            except Gone:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)
            else:
                self.seen = True
                return answer

    async def pass_time(self, seconds: float) -> None:
        """Let so many seconds of the story pass, more or less."""
        await asyncio.sleep(seconds * self.chance.uniform(0.7, 1.3) / self.plan.speed)

    async def write(self, page: Page, text: str, **where: str) -> int:
        """Think, type, send.

        Raises:
            Refused: it will not be kept; for one, the conversation has ended.
        """
        await self.pass_time(1.5)
        shown = self.plan.speed <= WITHOUT_TYPING
        if shown:
            await page.typing(True, **where)
        await self.pass_time(min(25.0, len(text.encode()) * 0.08))
        self.tally.sent += 1
        try:
            seq = await page.say(text, **where)
        except Refused:
            self.tally.sent -= 1
            raise
        finally:
            if shown:
                await page.typing(False, **where)
        self.tally.acknowledged += 1
        return seq

    def within(self, seconds: float) -> float:
        """Real seconds for so many of the story; never so few that a busy machine could not answer."""
        return max(seconds / self.plan.speed, 5.0)

    def desks_of(self, conversation: str) -> list[Counselor]:
        """The simulated counselors who took it: more than one when it went back to the queue in between."""
        return [desk for desk in self.desks if conversation in desk.said]


class Resident:
    """Somebody who writes."""

    def __init__(self, evening: Evening, script: Script) -> None:
        self.evening, self.script = evening, script
        self.browser = Browser(evening.plan.url, script.language)
        self.page = self._new_page()
        self.conversation = ""
        self.said: dict[int, str] = {}
        """Place -> words, as acknowledged."""
        self.last_said = 0

    def _new_page(self) -> Page:
        return Page(self.browser, "/ws/resident/", patience=self.evening.plan.patience)

    @property
    def lines(self) -> list[Frame]:
        """What this page shows."""
        return self.page.lines[""]

    @property
    def view(self) -> Frame:
        """What it shows beside the lines."""
        return self.page.views[""]

    async def visit(self, arrival: float) -> None:
        """Arrive, talk, go, and look at the end whether everything is there."""
        await self.evening.pass_time(arrival)
        await self._begin()
        try:
            await self._talk()
        except asyncio.CancelledError:
            # Ctrl-C: nobody should wait in the queue whom no one plays any more.
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await self.page.ask("conversation.end")
            raise
        await self._look_back()

    async def _talk(self) -> None:
        try:
            await self._follow_script()
            if self.view["state"] != "closed":
                await self._wait(lambda: self.view["state"] == "closed", ANSWER_PATIENCE)
            if self.view["state"] != "closed":
                await self._leave()
        except Refused as refusal:
            if refusal.code != "conversation.closed":
                raise

    async def _begin(self) -> None:
        told = {"topic": self.script.topic, "nickname": self.script.nickname, "age_band": self.script.age_band}
        if self.script.mood_before:
            told["mood_before"] = str(self.script.mood_before)
        if self.script.danger:
            told["danger"] = "on"
        _, page = await self.evening.submit(self.browser, "/begin/", {**told, "script": "1"})
        found = _CONVERSATION.search(page)
        if found is None or not self.browser.has("visit"):
            raise Gone(f"{self.evening.plan.url}/begin/ does not lead to a conversation: is this Lamplight?")
        self.conversation = found[1]
        self.evening.known[self.conversation] = self.script
        await self.page.open()

    async def _follow_script(self) -> None:
        answers = 0
        for step in self.script.steps:
            if self.view["state"] == "closed":
                return
            if step.c:
                answers += 1
                continue
            if answers and not step.note:
                await self._hear(answers)
                answers = 0
            await self._do(step)

    async def _do(self, step: Step) -> None:
        if step.r:
            self.last_said = await self.evening.write(self.page, step.r)
            self.said[self.last_said] = step.r
            self.evening.progress(1)
        elif step.away:
            await self._go_away(step.away)
        elif step.vanishes:
            await self._go_away(ANSWER_PATIENCE / 2)
        elif step.leaves:
            await self._leave()

    async def _hear(self, answers: int) -> None:
        """Wait for a counselor, whoever it is, and for so many answers; after a while go on all the same."""

        def heard() -> int:
            return sum(one["author"] == "counselor" and one["seq"] > self.last_said for one in self.lines)

        def is_closed() -> bool:
            return bool(self.view["state"] == "closed")

        await self._wait(lambda: is_closed() or self.view["state"] == "active", QUEUE_PATIENCE)
        await self._wait(lambda: is_closed() or heard() > 0, ANSWER_PATIENCE)
        await self._wait(lambda: is_closed() or heard() >= answers, ANSWER_PATIENCE / 6)

    async def _wait(self, test: Callable[[], bool], seconds: float) -> None:
        await self.page.until(test, self.evening.within(seconds))

    async def _go_away(self, seconds: float) -> None:
        """The phone sleeps, or the train is in a tunnel; the same browser comes back later."""
        await self.page.close()
        await self.evening.pass_time(seconds)
        await self.page.open()
        await self.page.until(lambda: len(self.lines) >= self.view["upto"], self.page.patience)

    async def _leave(self) -> None:
        """End it, from this side."""
        with suppress(ConnectionError, TimeoutError):
            await self.page.ask("conversation.end")
        await self._wait(lambda: self.view["state"] == "closed", ANSWER_PATIENCE)

    async def _look_back(self) -> None:
        """Read everything anew, as a page that knows nothing, and compare."""
        tally = self.evening.tally
        desks = self.evening.desks_of(self.conversation)
        for desk in desks:
            await desk.finished(self.conversation)
        fresh = await self._new_page().open()
        await fresh.until(lambda: len(fresh.lines[""]) >= fresh.views[""]["upto"], fresh.patience)
        record = {line["seq"]: line for line in fresh.lines[""]}
        await self.page.until(lambda: len(self.lines) >= len(record), self.page.patience)
        await fresh.close()
        await self.page.close()
        answered = {seq: text for desk in desks for seq, text in desk.said[self.conversation].items()}
        acknowledged = self.said | answered
        kept = sum(seq in record and record[seq]["text"] == text for seq, text in acknowledged.items())
        tally.kept += kept
        tally.lost += len(acknowledged) - kept
        tally.disordered += len(self.page.faults) + len(fresh.faults)
        tally.disordered += sum(mine["text"] != record[mine["seq"]]["text"] for mine in self.lines)
        tally.reconnects += self.page.reconnects
        self._count_deliveries(desks, answered)
        tally.conversations += 1
        tally.endings[self.view["ending"] or self.view["state"]] += 1

    def _count_deliveries(self, desks: list[Counselor], answered: dict[int, str]) -> None:
        tally = self.evening.tally
        mine = {line["seq"]: line["text"] for line in self.lines}
        arrived = sum(mine.get(seq) == text for seq, text in answered.items())
        due = len(answered)
        if desks:
            theirs = {line["seq"]: line["text"] for desk in desks for line in desk.page.lines[self.conversation]}
            arrived += sum(theirs.get(seq) == text for seq, text in self.said.items())
            due += len(self.said)
        else:
            tally.for_nobody += len(self.said)
        tally.delivered += arrived
        tally.undelivered += due - arrived
        opened, joined = _when(self.lines, "opened"), _when(self.lines, "joined")
        if opened is None or joined is None:
            tally.never_taken += 1
            return
        levels = [desk.levels[self.conversation] for desk in desks if self.conversation in desk.levels]
        for level in levels[:1]:
            tally.waits[level].append((joined - opened) * self.evening.plan.speed)


class Counselor:
    """Somebody who answers."""

    def __init__(self, evening: Evening, username: str) -> None:
        self.evening, self.username = evening, username
        self.browser = Browser(evening.plan.url, "zh-hans")
        self.page = Page(self.browser, "/ws/desk/", patience=evening.plan.patience)
        self.said: dict[str, dict[int, str]] = {}
        """Conversation -> place -> words, as acknowledged; every conversation that was taken is here."""
        self.levels: dict[str, Level] = {}
        """The level each person had when they were taken."""
        self.done: dict[str, asyncio.Event] = {}

    async def work(self) -> None:
        """Sign in, go on duty, take one after the other, go home."""
        told = {"username": self.username, "password": people.PASSWORD, "next": ""}
        where, _ = await self.evening.submit(self.browser, "/staff/sign-in/", told)
        if "sign-in" in where:
            raise Gone(
                f"{self.username} cannot sign in at {self.evening.plan.url}: the demo's accounts are missing there"
                " (manage.py seed_demo makes them)."
            )
        await self.page.open()
        for left_over in [one for one, view in self.page.views.items() if view["mine"]]:
            await self._try("conversation.give_back", conversation=left_over, note="From an earlier simulation.")
        await self._try("duty.set", state="on", capacity=CAPACITY)
        async with asyncio.TaskGroup() as talks:
            while not self.evening.over:
                if await self.page.until(self._may_take, 1.0):
                    taken = await self._take()
                    if taken:
                        talks.create_task(self._talk(taken))
                await self.evening.pass_time(SIT_DOWN)
        await self._try("duty.set", state="off", capacity=CAPACITY)
        self.evening.tally.reconnects += self.page.reconnects
        await self.page.close()

    async def _try(self, kind: str, **fields: object) -> Frame | None:
        """Ask; None when it was refused or not answered."""
        with suppress(Refused, ConnectionError, TimeoutError):
            await self.page.connected()
            return await self.page.ask(kind, **fields)
        return None

    # --- taking -----------------------------------------------------------------------------------------------------
    def _waiting(self) -> list[Frame]:
        newest = max(("queue", "welcome"), key=self.page.came_at)
        frame = self.page.latest[newest]
        rows: list[Frame] = frame["rows"] if newest == "queue" else frame["queue"]
        return rows

    def _may_take(self) -> bool:
        busy = sum(not event.is_set() for event in self.done.values())
        ours = any(row["conversation"] in self.evening.known for row in self._waiting())
        return self.evening.over or (busy < CAPACITY and ours)

    async def _take(self) -> str:
        """Whoever is first; a chosen one where somebody is first whom no simulation plays."""
        rows = self._waiting()
        ours = [row for row in rows if row["conversation"] in self.evening.known]
        if not ours or self.evening.over:
            return ""
        if len(ours) == len(rows):
            answer = await self._try("queue.take_next")
        else:
            answer = await self._try("conversation.claim", conversation=ours[0]["conversation"])
        if answer is None:
            return ""
        taken = str(answer["conversation"])
        if taken not in self.evening.known:
            # A person came first in the same moment: that is for a person to answer.
            await self._try("conversation.give_back", conversation=taken, note="The simulation took this by mistake.")
            return ""
        self.said.setdefault(taken, {})
        self.done[taken] = asyncio.Event()
        return taken

    # --- talking ----------------------------------------------------------------------------------------------------
    async def _talk(self, taken: str) -> None:
        try:
            await self.page.until(lambda: taken in self.page.views, self.page.patience)
            self.levels.setdefault(taken, Level.from_code(self.page.views[taken]["risk"]["level"]))
            await self._follow_script(taken, self.evening.known[taken])
        except (ConnectionError, TimeoutError):
            pass
        except Refused as refusal:
            # They left, or somebody else has them now: both end this talk, and neither is a fault.
            if not refusal.code.startswith("conversation."):
                raise
        finally:
            self.done[taken].set()

    async def _follow_script(self, taken: str, script: Script) -> None:
        heard = 0
        for step in script.steps:
            if step.r:
                heard += 1
            elif step.c:
                if not await self._listen(taken, heard):
                    break
                seq = await self.evening.write(self.page, step.c, conversation=taken)
                self.said[taken][seq] = step.c
            elif step.note:
                await self._try("note.add", conversation=taken, text=step.note)
        if await self._listen(taken, heard):
            await self._try("conversation.end", conversation=taken, ending=script.ending, wrap_up=script.wrap_up)
        elif script.wrap_up:
            await self._try("note.add", conversation=taken, text=script.wrap_up)
        await self.page.until(lambda: self._has_ended(taken), self.evening.within(SIT_DOWN))

    async def _listen(self, taken: str, heard: int) -> bool:
        """Wait for what the resident says.

        Returns:
            Whether the conversation is still ours.
        """
        await self.page.until(
            lambda: self._has_ended(taken) or self._written(taken) >= heard, self.evening.within(ANSWER_PATIENCE)
        )
        return not self._has_ended(taken)

    def _written(self, taken: str) -> int:
        return sum(line["author"] == "resident" for line in self.page.lines[taken])

    def _has_ended(self, taken: str) -> bool:
        view = self.page.views[taken]
        return view["state"] == "closed" or not view["mine"]

    async def finished(self, conversation: str) -> None:
        """Wait until this counselor has put the conversation away and has all its lines."""
        await self.done[conversation].wait()
        await self.page.until(
            lambda: len(self.page.lines[conversation]) >= self.page.views[conversation]["upto"], self.page.patience
        )


def _when(lines: list[Frame], event: str) -> float | None:
    for line in lines:
        if line["event"].partition(":")[0] == event:
            return datetime.fromisoformat(line["at"]).timestamp()
    return None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for one in group.exceptions:
        return _first(one) if isinstance(one, BaseExceptionGroup) else one
    return group
