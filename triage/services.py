"""The one door to triage for other applications. Nothing here raises: a fault means "not scored, a human first"."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from triage.core import conversation
from triage.core.assess import version_of
from triage.core.conversation import follow
from triage.core.levels import Assessment, Level
from triage.core.ordering import Desk, Waiting, order_for, order_queue
from triage.core.scorer import BadWeights, Weights, load

__all__ = [
    "REASONS",
    "Desk",
    "Waiting",
    "assess",
    "assess_turns",
    "follow",
    "model_version",
    "order_for",
    "order_queue",
    "prepare",
]

log = logging.getLogger(__name__)
WEIGHTS = Path(__file__).with_name("weights") / "current.json"

REASONS: Mapping[str, tuple[str, str]] = {
    "underway": ("正在发生", "under way"),
    "intent": ("想死", "wants to die"),
    "plan": ("有计划", "has a plan"),
    "method": ("说到方式", "names a way"),
    "means": ("手边有工具", "means at hand"),
    "place": ("在危险的地方", "in a dangerous place"),
    "time": ("时间就在眼前", "the time is near"),
    "farewell": ("告别、托付", "goodbye, affairs in order"),
    "attempt": ("有过尝试", "earlier attempt"),
    "self_harm": ("自伤", "self-harm"),
    "violence_suffered": ("正受伤害", "is being hurt"),
    "violence_intended": ("想伤害别人", "may hurt others"),
    "third_person": ("说的是别人", "about somebody else"),
    "wish": ("不想醒来", "passive wish to be dead"),
    "hopeless": ("看不到希望", "hopeless"),
    "burden": ("觉得自己是拖累", "feels a burden"),
    "coded": ("隐晦说法", "coded words"),
    "protective": ("有牵挂", "something holds them"),
    "model": ("整句语气", "the sentence as a whole"),
}
"""What evidence is called at the desks: reason -> (Chinese, English)."""


@lru_cache(maxsize=1)
def _weights() -> Weights | None:
    """The weights, read once. Missing or altered ones leave the rules to speak alone."""
    try:
        return load(WEIGHTS)
    except BadWeights as error:
        log.error("triage weights cannot be used fault=%s; every message counts as not scored", error)
        return None


def prepare() -> None:
    """Read weights and rules now: else the first message after a start outlasts its time and counts as not scored."""
    assess("prepare")


def assess(text: str, *, earlier: Sequence[str] = ()) -> Assessment:
    """What triage makes of ``text``.

    Args:
        text: the newest message; beyond 4,000 characters its head and tail are read.
        earlier: the resident's earlier messages, oldest first.

    Returns:
        The assessment; evidence points into the original messages, ``turn`` counted back from the newest.
    """
    try:
        return conversation.assess([*earlier, text], _weights())
    except Exception as error:  # noqa: BLE001 - whatever it is, a human comes first
        log.error("triage failed fault=%s; counted as not scored", type(error).__name__)
        return Assessment(Level.MODERATE, 0.5, (), "none", scored=False)


def assess_turns(turns: Sequence[str]) -> tuple[Assessment, ...]:
    """An assessment after each of a resident's turns."""
    return tuple(assess(turn, earlier=turns[:i]) for i, turn in enumerate(turns))


def model_version() -> str:
    """Which rules and weights speak now."""
    return version_of(_weights())
