"""A page as static/js/lib/link.js and outbox.js make it, second for second, without a browser: it lives by itself.

It connects, comes back with full jitter, sends its heartbeat, gives up a line that does not answer, keeps what was
written until it is acknowledged and shows it as not sent meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults import bounds
from tests.faults.client import BREAKS

FINAL = {4401, 4403}
ECHO = {"type": "echo", "id": 0}


@dataclass
class Said:
    """Something written: when, when it was shown as not sent (never: 0), and when it was acknowledged."""

    text: str
    at: float
    client_id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    shown_not_sent: float = 0.0
    failed: bool = False
    kept: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """One connection of a page."""

    task: asyncio.Task
    socket: ClientConnection | None = None

    def let_go(self) -> None:
        """It is not waited for."""
        self.task.cancel()
        if self.socket is not None:
            self.socket.transport.abort()


class Page:
    """A resident's page, or a desk's that shows one conversation.

    Attributes:
        lines: what it shows.
        others: of a desk's other conversations how far it holds each.
        acknowledged: seq -> words that it shows as sent.
        arrived: seq -> when it was first shown here.
        found: how often what happened: connects, breaks, gaps, refusals and goodbyes by their code.
        events: the latest things that happened to it, and when.
    """

    def __init__(self, url: str, path: str, cookie: str, conversation: str = "", *, origin: str = "") -> None:
        self.url, self.path, self.cookie, self.conversation = url, path, cookie, conversation
        self.origin = origin or url
        self.lines: list[dict] = []
        self.others: dict[str, int] = {}
        self.arrived: dict[int, float] = {}
        self.acknowledged: dict[int, str] = {}
        self.written: list[str] = []
        self.found: Counter[str] = Counter()
        self.events: deque[tuple[float, str]] = deque(maxlen=400)
        self.outbox: list[Said] = []
        self.line: Line | None = None
        self.spare: Line | None = None
        self.open = asyncio.Event()
        self.grew = asyncio.Event()
        self.watchdog: asyncio.Timeout | None = None
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.sending: set[asyncio.Task] = set()
        self.pinged = False
        self.spare_after = bounds.SPARE_AFTER
        self.heard = 0.0
        self.late: asyncio.TimerHandle | None = None
        self.again: asyncio.TimerHandle | None = None
        self.failures = 0
        self.left, self.counted = float(bounds.AT_ONCE), time.monotonic()
        self.retry_after = 0.0
        self.tries = 0
        self.unanswered = 1
        self.ended = False
        self.task: asyncio.Task | None = None

    # --- what a scenario does with it --------------------------------------------------------------------------------
    def start(self) -> Page:
        """It is opened in a browser."""
        self.task = asyncio.create_task(self._live())
        return self

    async def opened(self) -> Page:
        """Return once it was welcomed."""
        if self.task is None:
            self.start()
        await self.open.wait()
        return self

    def happens(self, what: str) -> None:
        """Remember an event, for :meth:`story`."""
        self.events.append((time.monotonic(), what))

    def story(self, since: float, before: float = 4.0) -> list[str]:
        """What happened to it, in seconds after ``since``; from some seconds before that on."""
        told = [f"{at - since:7.3f} {what}" for at, what in self.events if at - since > -before]
        return [f"    {self.path} at {self.url}", *(f"      {one}" for one in told)]

    def say(self, text: str) -> Said:
        """Write and press send; ``kept`` of what it returns is done once the page shows it as sent."""
        said = Said(text, time.monotonic())
        self.written.append(text)
        self.outbox.append(said)
        if len(self.outbox) == 1 or self.outbox[0].failed:
            self._flush()
        return said

    async def shows(self, upto: int) -> float:
        """Return once every line up to ``upto`` is shown; when the last of them came."""
        while len(self.lines) < upto:
            self.grew.clear()
            await self.grew.wait()
        return self.arrived.get(upto, 0.0)

    async def close(self) -> None:
        """The tab is closed."""
        self.ended = True
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
        self._stop_timers()

    # --- link.js -----------------------------------------------------------------------------------------------------
    async def _live(self) -> None:
        while not self.ended:
            try:
                await self._connected()
            except ConnectionClosed as closed:
                self.ended = bool(closed.rcvd and closed.rcvd.code in FINAL)
                self.found[f"closed {closed.rcvd.code if closed.rcvd else 1006}"] += 1
            except BREAKS as error:
                self.found[f"not connected: {type(error).__name__}"] += 1
                self.happens(f"not connected: {type(error).__name__}")
                if isinstance(error, TimeoutError) and not self.open.is_set():
                    self.unanswered = min(self.unanswered + 1, bounds.HELLO_PATIENCE)
            self.found["breaks"] += self.open.is_set()
            self.open.clear()
            self._lost()
            most = min(bounds.CAP, bounds.BASE * 2 ** min(self.tries, 10))
            self.tries += 1
            self.happens("broke, or did not come up")
            wait, self.retry_after = self.retry_after or random.uniform(0, most), 0.0
            if not self.ended:
                await asyncio.sleep(wait)

    async def _connected(self) -> None:
        """One line, or the one that took its place, from its handshake to its end. Raises what ended it."""
        try:
            async with asyncio.timeout(bounds.HELLO_WITHIN * self.unanswered) as self.watchdog:
                line = self.line = self._dial()
                while True:
                    await asyncio.wait([line.task])
                    if self.line is line:
                        await line.task
                        return
                    line = self.line
        finally:
            self._stop_line_timers()
            for one in (self.line, self.spare):
                if one is not None:
                    one.let_go()
            self.line = self.spare = None

    def _dial(self) -> Line:
        line = Line()
        self.happens("dials" if self.line is None else "dials a second line")
        line.task = asyncio.create_task(self._listen(line))
        line.task.add_done_callback(lambda task: task.cancelled() or task.exception())  # a spare one fails unheard
        return line

    async def _listen(self, line: Line) -> None:
        """Until the server says goodbye. Raises what ended it otherwise."""
        line.socket = await connect(
            self.url.replace("http", "ws") + self.path,
            additional_headers={"Cookie": self.cookie},
            origin=self.origin,
            proxy=None,
            ping_interval=None,
            open_timeout=None,
            close_timeout=0.1,
            max_size=None,
        )
        self.happens("connected")
        try:
            await line.socket.send(json.dumps({"type": "hello", **self._held()}))
            while True:
                frame = json.loads(await line.socket.recv())
                self.happens(
                    f"hears {frame['type']} {frame.get('code') or frame.get('upto') or frame.get('seq') or ''}"
                )
                if line is self.spare:
                    if frame["type"] != "welcome":
                        continue
                    self._replace()
                elif frame["type"] == "error" and not self.open.is_set():
                    return
                self._trust(frame)
                await self._hear(frame)
                if frame["type"] == "bye":
                    self.found[f"bye {frame['code']}"] += 1
                    self.ended = frame["retry_after_ms"] < 0
                    self.retry_after = max(0, frame["retry_after_ms"]) / 1000 * random.uniform(0.5, 1.5)
                    return
        finally:
            if line is self.spare:
                self.spare = None
            line.socket.transport.abort()

    def _replace(self) -> None:
        """The second line was welcomed: it is the line now."""
        old, self.line, self.spare = self.line, self.spare, None
        self.found["spare lines"] += 1
        self._stop_line_timers()
        self.spare_after = bounds.SPARE_AFTER
        old.let_go()
        self._lost()

    def _trust(self, frame: dict) -> None:
        """Something came: the line stands."""
        self._stop("doubt")
        self.heard = time.monotonic()
        kind = frame["type"]
        if kind == "welcome":
            self.watchdog.reschedule(None)
            self.tries, self.unanswered, self.pinged = 0, 1, False
            self.found["connects"] += 1
            self._after(frame["heartbeat_seconds"], "beat", partial(self._beat, frame["heartbeat_seconds"]))
            self._watch_silence()
        elif kind == "pong":
            self._settle()
        elif kind == "beat":
            self._ping()

    def _settle(self) -> None:
        """The heartbeat was answered; with a spare line on its way, the first one was only slow."""
        self.watchdog.reschedule(None)
        self._stop("alarm")
        self.pinged = False
        if self.spare is None:
            self.spare_after = max(self.spare_after * 0.95, bounds.SPARE_AFTER)
            return
        self.found["false alarms"] += 1
        self.spare_after = min(self.spare_after * 2, bounds.SPARE_AFTER_MOST)
        self.spare.let_go()
        self.spare = None

    def _beat(self, seconds: float) -> None:
        self._ping()
        self._after(seconds, "beat", partial(self._beat, seconds))

    def _ping(self) -> None:
        self._ask({"type": "ping", **self._held()})

    def _ask(self, frame: dict) -> None:
        if not self.open.is_set():
            return
        self._send(frame)
        if not self.pinged:
            self.pinged = True
            self.watchdog.reschedule(asyncio.get_running_loop().time() + bounds.PONG_WITHIN)
            self._after(self.spare_after, "alarm", self._try_spare)

    def _try_spare(self) -> None:
        if self.open.is_set() and self.spare is None:
            self.spare = self._dial()

    def _suspect(self) -> None:
        self._ask(ECHO)
        self._try_spare()

    def _watch_silence(self) -> None:
        now = time.monotonic()
        left = self.heard + bounds.QUIET - now
        if left <= 0 and not self.pinged:
            self._ask(ECHO)
        self._after(left if left > 0 else bounds.QUIET, "quiet", self._watch_silence)

    def _after(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        self._stop(name)
        self.timers[name] = asyncio.get_running_loop().call_later(seconds, action)

    def _stop(self, name: str) -> None:
        if name in self.timers:
            self.timers.pop(name).cancel()

    def _stop_line_timers(self) -> None:
        for name in list(self.timers):
            self._stop(name)
        self.pinged = False

    def _held(self) -> dict:
        upto = len(self.lines)
        return {
            "id": 1,
            **({"held": self.others | {self.conversation: upto}} if self.conversation else {"after": upto}),
        }

    async def _put(self, frame: dict) -> None:
        self.happens(f"says {frame['type']}")
        if self.line is not None and self.line.socket is not None:
            with suppress(ConnectionClosed):
                await self.line.socket.send(json.dumps(frame))

    def _send(self, frame: dict) -> None:
        task = asyncio.create_task(self._put(frame))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)

    # --- what comes --------------------------------------------------------------------------------------------------
    async def _hear(self, frame: dict) -> None:
        kind = frame["type"]
        if kind in {"welcome", "lines"} and frame.get("conversation", "") == self.conversation:
            await self._apply(frame.get("lines", []), frame.get("upto", 0))
        elif kind == "lines" and self.conversation:
            self._keep_other(frame["conversation"], frame["lines"])
        if kind == "welcome":
            self.open.set()
            self._flush()
        if kind in {"ack", "error"} and self.outbox and frame.get("id") == id(self.outbox[0]):
            if kind == "ack":
                self._kept(frame["seq"])
            else:
                self.found[frame["code"]] += 1
                self._fail()

    def _keep_other(self, conversation: str, lines: list[dict]) -> None:
        """A desk keeps what comes of its other conversations: else each heartbeat asks for their whole stories."""
        for line in lines:
            if line["seq"] == self.others.get(conversation, 0) + 1:
                self.others[conversation] = line["seq"]

    async def _apply(self, lines: list[dict], upto: int) -> None:
        for line in lines:
            if line["seq"] == len(self.lines) + 1:
                self.lines.append(line)
                self.arrived[line["seq"]] = time.monotonic()
            elif line["seq"] <= len(self.lines):
                self.found["repeated"] += 1
                if self.lines[line["seq"] - 1] != line:
                    self.found["another line under the same seq"] += 1
            else:
                self.found["gaps healed by asking"] += 1
                upto = line["seq"]
                break
            if self.outbox and line["client_id"] == self.outbox[0].client_id:
                self._kept(line["seq"])
        self.grew.set()
        if upto > len(self.lines):
            which = {"conversation": self.conversation} if self.conversation else {}
            await self._put({"type": "sync", "id": 2, "after": len(self.lines), **which})

    # --- outbox.js ---------------------------------------------------------------------------------------------------
    def _flush(self) -> None:
        self._stop_timers()
        if not self.outbox:
            return
        if not self.open.is_set() or self.line is None:
            self._fail()
            return
        now = time.monotonic()
        self.left, self.counted = min(bounds.AT_ONCE, self.left + (now - self.counted) / bounds.PACE), now
        if self.left < 1:
            self.again = asyncio.get_running_loop().call_later(bounds.PACE, self._flush)
            return
        self.left -= 1
        for said in self.outbox:
            said.failed = False
        first = self.outbox[0]
        which = {"conversation": self.conversation} if self.conversation else {}
        frame = {"type": "message.send", "id": id(first), "client_id": first.client_id, "text": first.text, **which}
        self._send(frame)
        if "doubt" not in self.timers:
            self._after(self.spare_after, "doubt", self._suspect)
        self.late = asyncio.get_running_loop().call_later(bounds.ANSWER_WITHIN, self._fail)

    def _kept(self, seq: int) -> None:
        said = self.outbox.pop(0)
        assert self.acknowledged.get(seq, said.text) == said.text
        self.acknowledged[seq] = said.text
        said.kept.set_result(time.monotonic())
        self.failures = 0
        self._flush()

    def _fail(self) -> None:
        self.happens("gives a message up for now")
        self._lost()
        most = min(bounds.AGAIN_MOST, bounds.AGAIN * 2**self.failures)
        self.failures += 1
        self.again = asyncio.get_running_loop().call_later(most * random.uniform(0.5, 1), self._flush)

    def _lost(self) -> None:
        self._stop_timers()
        for said in self.outbox:
            said.failed = True
            said.shown_not_sent = said.shown_not_sent or time.monotonic()

    def _stop_timers(self) -> None:
        for timer in (self.late, self.again):
            if timer is not None:
                timer.cancel()
