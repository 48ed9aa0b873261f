"""What Daphne lacks towards slow clients: whoever sends waits until the client reads, and does not wait for ever.

Daphne hands every frame to Twisted, which keeps it until the client takes it: a client that never reads would take as
much memory as there is to say to it. Here sending returns only once what is queued for the client is written, so that
its socket's hints gather meanwhile (a hint holds once, see hotline.layer). A client that reads nothing for long is cut
off; when it comes back it says what it holds and gets the rest.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

log = logging.getLogger(__name__)

STALLED_SECONDS = 20.0
"""A page that took nothing for so long has lost its line, or is a phone asleep: both connect anew."""
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


class FlowingProtocol(WebSocketProtocol):
    """A WebSocket connection that says when it can take more."""

    flow: Flow | None = None
    maxMessagePayloadSize: int
    maxFramePayloadSize: int

    def onOpen(self) -> None:
        """Ask Twisted to tell how full the buffer is."""
        super().onOpen()
        self.flow = Flow()
        self.transport.registerProducer(self.flow, True)

    def onClose(self, *how: Any) -> None:
        """Wake whoever waits for this connection."""
        if self.flow is not None:
            self.flow.free.set()
        super().onClose(*how)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand a frame on, unless too many were not looked at."""
        if self.application_queue.qsize() > UNANSWERED_FRAMES:
            log.warning("cut off a socket with more than %s frames unanswered", UNANSWERED_FRAMES)
            self.dropConnection(abort=True)
            return
        super().onMessage(payload, isBinary)

    def sendMessage(self, *what: Any, **how: Any) -> None:
        """Send a message of any size: Autobahn holds the limit for what comes in against what goes out as well."""
        limits = self.maxMessagePayloadSize, self.maxFramePayloadSize
        self.maxMessagePayloadSize = self.maxFramePayloadSize = 0
        try:
            super().sendMessage(*what, **how)
        finally:
            self.maxMessagePayloadSize, self.maxFramePayloadSize = limits

    async def written(self) -> None:
        """Returns once the client has taken what was queued for it; a client that takes nothing is cut off."""
        if self.flow is None or self.flow.free.is_set():
            return
        try:
            await asyncio.wait_for(self.flow.free.wait(), STALLED_SECONDS)
        except TimeoutError:
            log.info("cut off a socket that took nothing for %s s", STALLED_SECONDS)
            self.dropConnection(abort=True)
