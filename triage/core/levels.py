"""The four levels of risk and what an assessment is made of.

The scale and its definitions are in docs/glossary.md. A *crisis* is a level of HIGH or above.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

LevelCode = Literal["low", "moderate", "high", "imminent"]
CODES: tuple[LevelCode, ...] = ("low", "moderate", "high", "imminent")
"""The levels' names in frames, exports and translations, lowest first."""


class Level(IntEnum):
    """How soon a person should be answered; higher is sooner."""

    LOW = 0
    MODERATE = 1
    HIGH = 2
    IMMINENT = 3

    @property
    def code(self) -> LevelCode:
        """The level's name in frames, exports and translations: "low" ... "imminent"."""
        return CODES[self]

    @property
    def is_crisis(self) -> bool:
        """Whether this level goes to the front of the queue."""
        return self >= Level.HIGH

    @classmethod
    def from_code(cls, code: str) -> Level:
        """The level called ``code``.

        Raises:
            ValueError: no level has that name.
        """
        try:
            return cls[code.upper()]
        except KeyError:
            raise ValueError(f"no such level: {code!r}") from None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of the original text that speaks for a level.

    Attributes:
        start: first character, counted in Unicode code points from 0.
        end: one past the last character.
        reason: name of the concept or rule ("intent", "means", "model", ...), translated for people elsewhere.
        turn: which of the resident's messages holds it, counted back from the newest (0 is the newest).
    """

    start: int
    end: int
    reason: str
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """What triage makes of a message, in the light of what was said before it.

    Attributes:
        level: the level; where ``scored`` is false it is a cautious one.
        probability: calibrated P(level >= HIGH), 0..1.
        evidence: spans into the text, most telling first; empty for LOW.
        model_version: which weights and rules spoke.
        scored: false when the text could not be scored (model missing, fault, not a language we read):
            "not scored, a human first".
        doubtful: the level is below HIGH, and yet the model would not vouch for it: sorted above its band, and shown.
    """

    level: Level
    probability: float
    evidence: tuple[Evidence, ...]
    model_version: str
    scored: bool = True
    doubtful: bool = False
