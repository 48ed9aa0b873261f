"""What a process that triage reads in is asked and answers: frames of JSON behind their length. Free of Django.

Texts may hold anything that Python's strings can, halves of surrogate pairs too: both sides must count the same
characters, or evidence would point elsewhere.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from triage.core.levels import Assessment, Evidence, Level

PROTOCOL = 2
"""A process of another version than this one's says another number, and is not asked anything."""
_LENGTH = struct.Struct("!I")
HEAD = _LENGTH.size
LONGEST = 64 * 1024 * 1024
"""Bytes of a frame; a longer one is nonsense."""


class BadFrame(Exception):
    """The bytes are no frame of ours."""


def pack(said: dict[str, Any]) -> bytes:
    """A frame. NaN and infinities are let through: what is believed of an answer is decided by whoever hears it."""
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return _LENGTH.pack(len(body)) + body


def length(head: bytes | memoryview) -> int:
    """How many bytes follow this head.

    Raises:
        BadFrame: too many.
    """
    found: int = _LENGTH.unpack(head)[0]
    if found > LONGEST:
        raise BadFrame("too long")
    return found


def unpack(body: bytes) -> dict[str, Any]:
    """What a frame's body says.

    Raises:
        BadFrame: nothing.
    """
    try:
        said = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise BadFrame(type(error).__name__) from error
    if not isinstance(said, dict):
        raise BadFrame("no object")
    return said


def told(found: Assessment) -> list[Any]:
    """An assessment, as it crosses."""
    evidence = [[one.start, one.end, one.reason, one.turn] for one in found.evidence]
    return [int(found.level), found.probability, evidence, found.model_version, found.scored, found.doubtful]


def heard(said: Any) -> Assessment | None:
    """The assessment that crossed; None where it is none. What may be believed of it: see triage.core.sound."""
    try:
        level, probability, evidence, version, scored, doubtful = said
        spans = tuple(Evidence(*one) for one in evidence)
        return Assessment(Level(level), probability, spans, version, scored, doubtful)
    except (TypeError, ValueError):
        return None
