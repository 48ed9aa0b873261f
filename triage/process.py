"""Triage in a process of its own: started, asked, and put in the place of one that hangs, by the server's event loop.

One frame is under way at a time; what is asked meanwhile waits in order and goes in the next. Whatever goes wrong
over there is an answer that does not come: "not scored, a human first".
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from hotline import metrics
from triage import frames, services
from triage.core.levels import Assessment
from triage.core.sound import sound
from triage.line import Line, NotStarted
from triage.reading import Asked
from triage.services import Choices

log = logging.getLogger(__name__)

STARTS_WITHIN_SECONDS = 5.0
CHOOSES_WITHIN_SECONDS = 5.0
"""Weights are megabytes of text."""
FORGETS_WITHIN_SECONDS = 1.0
"""Whoever erases waits so long; then the process is killed, and what it remembered with it."""
SHADOW_WITHIN_SECONDS = 0.2
STARTS_AGAIN_AFTER_SECONDS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
"""The n-th time in a row that one is lost."""
WELL_AFTER_SECONDS = 30.0
"""One that lived so long is no longer counted into that row."""
WAITS_FOR_A_START_SECONDS = 0.5
"""Whom a later start concerns counts as not scored at once."""
GONE_REMEMBERED = 10_000
"""Conversations erased last: a message of theirs that was on its way meanwhile is not read any more."""
AWAY = "away"
"""What speaks while no process is up."""


class Ended(asyncio.CancelledError):
    """The server ends: what is not read now is read after its next start."""


class InProcess:
    """Reads for this process in another one. Belongs to the first event loop that asks."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._line: Line | None = None
        self._told: Choices = (None, None)
        """What the present process speaks and has in its shadow."""
        self._wanted: Choices = (None, None)
        self._model, self._shadow = AWAY, False
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._lost_in_a_row = 0
        self._may_start_at = 0.0
        self._again: asyncio.TimerHandle | None = None
        self._waking: asyncio.Task[None] | None = None
        self._burials: set[asyncio.Task[None]] = set()
        self._ending = False

    # --- its life ---------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start it, beside whatever else this process does meanwhile. Needs no event loop."""
        self._told, self._model, self._shadow = (None, None), AWAY, False
        try:
            self._line = Line(self._lost)
        except OSError as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        log.error("triage's process cannot start fault=%s", type(error).__name__)
        self._line = None
        self._count_loss()

    def _count_loss(self) -> None:
        row = min(self._lost_in_a_row, len(STARTS_AGAIN_AFTER_SECONDS) - 1)
        self._lost_in_a_row += 1
        self._may_start_at = time.monotonic() + STARTS_AGAIN_AFTER_SECONDS[row]
        metrics.triage_up.set(0)
        metrics.triage_restarts.inc()
        if self._loop is not None and not self._ending:
            self._again = self._loop.call_later(STARTS_AGAIN_AFTER_SECONDS[row], self._start_again)

    def _start_again(self) -> None:
        if self._line is None and not self._ending and self._loop is not None:
            self.start()
            self._waking = self._loop.create_task(self.keep_up())

    async def keep_up(self) -> None:
        """See that it is up, though nobody asks it anything."""
        async with self._turn:
            if not self._ending:
                await self._up()

    def _lost(self, line: Line) -> None:
        """It died, or was killed."""
        if line.burial is not None:
            self._burials.add(line.burial)
            line.burial.add_done_callback(self._burials.discard)
        if line is not self._line:
            return
        self._line = None
        self._model, self._shadow = AWAY, False
        if self._ending:
            return
        did = f" {line.did}" if line.did else ""
        log.error("triage's process is lost why=%s%s; another one is started", line.why, did)
        if line.age() > WELL_AFTER_SECONDS:
            self._lost_in_a_row = 0
        self._count_loss()

    async def _up(self) -> Line | None:
        """The process, once it can be asked; None where that takes too long. Holds the turn."""
        if self._ending:
            raise Ended
        self._loop = asyncio.get_running_loop()
        if self._line is None:
            wait = self._may_start_at - time.monotonic()
            if wait > WAITS_FOR_A_START_SECONDS:
                return None
            await asyncio.sleep(max(0.0, wait))
            if self._ending:
                raise Ended
            if self._line is None:
                self.start()
        line = self._line
        if line is None:
            return None
        if not line.is_ready:
            try:
                self._heard_of(await line.ready(STARTS_WITHIN_SECONDS))
            except NotStarted as error:
                line.kill(str(error))
                return None
            metrics.triage_up.set(1)
        return line

    # --- asking -----------------------------------------------------------------------------------------------------
    async def _ask(self, what: str, value: object, limit: float) -> Any:
        """What it answers; None where it does not within ``limit`` seconds: then it is killed. Holds the turn."""
        line = await self._up()
        if line is None:
            return None
        wanted = self._wanted
        if wanted != self._told:
            await self._exchange(line, "choose", [_fields(one) for one in wanted], CHOOSES_WITHIN_SECONDS)
            if not line.is_ready:
                return None
            self._told = wanted
        return await self._exchange(line, what, value, limit)

    async def _exchange(self, line: Line, what: str, value: object, limit: float) -> Any:
        answer = await line.ask({what: value}, limit)
        if answer is None:
            return None
        self._heard_of(answer)
        if "fault" in answer:
            log.error("triage's process could not %s fault=%s", what, str(answer["fault"])[:80])
            return None
        return answer.get(what)

    def _heard_of(self, answer: dict[str, Any]) -> None:
        """What goes along with an answer."""
        self._model, self._shadow = str(answer.get("model", AWAY)), answer.get("along") is True
        metrics.triage_remembers.set(answer.get("remembers", 0))
        for name, level, said in answer.get("said", ()):
            logging.getLogger(name).log(level, "%s", said)

    async def read(self, asked: Sequence[Asked], limit: float) -> list[Assessment | None]:
        """See :class:`triage.reading.Reader`."""
        began = time.perf_counter()
        async with self._turn:
            left = [one for one in asked if one.conversation not in self._gone]
            found = await self._read(left, limit)
        if found is not None:
            metrics.triage_answered(time.perf_counter() - began)
            answers = {id(one): answer for one, answer in zip(left, found, strict=True)}
            return [answers.get(id(one)) for one in asked]
        if len(asked) == 1:
            return [None]
        # It hung, or died, at one of them: each gets a time of its own, from the next process.
        return [answer for one in asked for answer in await self.read([one], limit)]

    async def _read(self, asked: Sequence[Asked], limit: float) -> list[Assessment | None] | None:
        if not asked:
            return []
        told = await self._ask("read", [[one.conversation, one.texts, one.before] for one in asked], limit)
        if not isinstance(told, list) or len(told) != len(asked):
            return None
        return [_believed(answer, one) for answer, one in zip(told, asked, strict=True)]

    # --- forgetting -------------------------------------------------------------------------------------------------
    def forget(self, conversations: Sequence[str]) -> None:
        """See :class:`triage.reading.Reader`."""
        for one in conversations:
            self._gone[one] = None
        while len(self._gone) > GONE_REMEMBERED:
            self._gone.popitem(last=False)
        self._forget(list(conversations))

    def forget_all(self) -> None:
        """See :class:`triage.reading.Reader`."""
        self._forget(None)

    def _forget(self, conversations: list[str] | None) -> None:
        loop = self._loop
        if loop is None or self._ending:
            # It was never asked anything, or is about to go.
            return
        if _runs_here(loop):
            loop.create_task(self._forgotten(conversations))
            return
        line = self._line
        try:
            asyncio.run_coroutine_threadsafe(self._forgotten(conversations), loop).result(FORGETS_WITHIN_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, the words must go
            log.error("triage's process did not forget in time fault=%s; killed", type(error).__name__)
            if line is not None:
                line.kill_now("did not forget")

    async def _forgotten(self, conversations: list[str] | None) -> None:
        """A process that does not answer is killed, and the next one remembers nothing."""
        async with self._turn:
            line = self._line
            if line is None or not line.is_ready:
                return
            if await self._exchange(line, "forget", conversations, FORGETS_WITHIN_SECONDS) is None:
                line.kill("did not forget")
                if line.burial is not None:
                    await line.burial

    # --- weights: see triage.services.Elsewhere -----------------------------------------------------------------------
    def choose(self, choices: Choices) -> None:
        """Let these weights speak from the next message on."""
        self._wanted = choices

    def has_shadow(self) -> bool:
        """Whether other weights read along, as far as the process told."""
        return self._shadow

    def model_version(self) -> str:
        """Which rules and weights speak, as the process told."""
        return self._model

    def assess_in_shadow(self, turns: Sequence[str]) -> Assessment | None:
        """Asks from a thread that may wait, as nobody waits for the shadow."""
        if self._loop is None or self._ending:
            return None
        told = asyncio.run_coroutine_threadsafe(self._in_shadow(turns), self._loop).result(STARTS_WITHIN_SECONDS)
        found = frames.heard(told)
        return sound(found, turns) if found else None

    async def _in_shadow(self, turns: Sequence[str]) -> Any:
        async with self._turn:
            return await self._ask("shadow", list(turns), SHADOW_WITHIN_SECONDS)

    # --- the end ----------------------------------------------------------------------------------------------------
    async def end(self, within: float) -> None:
        """Let it end, while the event loop still runs; what hangs is killed."""
        self._ending = True
        if self._again is not None:
            self._again.cancel()
        line, self._line = self._line, None
        if line is not None:
            await line.end(within)
        await asyncio.gather(*self._burials)
        metrics.triage_up.set(0)

    def stop(self, within: float) -> bool:
        """See :class:`triage.reading.Reader`."""
        self._ending = True
        line, self._line = self._line, None
        if line is not None:
            line.kill_now("the server ends")
        return True


def _believed(answer: Any, asked: Asked) -> Assessment | None:
    """What may be believed of an answer about one message: nonsense is one that came, and counts as not scored."""
    try:
        said, seconds = answer
        found = sound(frames.heard(said), asked.texts) or services.NOT_SCORED
        metrics.triage_read(float(seconds), scored=found.scored)
    except (TypeError, ValueError):
        return services.NOT_SCORED
    return found


def _fields(chosen: services.Chosen | None) -> list[str] | None:
    return [chosen.version, chosen.checksum, chosen.path, chosen.rules] if chosen else None


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def read_in_a_process() -> InProcess:
    """Let a process of its own read for this one from now on."""
    from triage import reading

    made = InProcess()
    reading.read_by(made)
    services.read_elsewhere(made)
    made.start()
    return made
