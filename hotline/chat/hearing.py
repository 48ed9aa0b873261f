"""How a socket hears hints; and what all sockets of a process do when it begins to hear other processes.

Groups are kept by the process itself, so a socket can always join them. What other processes told while this one did
not hear them is lost: then every socket looks at the database.
"""

from __future__ import annotations

import asyncio
import logging
import random
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from hotline.chat import elsewhere, events, recent

log = logging.getLogger(__name__)

HEARS_AGAIN_SECONDS = 1.0
LOOKS_AFTER_SECONDS = (0.2, 1.2)
"""After the layer was away each socket looks again at a moment of its own: subscribed by then, and not all at once."""
LOOKS_AGAIN_AFTER_SECONDS = (1.0, 3.0)
"""After a look that failed."""

_hearing: weakref.WeakSet[Hearing] = weakref.WeakSet()


def all_look_again() -> None:
    """This process begins to hear the others: what they told before reached nobody here."""
    recent.forget_all()
    for socket in list(_hearing):
        socket.look_soon()


class Hearing(AsyncWebsocketConsumer):
    """A socket's groups, and the one task that follows their hints.

    Attributes:
        groups: groups whose hints arrive.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups: set[str] = set()
        self.ear: asyncio.Task[None] | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Answer an event."""
        raise TypeError(f"{type(self).__name__} does not say how it answers")

    def after(self, seconds: float, name: str, action: Callable[[], Awaitable[None]]) -> None:
        """Do ``action`` in a while."""
        raise TypeError(f"{type(self).__name__} does not say how it waits")

    async def begin_to_hear(self) -> None:
        """Follow hints from now on; groups are joined one by one."""
        self.channel_layer = get_channel_layer()
        events.serve(asyncio.get_running_loop())
        if self.channel_layer is None:
            return
        if self.channel_layer.has_others:
            self.channel_layer.began = all_look_again
            self.channel_layer.prepare = partial(elsewhere.prepare, self.channel_layer)
            self.channel_layer.listen()
        self.channel_name = await self.channel_layer.new_channel()
        self.ear = asyncio.get_running_loop().create_task(self._hear())
        _hearing.add(self)

    async def stop_hearing(self) -> None:
        """The socket ends."""
        _hearing.discard(self)
        if self.ear is not None:
            self.ear.cancel()
            with suppress(asyncio.CancelledError):
                await self.ear
        if self.channel_layer is not None:
            self.channel_layer.forget(self.channel_name)

    async def _hear(self) -> None:
        """For as long as the socket lives. One task for all hints: a task for each would cost more."""
        while True:
            try:
                await self.dispatch(await self.channel_layer.receive(self.channel_name))
            except Exception as error:  # noqa: BLE001 - a socket that stays open must go on hearing
                log.warning("a hint was not heard fault=%s", type(error).__name__)
                await asyncio.sleep(HEARS_AGAIN_SECONDS)
                self.look_soon()

    def look_soon(self, between: tuple[float, float] = LOOKS_AFTER_SECONDS) -> None:
        """Look at the database, as if a hint of each kind had come; at some moment ``between`` so many seconds."""
        wait = random.uniform(*between)  # noqa: S311 - jitter, not a secret
        self.after(wait, "look", lambda: self.dispatch({"type": "hint", "kind": "anything"}))

    # --- groups ---------------------------------------------------------------------------------------------------
    async def join(self, group: str) -> None:
        """Hear the hints of ``group``."""
        if self.channel_layer is not None:
            self.groups.add(group)
            await self.channel_layer.group_add(group, self.channel_name)

    async def part(self, group: str) -> None:
        """Hear them no more."""
        if group in self.groups:
            self.groups.discard(group)
            await self.channel_layer.group_discard(group, self.channel_name)
