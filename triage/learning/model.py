"""A linear model per level, in scikit-learn: what is learned from examples in features, and how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.svm import LinearSVC

from triage.core.levels import Level
from triage.core.scorer import UNIT

DECIMALS = 6
LEVELS = (Level.MODERATE, Level.HIGH, Level.IMMINENT)
"""What each of HEADS asks for."""
MOST = 174_000
"""Features that are kept of a language, the heaviest with any head, for the sake of memory: a dictionary of Python
holds two thirds of 2^18 entries before it takes twice as much."""
LEANS = 0.3
"""Added to what tells two sides apart: a feature that tells nothing by itself may yet tell something beside others."""
SCALE = 5.0
"""Makes rows about as long as one, so that the usual strengths of regularisation apply."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the share of alarms at high is weighed by: set, not measured; `manage.py shares` shows what follows.

    A miss is a message of somebody in a crisis that does not put them first: they are answered in their turn. An
    alarm is a calm message that puts its writer before others. Only the ratio of both counts.

    Attributes:
        miss: what a miss costs.
        alarm: what an alarm on a calm line costs.
        crisis: the share of messages that are of a crisis, as it is assumed for a line.
    """

    miss: float = 2.0
    alarm: float = 1.0
    crisis: float = 0.1

    def of(self, found: float, alarmed: float) -> float:
        """What a message costs on average, where such shares of crisis lines are found and of calm lines alarmed."""
        return self.crisis * self.miss * (1 - found) + (1 - self.crisis) * self.alarm * alarmed

    @property
    def price(self) -> float:
        """So many of a thousand crisis lines must be found for one more of a thousand calm lines that alarms."""
        return (1 - self.crisis) * self.alarm / (self.crisis * self.miss)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that may be chosen; values are those that measured best by folds, but for alarms (see training.RECIPES).

    Attributes:
        strength: inverse regularisation of each head (C of scikit-learn).
        rarity: the power to which a feature is scaled by its rarity.
        letters: what rows of four letters are scaled by besides: they stand beside the words that they are cut from.
        tells: by head, the power to which a feature is scaled by how much oftener it stands on one side (see _scales);
            0 scales by rarity alone.
        rarest: a feature must stand in so many families: what only one situation holds tells nothing of others.
        weight: how much a text of each level counts in training.
        drawn_weight: how much a drawn line counts.
        alarms: the share of calm lines a desk can answer as alarms, rules and model together, by level >= MODERATE,
            HIGH, IMMINENT.
        costs: what the share at HIGH is weighed by; docs/triage.md tells what they would set.
        doubt_share: the share of calm lines that may be shown as doubtful.
        calm_conversations: the share of conversations without that level that the model alone may ever raise to it.
    """

    strength: tuple[float, float, float] = (0.5, 0.5, 0.5)
    rarity: float = 1.0
    letters: float = 1.0
    tells: tuple[float, float, float] = (0.5, 0.5, 0.5)
    rarest: int = 2
    weight: tuple[float, float, float, float] = (1.0, 0.7, 1.0, 1.5)
    drawn_weight: float = 0.3
    alarms: tuple[float, float, float] = (0.06, 0.02, 0.006)
    costs: Costs = Costs()
    doubt_share: float = 0.05
    calm_conversations: tuple[float, float, float] = (0.12, 0.08, 0.02)


@dataclass(frozen=True, slots=True)
class Example:
    """One training text in features.

    Attributes:
        family: what must not be torn apart by folds.
        level: what a careful reader says.
        is_calm: whether an alarm on it counts as false.
        windows: the features of each window of the text; of a turn, of the latest messages together.
        floor: what rules say by themselves.
        turn: the place in its conversation; None for a line.
        alone: of a turn, the features of each window of its newest message.
    """

    family: str
    level: Level
    is_calm: bool
    windows: Windows
    floor: Level = Level.LOW
    turn: int | None = None
    alone: Windows = ()


Windows: TypeAlias = "tuple[tuple[str, ...], ...]"
Scores: TypeAlias = NDArray[np.float64]
"""The raw scores of a text's windows, of each by each head; shape (windows, 3)."""


class UrgencyModel:
    """One question for each level, in scikit-learn: is the level at least this one?

    Args:
        recipe: what was chosen.

    Attributes:
        vocabulary_: the features that are looked at, alphabetically.
        heads_: one linear model for each of HEADS; their weights hold for counts over the root of a text's length.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def fit(self, examples: Sequence[Example], drawn: Sequence[tuple[str, ...]] = ()) -> UrgencyModel:
        """Learn; a long text of risk counts with the window that says most, found by a first round.

        Args:
            examples: the corpus.
            drawn: features of lines drawn from counts of ordinary talk (see background.py), all without risk.
        """
        self._fit(_rows(examples, whole=True, model=None), drawn)
        if any(len(one.windows) > 1 and one.level > Level.LOW for one in examples):
            self._fit(_rows(examples, whole=False, model=self), drawn)
        return self

    def _fit(self, taught: Sequence[_Row], drawn: Sequence[tuple[str, ...]]) -> None:
        texts = [row.features for row in taught] + list(drawn)
        levels = np.array([row.level for row in taught] + [0] * len(drawn))
        families = [row.family for row in taught] + [f"drawn {place}" for place in range(len(drawn))]
        vocabulary = _shared_by_families(texts, families, self.recipe.rarest)
        counts = CountVectorizer(analyzer=_as_they_are, vocabulary=vocabulary).transform(texts)
        # Rounded: logarithms of two machines may differ in the last bit, and solvers make more of that.
        rarity = np.round((TfidfTransformer(norm=None).fit(counts).idf_ / SCALE) ** self.recipe.rarity, DECIMALS)
        letters = np.where([_is_letters(feature) for feature in vocabulary], self.recipe.letters, 1.0)
        rows = _over_length(counts, texts)
        weights = np.append(np.take(self.recipe.weight, levels[: len(taught)]), [self.recipe.drawn_weight] * len(drawn))
        self.heads_ = []
        for level, strength, power in zip(LEVELS, self.recipe.strength, self.recipe.tells, strict=True):
            truth = levels >= level
            scales = _scales(counts, rows, truth, rarity, power) * letters
            head = LinearSVC(C=strength, dual=False, tol=1e-5, max_iter=2000)
            head.fit(rows @ diags(scales), truth, sample_weight=weights)
            # To whole units: what is shipped is this very model, and machines agree on it.
            head.coef_ = np.round(head.coef_ * scales / UNIT) * UNIT
            head.intercept_ = np.round(head.intercept_, DECIMALS)
            self.heads_.append(head)
        most = np.abs(np.vstack([head.coef_ for head in self.heads_])).max(axis=0)
        heavy = np.zeros(len(most), dtype=bool)
        # Of equal weight, those first that more texts hold.
        heavy[np.lexsort((-np.asarray((counts > 0).sum(axis=0)).ravel(), -most))[:MOST]] = True
        heavy &= most > 0
        self.vocabulary_ = [feature for feature, kept in zip(vocabulary, heavy, strict=True) if kept]
        self._counter = CountVectorizer(analyzer=_as_they_are, vocabulary=self.vocabulary_)
        for head in self.heads_:
            head.coef_, head.n_features_in_ = head.coef_[:, heavy], len(self.vocabulary_)

    def decision_function(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """The raw score for each of HEADS; shape (texts, 3)."""
        rows = _over_length(self._counter.transform(texts), texts)
        return np.column_stack([head.decision_function(rows) for head in self.heads_])

    def window_scores(self, texts: Sequence[Windows]) -> list[Scores]:
        """The same of each window of whole texts; for each text shape (windows, 3)."""
        flat = self.decision_function([window for windows in texts for window in windows])
        return np.split(flat, np.cumsum([len(windows) for windows in texts])[:-1])


def _as_they_are(features: Sequence[str]) -> Sequence[str]:
    return features


def _is_letters(feature: str) -> bool:
    """Whether a feature is a row of four letters; with a mark where others have theirs it is taken for one of those."""
    return len(feature) == 4 and feature[1] != ":" and feature[0] != "^" and feature[-1] != "$"


def _over_length(counts: csr_matrix, texts: Sequence[Sequence[str]]) -> csr_matrix:
    """Counts over the root of how many features each text has, known or not."""
    lengths = np.array([max(len(text), 1) for text in texts])
    return csr_matrix(diags(1 / np.sqrt(lengths)) @ counts)


def _scales(
    counts: csr_matrix, rows: csr_matrix, truth: NDArray[np.bool_], rarity: NDArray[np.float64], power: float
) -> NDArray[np.float64]:
    """What each feature is scaled by: its rarity, and how it tells the two sides apart (Wang and Manning 2012).

    A feature that stands as often on both sides is made short, so that it costs more to lean on it. Rows stay as long
    in all as with rarity alone, so that strengths mean the same.
    """
    present = counts > 0
    inside = (np.asarray(present[truth].sum(axis=0)).ravel() + 1) / (truth.sum() + 2)
    outside = (np.asarray(present[~truth].sum(axis=0)).ravel() + 1) / ((~truth).sum() + 2)
    scales = rarity * (np.abs(np.log(inside / outside)) + LEANS) ** power
    plain, scaled = (rows @ diags(one) for one in (rarity, scales))
    return np.asarray(np.round(scales * math.sqrt(plain.power(2).sum() / scaled.power(2).sum()), DECIMALS))


def _shared_by_families(texts: Sequence[Sequence[str]], families: Sequence[str], least: int) -> list[str]:
    """The features that stand in texts of at least so many families."""
    seen: dict[str, set[str]] = {}
    for text, family in zip(texts, families, strict=True):
        for feature in text:
            seen.setdefault(feature, set()).add(family)
    return sorted(feature for feature, owners in seen.items() if len(owners) >= least)


class _Row(NamedTuple):
    features: tuple[str, ...]
    level: int
    family: str


def _rows(examples: Sequence[Example], *, whole: bool, model: UrgencyModel | None) -> list[_Row]:
    """What is taught: every window of a calm text, and of a text of risk all of it or its gravest window."""
    rows: list[_Row] = []
    for one in examples:
        if one.level is Level.LOW or len(one.windows) == 1:
            chosen = list(one.windows)
        elif whole or model is None:
            chosen = [tuple(feature for window in one.windows for feature in window)]
        else:
            scores = model.decision_function(one.windows)
            chosen = [one.windows[int(np.argmax(scores[:, 1]))]]
        rows += [_Row(text, int(one.level), one.family) for text in chosen]
    return rows
