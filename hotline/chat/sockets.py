"""What the resident's and the staff's sockets share: frames in, frames out, refusals, pace, hints.

A consumer only dispatches: it parses a frame, finds the handler, crosses over once to a synchronous service, and
answers. Rules live in the services.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import weakref
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from hotline import metrics
from hotline.chat import errors, protocol, recent
from hotline.chat.errors import Refused
from hotline.chat.hearing import LOOKS_AGAIN_AFTER_SECONDS, Hearing
from hotline.chat.models import as_time
from hotline.chat.recorder import Door, Spoken, recorder
from hotline.chat.sealing import Unreadable
from hotline.chat.selectors import portion
from hotline.chat.services.messages import Receipt
from hotline.wire import Wire, wire_of

log = logging.getLogger(__name__)
T = TypeVar("T")

CLOSE_BAD_FRAMES = 4400
CLOSE_UNKNOWN = 4401
CLOSE_ENDED = 4403
CLOSE_TOO_FAST = 4429

FRAMES_PER_SECOND = 10.0
FRAMES_AT_ONCE = 120
"""Pace of one socket. A page that comes back with a full outbox may send this many at once: what a fast writer says in
a minute without a line, and half as much again."""
EVENTS = {
    "websocket.connect": "websocket_connect",
    "websocket.receive": "websocket_receive",
    "websocket.disconnect": "websocket_disconnect",
    "hint": "hint",
}
"""All that may reach a consumer; a type from elsewhere selects no method."""
BAD_FRAMES_ALLOWED = 20
SURE_SECONDS = 5.0
"""For so long after the database said that a page may see a conversation, new lines are pushed from memory."""
LATE = 1.25
"""A heartbeat is late after so many of its own lengths."""
LONGEST_SOCKET_SECONDS = 20 * 3600
"""A page that stays open longer connects anew, with jitter: no socket lives on for days."""


ENDING_RETRY_MS = 2_000
"""When the server ends, pages come back after this, give or take half: by then another process, or this one anew."""
FINISHES_WITHIN_SECONDS = 2.0
"""How long a socket may take to finish the frame it is at when the server ends."""

_open: weakref.WeakSet[FrameSocket] = weakref.WeakSet()
"""Every socket of this process."""


async def end_all() -> None:
    """The server ends: let each socket finish the frame it is at, then tell its page when to come back."""
    await asyncio.gather(*(socket.server_ends() for socket in list(_open)), return_exceptions=True)


class Pace:
    """A token bucket.

    Attributes:
        left: frames that may come at once now.
    """

    def __init__(self, per_second: float, at_once: int) -> None:
        self.per_second, self.at_once = per_second, at_once
        self.left, self.then = float(at_once), time.monotonic()

    def allows(self) -> bool:
        """Take one, if there is one."""
        now = time.monotonic()
        self.left = min(self.at_once, self.left + (now - self.then) * self.per_second)
        self.then = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class FrameSocket(Hearing):
    """A socket that speaks the frames of :mod:`hotline.chat.protocol`."""

    handlers: ClassVar[Mapping[type, str]] = {}
    """Frame type -> name of the method that answers it."""
    kind: ClassVar[str] = ""
    """Whose page it serves, for metrics: resident or desk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pace = Pace(FRAMES_PER_SECOND, FRAMES_AT_ONCE)
        self.bad_frames = 0
        self.later: dict[str, asyncio.Task[None]] = {}
        self.sure: dict[str, float] = {}
        """Conversations that this page may see -> when the database last said so, by the monotonic clock."""
        self.turn = asyncio.Lock()
        """Held while an event is answered."""
        self.ending = False
        self.closing = False
        self.gone = False
        """The page takes nothing any more, though the server has not told so yet; what it said before still counts."""
        self.wire: Wire | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket, also while the layer is away: without hints then, healed by heartbeats, not for long."""
        self.scope, self.base_send, self.wire = scope, send, wire_of(scope)
        await self.begin_to_hear()
        _open.add(self)
        metrics.socket_opened(self.kind)
        try:
            with suppress(StopConsumer):
                while True:
                    await self.dispatch(await receive())
        finally:
            _open.discard(self)
            metrics.socket_closed(self.kind)
            await self.stop_hearing()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler without the thread hop that Channels makes first.

        ``database_sync_to_async`` looks after stale connections at each crossing; hopping before every event
        as well would let one slow call delay every conversation of the process twice.
        """
        name = EVENTS[message["type"]]
        async with self.turn:
            await getattr(self, name)(message)

    def parse(self, raw: str) -> Any:
        """The frame in ``raw``; see :mod:`hotline.chat.protocol`."""
        raise TypeError(f"{type(self).__name__} does not say which frames it reads")

    @property
    def listens(self) -> bool:
        """Whether it is of any use to look for what this page lacks."""
        return not (self.closing or self.gone)

    # --- coming and going ---------------------------------------------------------------------------------------
    def expect_ping(self, heartbeat: float) -> None:
        """A heartbeat came; should the next one be late, ask for it.

        Browsers let the timers of a page in the background run once a minute or not at all. A desk behind another
        window would count as vanished, and lose its people; but what a page hears wakes it.
        """
        if "beat" in self.later:
            self.later.pop("beat").cancel()

        async def ask() -> None:
            await self.answer(protocol.Beat())
            self.expect_ping(heartbeat)

        self.after(heartbeat * LATE, "beat", ask)

    async def disconnect(self, code: int) -> None:
        """Leave all groups and stop what was to happen later."""
        self.closing = True
        for task in self.later.values():
            task.cancel()
        for group in list(self.groups):
            await self.part(group)

    async def say_bye(self, code: str, *, close: int, retry_after_ms: int) -> None:
        """Tell the page why, then close."""
        if not self.closing:
            self.closing = True
            await self._send(protocol.Bye(code=code, retry_after_ms=retry_after_ms))
            await self.close(close)

    async def server_ends(self) -> None:
        """Finish the frame at hand, answer no other (its page says it again elsewhere), and say goodbye."""
        self.ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISHES_WITHIN_SECONDS), self.turn:
                pass
        await self.say_bye("server.ending", close=1000, retry_after_ms=ENDING_RETRY_MS)

    def grow_old(self) -> None:
        """Ask the page to connect anew before its socket is a day old."""
        age = LONGEST_SOCKET_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311 - jitter, not a secret
        self.after(age, "age", lambda: self.say_bye("socket.renew", close=1000, retry_after_ms=0))

    # --- frames -------------------------------------------------------------------------------------------------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame, or refuse it with a code; only a stream of nonsense closes the socket."""
        if self.closing or self.ending:
            return
        if not self.pace.allows():
            await self.say_bye(errors.TOO_FAST, close=CLOSE_TOO_FAST, retry_after_ms=5_000)
            return
        raw = text_data or ""
        try:
            frame = self.parse(raw)
        except Refused as refusal:
            await self._refuse_frame(raw, refusal)
            return
        request = getattr(frame, "id", None)
        try:
            await getattr(self, self.handlers[type(frame)])(frame)
        except Refused as refusal:
            await self.refuse(request, refusal)
        except DatabaseError as error:
            metrics.not_kept()
            log.error("not kept frame=%s fault=%s", type(frame).__name__, type(error).__name__)
            await self.refuse(request, Refused(errors.NOT_KEPT))
        except Unreadable as error:
            log.error("not readable frame=%s place=%s", type(frame).__name__, error)
            await self.refuse(request, Refused(errors.FAULT))
        except Exception as error:
            log.error("fault frame=%s fault=%s", type(frame).__name__, type(error).__name__, exc_info=settings.DEBUG)
            await self.refuse(request, Refused(errors.FAULT))

    async def _refuse_frame(self, raw: str, refusal: Refused) -> None:
        self.bad_frames += 1
        if self.bad_frames > BAD_FRAMES_ALLOWED or refusal.code == errors.TOO_BIG:
            await self.say_bye(refusal.code, close=CLOSE_BAD_FRAMES, retry_after_ms=30_000)
            return
        await self.refuse(protocol.request_id(raw), refusal)

    async def echo(self, frame: protocol.Echo) -> None:
        """Say that the line is alive, and nothing else: neither presence nor rights rest on it."""
        await self.answer(protocol.Pong(id=frame.id, at=as_time(timezone.now())))

    async def refuse(self, request: int | None, refusal: Refused) -> None:
        """Answer with the refusal's code."""
        if refusal.code == errors.SIGNED_OUT:
            await self.say_bye(refusal.code, close=CLOSE_ENDED, retry_after_ms=-1)
            return
        await self.answer(protocol.Error(id=request, code=refusal.code, detail=refusal.detail))

    async def answer(self, frame: protocol.Frame) -> None:
        """Send a frame, unless the socket is going; returns once the client can take more."""
        if not self.closing:
            await self._send(frame)

    async def _send(self, frame: protocol.Frame) -> None:
        if self.wire is None:
            await self.base_send({"type": "websocket.send", "text": protocol.encode(frame).decode()})
            return
        self.wire.say(protocol.encode(frame))
        if not await self.wire.written():
            self.gone = True

    # --- crossing over, and later ---------------------------------------------------------------------------------
    async def cross(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a synchronous service on the database thread."""
        result: T = await database_sync_to_async(service)(*args, **kwargs)
        return result

    async def keep(self, door: Door, credential: Any, conversation: str, frame: Any) -> Receipt:
        """Keep the words of a frame, together with what others say at this moment."""
        spoken = Spoken(door, credential, conversation, frame.client_id, frame.text)
        receipt = await recorder().keep(spoken)
        self.sure[conversation] = time.monotonic()
        return receipt

    def may_see(self, conversation: str) -> bool:
        """Whether this page surely may see what this process committed of a conversation a moment ago."""
        return time.monotonic() - self.sure.get(conversation, -SURE_SECONDS) < SURE_SECONDS

    def new_lines(self, conversation: str, after: int, upto: int | None) -> list[protocol.Line] | None:
        """Lines beyond ``after`` from memory; None when the database must be asked, for them or for the right.

        A hint says ``upto`` where lines are known to reach; without one nobody knows what other processes committed.
        """
        if upto is None:
            return None
        if not self.may_see(conversation):
            return None
        found = recent.after(conversation, after)
        return portion(found) if found and found[-1].seq >= upto else None

    def after(self, seconds: float, name: str, action: Callable[[], Awaitable[None]]) -> None:
        """Do ``action`` in a while; while it is due, the same ``name`` again changes nothing."""
        if name in self.later and not self.later[name].done():
            return

        async def run() -> None:
            await asyncio.sleep(seconds)
            self.later.pop(name, None)
            try:
                if self.listens:
                    await action()
            except Exception as error:  # noqa: BLE001 - the next hint or heartbeat repeats it
                log.warning("delayed %s failed fault=%s", name, type(error).__name__)

        self.later[name] = asyncio.get_running_loop().create_task(run())

    async def hint(self, message: dict[str, Any]) -> None:
        """Something changed: hand it to the method ``on_<kind>``; kinds that do not concern this socket pass by."""
        handler = getattr(self, f"on_{message['kind']}", None)
        if handler is None or not self.listens:
            return
        try:
            await handler(message)
        except Refused as refusal:
            if refusal.code == errors.SIGNED_OUT:
                await self.refuse(None, refusal)
        except Exception as error:  # noqa: BLE001 - the database may be away: looked at again until it answers
            log.warning("hint not followed kind=%s fault=%s", message["kind"], type(error).__name__)
            self.look_soon(LOOKS_AGAIN_AFTER_SECONDS)
