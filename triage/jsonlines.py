"""Assess JSON lines: what ``manage.py assess`` does, without Django."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from triage import services
from triage.core.levels import Assessment, Level


class BadRow(ValueError):
    """A line that is not {"id", "text"} or {"id", "turns"}; the message says what is wrong, never what it held."""


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
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise BadRow("neither a text nor turns")
    return _turns(row["id"], turns)


def _turns(key: object, turns: Sequence[str]) -> dict[str, Any]:
    level, levels, chance = Level.LOW, [], 0.0
    found: Assessment | None = None
    for found in services.assess_turns(turns):
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
