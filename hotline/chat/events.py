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
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from hotline import metrics
from hotline.layer import Hint, Message, ProcessLayer, together

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
PROCESSES = "processes"
"""No socket: every process itself."""


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


def care_changed(conversation_hex: str) -> None:
    """Whether the numbers come forward: all that a resident's page shows of a level. Desks are told the level."""
    hint(conversation_group(conversation_hex), "care", conversation=conversation_hex)


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


def words_gone(conversation_hex: str) -> None:
    """The words of a conversation were destroyed: no process keeps them in memory."""
    hint(PROCESSES, "gone", conversation=conversation_hex)


def account_changed(staff_id: int) -> None:
    """An account was deactivated, signed out or given another role: its sockets look again."""
    hint(staff_group(staff_id), "account")


def typing(conversation_hex: str, author: str, on: bool) -> Message:
    """The hint that somebody writes; sent by the consumer itself, since nothing is committed."""
    return {"type": "hint", "kind": "typing", "conversation": conversation_hex, "author": author, "on": on}


def serve(loop: asyncio.AbstractEventLoop) -> None:
    """Say on which event loop this process serves its sockets: hints are published there, and nobody waits for them."""
    global _publisher
    if _publisher is None or _publisher.loop is not loop:
        _publisher = _Publisher(loop)


def _send(group: str, message: Message) -> None:
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
        async_to_sync(_send_within)(layer, group, message)
    except Exception as error:  # noqa: BLE001 - Redis away: the record stands, pages catch up
        log.warning("hint missed kind=%s fault=%s", message["kind"], type(error).__name__)
        metrics.hints_missed(1)


async def _send_within(layer: ProcessLayer, group: str, message: Message) -> None:
    await asyncio.wait_for(layer.group_send(group, message), HINT_WITHIN_SECONDS)


def tell_now(group: str, message: Message) -> None:
    """Publish a hint that belongs to no transaction (typing). Soon too old to be told again."""
    _send(group, message)


Key = tuple[str, ...]


def _add(hints: dict[Key, Hint], key: Key, hint: Hint) -> None:
    """To the end, in place of what waits under this key: see Box.put."""
    group, message = hint
    _, waiting = hints.pop(key, (group, None))
    hints[key] = group, together(waiting, message)


class _Publisher:
    """Publishes hints in order, on the loop that serves the sockets; one that stands there already only once.

    The sockets of this process hear them at once. Other processes get whatever gathered while the layer took the last
    batch; while it is away, hints wait for them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.lock = threading.Lock()
        self.fresh: dict[Key, Hint] = {}
        """Not told to anybody yet; guarded by the lock."""
        self.others: dict[Key, Hint] = {}
        """Not told to other processes yet; on the loop only."""
        self.away = False
        """Whether the layer did not take the last batch: whatever is to be told meanwhile is missed."""
        self.task: asyncio.Task[None] | None = None

    def put(self, group: str, message: Message) -> None:
        """From any thread."""
        key = (group, message["kind"], message.get("conversation", ""), message.get("author", ""))
        with self.lock:
            idle = not self.fresh
            _add(self.fresh, key, (group, message))
        if idle:
            with suppress(RuntimeError):  # the loop has just closed
                self.loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        with self.lock:
            taken, self.fresh = self.fresh, {}
        layer = get_channel_layer()
        if layer is None:
            return
        for key, hint in taken.items():
            layer.tell(*hint)
            _add(self.others, key, hint)
        if self.away:
            # Each of them, also about a conversation of which one was missed before: an outage goes on being counted.
            metrics.hints_missed(len(taken))
        if not layer.has_others:
            metrics.hints_published(len(self.others))
            self.others.clear()
        elif self.task is None or self.task.done():
            self.task = self.loop.create_task(self._tell_others(layer))

    async def _tell_others(self, layer: ProcessLayer) -> None:
        while self.others:
            taken, self.others = self.others, {}
            try:
                await asyncio.wait_for(layer.tell_others(list(taken.values())), HINT_WITHIN_SECONDS)
            except Exception as error:  # noqa: BLE001 - Redis away or hanging: the record stands
                if not self.away:
                    log.warning("the layer is away fault=%s", type(error).__name__)
                    self.away = True
                    metrics.layer_up("told", False)
                    # With those that came while it was tried.
                    metrics.hints_missed(len(taken) + len(self.others))
                self._keep(taken)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            metrics.hints_published(len(taken))
            if self.away:
                log.warning("the layer is back")
                self.away = False
                metrics.layer_up("told", True)

    def _keep(self, missed: dict[Key, Hint]) -> None:
        lasting = {key: hint for key, hint in missed.items() if hint[1]["kind"] != "typing"}
        since, self.others = self.others, lasting
        for key, hint in since.items():
            _add(self.others, key, hint)
        while len(self.others) > MOST_HINTS:
            del self.others[next(iter(self.others))]


_publisher: _Publisher | None = None
