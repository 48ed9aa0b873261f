"""The one door to triage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from triage.core.levels import Assessment, Evidence, Level
from triage.core.ordering import Waiting, order_queue

__all__ = ["REASONS", "Waiting", "assess", "assess_turns", "follow", "model_version", "order_queue"]

REASONS: Mapping[str, tuple[str, str]] = {
    "intent": ("想死的念头", "wants to die"),
    "underway": ("正在发生", "under way"),
}
_RULES = (
    (Level.IMMINENT, "underway", re.compile(r"已经(?:吃了|吞了|割了)|站在(?:楼顶|桥上)|i(?:'ve| have) taken (?:the|all)", re.I)),
    (Level.HIGH, "intent", re.compile(r"想死|不想活|自杀|kill myself|end my life|want to die", re.I)),
)


def assess(text: str, *, earlier: Sequence[str] = ()) -> Assessment:
    """What triage makes of ``text`` in the light of the resident's ``earlier`` messages. Never raises."""
    for level, reason, pattern in _RULES:
        found = pattern.search(text)
        if found:
            return Assessment(level, 0.9, (Evidence(found.start(), found.end(), reason),), model_version())
    return Assessment(Level.LOW, 0.02, (), model_version())


def follow(standing: Level, assessment: Assessment) -> Level:
    """The conversation's level after this message."""
    return max(standing, assessment.level)


def assess_turns(turns: Sequence[str]) -> tuple[Assessment, ...]:
    """An assessment after each turn."""
    return tuple(assess(turn, earlier=turns[:i]) for i, turn in enumerate(turns))


def model_version() -> str:
    """Which rules and weights speak."""
    return "rules-0"
