"""What other processes committed, read once for all sockets of this process before they hear of it.

Each socket would otherwise ask the database for the same lines, and for its right to them, at each hint. Whatever
gathered while a batch was read is read together, and goes to memory (``recent``), where sockets find it as they find
what was committed here. Where something cannot be read, sockets ask for themselves.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence

from channels.db import database_sync_to_async

from hotline.chat import events, prepared, recent, replay, rows, selectors, standing
from hotline.chat.models import Conversation
from hotline.chat.replay import Kept
from hotline.chat.sealing import Unreadable
from hotline.layer import Hint, ProcessLayer

log = logging.getLogger(__name__)

FIRST_LINES = 8
"""So many are read of a conversation of which nothing is in memory yet."""


async def prepare(layer: ProcessLayer, hints: Sequence[Hint]) -> None:
    """Bring to memory what these hints tell of, as far as some socket of this process hears them."""
    grown: dict[str, int] = {}
    moved: dict[str, str] = {}
    for group, message in hints:
        if group == events.PROCESSES:
            recent.forget(message["conversation"])
        elif group in layer.groups and message["kind"] == "lines":
            grown[message["conversation"]] = message["upto"]
        elif group in layer.groups and message["kind"] == "risk":
            moved[message["conversation"]] = message["stamp"]
    if grown or moved:
        await database_sync_to_async(_read)(grown, moved)


def _read(grown: Mapping[str, int], moved: Mapping[str, str]) -> None:
    """Runs on the database thread, as whatever is committed here: nothing older takes the place of what is newer."""
    places = [
        (uuid.UUID(hex=hex_), max(last, upto - recent.LINES_OF_ONE) if last else max(0, upto - FIRST_LINES), upto)
        for hex_, upto in grown.items()
        if (last := recent.last_seq(hex_)) < upto
    ]
    # Lines first, and then who may see them (or both as of one moment): a right that ended in between has ended.
    told_of = {key for key, *_ in places} | {uuid.UUID(hex=hex_) for hex_ in moved}
    found, conversations = prepared.ask([replay.lines_beyond(places), rows.unlocked(told_of)])
    for conversation in conversations:
        if conversation.erased_at is None:
            _put(conversation, found.get(conversation.pk, ()), moved.get(conversation.hex))


def _put(conversation: Conversation, kept: Sequence[Kept], stamp: str | None) -> None:
    holder_id = conversation.holder_id
    try:
        if kept:
            fresh = [selectors.line_of(conversation, one) for one in kept]
            recent.put(conversation.hex, fresh, resident_id=conversation.resident_id, holder_id=holder_id)
        if stamp is not None:
            recent.put_risk(conversation.hex, stamp, standing.read(conversation).risk, holder_id=holder_id)
    except Unreadable:
        log.error("what another process kept cannot be read: a key is missing")
