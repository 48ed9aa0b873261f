"""The channel layer of one process: groups of sockets that hear hints, without a server beside.

Channels' own in-memory layer copies every message and looks through all channels at each send and each receive, so that
a message costs more the more people are connected. Here a group is a set of boxes, and a box holds a hint once: hints
say "look again", so a newer one of the same kind about the same conversation takes the older one's place. What a socket
that does not read can pile up is bounded by what there is to say, not by how often it was said. With several processes
the later hint is not always the newer one: see :func:`together`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from channels.layers import BaseChannelLayer

Message = dict[str, Any]
Hint = tuple[str, Message]
"""A group, and what it is told."""


def together(waiting: Message | None, later: Message) -> Message:
    """The one hint that says what both say: what waits under the same key, if anything does, and what comes now.

    Of two processes that keep lines of one conversation at the same moment, the one with the later line may be heard
    first. Whoever has the earlier line already must still hear of the later one, and nobody else tells of it.
    """
    if waiting is None or waiting.get("upto", 0) <= later.get("upto", 0):
        return later
    # A copy: other boxes hold the same message.
    return {**later, "upto": waiting["upto"]}


class Box:
    """What one socket has not heard yet, oldest first."""

    __slots__ = ("_waiter", "hints")

    def __init__(self) -> None:
        self.hints: dict[tuple[Any, ...], Message] = {}
        self._waiter: asyncio.Future[None] | None = None

    def put(self, message: Message) -> None:
        """Drop a hint in; one of its kind about the same conversation that was not heard yet is replaced."""
        key = (message.get("kind"), message.get("conversation"), message.get("author"))
        # To the end: what it tells of may lie behind something else that must be heard first (whose person it is now).
        waiting = self.hints.pop(key, None)
        self.hints[key] = together(waiting, message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self) -> Message:
        """The oldest hint, as soon as there is one. One reader only."""
        while not self.hints:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self.hints.pop(next(iter(self.hints)))


class ProcessLayer(BaseChannelLayer):
    """Channels' interface over boxes. All calls come from one event loop."""

    extensions = ("groups", "flush")
    has_others = False
    """Whether other processes hear what is told here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.boxes: dict[str, Box] = {}
        self.groups: dict[str, set[str]] = {}

    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel of one's own."""
        name = f"{prefix}.{uuid.uuid4().hex}"
        self.boxes[name] = Box()
        return name

    async def send(self, channel: str, message: Message) -> None:
        """Put a message into one box; a channel that nobody reads any more loses it."""
        box = self.boxes.get(channel)
        if box is not None:
            box.put(message)

    async def receive(self, channel: str) -> Message:
        """The next message of a channel."""
        return await self.boxes.setdefault(channel, Box()).take()

    async def group_add(self, group: str, channel: str) -> None:
        """Let a channel hear a group."""
        self.groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """No more."""
        members = self.groups.get(group)
        if members is not None:
            members.discard(channel)
            if not members:
                del self.groups[group]

    async def group_send(self, group: str, message: Message) -> None:
        """Put a message into every box of a group."""
        self.tell(group, message)

    def tell(self, group: str, message: Message) -> None:
        """The same, without a wait: boxes are memory."""
        for channel in self.groups.get(group, ()):
            box = self.boxes.get(channel)
            if box is not None:
                box.put(message)

    async def tell_others(self, hints: Sequence[Hint]) -> None:
        """Tell the same groups of other processes; there are none."""

    def forget(self, channel: str) -> None:
        """The channel's socket is gone."""
        self.boxes.pop(channel, None)

    async def flush(self) -> None:
        """Forget everything."""
        self.boxes.clear()
        self.groups.clear()

    async def close(self) -> None:
        """Nothing is held open."""
