"""A page without a browser: signs in through real forms, talks through a real socket, keeps the rules of delivery.

What docs/protocol.md asks of a page is done here as well: an own id for each message, said again until acknowledged;
lines applied in order only, gaps asked for; heartbeats; coming back with jitter.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import CookieJar
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

Frame = dict[str, Any]
ANSWER_SECONDS = 10.0
FORM_SECONDS = 20.0
FIRST_WAIT, LONGEST_WAIT = 0.25, 4.0
"""Bounds of the random wait before coming back, in seconds. Shorter than a browser's: nobody watches a spinner."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Gone(Exception):
    """The server does not answer, or what answers is not ours. The message is for people."""


class Refused(Exception):
    """A frame was refused; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Browser:
    """Cookies and forms of one person. Blocking: call it in a thread."""

    def __init__(self, url: str, language: str) -> None:
        self.url = url.rstrip("/")
        self.cookies = CookieJar()
        # No proxy of the surroundings stands between us and our own machine.
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.opener.addheaders = [("Accept-Language", language)]

    def submit(self, path: str, fields: dict[str, str]) -> tuple[str, str]:
        """Open the page at ``path`` and send its form.

        Returns:
            Address and text of the page that follows.

        Raises:
            Gone: no answer, or no form of ours.
        """
        _, page = self._fetch(path)
        token = _TOKEN.search(page)
        if token is None:
            raise Gone(f"{self.url}{path} shows no form: is this address Lamplight's?")
        return self._fetch(path, urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode())

    def _fetch(self, path: str, body: bytes | None = None) -> tuple[str, str]:
        try:
            with self.opener.open(self.url + path, body, timeout=FORM_SECONDS) as answer:
                return answer.url, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            raise Gone(f"{self.url}{path} answers {error.code}: is this address Lamplight's?") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Gone(f"No answer from {self.url}: {reason}. Is the server running (make run)?") from error

    @property
    def cookie(self) -> str:
        """All cookies as a header."""
        return "; ".join(f"{one.name}={one.value}" for one in self.cookies)

    def has(self, name: str) -> bool:
        """Whether the site has given this cookie."""
        return any(one.name == name for one in self.cookies)


class Page:
    """One page and its socket. A resident's page knows one conversation, called "" here.

    Attributes:
        lines: conversation -> its lines, in order and without gaps.
        latest: the last frame of each type.
        faults: what came that must never come; empty when all is well.
    """

    def __init__(self, browser: Browser, path: str, *, patience: float) -> None:
        self.browser, self.path, self.patience = browser, path, patience
        self.is_resident = "resident" in path
        self.lines: dict[str, list[Frame]] = defaultdict(list)
        self.upto: dict[str, int] = defaultdict(int)
        self.views: dict[str, Frame] = {}
        self.latest: dict[str, Frame] = {}
        self.faults: list[str] = []
        self.task: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._open = False
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Frame]] = {}
        self._watchers: list[asyncio.Future[None]] = []
        self._order: dict[str, int] = {}
        self._heard_at = time.monotonic()
        self._heartbeat = 20.0
        self._came_before = False
        self._pause = 0.0
        self.ended: Exception | None = None
        self.reconnects = 0

    # --- coming and going -------------------------------------------------------------------------------------------
    async def open(self) -> Page:
        """Connect, and stay connected until :meth:`close`."""
        self.task = asyncio.create_task(self._stay())
        self.task.add_done_callback(self._stopped)
        await self.connected()
        return self

    async def connected(self) -> None:
        """Wait until the server has welcomed this page (again).

        Raises:
            Gone: it did not, for as long as ``patience``.
        """
        if not await self.until(lambda: self._open, self.patience):
            raise Gone(f"The server at {self.browser.url} is gone.")

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """Whoever waits for this page must not wait for ever if it broke."""
        if not task.cancelled() and task.exception() is not None:
            self.ended = Gone(f"The page of the simulation broke: {task.exception()!r}")
            self._tell_watchers()

    async def close(self) -> None:
        """Go away."""
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
        self.task = None

    async def _stay(self) -> None:
        """Connect again and again; give up when nobody answered for as long as ``patience``."""
        reached, tries = time.monotonic(), 0
        while self.ended is None:
            try:
                if await self._talk():
                    reached, tries = time.monotonic(), 0
            except (OSError, WebSocketException, TimeoutError) as error:
                if time.monotonic() - reached > self.patience:
                    self.ended = Gone(f"The server at {self.browser.url} is gone: {type(error).__name__}.")
            self._lost()
            if self.ended is None:
                most = min(LONGEST_WAIT, FIRST_WAIT * 2**tries)
                tries += 1
                await asyncio.sleep(self._pause or random.uniform(0, most))  # noqa: S311 - jitter, not a secret
                self._pause = 0.0

    async def _talk(self) -> bool:
        """One socket's life.

        Returns:
            Whether it got as far as being welcomed.
        """
        address = self.browser.url.replace("http", "ws", 1) + self.path
        welcomed = False
        async with connect(
            address,
            origin=self.browser.url,  # type: ignore[arg-type]  # the library wants its own name for a text
            additional_headers={"Cookie": self.browser.cookie},
            proxy=None,
            ping_interval=None,
            open_timeout=ANSWER_SECONDS,
            close_timeout=1,
        ) as socket:
            self._socket = socket
            await self._send({"type": "hello", "id": next(self._numbers), **self._held()})
            due = time.monotonic() + ANSWER_SECONDS
            while True:
                try:
                    async with asyncio.timeout(due - time.monotonic()):
                        raw = await socket.recv()
                except TimeoutError:
                    if not welcomed or time.monotonic() - self._heard_at > self._heartbeat + ANSWER_SECONDS:
                        return welcomed
                    await self._send({"type": "ping", "id": next(self._numbers), **self._held()})
                    due = time.monotonic() + self._heartbeat
                    continue
                self._heard_at = time.monotonic()
                frame = json.loads(raw)
                await self._hear(frame)
                if frame["type"] == "welcome":
                    welcomed, due = True, time.monotonic() + self._heartbeat
                if frame["type"] == "bye":
                    return welcomed

    def _lost(self) -> None:
        self._socket, self._open = None, False
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ConnectionError("the socket is gone"))
        self._asked.clear()
        self._tell_watchers()

    # --- frames -----------------------------------------------------------------------------------------------------
    def _held(self) -> Frame:
        if self.is_resident:
            return {"after": len(self.lines[""])}
        mine = (one for one, view in self.views.items() if view["mine"] and view["state"] != "closed")
        return {"held": {one: len(self.lines[one]) for one in mine}}

    async def _send(self, frame: Frame) -> None:
        if self._socket is None:
            raise ConnectionError("there is no socket")
        try:
            await self._socket.send(json.dumps(frame))
        except WebSocketException as error:
            raise ConnectionError("the socket is gone") from error

    async def _hear(self, frame: Frame) -> None:
        kind = frame["type"]
        self.latest[kind] = frame
        self._order[kind] = next(self._numbers)
        if kind == "welcome":
            self.reconnects += self._came_before
            self._came_before = True
            self._open, self._heartbeat = True, float(frame["heartbeat_seconds"])
            for view in frame.get("views", [frame.get("view")]):
                self._see(view)
            self._apply("", frame.get("lines", []))
        elif kind == "view":
            self._see(frame["view"])
        elif kind == "lines":
            name = frame.get("conversation", "")
            self._apply(name, frame["lines"])
            self.upto[name] = max(self.upto[name], frame["upto"])
        elif kind == "beat":
            await self._send({"type": "ping", "id": next(self._numbers), **self._held()})
        elif kind == "gone" and frame["conversation"] in self.views:
            self.views[frame["conversation"]] = {**self.views[frame["conversation"]], "mine": False}
        elif kind == "bye":
            self._pause = max(0, frame["retry_after_ms"]) / 1000 * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
            if frame["retry_after_ms"] < 0:
                self.ended = Refused(frame["code"])
        asked = self._asked.pop(frame.get("id") or -1, None)
        if asked is not None and not asked.done():
            asked.set_result(frame)
        await self._ask_for_gaps()
        self._tell_watchers()

    def _see(self, view: Frame) -> None:
        name = view.get("conversation", "")
        self.views[name] = view
        self.upto[name] = max(self.upto[name], view["upto"])

    def _apply(self, name: str, lines: list[Frame]) -> None:
        held = self.lines[name]
        for line in lines:
            if line["seq"] == len(held) + 1:
                held.append(line)
            elif line["seq"] <= len(held) and held[line["seq"] - 1]["text"] != line["text"]:
                self.faults.append(f"line {line['seq']} came with two texts")

    async def _ask_for_gaps(self) -> None:
        for name, upto in self.upto.items():
            if upto > len(self.lines[name]) and (self.is_resident or name in self.views):
                self.upto[name] = len(self.lines[name])  # asked once; the answer says anew what there is
                which = {} if self.is_resident else {"conversation": name}
                await self._send({"type": "sync", "id": next(self._numbers), "after": len(self.lines[name]), **which})

    async def ask(self, kind: str, **fields: Any) -> Frame:
        """Send a frame and wait for its answer.

        Raises:
            Refused: the answer was no.
            ConnectionError, TimeoutError: no answer; whether it was done is not known.
        """
        number = next(self._numbers)
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            await self._send({"type": kind, "id": number, **fields})
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await future
        finally:
            self._asked.pop(number, None)
        if answer["type"] == "error":
            raise Refused(answer["code"])
        return answer

    async def say(self, text: str, **where: str) -> int:
        """Say it until it is acknowledged; the same id each time, so that it is kept once.

        Returns:
            Its place in the conversation.

        Raises:
            Refused: it will not be kept.
            Gone: the server went away for good.
        """
        client_id = secrets.token_urlsafe(16)
        while True:
            await self.connected()
            try:
                return int((await self.ask("message.send", client_id=client_id, text=text, **where))["seq"])
            except (ConnectionError, TimeoutError):
                await asyncio.sleep(FIRST_WAIT)
            except Refused as refusal:
                if refusal.code not in {"storage.unavailable", "server.fault", "frame.too_fast"}:
                    raise
                await asyncio.sleep(FIRST_WAIT)

    async def typing(self, on: bool, **where: str) -> None:
        """Tell that somebody writes; no harm if it is lost."""
        with suppress(ConnectionError):
            await self._send({"type": "typing", "on": on, **where})

    # --- waiting ----------------------------------------------------------------------------------------------------
    async def until(self, test: Callable[[], bool], within: float) -> bool:
        """Wait for ``test`` to hold; looked at after each frame.

        Returns:
            Whether it did, within so many seconds.

        Raises:
            Gone, Refused: the page has ended.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not test():
                    if self.ended is not None:
                        raise self.ended
                    watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._watchers.append(watcher)
                    await watcher
                return True
        return test()

    def came_at(self, kind: str) -> int:
        """Grows with each frame: tells which of two kinds came last."""
        return self._order.get(kind, 0)

    def nudge(self) -> None:
        """Something outside has changed: let whoever waits look again."""
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)
