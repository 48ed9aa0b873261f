"""What the scores of all heads say together.

What one head's score means hangs on the others: a text that one calls moderate, loudly, and another high, faintly, is
dark, and no crisis. A regression that was learned out of fold weighs the scores, their squares and products.
"""

from __future__ import annotations

from collections.abc import Sequence

TERMS = 9
"""How many numbers :func:`squares` gives."""


def squares(scores: Sequence[float], reach: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """The scores, then the product of each with itself and with those after it. Written out: it is a third of the time.

    Args:
        scores: of each of the three heads.
        reach: of each head, between which scores nearly all lay that were learned from: beyond it a square would go on
            rising, or turn back, by what hardly anybody has seen.
    """
    a, b, c = [
        least if score < least else most if score > most else score  # noqa: FURB136 - a call costs more than the rest
        for score, (least, most) in zip(scores, reach, strict=True)
    ]
    return a, b, c, a * a, a * b, a * c, b * b, b * c, c * c
