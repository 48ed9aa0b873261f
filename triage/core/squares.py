"""What the scores of all heads say together.

What one head's score means hangs on the others: a text that one calls moderate, loudly, and another high, faintly, is
dark, and no crisis. A regression that was learned out of fold weighs the scores, their squares and products.
"""

from __future__ import annotations

from collections.abc import Sequence


def terms(heads: int) -> int:
    """How many numbers :func:`squares` gives."""
    return heads + heads * (heads + 1) // 2


def squares(scores: Sequence[float], reach: Sequence[tuple[float, float]]) -> list[float]:
    """The scores, then the product of each with itself and with those after it.

    Args:
        scores: of each head.
        reach: of each head, the least and the greatest score that was learned from: beyond it a square would go on
            rising, or turn back, by what nobody has seen.
    """
    near = [min(max(score, least), most) for score, (least, most) in zip(scores, reach, strict=True)]
    return near + [first * second for place, first in enumerate(near) for second in near[place:]]
