"""What parts of the corpus would find: whether more lines of its kind would still help, and how many the goals ask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.core.levels import Level
from triage.learning import training
from triage.learning.corpus import Line, place_of
from triage.learning.metrics import Rate, rate
from triage.learning.model import LEVELS, Scores, UrgencyModel

_HIGH = LEVELS.index(Level.HIGH)
PARTS = (0.125, 0.25, 0.5, 1.0)
"""Of the training part's families; a smaller part lies within a larger one."""
LOOKS = 0.4
"""As assess.LOOKS, of scores: a score of one more adds about three to the logarithm of the odds."""
CALM_SHARE = 0.02
"""Of the test part's calm lines, that rules and model together may call high: the same at every point."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a model that learned a part of the training lines finds in the test part.

    Attributes:
        lines: how many it learned.
        found: of lines in a crisis, those called high or imminent.
        imminent_found: of imminent ones, those called so.
        calm: of calm lines, those called so.
    """

    lines: int
    found: Rate
    imminent_found: Rate
    calm: Rate


def measure(lines: Sequence[Line], language: str, parts: Sequence[float] = PARTS) -> list[Point]:
    """The figures for each part, fewest lines first; thresholds are set on the test part's own calm lines."""
    own = [line for line in lines if line.language == language]
    learned = [line for line in own if not line.is_test]
    examples, drawn = training.examples_of(learned), training.drawn_examples(language)
    tested = training.examples_of([line for line in own if line.is_test])
    level = np.array([int(one.level) for one in tested])
    ruled = np.array([one.floor.is_crisis for one in tested])
    calm = np.array([one.is_calm for one in tested])
    found = []
    for part in parts:
        some = [one for one in examples if place_of(one.family) < part]
        model = UrgencyModel(training.RECIPES[language]).fit(some, drawn)
        scores = _by_the_head(model.window_scores([one.windows for one in tested]))
        said = ruled | (scores >= _least(scores[calm], ruled[calm]))
        found.append(
            Point(len(some), rate(said[level >= Level.HIGH]), rate(said[level == Level.IMMINENT]), rate(said[calm]))
        )
    return found


def _by_the_head(texts: Sequence[Scores]) -> NDArray[np.float64]:
    """What the head of HIGH says of texts: to join the heads would take models for folds, five more for each point."""
    return np.array([windows[:, _HIGH].max() - LOOKS * math.log(len(windows)) for windows in texts])


def _least(scores: NDArray[np.float64], ruled: NDArray[np.bool_]) -> float:
    """The score from which CALM_SHARE of the calm lines alarm, those among them that rules raise anyway."""
    left = max(int(CALM_SHARE * len(scores)) - int(ruled.sum()), 0)
    ranked = np.sort(scores[~ruled])[::-1]
    return float(np.nextafter(ranked[left], math.inf)) if left < len(ranked) else -math.inf


def gain(points: Sequence[Point]) -> float:
    """How much more of the crisis lines is found, by the last two points, for twice as many lines."""
    before, last = points[-2:]
    return (last.found.value - before.found.value) / math.log2(last.lines / before.lines)


def needed(points: Sequence[Point], goal: float) -> float:
    """How many lines would find ``goal`` of crisis lines if each doubling went on to bring what the last one did.

    An extrapolation from two points, and no forecast: doublings before brought more or less, and the hands that wrote
    the test part wrote what was learned. Endless where the last one brought nothing.
    """
    each, last = gain(points), points[-1]
    if each <= 0:
        return math.inf
    doublings = (goal - last.found.value) / each
    return last.lines * 2.0**doublings if doublings < 1000 else math.inf
