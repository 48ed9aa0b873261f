"""Pages at the other end of a socket, against the whole ASGI application."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from counselors.models import StaffMember
from tests.factories import Talk, client_id

T = TypeVar("T")
PATIENCE_SECONDS = 10.0
"""How long a test waits for what must come. Nothing waits this long when all is well."""


async def there(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Do something with the database from a test that speaks through sockets."""
    return await sync_to_async(call)(*args, **kwargs)


class Closed(Exception):
    """The socket ended; ``code`` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Page:
    """A browser's page: sends frames, keeps all that came."""

    def __init__(self, path: str, cookie: str = "", *, origin: str = "http://localhost") -> None:
        from hotline.asgi import application

        headers = [(b"cookie", cookie.encode()), (b"host", b"localhost"), (b"user-agent", b"Curious/9.9")]
        if origin:
            headers.append((b"origin", origin.encode()))
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.socket.scope["client"] = ["203.0.113.77", 4711]
        self.is_resident = path == "/ws/resident/"
        self.numbers = itertools.count(1)
        self.raw: list[str] = []
        """Every frame as it came over the wire."""
        self.unread: list[dict[str, Any]] = []
        self.held: dict[str, int] = {}
        """The last line this page has of each conversation; a resident's page knows only one, "" here."""

    async def open(self) -> Page:
        """Shake hands."""
        accepted, code = await self.socket.connect(timeout=PATIENCE_SECONDS)
        if not accepted:
            raise Closed(code)
        return self

    async def send_raw(self, raw: str) -> None:
        """Send anything at all."""
        await self.socket.send_to(text_data=raw)

    async def send(self, kind: str, /, **fields: Any) -> int:
        """Send a frame; returns its id."""
        number = next(self.numbers)
        body = {"type": kind, **fields} if kind == "typing" else {"type": kind, "id": number, **fields}
        await self.send_raw(json.dumps(body))
        return number

    async def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Send a frame and wait for its answer."""
        number = await self.send(kind, **fields)
        return await self.until(lambda frame: frame.get("id") == number)

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Send a message and wait for its acknowledgement."""
        return await self.ask("message.send", text=text, **{"client_id": client_id(), **fields})

    async def until(self, wanted: Callable[[dict[str, Any]], bool] | str) -> dict[str, Any]:
        """The first frame not yet looked at that is ``wanted`` (a test, or a type).

        Raises:
            Closed: the socket ended before.
        """
        fits = (lambda frame: frame["type"] == wanted) if isinstance(wanted, str) else wanted
        for number, frame in enumerate(self.unread):
            if fits(frame):
                return self.unread.pop(number)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            frame = await self._next(deadline)
            if fits(frame):
                return frame
            self.unread.append(frame)

    async def ended(self) -> int:
        """The code with which the socket closes, all frames before it read."""
        try:
            await self.until(lambda frame: False)
        except Closed as closed:
            return closed.code
        raise AssertionError("unreachable")

    async def catch_up(self) -> list[dict[str, Any]]:
        """All frames that came until triage had read and a heartbeat was answered twice: all hints arrived."""
        from hotline.chat.recorder import recorder

        await recorder().rest()
        for _ in range(2):
            number = await self.send(
                "ping", **({"after": self.held.get("", 0)} if self.is_resident else {"held": self.held})
            )
            await self.until(lambda frame, number=number: frame.get("id") == number)
        found, self.unread = self.unread, []
        return found

    async def _next(self, deadline: float) -> dict[str, Any]:
        try:
            event = await asyncio.wait_for(self.socket.output_queue.get(), max(0.01, deadline - time.monotonic()))
        except TimeoutError:
            if self.socket.future.done():
                self.socket.future.result()
            raise AssertionError(f"it did not come; unread: {self.unread}") from None
        if event["type"] == "websocket.close":
            raise Closed(event["code"])
        self.raw.append(event["text"])
        frame: dict[str, Any] = json.loads(event["text"])
        if frame.get("lines"):
            self.held[frame.get("conversation", "")] = frame["lines"][-1]["seq"]
        return frame

    async def leave(self) -> None:
        """Close the page."""
        await self.socket.disconnect(timeout=PATIENCE_SECONDS)


def resident_page(talk: Talk, **options: Any) -> Page:
    """A page of a resident."""
    return Page("/ws/resident/", f"visit={talk.token}", **options)


def sign_in(member: StaffMember) -> str:
    """A session's cookie."""
    client = Client()
    client.force_login(member)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def desk_page(member: StaffMember, **options: Any) -> Page:
    """A page of the staff. Signs in: not from within a running loop."""
    return Page("/ws/desk/", sign_in(member), **options)
