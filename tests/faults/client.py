"""The far end of a socket, by hand: sends, counts, and keeps what came. Knows nothing of the product's own clients."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections import Counter
from typing import ClassVar

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.faults.site import Process

BREAKS = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError)
PATIENCE_SECONDS = 180.0
"""A frame that has not come by then never will, however slow the machine."""


class Client:
    """A page that somebody writes on; ``conversation`` is empty for a resident's."""

    opened: ClassVar[list[Client]] = []
    """Those of the running test."""

    def __init__(self, process: Process, path: str, cookie: str, conversation: str = "") -> None:
        self.process, self.path, self.cookie, self.conversation = process, path, cookie, conversation
        self.numbers = itertools.count(1)
        self.socket = None
        self.frames: list[dict] = []
        self.lines: list[dict] = []
        """What the page shows: applied in order, each once."""
        self.acknowledged: dict[int, str] = {}
        self.written: list[str] = []
        self.found = Counter()
        self.welcome: dict = {}

    async def connect(self) -> Client:
        """Connect and say hello with what is held."""
        await self.drop()
        Client.opened.append(self)
        self.socket = await connect(
            self.process.url.replace("http", "ws") + self.path,
            additional_headers={"Cookie": self.cookie},
            origin=self.process.url,
            proxy=None,
            ping_interval=None,
            open_timeout=20,
            close_timeout=0.2,
        )
        held = {"held": {self.conversation: len(self.lines)}} if self.conversation else {"after": len(self.lines)}
        if self.path == "/ws/desk/" and not self.conversation:
            held = {}
        self.welcome = await self.ask("hello", **held)
        return self

    async def connect_somehow(self) -> None:
        """Connect until it works."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    await self.connect()
                    return
                except BREAKS:
                    await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Go away."""
        if self.socket is not None:
            await self.socket.close()

    async def drop(self) -> None:
        """Let go of the socket, whatever state it is in."""
        if self.socket is not None:
            self.socket.transport.abort()
            await self.socket.wait_closed()
            self.socket = None

    async def send(self, kind: str, **fields) -> int:
        """Send a frame; returns its id."""
        number = next(self.numbers)
        await self.socket.send(json.dumps({"type": kind, "id": number, **fields}))
        return number

    async def receive(self, within: float = PATIENCE_SECONDS) -> dict:
        """The next frame, its lines applied."""
        async with asyncio.timeout(within):
            frame = json.loads(await self.socket.recv())
        self.frames.append(frame)
        if frame["type"] in {"lines", "welcome"} and frame.get("conversation", "") == self.conversation:
            await self._apply(frame.get("lines", []), frame.get("upto", 0))
        return frame

    async def _apply(self, lines: list[dict], upto: int) -> None:
        numbers = [line["seq"] for line in lines]
        if numbers != sorted(numbers):
            self.found["out of order"] += 1
        for line in lines:
            if line["seq"] == len(self.lines) + 1:
                self.lines.append(line)
            elif line["seq"] <= len(self.lines):
                self.found["repeated"] += 1
                if self.lines[line["seq"] - 1] != line:
                    self.found["another line under the same seq"] += 1
            else:
                self.found["gaps healed by asking"] += 1
                upto = line["seq"]
                break
        if upto > len(self.lines):
            await self.sync()

    async def sync(self) -> None:
        """Ask for what came after the last line."""
        which = {"conversation": self.conversation} if self.conversation else {}
        await self.send("sync", after=len(self.lines), **which)

    async def ask(self, kind: str, within: float = PATIENCE_SECONDS, **fields) -> dict:
        """Send a frame and wait for its answer."""
        number = await self.send(kind, **fields)
        while True:
            frame = await self.receive(within)
            if frame.get("id") == number:
                return frame

    async def until(self, wanted, within: float = PATIENCE_SECONDS) -> dict:
        """The next frame that is ``wanted``: a type, or a test."""
        while True:
            frame = await self.receive(within)
            if wanted(frame) if callable(wanted) else frame["type"] == wanted:
                return frame

    async def last_words(self, within: float) -> tuple[list[dict], int | None]:
        """All frames until the socket closes, each ``within`` so many seconds, and its close code."""
        frames = []
        try:
            while True:
                frames.append(await self.receive(within))
        except ConnectionClosed as closed:
            return frames, closed.rcvd.code if closed.rcvd else None

    async def say(self, text: str) -> None:
        """Say it until it is acknowledged, through any number of breaks."""
        self.written.append(text)
        client_id = secrets.token_urlsafe(16)
        which = {"conversation": self.conversation} if self.conversation else {}
        while True:
            try:
                answer = await self.ask("message.send", client_id=client_id, text=text, **which)
            except BREAKS:
                self.found["breaks"] += 1
                await self.connect_somehow()
                continue
            if answer["type"] == "error":
                assert answer["code"] in {"storage.unavailable", "server.fault"}, answer
                await asyncio.sleep(0.05)
                continue
            assert answer["seq"] not in self.acknowledged
            self.acknowledged[answer["seq"]] = text
            return

    async def hold(self, upto: int) -> None:
        """Wait until the page shows so many lines, asking for them as pages do at a heartbeat."""
        while len(self.lines) < upto:
            try:
                await self.sync()
                await self.until("lines")
            except BREAKS:
                await self.connect_somehow()
