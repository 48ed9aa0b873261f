"""What training says of itself: figures by folds, of lines and conversations that the scoring model did not learn.

They go into the weights file. The thresholds are set on the same scores, so that the share of calm lines that alarm is
the one that was asked for, and the calibration is fitted to them: both are a little kind. The test part tells more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from triage.core import assess
from triage.core.levels import Level
from triage.learning import metrics
from triage.learning.model import LEVELS, Example

DECIMALS = 4
"""Coarse enough that the last bits of two machines are not seen."""


def of_lines(
    lines: Sequence[Example], chances: NDArray[np.float64], thresholds: Sequence[float], doubt: float
) -> dict[str, Any]:
    """Figures of lines; of rates [how many, of how many].

    Args:
        lines: what was learned from, without turns.
        chances: calibrated out of fold; shape (lines, 3).
        thresholds: for each level.
        doubt: P(level >= HIGH) from which a lower level is doubtful.
    """
    level = np.array([int(one.level) for one in lines])
    floor = np.array([int(one.floor) for one in lines])
    calm = np.array([one.is_calm for one in lines])
    said = np.maximum(floor, [int(assess.model_level(row, thresholds)) for row in chances.tolist()])
    crisis, imminent, alarm = level >= Level.HIGH, level == Level.IMMINENT, said >= Level.HIGH
    told = np.maximum(chances[:, LEVELS.index(Level.HIGH)], [_least(one.floor, thresholds) for one in lines])
    two_sides = crisis.any() and not crisis.all()
    return {
        "lines": {one.code: int((level == one).sum()) for one in Level},
        "calm": int(calm.sum()),
        "crisis found": _rate(alarm[crisis]),
        "imminent found": _rate(alarm[imminent]),
        "imminent said": _rate(said[imminent] == Level.IMMINENT),
        "right alarms": _rate(crisis[alarm]),
        "alarms, calm": _rate(alarm[calm]),
        "imminent said, calm": _rate(said[calm] == Level.IMMINENT),
        "in doubt, calm": _rate(~alarm[calm] & (chances[calm, LEVELS.index(Level.HIGH)] >= doubt)),
        "alarms, all below high": _rate(alarm[~crisis]),
        "AUROC": round(float(roc_auc_score(crisis, told)), DECIMALS) if two_sides else None,
        "calibration error": round(metrics.calibration_error(told, crisis), DECIMALS),
    }


def of_conversations(
    turns: Sequence[Example],
    first: NDArray[np.float64],
    later: NDArray[np.float64],
    thresholds: tuple[Sequence[float], Sequence[float]],
) -> dict[str, Any]:
    """Figures of conversations: of those that come to a crisis, whether any turn alarms; likewise of the others.

    Args:
        turns: of conversations, each in order.
        first: calibrated, of each newest message by itself; shape (turns, 3).
        later: of the conversation so far.
        thresholds: of first messages, and of later ones.
    """
    found: list[list[bool]] = []
    for one, alone, told in zip(turns, first.tolist(), later.tolist(), strict=True):
        said = assess.model_level(told, thresholds[1]) if one.turn else assess.model_level(alone, thresholds[0])
        if one.turn == 0:
            found.append([False, False])
        found[-1][0] |= one.level.is_crisis
        found[-1][1] |= max(said, one.floor).is_crisis
    rows = np.array(found, dtype=bool).reshape(-1, 2)
    return {
        "conversations": len(rows),
        "conversations found": _rate(rows[rows[:, 0], 1]),
        "conversations alarmed without a crisis": _rate(rows[~rows[:, 0], 1]),
    }


def _least(floor: Level, thresholds: Sequence[float]) -> float:
    """What serving tells at least, see triage.core.assess."""
    least = assess.FLOOR_PROBABILITY[floor]
    return max(least, thresholds[LEVELS.index(Level.HIGH)]) if floor.is_crisis else least


def _rate(flags: NDArray[np.bool_]) -> list[int]:
    return [int(flags.sum()), len(flags)]
