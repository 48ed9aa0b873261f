"""What the scores of a conversation's messages say together: one dark message, several grey ones, a turn for the worse.

A few figures of the latest messages, weighed by a logistic regression of their own, learned from whole conversations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LATEST = 8
"""Messages that are looked at, the newest among them."""
CALM = -1.0
"""The score that counts for messages not yet written."""
SEVERAL = 3
FADES = 0.5
"""Each message counts this much of the one after it, in the mean that follows the newest turn."""
OF_EACH_HEAD = 6
"""How many figures each head gives, beside the one that all share."""


def width(heads: int) -> int:
    """How many figures there are."""
    return 1 + heads * OF_EACH_HEAD


def figures(alone: Sequence[Sequence[float]], together: Sequence[float]) -> list[float]:
    """The figures of a conversation at its newest message.

    Args:
        alone: the scores of each of the latest messages by itself, oldest first; of each, one score per head.
        together: the scores of the latest messages read as one text.
    """
    latest = alone[-LATEST:]
    found = [math.log(len(latest))]
    for scores, whole in zip(zip(*latest, strict=True), together, strict=True):
        ranked = sorted([*scores, CALM, CALM], reverse=True)
        found += [scores[-1], whole, ranked[0], sum(ranked[:SEVERAL]) / SEVERAL, sum(scores) / len(scores)]
        found.append(_fading(scores))
    return found


def _fading(scores: Sequence[float]) -> float:
    """The mean in which the newest counts most."""
    total = mass = 0.0
    for score in scores:
        total, mass = total * FADES + score, mass * FADES + 1.0
    return total / mass
