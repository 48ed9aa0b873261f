"""From the corpus to weights: two linear models per language, calibrated and given thresholds out of fold.

The test part is never read here. Everything is seeded and rounded, so that two runs give the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from triage.core import assess, conversation
from triage.core.features import features
from triage.core.levels import Level
from triage.core.scorer import HEADS, UNIT, Weights, dump, pack, parse
from triage.learning import background
from triage.learning.corpus import Conversation, Line, calm_lines

FOLDS = 5
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that may be chosen; the values are those that measured best by folds of the training part.

    Attributes:
        strength: inverse regularisation of each head (C of scikit-learn).
        rarest: a feature must stand in this many training texts.
        alarms: the share of calm lines a desk can answer as alarms, by level >= MODERATE, HIGH, IMMINENT.
        later_share: of these shares, what one message inside a conversation may take: there are many of them.
        calm_conversations: the share of conversations without that level that may ever reach it.
        doubt_share: the share of calm lines that may be shown as doubtful.
    """

    strength: tuple[float, float, float] = (6.0, 6.0, 6.0)
    rarest: int = 2
    alarms: tuple[float, float, float] = (0.05, 0.015, 0.002)
    doubt_share: float = 0.04
    later_share: float = 0.1
    calm_conversations: tuple[float, float, float] = (0.1, 0.03, 0.02)


RECIPES = {"zh": Recipe(), "en": Recipe(alarms=(0.05, 0.02, 0.002))}


@dataclass(frozen=True, slots=True)
class Example:
    """One training text in features."""

    family: str
    level: Level
    is_calm: bool
    is_turn: bool
    windows: tuple[tuple[str, ...], ...]


def examples_of(lines: Sequence[Line]) -> list[Example]:
    """Lines as the model sees them: each window of a long text by itself, as in serving."""
    return [
        Example(line.family, line.level, is_calm, is_turn=False, windows=_windows_of(line.text, line.language))
        for line, is_calm in zip(lines, calm_lines(lines), strict=True)
    ]


def drawn_examples(language: str) -> list[tuple[str, ...]]:
    """Lines drawn from counts of ordinary talk, as the model sees them."""
    return [window for text in background.drawn_lines(language) for window in _windows_of(text, language)]


def turns_of(conversations: Sequence[Conversation]) -> list[Example]:
    """Each turn of a conversation with what came before it, as serving reads them together, and the level so far."""
    found = []
    for one in conversations:
        for last, level in enumerate(one.levels[1:], start=1):
            text = conversation.together(one.turns[: last + 1])
            windows = _windows_of(text, one.language)
            found.append(Example(one.family, level, is_calm=False, is_turn=True, windows=windows))
    return found


def _windows_of(words: str, language: str) -> tuple[tuple[str, ...], ...]:
    reading = assess.read(words)
    text = reading.normal.text
    found = []
    for start, end in assess.windows(text, assess.WINDOW[language]):
        inside = [one for one in reading.scoped if start <= one.mention.start < end]
        found.append(tuple(features(text[start:end], language, inside)))
    return tuple(found)


class UrgencyModel:
    """Two questions in scikit-learn: risk or none; then, among lines of risk, how urgent.

    Args:
        recipe: what was chosen.

    Attributes:
        vectorizer_: TF-IDF over features.
        heads_: one logistic regression for each of HEADS.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def fit(self, examples: Sequence[Example], drawn: Sequence[tuple[str, ...]] = ()) -> UrgencyModel:
        """Learn; a long text of risk counts with the window that says most, found by a first round.

        Args:
            examples: the corpus.
            drawn: features of lines drawn from counts of ordinary talk (see background.py), all without risk.
        """
        texts, levels = _rows(examples, whole=True, model=None)
        self._fit(texts + list(drawn), np.append(levels, np.zeros(len(drawn), dtype=int)))
        if any(len(one.windows) > 1 and one.level > Level.LOW for one in examples):
            texts, levels = _rows(examples, whole=False, model=self)
            self._fit(texts + list(drawn), np.append(levels, np.zeros(len(drawn), dtype=int)))
        return self

    def _fit(self, texts: list[tuple[str, ...]], levels: NDArray[np.int_]) -> None:
        self.vectorizer_ = TfidfVectorizer(analyzer=_as_they_are, min_df=self.recipe.rarest)
        rows = self.vectorizer_.fit_transform(texts)
        risky = levels >= Level.MODERATE
        asked = (
            (rows, risky),
            (rows[risky], levels[risky] >= Level.HIGH),
            (rows[risky], levels[risky] >= Level.IMMINENT),
        )
        self.heads_ = [
            LogisticRegression(C=strength, solver="liblinear", tol=1e-6, max_iter=2000).fit(some, answers)
            for strength, (some, answers) in zip(self.recipe.strength, asked, strict=True)
        ]
        self._round()

    def _round(self) -> None:
        """To whole units: what is shipped is this very model, and machines agree on it."""
        idf = self.vectorizer_.idf_
        self.vectorizer_.idf_ = np.round(idf / UNIT) * UNIT
        for head in self.heads_:
            head.coef_ = np.round(head.coef_ / UNIT) * UNIT
            head.intercept_ = np.round(head.intercept_ / UNIT) * UNIT

    def predict_proba(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """P(level >= MODERATE), P(level >= HIGH), P(level >= IMMINENT) before calibration; shape (texts, 3)."""
        rows = self.vectorizer_.transform(texts)
        risk, high, imminent = (head.predict_proba(rows)[:, 1] for head in self.heads_)
        return np.column_stack([risk, risk * high, risk * np.minimum(high, imminent)])

    def predict_windows(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """The same for whole texts, each by its gravest window; shape (examples, 3)."""
        flat = self.predict_proba([window for one in examples for window in one.windows])
        found, first = [], 0
        for one in examples:
            part = flat[first : first + len(one.windows)]
            found.append(part[np.argmax(part[:, 1])])
            first += len(one.windows)
        return np.array(found)


def _as_they_are(features: Sequence[str]) -> Sequence[str]:
    return features


def _rows(
    examples: Sequence[Example], *, whole: bool, model: UrgencyModel | None
) -> tuple[list[tuple[str, ...]], NDArray[np.int_]]:
    """Texts and levels: every window of a calm text, and of a text of risk all of it or its gravest window."""
    texts: list[tuple[str, ...]] = []
    levels: list[int] = []
    for one in examples:
        if one.level is Level.LOW or len(one.windows) == 1:
            chosen = list(one.windows)
        elif whole or model is None:
            chosen = [tuple(feature for window in one.windows for feature in window)]
        else:
            chances = model.predict_proba(one.windows)
            chosen = [one.windows[int(np.argmax(chances[:, 1]))]]
        texts += chosen
        levels += [int(one.level)] * len(chosen)
    return texts, np.array(levels)


@dataclass(frozen=True, slots=True)
class Trained:
    """One language, learned."""

    model: UrgencyModel
    slope: tuple[float, ...]
    shift: tuple[float, ...]
    thresholds: tuple[float, ...]
    sure: tuple[float, ...]
    later: tuple[float, ...]
    doubt: float


def train_language(examples: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()) -> Trained:
    """Fit on all of ``examples``; calibrate and set thresholds on folds that no line's family crosses."""
    levels = np.array([int(one.level) for one in examples])
    apart = out_of_fold(examples, recipe, drawn)
    slope, shift = [], []
    calibrated = np.empty_like(apart)
    for head, level in enumerate((Level.MODERATE, Level.HIGH, Level.IMMINENT)):
        a, b = platt(apart[:, head], levels >= level)
        slope.append(a)
        shift.append(b)
        calibrated[:, head] = _sigmoid(a * _logit(apart[:, head]) + b)
    calibrated = np.minimum.accumulate(calibrated, axis=1)
    calm = calibrated[np.array([one.is_calm for one in examples])]
    thresholds = _budget(calm, recipe.alarms)
    sure = _budget(calm, tuple(share * recipe.later_share for share in recipe.alarms))
    later = np.maximum(thresholds, _calm_conversations(examples, calibrated, recipe)).round(DECIMALS).tolist()
    doubt = round(min(float(np.quantile(calm[:, 1], 1 - recipe.doubt_share)), thresholds[1]), DECIMALS)
    model = UrgencyModel(recipe).fit(examples, drawn)
    return Trained(model, tuple(slope), tuple(shift), tuple(thresholds), tuple(sure), tuple(later), doubt)


def _budget(calm: NDArray[np.float64], shares: Sequence[float]) -> list[float]:
    """For each level the probability that no more than this share of calm texts reach."""
    return [
        round(min(float(np.quantile(calm[:, head], 1 - share)), 1.0), DECIMALS) for head, share in enumerate(shares)
    ]


def _calm_conversations(
    examples: Sequence[Example], calibrated: NDArray[np.float64], recipe: Recipe
) -> NDArray[np.float64]:
    """For each level the probability that only a share of conversations without it ever reach."""
    highest: dict[str, NDArray[np.float64]] = {}
    gravest: dict[str, int] = {}
    for one, chances in zip(examples, calibrated, strict=True):
        if one.is_turn:
            highest[one.family] = np.maximum(highest.get(one.family, np.zeros(3)), chances)
            gravest[one.family] = max(gravest.get(one.family, 0), int(one.level))
    found = np.zeros(3)
    for head, level in enumerate((Level.MODERATE, Level.HIGH, Level.IMMINENT)):
        below = [highest[family][head] for family in highest if gravest[family] < level]
        if below:
            found[head] = np.quantile(below, 1 - recipe.calm_conversations[head])
    return found


def out_of_fold(
    examples: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()
) -> NDArray[np.float64]:
    """Raw probabilities of each example by a model that saw nothing of its family; shape (examples, 3)."""
    families = np.array([one.family for one in examples])
    found = np.zeros((len(examples), len(HEADS)))
    splitter = GroupKFold(n_splits=FOLDS)
    for seen, unseen in splitter.split(families, groups=families):
        model = UrgencyModel(recipe).fit([examples[i] for i in seen], drawn)
        found[unseen] = model.predict_windows([examples[i] for i in unseen])
    return found


def platt(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift on the logit that make ``chances`` honest (Platt 1999), rounded."""
    fitted = LogisticRegression(C=1e6, solver="liblinear", tol=1e-8, max_iter=1000)
    fitted.fit(_logit(chances).reshape(-1, 1), truth)
    return round(float(fitted.coef_[0, 0]), DECIMALS), round(float(fitted.intercept_[0]), DECIMALS)


def _logit(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    held = np.clip(chances, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(held / (1 - held)))


def _sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-scores)))


def export_language(trained: Trained) -> dict[str, Any]:
    """One language as plain numbers; features in alphabetical order."""
    model = trained.model
    names = [str(name) for name in model.vectorizer_.get_feature_names_out()]
    exported: dict[str, Any] = {"features": names, "idf": pack(model.vectorizer_.idf_.tolist())}
    for name, head in zip(HEADS, model.heads_, strict=True):
        exported[name] = pack(head.coef_[0].tolist())
    exported["bias"] = [round(float(head.intercept_[0]), DECIMALS) for head in model.heads_]
    exported |= {"slope": trained.slope, "shift": trained.shift}
    exported |= {"thresholds": trained.thresholds, "sure": trained.sure, "later": trained.later, "doubt": trained.doubt}
    return exported


def build(
    lines: Sequence[Line],
    conversations: Sequence[Conversation] = (),
    *,
    corpus: str,
    name: str = "linear-2",
    also: Mapping[str, Sequence[Example]] | None = None,
    with_background: bool = True,
    report: Callable[[str], None] = lambda _message: None,
) -> tuple[str, Weights]:
    """Train every language on the lines that may be learned from.

    Args:
        lines: the corpus; test lines are left out here.
        conversations: likewise.
        corpus: the corpus' hash, kept in the file.
        name: what the version begins with.
        also: by language, examples from elsewhere that are learned from too.
        with_background: whether counts of ordinary talk from elsewhere help (see background.py).
        report: told what is done.

    Returns:
        The weights file's text, and the weights as serving reads them.
    """
    languages: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for language, recipe in RECIPES.items():
        learned = [line for line in lines if line.language == language and not line.is_test]
        told = [one for one in conversations if one.language == language and not one.is_test]
        report(f"{language}: {len(learned)} lines, {len(told)} conversations")
        drawn = drawn_examples(language) if with_background else []
        examples = [*examples_of(learned), *turns_of(told), *(also or {}).get(language, ())]
        languages[language] = export_language(train_language(examples, recipe, drawn))
        counts[language] = len(learned)
    data = {"version": f"{name}-{corpus[:8]}", "corpus": corpus, "lines": counts, "languages": languages}
    text = dump(data)
    return text, parse(text)
