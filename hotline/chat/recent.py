"""Lines that were committed a moment ago, so that the pages of this process need not read them from the database each.

Only what is committed gets here, with who may see it: the resident, and whoever held the conversation at that commit,
read under the row's lock, or a moment after it where another process committed (``elsewhere``). What was put away is
not here: then the database is asked, for the words and for the right to them.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import RLock

from hotline.chat.protocol import Line, Risk
from triage import reading
from triage.services import Readings

LINES_OF_ONE = 64
"""Enough for the messages that triage reads together, and for a page that was stalled for a moment."""
LINES_IN_ALL = 30_000
"""About 15 MB of short messages; conversations in which nothing was said longest are put away first."""


@dataclass(slots=True)
class About:
    """What is known of a conversation beside its lines, as of what was committed here last.

    Attributes:
        resident_id: whose it is.
        holder_id: who holds it; None while it waits or is over.
        risk: how its level stood when it last moved here, and the stamp of that move.
        readings: what triage remembers of its latest messages.
    """

    resident_id: uuid.UUID
    holder_id: int | None
    risk: tuple[str, Risk] | None
    readings: Readings


_lines: OrderedDict[str, list[Line]] = OrderedDict()
_about: dict[str, About] = {}
_count = 0
_lock = RLock()


def put(conversation_hex: str, fresh: Sequence[Line], *, resident_id: uuid.UUID, holder_id: int | None) -> None:
    """Keep lines that are committed, in order of seq, and who may see them. A gap to what is here begins anew."""
    global _count
    with _lock:
        if last_seq(conversation_hex) >= fresh[-1].seq:
            # Read from the database while something newer was committed here.
            return
        about = _about.setdefault(conversation_hex, About(resident_id, holder_id, None, {}))
        about.resident_id, about.holder_id = resident_id, holder_id
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
            _about.pop(key, None)
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


def last_seq(conversation_hex: str) -> int:
    """The last line that is here; 0 where there is none."""
    with _lock:
        held = _lines.get(conversation_hex)
        return held[-1].seq if held else 0


def after(conversation_hex: str, seq: int) -> list[Line] | None:
    """All lines beyond ``seq`` up to the last one committed here; None when not all of them are here."""
    with _lock:
        held = _lines.get(conversation_hex)
        if not held or held[0].seq > seq + 1:
            return None
        # Without gaps among them, a line's place follows from its seq.
        return held[max(0, seq + 1 - held[0].seq) :]


def upto(conversation_hex: str, seq: int) -> list[Line]:
    """The lines that are here up to ``seq``, without gaps among them; empty where there are none."""
    with _lock:
        held = _lines.get(conversation_hex)
        return held[: max(0, seq + 1 - held[0].seq)] if held else []


def about(conversation_hex: str) -> About | None:
    """What is known of a conversation whose lines are here."""
    with _lock:
        return _about.get(conversation_hex)


def readings(conversation_hex: str) -> Readings:
    """What triage remembers of a conversation's latest messages, for as long as its lines are here."""
    found = about(conversation_hex)
    return found.readings if found else {}


def put_risk(conversation_hex: str, stamp: str, risk: Risk, *, holder_id: int | None) -> None:
    """Keep how a level stands, once it is committed. The hint of this move carries the same stamp."""
    with _lock:
        found = _about.get(conversation_hex)
        if found is not None:
            found.risk, found.holder_id = (stamp, risk), holder_id


def forget(*conversations: str) -> None:
    """Nothing of these conversations stays in memory, triage's neither."""
    global _count
    with _lock:
        for hex_ in conversations:
            _about.pop(hex_, None)
            _count -= len(_lines.pop(hex_, ()))
    reading.reader().forget(conversations)


def forget_all() -> None:
    """Nothing stays in memory."""
    global _count
    with _lock:
        _lines.clear()
        _about.clear()
        _count = 0
    reading.reader().forget_all()
