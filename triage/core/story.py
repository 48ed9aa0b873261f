"""What a conversation's messages say together: one dark message, several grey ones, a turn for the worse.

A few figures of the odds of the latest messages, weighed by a logistic regression of their own, learned from whole
conversations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LATEST = 8
"""Messages that are looked at, the newest among them."""
CALM = -4.0
"""The odds (as a logarithm) that count for messages not yet written."""
SEVERAL = 3
FADES = 0.5
"""Each message counts this much of the one after it, in the mean that follows the newest turn."""
OF_EACH_LEVEL = 6
"""How many figures each level gives, beside the one that all share."""


def width(levels: int) -> int:
    """How many figures there are."""
    return 1 + levels * OF_EACH_LEVEL


def figures(alone: Sequence[Sequence[float]], together: Sequence[float]) -> list[float]:
    """The figures of a conversation at its newest message.

    Args:
        alone: of each of the latest messages by itself, oldest first, the logarithm of each level's odds.
        together: the same of the latest messages read as one text.
    """
    latest = alone[-LATEST:]
    found = [math.log(len(latest))]
    for odds, whole in zip(zip(*latest, strict=True), together, strict=True):
        ranked = sorted([*odds, CALM, CALM], reverse=True)
        found += [odds[-1], whole, ranked[0], sum(ranked[:SEVERAL]) / SEVERAL, sum(odds) / len(odds)]
        found.append(_fading(odds))
    return found


def _fading(odds: Sequence[float]) -> float:
    """The mean in which the newest counts most."""
    total = mass = 0.0
    for one in odds:
        total, mass = total * FADES + one, mass * FADES + 1.0
    return total / mass
