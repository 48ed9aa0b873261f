"""Scores of heads joined to the odds of each level, by logistic regressions on scores out of fold; core/squares.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from triage.core import assess, squares
from triage.core.scorer import HEADS
from triage.learning.model import DECIMALS, LEVELS, Scores

CONVERGED = 1e-10
"""How near regressions come to their end: nearer than they are rounded, so that the last bits of an exponential, which
differ between processors, are not seen in the weights."""
REACH = (0.001, 0.999)
"""Between these quantiles of each head's scores its squares are believed."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How the heads of one language are joined: what the weights file holds of it.

    Attributes:
        heads, reach: see scorer.LanguageModel.
    """

    heads: tuple[tuple[float, ...], ...]
    reach: tuple[tuple[float, float], ...]

    def odds(self, texts: Sequence[Scores]) -> NDArray[np.float64]:
        """The logarithm of each level's odds, as serving makes it of the windows of each text; shape (texts, 3)."""
        rows = np.array(self.heads)
        flat = _squares([row for windows in texts for row in windows.tolist()], self.reach) @ rows[:, :-1].T
        flat += rows[:, -1]
        found, first = np.zeros((len(texts), len(HEADS))), 0
        for place, windows in enumerate(texts):
            part, first = flat[first : first + len(windows)], first + len(windows)
            found[place] = part.max(axis=0) - assess.LOOKS * math.log(len(windows))
        return found


def learn(texts: Sequence[Scores], levels: NDArray[np.int_]) -> Joining:
    """The regression of each level, by texts in one window: which window of a long one holds its level, nobody said.

    Args:
        texts: raw scores out of fold of each window of each text.
        levels: what a careful reader says.

    Raises:
        ValueError: of some level nothing is in one window, or nothing is below it.
    """
    single = np.array([len(windows) == 1 for windows in texts])
    scores = np.array([windows[0] for windows in texts if len(windows) == 1])
    reach = tuple((least, most) for least, most in np.round(np.quantile(scores, REACH, axis=0), 2).T.tolist())
    figures, heads = _squares(scores.tolist(), reach), []
    for level in LEVELS:
        fitted = regression().fit(figures, levels[single] >= level)
        heads.append(tuple(np.round([*fitted.coef_[0], fitted.intercept_[0]], DECIMALS).tolist()))
    return Joining(tuple(heads), reach)


def chances_of(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities that agree: a higher level is never likelier than a lower; shape (texts, 3)."""
    return np.asarray(np.minimum.accumulate(1 / (1 + np.exp(-odds)), axis=1))


def regression() -> LogisticRegression:
    """The regression that joins scores, or odds of a conversation."""
    return LogisticRegression(C=1.0, solver="liblinear", tol=CONVERGED, max_iter=1000)


def _squares(scores: Sequence[Sequence[float]], reach: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    rows = [squares.squares(row, reach) for row in scores]
    return np.array(rows).reshape(-1, squares.TERMS)
