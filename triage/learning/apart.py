"""Folds: what a model sees, and what it is judged by and does not see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from triage.learning.corpus import fold_of

FOLDS = 5


def by_family(families: Sequence[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """For each fold the places that a model sees and those that it does not; no family is in both.

    A family's fold hangs on its name alone: folds of equal size moved with every new line, and with them the share of
    crisis lines that was found at the same alarms, by .02. Where there are so few families that a fold is empty, folds
    are of equal size.
    """
    fold = np.array([fold_of(family, FOLDS) for family in families])
    if len(set(fold.tolist())) < FOLDS:
        yield from GroupKFold(n_splits=FOLDS).split(fold, groups=families)
        return
    for one in range(FOLDS):
        yield np.flatnonzero(fold != one), np.flatnonzero(fold == one)


def of_two_sides(
    families: Sequence[str], truth: NDArray[np.bool_]
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None:
    """The same where there is enough of both sides to learn from in each fold, else nothing."""
    inside = {family for family, true in zip(families, truth.tolist(), strict=True) if true}
    if min(len(inside), len(set(families) - inside)) < FOLDS:
        return None
    splits = list(by_family(families))
    return splits if all(np.ptp(truth[seen].astype(int)) for seen, _unseen in splits) else None
