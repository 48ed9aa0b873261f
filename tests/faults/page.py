"""A page as static/js/lib/link.js and outbox.js make it, second for second, without a browser: it lives by itself.

It connects, comes back with full jitter, sends its heartbeat, gives up a line that does not answer, keeps what was
written until it is acknowledged and shows it as not sent meanwhile. Times and bounds are read from those two files.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.client import BREAKS

_LIB = Path(__file__).parents[2] / "static" / "js" / "lib"


def _seconds(file: str, name: str) -> float:
    return int(re.search(rf"^const {name} = (\d+);", (_LIB / file).read_text(), re.M)[1]) / 1000


BASE, CAP, LONG_CAP, PONG_WITHIN, HELLO_WITHIN, DOUBT = (
    _seconds("link.js", f"{name}_MS") for name in ("BASE", "CAP", "LONG_CAP", "PONG_WITHIN", "HELLO_WITHIN", "DOUBT")
)
HELLO_PATIENCE = round(1000 * _seconds("link.js", "HELLO_PATIENCE"))
LONG_TRIES = 1000 * _seconds("link.js", "LONG_TRIES")
AGAIN, ANSWER_WITHIN = _seconds("outbox.js", "AGAIN_MS"), _seconds("outbox.js", "ANSWER_MS")
FINAL = {4401, 4403}


@dataclass
class Said:
    """Something written: when, when it was shown as not sent (never: 0), and when it was acknowledged."""

    text: str
    at: float
    client_id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    shown_not_sent: float = 0.0
    failed: bool = False
    kept: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Page:
    """A resident's page, or a desk's that shows one conversation.

    Attributes:
        lines: what it shows.
        acknowledged: seq -> words that it shows as sent.
        arrived: seq -> when it was first shown here.
        found: how often what happened: connects, breaks, gaps, refusals by their code.
    """

    def __init__(self, url: str, path: str, cookie: str, conversation: str = "", *, origin: str = "") -> None:
        self.url, self.path, self.cookie, self.conversation = url, path, cookie, conversation
        self.origin = origin or url
        self.lines: list[dict] = []
        self.arrived: dict[int, float] = {}
        self.acknowledged: dict[int, str] = {}
        self.written: list[str] = []
        self.found: Counter[str] = Counter()
        self.outbox: list[Said] = []
        self.socket: ClientConnection | None = None
        self.open = asyncio.Event()
        self.grew = asyncio.Event()
        self.doubt: asyncio.Task | None = None
        self.late: asyncio.TimerHandle | None = None
        self.again: asyncio.TimerHandle | None = None
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
                if isinstance(error, TimeoutError) and not self.open.is_set():
                    self.unanswered = min(self.unanswered + 1, HELLO_PATIENCE)
            self.found["breaks"] += self.open.is_set()
            self.open.clear()
            self._lost()
            most = min(CAP if self.tries < LONG_TRIES else LONG_CAP, BASE * 2 ** min(self.tries, 10))
            self.tries += 1
            wait, self.retry_after = self.retry_after or random.uniform(0, most), 0.0
            if not self.ended:
                await asyncio.sleep(wait)

    async def _connected(self) -> None:
        """One socket, from its handshake to its end. Raises what ended it."""
        beat = None
        async with asyncio.timeout(HELLO_WITHIN * self.unanswered) as watchdog:
            self.watchdog = watchdog
            self.socket = await connect(
                self.url.replace("http", "ws") + self.path,
                additional_headers={"Cookie": self.cookie},
                origin=self.origin,
                proxy=None,
                ping_interval=None,
                open_timeout=None,
                close_timeout=0.1,
                max_size=None,
            )
            try:
                await self._put({"type": "hello", **self._held()})
                while True:
                    frame = json.loads(await self.socket.recv())
                    self._trust()
                    if frame["type"] == "welcome":
                        watchdog.reschedule(None)
                        beat = asyncio.create_task(self._beat(frame["heartbeat_seconds"]))
                        self.tries, self.unanswered = 0, 1
                        self.found["connects"] += 1
                    if frame["type"] == "pong":
                        watchdog.reschedule(None)
                    await self._hear(frame)
                    if frame["type"] == "bye":
                        self.ended = frame["retry_after_ms"] < 0
                        self.retry_after = max(0, frame["retry_after_ms"]) / 1000 * random.uniform(0.5, 1.5)
                        return
            finally:
                if beat:
                    beat.cancel()
                self._trust()
                self.socket.transport.abort()
                self.socket = None

    async def _beat(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._ping(PONG_WITHIN)

    async def _ping(self, within: float) -> None:
        with suppress(ConnectionClosed):
            await self._put({"type": "ping", **self._held()})
        if self.watchdog.when() is None:
            self.watchdog.reschedule(asyncio.get_running_loop().time() + within)

    async def _doubts(self) -> None:
        await asyncio.sleep(DOUBT)
        await self._ping(DOUBT)

    def _trust(self) -> None:
        if self.doubt is not None:
            self.doubt.cancel()
            self.doubt = None

    def _held(self) -> dict:
        upto = len(self.lines)
        return {"id": 1, **({"held": {self.conversation: upto}} if self.conversation else {"after": upto})}

    async def _put(self, frame: dict) -> None:
        if self.socket is not None:
            await self.socket.send(json.dumps(frame))

    # --- what comes --------------------------------------------------------------------------------------------------
    async def _hear(self, frame: dict) -> None:
        kind = frame["type"]
        if kind in {"welcome", "lines"} and frame.get("conversation", "") == self.conversation:
            await self._apply(frame.get("lines", []), frame.get("upto", 0))
        if kind == "welcome":
            self.open.set()
            self._flush()
        if kind in {"ack", "error"} and self.outbox and frame.get("id") == id(self.outbox[0]):
            if kind == "ack":
                self._kept(frame["seq"])
            else:
                self.found[frame["code"]] += 1
                self._fail()

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
        if not self.open.is_set() or self.socket is None:
            self._fail()
            return
        for said in self.outbox:
            said.failed = False
        first = self.outbox[0]
        which = {"conversation": self.conversation} if self.conversation else {}
        frame = {"type": "message.send", "id": id(first), "client_id": first.client_id, "text": first.text, **which}
        self._sending = asyncio.create_task(self._try(frame))
        self.late = asyncio.get_running_loop().call_later(ANSWER_WITHIN, self._fail)

    async def _try(self, frame: dict) -> None:
        if self.doubt is None:
            self.doubt = asyncio.create_task(self._doubts())
        with suppress(ConnectionClosed):
            await self._put(frame)

    def _kept(self, seq: int) -> None:
        said = self.outbox.pop(0)
        assert self.acknowledged.get(seq, said.text) == said.text
        self.acknowledged[seq] = said.text
        said.kept.set_result(time.monotonic())
        self._flush()

    def _fail(self) -> None:
        self._lost()
        self.again = asyncio.get_running_loop().call_later(AGAIN, self._flush)

    def _lost(self) -> None:
        self._stop_timers()
        for said in self.outbox:
            said.failed = True
            said.shown_not_sent = said.shown_not_sent or time.monotonic()

    def _stop_timers(self) -> None:
        for timer in (self.late, self.again):
            if timer is not None:
                timer.cancel()
