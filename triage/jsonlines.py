"""Assess JSON lines: what ``manage.py assess`` does, without Django."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from triage import services
from triage.core.levels import Assessment, Level

FORMAT = """\
Reads JSON lines from standard input and writes one answer for each to standard output, in order.

in    {"id": 1, "text": "..."}             one message
      {"id": 2, "turns": ["...", "..."]}   a conversation; a turn is the resident's words, or
                                           {"by": "resident" or "counselor", "text": "..."}: what a counselor
                                           asked is read with the answer to it, and gets no level
out   id           as it came
      level        "low", "moderate", "high" or "imminent"; of a conversation the highest after any turn
      probability  of a crisis (level high or above), 0 to 1; of a conversation the greatest after any turn
      scored       false where some turn could not be read and no crisis was found: a human first
      doubtful     true where the level is below high, and some turn left the model in doubt
      evidence     [{"start", "end", "reason", "turn"}]: characters of the original text, counted from 0, end
                   excluded; turn is counted back from the resident's newest message, which is 0
      model        rules and weights that spoke
      of a conversation also:
      levels       the level that stands after each of the resident's turns
      decided      the turn from which the level stands, and whose evidence is told: a place in levels, from 0

A line that cannot be read is told on standard error, without its words, and the exit code is 1 at the end.
"""


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
    """The answer to a conversation: its evidence is that of the turn from which its level stands."""
    said = services.assess_turns(turns, before if any(before) else ())
    levels: list[Level] = []
    for found in said:
        levels.append(services.follow(levels[-1] if levels else Level.LOW, found))
    level = levels[-1]
    place = _telling(said, levels)
    later = len(said) - 1 - place
    told = replace(
        said[place],
        probability=max(found.probability for found in said),
        # As at the desks: what was not read is for a human first, until a crisis puts them there anyway.
        scored=level.is_crisis or all(found.scored for found in said),
        doubtful=not level.is_crisis and any(found.doubtful for found in said),
        evidence=tuple(replace(piece, turn=piece.turn + later) for piece in said[place].evidence),
    )
    return _described(key, level, told) | {"levels": [one.code for one in levels], "decided": place}


def _telling(said: Sequence[Assessment], levels: Sequence[Level]) -> int:
    """The place of the turn from which the level stands; where it never rose, of the first doubt, or of the newest."""
    if levels[-1] > Level.LOW:
        return levels.index(levels[-1])
    return next((place for place, found in enumerate(said) if found.doubtful), len(said) - 1)


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
