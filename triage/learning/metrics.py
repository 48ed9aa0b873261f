"""Figures with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

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


def found_at(chances: NDArray[np.float64], truth: NDArray[np.bool_], others: NDArray[np.bool_], share: float) -> Rate:
    """Of those in ``truth``, how many a threshold finds at which no more than ``share`` of ``others`` alarm.

    The threshold is set on these very texts, which is kind to all alike: ways to read are compared at like alarms.
    """
    ranked = np.sort(chances[others])[::-1]
    spared = int(share * len(ranked))
    # Strictly above the first that must not alarm: who shares its chance would alarm with it.
    most = ranked[spared] if spared < len(ranked) else -math.inf
    return rate(chances[truth] > most)


def auroc(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> str:
    """Area under the curve with a bootstrap interval; a dash where only one class is there."""
    if truth.all() or not truth.any():
        return "–"
    return _bootstrapped(lambda rows: _area(chances[rows], truth[rows]), len(truth))


def auroc_gap(first: NDArray[np.float64], second: NDArray[np.float64], truth: NDArray[np.bool_]) -> str:
    """How much greater the area of ``first`` is than that of ``second``, both drawn together: the same texts each time.

    Two intervals that overlap may yet differ for certain, and the other way round: what is asked is the difference.
    """
    if truth.all() or not truth.any():
        return "–"

    def gap(rows: NDArray[np.int_]) -> float:
        return _area(first[rows], truth[rows]) - _area(second[rows], truth[rows])

    return _bootstrapped(gap, len(truth), sign="+")


def _area(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """By ranks (Mann and Whitney 1947), which many small draws need: as roc_auc_score, without its checks.

    Raises:
        ValueError: only one class is there.
    """
    hits, others = int(truth.sum()), int((~truth).sum())
    if not hits or not others:
        raise ValueError("one class only")
    return (float(rankdata(chances)[truth].sum()) - hits * (hits + 1) / 2) / hits / others


def spearman(chances: NDArray[np.float64], grades: NDArray[np.float64]) -> str:
    """Rank correlation with a bootstrap interval."""

    def rho(rows: NDArray[np.int_]) -> float:
        return float(np.corrcoef(rankdata(chances[rows]), rankdata(grades[rows]))[0, 1])

    return _bootstrapped(rho, len(grades))


def _bootstrapped(figure: Callable[[NDArray[np.int_]], float], count: int, sign: str = "-") -> str:
    value, drawn = _drawn(figure, count)
    if not drawn:
        return f"{value:{sign}.3f}"
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _drawn(figure: Callable[[NDArray[np.int_]], float], count: int) -> tuple[float, list[float]]:
    """A figure, and what it is in draws with replacement; always the same ones."""
    chance = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        try:
            drawn.append(figure(chance.integers(0, count, count)))
        except ValueError:
            continue  # a draw with one class only
    return figure(np.arange(count)), drawn


def calibration(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> str:
    """Calibration error with a bootstrap interval; a dash where there is nothing.

    Chance alone makes gaps between told and found, and drawing makes them once more: what is drawn lies above the
    figure as the figure lies above the truth, and quantiles may leave both outside. So the interval reaches as far
    below the figure as the draws reach above it, and down to zero where honest probabilities would show such an error
    by chance. It is rather too wide, the more so for small sets.
    """
    if not len(truth):
        return "–"
    value, drawn = _drawn(lambda rows: calibration_error(chances[rows], truth[rows]), len(truth))
    half = max(float(np.quantile(drawn, 0.975)) - value, 0.0)
    chance = np.random.default_rng(0)
    honest = [calibration_error(chances, chance.random(len(truth)) < chances) for _ in range(RESAMPLES)]
    low = max(value - half, 0.0) if value > np.quantile(honest, 0.975) else 0.0
    return f"{value:.3f} [{low:.3f}, {min(value + half, 1.0):.3f}]"


def calibration_error(chances: NDArray[np.float64], truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean gap between told and found, weighted by bins of equal width."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=chances - truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))
