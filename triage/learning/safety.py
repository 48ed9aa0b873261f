"""May these weights speak? Two sets of weights on the fixed safety set: test families and test conversations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from sklearn.metrics import roc_auc_score

from triage.core import conversation
from triage.core.levels import Level
from triage.core.scorer import Weights
from triage.learning.corpus import Conversation, Line, calm_lines
from triage.learning.metrics import Rate

Figures: TypeAlias = "dict[str, dict[str, list[float]]]"
"""Language -> figure -> [hits, count], or [value] for AUROC."""

TOLERANCE: Mapping[str, float] = {
    "imminent found": 0.0,
    "crisis found": 0.005,
    "conversations found": 0.01,
    "false alarms": 0.005,
    "false alarms, conversations": 0.01,
    "AUROC": 0.005,
}
"""By how much a figure may be worse: shares and areas, 0..1. Nobody in greater danger may be missed more often."""
LESS_IS_BETTER = frozenset({"false alarms", "false alarms, conversations"})


def measure(weights: Weights | None, lines: Sequence[Line], conversations: Sequence[Conversation]) -> Figures:
    """Figures of rules and weights together, as people are served."""
    found: Figures = {}
    for language in ("zh", "en"):
        kept = [line for line in lines if line.language == language and line.is_test]
        told = [one for one in conversations if one.language == language and one.is_test]
        found[language] = {**_of_lines(weights, kept), **_of_conversations(weights, told)}
    return found


def _of_lines(weights: Weights | None, lines: Sequence[Line]) -> dict[str, list[float]]:
    said = [conversation.assess([line.text], weights) for line in lines]
    alarms = [one.level.is_crisis for one in said]
    crisis = [line.level.is_crisis for line in lines]
    imminent = [line.level is Level.IMMINENT for line in lines]
    found = {
        "imminent found": _rate(alarms, imminent),
        "crisis found": _rate(alarms, crisis),
        "false alarms": _rate(alarms, calm_lines(lines)),
    }
    if any(crisis) and not all(crisis):
        area = roc_auc_score(np.array(crisis), np.array([one.probability for one in said]))
        found["AUROC"] = [round(float(area), 4)]
    return found


def _of_conversations(weights: Weights | None, told: Sequence[Conversation]) -> dict[str, list[float]]:
    alarms = [_ever_alarms(weights, one.turns) for one in told]
    crisis = [max(one.levels).is_crisis for one in told]
    return {
        "conversations found": _rate(alarms, crisis),
        "false alarms, conversations": _rate(alarms, [not one for one in crisis]),
    }


def _ever_alarms(weights: Weights | None, turns: Sequence[str]) -> bool:
    return any(conversation.assess(turns[: last + 1], weights).level.is_crisis for last in range(len(turns)))


def _rate(alarms: Sequence[bool], among: Sequence[bool]) -> list[float]:
    hits = [alarm for alarm, counts in zip(alarms, among, strict=True) if counts]
    return [sum(hits), len(hits)]


def value_of(figure: Sequence[float]) -> float:
    """A share or an area; not a number where nothing was counted."""
    if len(figure) == 1:
        return figure[0]
    return figure[0] / figure[1] if figure[1] else math.nan


def shown(figure: Sequence[float]) -> str:
    """A figure in words, shares with their interval."""
    return f"{figure[0]:.3f}" if len(figure) == 1 else str(Rate(int(figure[0]), int(figure[1])))


def worse(candidate: Figures, active: Figures) -> list[str]:
    """Each figure in which ``candidate`` is worse than ``active`` beyond tolerance, in words."""
    found = []
    for language, figures in active.items():
        for name, figure in figures.items():
            before, after = value_of(figure), value_of(candidate[language].get(name, [math.nan]))
            lost = after - before if name in LESS_IS_BETTER else before - after
            if not math.isnan(before) and not lost <= TOLERANCE[name] + 1e-9:
                found.append(f"{language} {name}: {after:.4f} instead of {before:.4f}, tolerance {TOLERANCE[name]}")
    return found
