"""How a socket hears hints; and how it hears them again after the layer between processes was away.

A socket that could not join a group is deaf in part. It says so, one healer of the process tries again every second,
and whoever could join at last looks at the database for what was told meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import random
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from hotline.chat import events
from hotline.layer import ProcessLayer

log = logging.getLogger(__name__)

LAYER_ANSWERS_SECONDS = 2.0
HEALS_EVERY_SECONDS = 1.0
LOOKS_AFTER_SECONDS = (0.2, 1.2)
"""After the layer was away each socket looks again at a moment of its own: subscribed by then, and not all at once."""
LOOKS_AGAIN_AFTER_SECONDS = (1.0, 3.0)
"""After a look that failed."""

_hearing: weakref.WeakSet[Hearing] = weakref.WeakSet()
_deaf: weakref.WeakSet[Hearing] = weakref.WeakSet()
_healer: asyncio.Task[None] | None = None


def all_look_again() -> None:
    """The layer was away and is back: what was told meanwhile reached nobody."""
    for socket in list(_hearing):
        socket.look_soon()


class Hearing(AsyncWebsocketConsumer):
    """A socket's groups, and the one task that follows their hints.

    Attributes:
        joined: groups whose hints arrive.
        wanted: groups whose hints are to arrive; more than ``joined`` while the layer is away.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joined: set[str] = set()
        self.wanted: set[str] = set()
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
        if hasattr(self.channel_layer, "reconnected"):
            self.channel_layer.reconnected = all_look_again
        self.channel_name = await self.channel_layer.new_channel()
        self.ear = asyncio.get_running_loop().create_task(self._hear())
        _hearing.add(self)

    async def stop_hearing(self) -> None:
        """The socket ends."""
        _hearing.discard(self)
        _deaf.discard(self)
        if self.ear is not None:
            self.ear.cancel()
            with suppress(asyncio.CancelledError):
                await self.ear
        if isinstance(self.channel_layer, ProcessLayer):
            self.channel_layer.forget(self.channel_name)

    async def _hear(self) -> None:
        """For as long as the socket lives. One task for all hints: a task for each would cost more."""
        while True:
            try:
                await self.dispatch(await self.channel_layer.receive(self.channel_name))
            except Exception as error:  # noqa: BLE001 - a socket that stays open must go on hearing
                log.warning("a hint was not heard fault=%s", type(error).__name__)
                await asyncio.sleep(HEALS_EVERY_SECONDS)
                self.look_soon()

    def look_soon(self, between: tuple[float, float] = LOOKS_AFTER_SECONDS) -> None:
        """Look at the database, as if a hint of each kind had come; at some moment ``between`` so many seconds."""
        wait = random.uniform(*between)  # noqa: S311 - jitter, not a secret
        self.after(wait, "look", lambda: self.dispatch({"type": "hint", "kind": "anything"}))

    # --- groups ---------------------------------------------------------------------------------------------------
    async def join(self, group: str) -> None:
        """Hear the hints of ``group``. A layer that is away is no reason to turn anybody away."""
        if self.channel_layer is None:
            return
        self.wanted.add(group)
        if self not in _deaf and not await self._join_wanted():
            _deaf.add(self)
            _heal()

    async def _join_wanted(self) -> bool:
        """Join what is wanted; whether nothing is missing."""
        for group in self.wanted - self.joined:
            try:
                await asyncio.wait_for(self.channel_layer.group_add(group, self.channel_name), LAYER_ANSWERS_SECONDS)
            except Exception as error:  # noqa: BLE001 - the healer tries again; pages catch up at the heartbeat
                log.warning("group not joined fault=%s", type(error).__name__)
                return False
            self.joined.add(group)
        return True

    async def part(self, group: str) -> None:
        """Hear them no more."""
        if group in self.wanted and self.channel_layer is not None:
            self.wanted.discard(group)
            self.joined.discard(group)
            try:
                await asyncio.wait_for(
                    self.channel_layer.group_discard(group, self.channel_name), LAYER_ANSWERS_SECONDS
                )
            except Exception as error:  # noqa: BLE001 - it expires by itself
                log.warning("group not left fault=%s", type(error).__name__)

    async def heal(self) -> bool:
        """Try again to join; whether it went well. Then the socket looks for what it did not hear."""
        if not await self._join_wanted():
            return False
        _deaf.discard(self)
        self.look_soon()
        return True


def _heal() -> None:
    global _healer
    if _healer is None or _healer.done():
        _healer = asyncio.get_running_loop().create_task(_heal_all())


async def _heal_all() -> None:
    while _deaf:
        await asyncio.sleep(HEALS_EVERY_SECONDS)
        for socket in list(_deaf):
            if not await socket.heal():
                break
