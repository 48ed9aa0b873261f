"""What other shares of alarms would find: the price of each alarm more or fewer, by folds of the training part.

Thresholds follow from the share of calm lines that may alarm (Recipe.alarms in model.py). Here is what choices cost,
by the costs that are stated there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage.core.levels import Level
from triage.learning import joining, training
from triage.learning.corpus import Conversation, Line
from triage.learning.metrics import Rate, rate
from triage.learning.model import LEVELS, Costs

SHARES = (0.006, 0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.06, 0.1)
"""Of calm lines, that rules and model together may call high."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a share of alarms comes to, rules and model together, by models that saw nothing of a line's family.

    Attributes:
        asked: the share of calm lines.
        found: of lines in a crisis, those called high or imminent.
        imminent_found: of imminent ones, those called so.
        calm: of calm lines, those called so.
        below: of all lines below high, twins made to deceive among them, those called so.
    """

    asked: float
    found: Rate
    imminent_found: Rate
    calm: Rate
    below: Rate

    def price_after(self, fewer: Share) -> float:
        """How many of a thousand crisis lines are found for each of a thousand calm lines that alarms beyond ``fewer``.

        Not a number where no more calm lines alarm.
        """
        more = self.calm.value - fewer.calm.value
        return (self.found.value - fewer.found.value) / more if more else math.nan


def cheapest(shares: Sequence[Share], costs: Costs) -> Share:
    """The share with which a message costs least."""
    return min(shares, key=lambda one: costs.of(one.found.value, one.calm.value))


def measure(
    lines: Sequence[Line], conversations: Sequence[Conversation], language: str, shares: Sequence[float] = SHARES
) -> list[Share]:
    """The figures for each share, on the training part of ``lines``; the test part is never read."""
    learned = [line for line in lines if line.language == language and not line.is_test]
    told = [one for one in conversations if one.language == language and not one.is_test]
    examples, turns = training.examples_of(learned), training.turns_of(told)
    drawn = training.drawn_examples(language)
    scores, _, _ = training.out_of_fold(examples, turns, training.RECIPES[language], drawn)
    level = np.array([int(one.level) for one in examples])
    floor = np.array([int(one.floor) for one in examples])
    calm = np.array([one.is_calm for one in examples])
    head = LEVELS.index(Level.HIGH)
    chances = joining.chances_of(joining.learn(scores, level).odds(scores))[:, head]
    ruled = floor >= Level.HIGH
    found = []
    for share in shares:
        said = ruled | (chances >= training.budget(chances[calm], ruled[calm], share))
        crisis, imminent = level >= Level.HIGH, level == Level.IMMINENT
        found.append(Share(share, rate(said[crisis]), rate(said[imminent]), rate(said[calm]), rate(said[~crisis])))
    return found
