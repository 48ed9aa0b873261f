"""Figures with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

Z = 1.959964
"""Standard normal quantile of a 95 % interval."""
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """``hits`` of ``count`` with a Wilson 95 % interval."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The share; not a number without a count."""
        return self.hits / self.count if self.count else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval (1927)."""
        if not self.count:
            return math.nan, math.nan
        share, spread = self.value, 1 + Z * Z / self.count
        middle = (share + Z * Z / 2 / self.count) / spread
        half = Z * math.sqrt(share * (1 - share) / self.count + Z * Z / 4 / self.count / self.count) / spread
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        if not self.count:
            return "–"
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}]"


def rate(flags: NDArray[np.bool_]) -> Rate:
    """How many of ``flags`` are true."""
    return Rate(int(flags.sum()), len(flags))


def auroc(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> str:
    """Area under the curve with a bootstrap interval; a dash where only one class is there."""
    if truth.all() or not truth.any():
        return "–"
    return _bootstrapped(lambda rows: float(roc_auc_score(truth[rows], chances[rows])), len(truth))


def spearman(chances: NDArray[np.float64], grades: NDArray[np.float64]) -> str:
    """Rank correlation with a bootstrap interval."""
    from scipy.stats import rankdata

    def rho(rows: NDArray[np.int_]) -> float:
        return float(np.corrcoef(rankdata(chances[rows]), rankdata(grades[rows]))[0, 1])

    return _bootstrapped(rho, len(grades))


def _bootstrapped(figure: Callable[[NDArray[np.int_]], float], count: int) -> str:
    chance = np.random.default_rng(0)
    value = figure(np.arange(count))
    drawn = []
    for _ in range(RESAMPLES):
        try:
            drawn.append(figure(chance.integers(0, count, count)))
        except ValueError:
            continue  # a draw with one class only
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def calibration_error(chances: NDArray[np.float64], truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean gap between told and found, weighted by bins of equal width."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    total = 0.0
    for one in range(bins):
        inside = place == one
        if inside.any():
            total += inside.mean() * abs(chances[inside].mean() - truth[inside].mean())
    return float(total)
