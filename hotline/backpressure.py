"""What Daphne lacks on a message's way: sending that waits for slow clients, and at little cost for all others.

Daphne hands every frame to Twisted, which keeps it until the client takes it: a client that never reads would take as
much memory as there is to say to it. Here sending returns only once what is queued for the client is written, so that
its socket's hints gather meanwhile (a hint holds once, see hotline.layer). A client that reads nothing for long is cut
off; when it comes back it says what it holds and gets the rest.

What a socket says at one moment goes out together, and past the layers between: Autobahn paints lines
for a log that nobody reads, and Twisted asks the system twice for each write whether it may write.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

log = logging.getLogger(__name__)

STALLED_SECONDS = 20.0
"""A page that took nothing for so long has lost its line, or is a phone asleep: both connect anew."""
GATHERS_SECONDS = 0.002
"""So long after sockets were written what is said to them gathers: a receipt and its line, or the lines of ten
conversations on one desk, are one write then."""
AT_ONCE_BYTES = 8 * 1024
"""Longer texts do not wait for others."""
FINAL_TEXT = 0x81
"""First byte of a text message in one frame."""
UNSENT_BYTES = 64 * 1024
"""So much the system keeps for a client that takes nothing, where it can be told; else up to 2.8 MB."""
UNANSWERED_FRAMES = 200
"""A page that has sent so many frames that were not looked at yet is no page of ours."""


class Flow:
    """Told by Twisted when a connection's buffer is full (64 KiB) and when it is empty again."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()

    def pauseProducing(self) -> None:
        """The buffer is full."""
        self.free.clear()

    def resumeProducing(self) -> None:
        """It is written."""
        self.free.set()

    def stopProducing(self) -> None:
        """The connection is gone: nobody waits for it."""
        self.free.set()


class Post:
    """The sockets that have something to say, written together: in a surge at most once in GATHERS_SECONDS."""

    def __init__(self) -> None:
        self.waiting: list[FlowingProtocol] = []
        self.next_at = 0.0

    def take(self, socket: FlowingProtocol) -> None:
        """Write what ``socket`` has to say, soon."""
        self.waiting.append(socket)
        if len(self.waiting) == 1:
            asyncio.get_running_loop().call_at(self.next_at, self._deliver)

    def _deliver(self) -> None:
        self.next_at = asyncio.get_running_loop().time() + GATHERS_SECONDS
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.write()


_post = Post()


class FlowingProtocol(WebSocketProtocol):
    """A WebSocket connection that says when it can take more."""

    flow: Flow | None = None

    def __init__(self) -> None:
        super().__init__()
        self.unsent: list[bytes] = []

    def onOpen(self) -> None:
        """Ask Twisted to tell how full the buffer is, and the system to keep little of what it cannot send."""
        super().onOpen()
        self.flow = Flow()
        # What spoke HTTP here is still being told, and Autobahn swallows what goes wrong in this method.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.flow, True)
        with suppress(OSError, AttributeError):
            self.transport.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def onClose(self, *how: Any) -> None:
        """Wake whoever waits for this connection."""
        if self.flow is not None:
            self.flow.free.set()
        super().onClose(*how)

    def dataReceived(self, data: bytes) -> None:
        """As Autobahn's own, without the painting."""
        self._dataReceived(data)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand a frame on, unless too many were not looked at."""
        if self.application_queue.qsize() > UNANSWERED_FRAMES:
            log.warning("cut off a socket with more than %s frames unanswered", UNANSWERED_FRAMES)
            self.dropConnection(abort=True)
            return
        super().onMessage(payload, isBinary)

    def say(self, text: bytes) -> None:
        """Send a text message of any size, with what else is said at this moment; nothing once it closes.

        Autobahn's own way holds the limit for what comes in against what goes out as well.
        """
        if self.state != self.STATE_OPEN:
            return
        size = len(text)
        if size < 126:
            head = bytes((FINAL_TEXT, size))
        elif size < 1 << 16:
            head = bytes((FINAL_TEXT, 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((FINAL_TEXT, 127)) + size.to_bytes(8, "big")
        if not self.unsent:
            _post.take(self)
        self.unsent += (head, text)
        if size > AT_ONCE_BYTES:
            self.write()

    def sendMessage(self, payload: bytes, isBinary: bool = False, **how: Any) -> None:
        """As :meth:`say`; frames of ours are text."""
        if isBinary:
            raise TypeError("binary frames are not spoken here")
        self.say(payload)

    def sendData(self, *what: Any, **how: Any) -> None:
        """Autobahn's own frames, such as a close, go out after what was said."""
        self.write()
        super().sendData(*what, **how)

    def write(self) -> None:
        """Write what was said: at once where nothing is queued before it, else behind that."""
        if not self.unsent:
            return
        data, transport = b"".join(self.unsent), self.transport
        self.unsent.clear()
        if not transport.connected:
            return
        queued = transport.dataBuffer or transport._tempDataBuffer  # noqa: SLF001 - Twisted has no public word for it
        if not (queued or transport.TLS):
            done = transport.writeSomeData(data)
            # An error is found again, and dealt with, by Twisted's own next try.
            data = data[done:] if isinstance(done, int) and done >= 0 else data
        if data:
            transport.write(data)

    async def written(self) -> bool:
        """Returns once the client has taken what was queued for it; a client that takes nothing is cut off.

        Says whether the connection still stands.
        """
        if self.flow is not None and not self.flow.free.is_set():
            try:
                await asyncio.wait_for(self.flow.free.wait(), STALLED_SECONDS)
            except TimeoutError:
                log.info("cut off a socket that took nothing for %s s", STALLED_SECONDS)
                self.dropConnection(abort=True)
                return False
        return bool(self.state == self.STATE_OPEN)
