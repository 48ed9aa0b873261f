"""Hints between sockets: "something changed here, look it up". Names of the groups, and publishing after commit.

A hint carries ids and numbers, never words: the database is the record, and whoever misses a hint finds everything
there at the next heartbeat. A hint that cannot be sent is told again later; it never fails what was committed, and
nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from hotline import metrics
from hotline.layer import ProcessLayer

log = logging.getLogger(__name__)

HINT_WITHIN_SECONDS = 1.0
AGAIN_SECONDS = 0.5
"""A hint that the layer did not take is told again after this, until it does."""
MOST_HINTS = 20_000
"""So many different hints wait for a layer that is away; of those beyond, pages find out at their heartbeat."""

QUEUE = "queue"
"""Desks and boards: who waits has changed."""
BOARD = "board"
"""Boards: what is said and done with those who have somebody."""
PLACES = "places"
"""Residents who wait: their place may have changed."""


def conversation_group(conversation_hex: str) -> str:
    """All sockets that show a conversation."""
    return f"conversation.{conversation_hex}"


def staff_group(staff_id: int) -> str:
    """All sockets of one staff member."""
    return f"staff.{staff_id}"


STAFF = "staff"
"""All sockets of the staff."""


def hint(group: str, kind: str, **facts: Any) -> None:
    """Publish to ``group`` once the running transaction is committed (at once if there is none)."""
    message = {"type": "hint", "kind": kind, **facts}
    transaction.on_commit(lambda: _send(group, message), robust=True)


def lines_grew(conversation_hex: str, upto: int) -> None:
    """A conversation has lines up to ``upto``."""
    hint(conversation_group(conversation_hex), "lines", conversation=conversation_hex, upto=upto)


def view_changed(conversation_hex: str) -> None:
    """Something beside the lines of a conversation has changed."""
    hint(conversation_group(conversation_hex), "view", conversation=conversation_hex)


def presence_changed(conversation_hex: str, *, waiting: bool) -> None:
    """A resident's page came or went: the staff look, not the resident. Nobody moves in the queue by it."""
    hint(conversation_group(conversation_hex), "presence", conversation=conversation_hex)
    if waiting:
        hint(QUEUE, "present")


def risk_changed(conversation_hex: str, stamp: str) -> None:
    """The level of a conversation, or what speaks for it, has changed: the staff look, not the resident.

    The process that made the change knows it by the same stamp (see ``recent``).
    """
    hint(conversation_group(conversation_hex), "risk", conversation=conversation_hex, stamp=stamp)


def queue_changed() -> None:
    """Somebody came, went or moved in the queue."""
    hint(QUEUE, "queue")
    hint(PLACES, "place")


def board_changed() -> None:
    """Something that only boards show has changed."""
    hint(BOARD, "board")


def person_taken(conversation_hex: str, by: str) -> None:
    """Tell the other desks who has whom."""
    hint(QUEUE, "taken", conversation=conversation_hex, by=by)


def desk_changed(staff_id: int) -> None:
    """What somebody holds, or what is offered to them, has changed."""
    hint(staff_group(staff_id), "desk")


def colleagues_changed() -> None:
    """Duty, capacity or an account has changed."""
    hint(STAFF, "colleagues")


def account_changed(staff_id: int) -> None:
    """An account was deactivated, signed out or given another role: its sockets look again."""
    hint(staff_group(staff_id), "account")


def typing(conversation_hex: str, author: str, on: bool) -> dict[str, Any]:
    """The hint that somebody writes; sent by the consumer itself, since nothing is committed."""
    return {"type": "hint", "kind": "typing", "conversation": conversation_hex, "author": author, "on": on}


def serve(loop: asyncio.AbstractEventLoop) -> None:
    """Say on which event loop this process serves its sockets: hints are published there, and nobody waits for them."""
    global _publisher
    if _publisher is None or _publisher.loop is not loop:
        _publisher = _Publisher(loop)


def _send(group: str, message: dict[str, Any]) -> None:
    """Publish. From any thread; the thread on which everybody's messages are kept does not wait for it."""
    publisher = _publisher
    if publisher is not None and not publisher.loop.is_closed() and publisher.loop.is_running():
        publisher.put(group, message)
        return
    # Nobody is served here (a command, a test): publish and be done.
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(_publish)(layer, group, message)
    except Exception as error:  # noqa: BLE001 - Redis away, layer full: the record stands, pages catch up
        log.warning("hint missed kind=%s fault=%s", message["kind"], type(error).__name__)


def tell_now(group: str, message: dict[str, Any]) -> None:
    """Publish a hint that belongs to no transaction (typing). Soon too old to be told again."""
    _send(group, message)


Key = tuple[str, ...]


@dataclass(slots=True)
class _Hint:
    group: str
    message: dict[str, Any]
    late: bool = False
    """The layer did not take it once; the sockets of this process know it already."""


class _Publisher:
    """Publishes hints in order, on the loop that serves the sockets; one that stands there already only once.

    While the layer is away, the sockets of this process are told directly, and the hints wait for the others.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.lock = threading.Lock()
        self.pending: dict[Key, _Hint] = {}
        self.away = False
        self.task: asyncio.Task[None] | None = None

    def put(self, group: str, message: dict[str, Any]) -> None:
        """From any thread."""
        key = (group, message["kind"], message.get("conversation", ""), message.get("author", ""))
        with self.lock:
            idle = not self.pending or self.away
            self.pending.pop(key, None)
            self.pending[key] = _Hint(group, message)
        if idle:
            with suppress(RuntimeError):  # the loop has just closed
                self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self.task is None or self.task.done():
            self.task = self.loop.create_task(self._run())
        elif self.away:
            with self.lock:
                waiting = list(self.pending.values())
            for one in waiting:
                _tell_here(one)

    async def _run(self) -> None:
        while True:
            with self.lock:
                taken, self.pending = self.pending, {}
            if not taken:
                return
            missed = await self._publish_all(taken)
            if self.away:
                self._keep(missed)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _publish_all(self, taken: dict[Key, _Hint]) -> dict[Key, _Hint]:
        """Publish one after the other, up to the first that the layer does not take; those that it did not."""
        layer = get_channel_layer()
        for number, one in enumerate(taken.values()):
            try:
                if layer is not None:
                    await _publish(layer, one.group, one.message)
                    metrics.hint_published()
            except Exception as error:  # noqa: BLE001 - Redis away or hanging: the record stands
                if not self.away:
                    log.warning("the layer is away fault=%s", type(error).__name__)
                self.away = True
                missed = dict(islice(taken.items(), number, None))
                for late in missed.values():
                    _tell_here(late)
                return missed
        if self.away:
            log.warning("the layer is back")
        self.away = False
        return {}

    def _keep(self, missed: dict[Key, _Hint]) -> None:
        kept = {key: one for key, one in missed.items() if one.message["kind"] != "typing"}
        with self.lock:
            self.pending = {**kept, **self.pending}
            while len(self.pending) > MOST_HINTS:
                del self.pending[next(iter(self.pending))]


def _tell_here(one: _Hint) -> None:
    if one.late:
        return
    one.late = True
    metrics.hint_missed()
    send_here = getattr(get_channel_layer(), "send_here", None)
    if send_here is not None:
        send_here(one.group, one.message)


_publisher: _Publisher | None = None


async def _publish(layer: Any, group: str, message: dict[str, Any]) -> None:
    if isinstance(layer, ProcessLayer):
        await layer.group_send(group, message)
        return
    await asyncio.wait_for(layer.group_send(group, message), HINT_WITHIN_SECONDS)
