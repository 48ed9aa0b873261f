"""Lines that this process committed a moment ago, so that its pages need not read them from the database again.

Only what is committed gets here, and only pages that may see a conversation are given it (see ``sockets``). A line from
another process, or one that was put away, is simply not here: then the database is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from hotline.chat.protocol import Line
from triage.services import Readings

LINES_OF_ONE = 64
"""Enough for the messages that triage reads together, and for a page that was stalled for a moment."""
LINES_IN_ALL = 30_000
"""About 15 MB of short messages; conversations in which nothing was said longest are put away first."""

_lines: OrderedDict[str, list[Line]] = OrderedDict()
_readings: dict[str, Readings] = {}
_count = 0
_lock = Lock()


def put(conversation_hex: str, fresh: Sequence[Line]) -> None:
    """Keep lines that are committed, in order of seq. A gap to what is here begins anew."""
    global _count
    with _lock:
        held = _lines.pop(conversation_hex, [])
        _count -= len(held)
        if held and held[-1].seq + 1 < fresh[0].seq:
            held = []
        last = held[-1].seq if held else 0
        held = [*held, *(line for line in fresh if line.seq > last)][-LINES_OF_ONE:]
        _lines[conversation_hex] = held
        _count += len(held)
        while _count > LINES_IN_ALL:
            key, oldest = _lines.popitem(last=False)
            _readings.pop(key, None)
            _count -= len(oldest)


def prime(conversation_hex: str, earlier: Sequence[Line]) -> None:
    """Put lines read from the database before those that are here, without a gap."""
    global _count
    with _lock:
        held = _lines.pop(conversation_hex, [])
        _count -= len(held)
        held = [*earlier, *(line for line in held if line.seq > earlier[-1].seq)][-LINES_OF_ONE:]
        _lines[conversation_hex] = held
        _count += len(held)


def after(conversation_hex: str, seq: int) -> list[Line] | None:
    """All lines beyond ``seq`` up to the last one committed here; None when not all of them are here."""
    with _lock:
        held = _lines.get(conversation_hex)
        if not held or held[0].seq > seq + 1:
            return None
        return [line for line in held if line.seq > seq]


def upto(conversation_hex: str, seq: int) -> list[Line]:
    """The lines that are here up to ``seq``, without gaps among them; empty where there are none."""
    with _lock:
        return [line for line in _lines.get(conversation_hex, ()) if line.seq <= seq]


def readings(conversation_hex: str) -> Readings:
    """What triage remembers of a conversation's latest messages, for as long as its lines are here."""
    with _lock:
        if conversation_hex not in _lines:
            return {}
        return _readings.setdefault(conversation_hex, {})


def forget(conversation_hex: str) -> None:
    """Nothing of this conversation stays in memory."""
    global _count
    with _lock:
        _readings.pop(conversation_hex, None)
        _count -= len(_lines.pop(conversation_hex, ()))


def forget_all() -> None:
    """Nothing stays in memory."""
    global _count
    with _lock:
        _lines.clear()
        _readings.clear()
        _count = 0
