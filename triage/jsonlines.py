"""Assess JSON lines: what ``manage.py assess`` does, without Django."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from triage import services
from triage.core.levels import Assessment, Level


class BadRow(ValueError):
    """A line that is not {"id", "text"} or {"id", "turns"}; the message says what is wrong, never what it held.

    A turn is the resident's words, or ``{"by": "resident" | "counselor", "text"}``: what a counselor asked is read with
    the answer to it, and gets no level.
    """


def answer(line: str) -> dict[str, Any]:
    """The answer to one line.

    Raises:
        BadRow: see there.
    """
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadRow("not JSON") from error
    if not isinstance(row, dict) or "id" not in row:
        raise BadRow("no id")
    if isinstance(row.get("text"), str):
        found = services.assess(row["text"])
        return _described(row["id"], found.level, found)
    return _turns(row["id"], *_spoken(row.get("turns")))


def _spoken(turns: object) -> tuple[list[str], list[str]]:
    """The resident's turns, and what a counselor said before each.

    Raises:
        BadRow: no turns, or none of the resident's.
    """
    said: list[str] = []
    before: list[str] = []
    asked: list[str] = []
    for turn in turns if isinstance(turns, list) else ():
        one = {"by": "resident", "text": turn} if isinstance(turn, str) else turn
        if not isinstance(one, dict) or not isinstance(one.get("text"), str):
            raise BadRow("neither a text nor turns")
        if one.get("by") == "counselor":
            asked.append(one["text"])
        elif one.get("by") == "resident":
            said.append(one["text"])
            before.append("\n".join(asked))
            asked = []
        else:
            raise BadRow("a turn of nobody we know")
    if not said:
        raise BadRow("neither a text nor turns")
    return said, before


def _turns(key: object, turns: Sequence[str], before: Sequence[str]) -> dict[str, Any]:
    level, levels, chance = Level.LOW, [], 0.0
    found: Assessment | None = None
    for found in services.assess_turns(turns, before if any(before) else ()):
        level = services.follow(level, found)
        chance = max(chance, found.probability)
        levels.append(level.code)
    if found is None:
        raise BadRow("no turns")
    return _described(key, level, found) | {"levels": levels, "probability": round(chance, 6)}


def _described(key: object, level: Level, found: Assessment) -> dict[str, Any]:
    evidence = [
        {"start": piece.start, "end": piece.end, "reason": piece.reason, "turn": piece.turn} for piece in found.evidence
    ]
    return {
        "id": key,
        "level": level.code,
        "probability": round(found.probability, 6),
        "scored": found.scored,
        "doubtful": found.doubtful,
        "evidence": evidence,
        "model": found.model_version,
    }
