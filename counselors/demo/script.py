"""What the demo's TOML files may say. Free of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from hotline.chat.protocol import AgeBand, Topic

HERE = Path(__file__).parent
VERBS = (
    "says",
    "answers",
    "taken_by",
    "given_back",
    "note",
    "asks",
    "advised_by",
    "level",
    "offered_to",
    "ends",
    "leaves",
    "mood_after",
    "thanks",
    "reviewed_by",
)


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens, ``at`` seconds after the conversation was opened."""

    at: int
    says: str = ""
    answers: str = ""
    taken_by: str = ""
    given_back: str = ""
    note: str = ""
    asks: str = ""
    advised_by: str = ""
    advice: str = ""
    level: Literal["", "low", "moderate", "high", "imminent"] = ""
    reason: str = ""
    offered_to: str = ""
    note_to_them: str = ""
    ends: Literal["", "helped", "left_during", "handed_on", "closed_by_staff"] = ""
    wrap_up: str = ""
    leaves: bool = False
    mood_after: int = 0
    thanks: str = ""
    reviewed_by: str = ""
    decision: Literal["", "agree", "lower", "raise", "follow_up"] = ""
    why: str = ""

    @property
    def verb(self) -> str:
        """The one thing that happens here.

        Raises:
            ValueError: nothing happens, or two things do.
        """
        found = [verb for verb in VERBS if getattr(self, verb)]
        if len(found) != 1:
            raise ValueError(f"a step must hold one thing that happens, not {found}")
        return found[0]


class Story(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One conversation. ``opened`` is minutes before now; ``resident`` joins several stories of one person."""

    key: str
    opened: int
    steps: list[Step]
    resident: str = ""
    language: Literal["zh-hans", "en"] = "zh-hans"
    nickname: str = ""
    topic: Topic = ""
    age_band: AgeBand = ""
    mood_before: int | None = None
    danger: bool = False
    present: bool = True


class _File(Struct, forbid_unknown_fields=True):
    story: list[Story]


def read_stories(*names: str) -> list[Story]:
    """The stories of the named files, the one opened longest ago first.

    Raises:
        msgspec.ValidationError: a file says something that no story can hold.
    """
    found = [story for name in names for story in msgspec.toml.decode((HERE / name).read_bytes(), type=_File).story]
    return sorted(found, key=lambda story: -story.opened)
