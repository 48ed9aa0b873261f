"""From the corpus to weights: a linear model per level and language, calibrated and given thresholds out of fold.

The test part is never read here. Everything is seeded and rounded, so that two runs give the same file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from triage.core import assess, conversation, story
from triage.core.features import features
from triage.core.levels import Level
from triage.core.scorer import HEADS, UNIT, Weights, dump, pack, parse
from triage.learning import background, errors
from triage.learning.corpus import Conversation, Line, calm_lines

FOLDS = 5
DECIMALS = 6
LEVELS = (Level.MODERATE, Level.HIGH, Level.IMMINENT)
"""What each of HEADS asks for."""
LIGHTEST = 0.1
"""A feature that weighs less with every head is dropped: a fifth of them, for the sake of memory."""
SCALE = 5.0
"""Makes rows about as long as one, so that the usual strengths of regularisation apply."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that may be chosen; the values are those that measured best by folds of the training part.

    Attributes:
        strength: inverse regularisation of each head (C of scikit-learn).
        rarest: a feature must stand in so many families: what only one situation holds tells nothing of others.
        weight: how much a text of each level counts in training.
        drawn_weight: how much a drawn line counts.
        alarms: the share of calm lines a desk can answer as alarms, rules and model together, by level >= MODERATE,
            HIGH, IMMINENT.
        doubt_share: the share of calm lines that may be shown as doubtful.
        calm_conversations: the share of conversations without that level that the model alone may ever raise to it.
    """

    strength: tuple[float, float, float] = (0.5, 0.5, 0.5)
    rarest: int = 2
    weight: tuple[float, float, float, float] = (1.0, 0.7, 1.0, 1.5)
    drawn_weight: float = 0.3
    alarms: tuple[float, float, float] = (0.06, 0.02, 0.006)
    doubt_share: float = 0.05
    calm_conversations: tuple[float, float, float] = (0.12, 0.08, 0.02)


RECIPES = {"zh": Recipe(drawn_weight=1.0), "en": Recipe()}


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


def examples_of(lines: Sequence[Line]) -> list[Example]:
    """Lines as the model sees them: each window of a long text by itself, as in serving."""
    found = []
    for line, is_calm in zip(lines, calm_lines(lines), strict=True):
        reading = assess.read(line.text)
        windows = _windows_of(reading, line.language)
        found.append(Example(line.family, line.level, is_calm, windows, reading.floor.level))
    return found


def drawn_examples(language: str) -> list[tuple[str, ...]]:
    """Lines drawn from counts of ordinary talk, as the model sees them."""
    return [window for text in background.drawn_lines(language) for window in _windows_of(assess.read(text), language)]


def turns_of(conversations: Sequence[Conversation]) -> list[Example]:
    """Each turn of a conversation with what came before it, as serving reads them together, and the level so far."""
    found = []
    for one in conversations:
        for last, level in enumerate(one.levels):
            texts = one.turns[: last + 1]
            found.append(
                Example(
                    one.family,
                    level,
                    is_calm=False,
                    windows=_windows_of(assess.read(conversation.together(texts, one.language)), one.language),
                    floor=conversation.floor_of(texts),
                    turn=last,
                    alone=_windows_of(assess.read(texts[-1]), one.language),
                )
            )
    return found


def _windows_of(reading: assess.Reading, language: str) -> Windows:
    text = reading.normal.text
    found = []
    for start, end in assess.windows(text, assess.WINDOW[language]):
        inside = [one for one in reading.scoped if start <= one.mention.start < end]
        found.append(tuple(features(text[start:end], language, inside)))
    return tuple(found)


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
        rarity = np.round(TfidfTransformer(norm=None).fit(counts).idf_ / SCALE, DECIMALS)
        rows = _over_length(counts, texts) @ diags(rarity)
        weights = np.append(np.take(self.recipe.weight, levels[: len(taught)]), [self.recipe.drawn_weight] * len(drawn))
        self.heads_ = []
        for level, strength in zip(LEVELS, self.recipe.strength, strict=True):
            head = LinearSVC(C=strength, dual=False, tol=1e-5, max_iter=2000)
            head.fit(rows, levels >= level, sample_weight=weights)
            # To whole units: what is shipped is this very model, and machines agree on it.
            head.coef_ = np.round(head.coef_ * rarity / UNIT) * UNIT
            head.intercept_ = np.round(head.intercept_, DECIMALS)
            self.heads_.append(head)
        tells = np.abs(np.vstack([head.coef_ for head in self.heads_])).max(axis=0) >= LIGHTEST
        self.vocabulary_ = [feature for feature, kept in zip(vocabulary, tells, strict=True) if kept]
        self._counter = CountVectorizer(analyzer=_as_they_are, vocabulary=self.vocabulary_)
        for head in self.heads_:
            head.coef_, head.n_features_in_ = head.coef_[:, tells], len(self.vocabulary_)

    def decision_function(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """The raw score for each of HEADS; shape (texts, 3)."""
        rows = _over_length(self._counter.transform(texts), texts)
        return np.column_stack([head.decision_function(rows) for head in self.heads_])

    def predict_windows(self, texts: Sequence[Windows]) -> NDArray[np.float64]:
        """The same for whole texts, each by its gravest window, as serving does; shape (texts, 3)."""
        flat = self.decision_function([window for windows in texts for window in windows])
        found, first = [], 0
        for windows in texts:
            part = flat[first : first + len(windows)]
            found.append(part[np.argmax(part[:, 1])] - assess.LOOKS * math.log(len(windows)))
            first += len(windows)
        return np.array(found)


def _as_they_are(features: Sequence[str]) -> Sequence[str]:
    return features


def _over_length(counts: csr_matrix, texts: Sequence[Sequence[str]]) -> csr_matrix:
    """Counts over the root of how many features each text has, known or not."""
    lengths = np.array([max(len(text), 1) for text in texts])
    return csr_matrix(diags(1 / np.sqrt(lengths)) @ counts)


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


@dataclass(frozen=True, slots=True)
class Trained:
    """One language, learned."""

    model: UrgencyModel
    slope: tuple[float, ...]
    shift: tuple[float, ...]
    thresholds: tuple[float, ...]
    story: tuple[tuple[float, ...], ...]
    later: tuple[float, ...]
    doubt: float
    errors: errors.Counts


def train_language(examples: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()) -> Trained:
    """Fit on all of ``examples``; calibrate and set thresholds on folds that no line's family crosses."""
    lines = [one for one in examples if one.turn is None]
    turns = [one for one in examples if one.turn is not None]
    raw_lines, raw_turns, raw_alone = out_of_fold(lines, turns, recipe, drawn)
    levels = np.array([int(one.level) for one in lines])
    slope, shift = [], []
    for head, level in enumerate(LEVELS):
        a, b = platt(raw_lines[:, head], levels >= level)
        slope.append(a)
        shift.append(b)
    said = calibrated(raw_lines, slope, shift)
    calm = np.array([one.is_calm for one in lines])
    floors = np.array([int(one.floor) for one in lines])
    thresholds = [
        _budget(said[calm, head], floors[calm] >= level, share)
        for head, (level, share) in enumerate(zip(LEVELS, recipe.alarms, strict=True))
    ]
    doubt = min(_budget(said[calm, 1], np.zeros(calm.sum(), dtype=bool), recipe.doubt_share), thresholds[1])
    alone = Story(slope, shift, thresholds)
    alone.fit(turns, raw_alone, raw_turns, calibrated(raw_alone, slope, shift), recipe)
    model = UrgencyModel(recipe).fit(examples, drawn)
    return Trained(
        model,
        tuple(slope),
        tuple(shift),
        tuple(thresholds),
        alone.weights,
        alone.later,
        doubt,
        errors.count(_said(lines, said, thresholds, doubt)),
    )


def _said(
    lines: Sequence[Example], chances: NDArray[np.float64], thresholds: Sequence[float], doubt: float
) -> Iterator[tuple[Level, Level, bool]]:
    """Level, what rules and model say out of fold, and whether in doubt: of every line of risk and every calm one."""
    for one, row in zip(lines, chances.tolist(), strict=True):
        if one.level > Level.LOW or one.is_calm:
            yield one.level, max(assess.model_level(row, thresholds), one.floor), row[1] >= doubt


def calibrated(raw: NDArray[np.float64], slope: Sequence[float], shift: Sequence[float]) -> NDArray[np.float64]:
    """Scores as probabilities that agree: a higher level is never likelier than a lower."""
    chances = 1 / (1 + np.exp(-(raw * np.array(slope) + np.array(shift))))
    return np.asarray(np.minimum.accumulate(chances, axis=1))


def _budget(chances: NDArray[np.float64], alarmed: NDArray[np.bool_], share: float) -> float:
    """The probability that so many texts reach that rules and model together alarm on this share of them."""
    left = max(int(share * len(chances)) - int(alarmed.sum()), 0)
    ranked = np.sort(chances[~alarmed])[::-1]
    return _just_above(float(ranked[left])) if left < len(ranked) else 0.0


def _just_above(chance: float) -> float:
    return min(round(chance + 1e-6, DECIMALS), 1.0)


class Story:
    """Per level, what the scores of a conversation's messages say together; see core/story.py.

    Where there are no conversations to learn from, the newest message speaks for itself.

    Attributes:
        weights: for each of HEADS, of each figure, and a bias.
        later: the probability from which each level is said of a conversation.
    """

    def __init__(self, slope: Sequence[float], shift: Sequence[float], thresholds: Sequence[float]) -> None:
        rows = []
        for head in range(len(HEADS)):
            row = [0.0] * story.width(len(HEADS)) + [shift[head]]
            row[1 + head * story.OF_EACH_HEAD] = slope[head]
            rows.append(tuple(row))
        self.weights: tuple[tuple[float, ...], ...] = tuple(rows)
        self.later: tuple[float, ...] = tuple(thresholds)
        self._first = thresholds

    def fit(
        self,
        turns: Sequence[Example],
        alone: NDArray[np.float64],
        together: NDArray[np.float64],
        chances: NDArray[np.float64],
        recipe: Recipe,
    ) -> None:
        """Learn from raw scores out of fold; thresholds by folds of conversations once more.

        Args:
            turns: turns of conversations, each conversation in order.
            alone: raw scores of each newest message by itself.
            together: raw scores of the latest messages as one.
            chances: probabilities of ``alone``, by which first messages are judged.
            recipe: what was chosen.
        """
        families = np.array([one.family for one in turns])
        figures = np.array(
            [
                story.figures(alone[place - (one.turn or 0) : place + 1].tolist(), together[place].tolist())
                for place, one in enumerate(turns)
            ]
        )
        rows, later = list(self.weights), list(self.later)
        for head, (level, share) in enumerate(zip(LEVELS, recipe.calm_conversations, strict=True)):
            truth = np.array([one.level >= level for one in turns], dtype=bool)
            risky = {one.family for one in turns if one.level >= level}
            if len(risky) < FOLDS or len(set(families) - risky) < FOLDS:
                continue
            apart = np.zeros(len(turns))
            for seen, unseen in GroupKFold(n_splits=FOLDS).split(figures, groups=families):
                apart[unseen] = self._regression().fit(figures[seen], truth[seen]).predict_proba(figures[unseen])[:, 1]
            fitted = self._regression().fit(figures, truth)
            rows[head] = tuple(np.round([*fitted.coef_[0], fitted.intercept_[0]], 4).tolist())
            by_first = [one.turn == 0 and chances[place, head] >= self._first[head] for place, one in enumerate(turns)]
            later[head] = _of_conversations(turns, apart, np.array(by_first), risky, level, share)
        self.weights, self.later = tuple(rows), tuple(later)

    def _regression(self) -> LogisticRegression:
        return LogisticRegression(C=1.0, solver="liblinear", tol=1e-6, max_iter=1000)


def _of_conversations(
    turns: Sequence[Example],
    chances: NDArray[np.float64],
    by_first: NDArray[np.bool_],
    risky: set[str],
    level: Level,
    share: float,
) -> float:
    """The probability that no more than ``share`` of calm conversations reach, those apart that rules raise anyway."""
    reached: dict[str, float] = {}
    for one, chance, at_once in zip(turns, chances, by_first, strict=True):
        if one.family not in risky:
            most = 1.0 if at_once else chance if one.turn else 0.0
            reached[one.family] = max(reached.get(one.family, 0.0), 2.0 if one.floor >= level else most)
    ranked = np.array(list(reached.values()))
    return _budget(ranked, ranked > 1, share + float((ranked > 1).mean()))


def out_of_fold(
    lines: Sequence[Example], turns: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Raw scores by models that saw nothing of the family: of lines, of turns together, of turns alone; (texts, 3)."""
    examples = [*lines, *turns]
    families = np.array([one.family for one in examples])
    found, alone = np.zeros((len(examples), len(HEADS))), np.zeros((len(examples), len(HEADS)))
    for seen, unseen in GroupKFold(n_splits=FOLDS).split(families, groups=families):
        model = UrgencyModel(recipe).fit([examples[i] for i in seen], drawn)
        found[unseen] = model.predict_windows([examples[i].windows for i in unseen])
        spoken = [i for i in unseen if examples[i].turn is not None]
        if spoken:
            alone[spoken] = model.predict_windows([examples[i].alone for i in spoken])
    return found[: len(lines)], found[len(lines) :], alone[len(lines) :]


def platt(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift that make ``scores`` honest (Platt 1999), rounded."""
    fitted = LogisticRegression(C=1e6, solver="liblinear", tol=1e-8, max_iter=1000)
    fitted.fit(scores.reshape(-1, 1), truth)
    return round(float(fitted.coef_[0, 0]), DECIMALS), round(float(fitted.intercept_[0]), DECIMALS)


def export_language(trained: Trained) -> dict[str, Any]:
    """One language as plain numbers; features in alphabetical order."""
    model = trained.model
    exported: dict[str, Any] = {"features": model.vocabulary_}
    for name, head in zip(HEADS, model.heads_, strict=True):
        exported[name] = pack(head.coef_[0].tolist())
    exported["bias"] = [round(float(head.intercept_[0]), DECIMALS) for head in model.heads_]
    exported |= {"slope": trained.slope, "shift": trained.shift}
    exported |= {"thresholds": trained.thresholds, "doubt": trained.doubt}
    exported |= {"story": trained.story, "later": trained.later}
    return exported


class Built(NamedTuple):
    """A weights file's text, the weights in it, and how they err, by language, on folds of the training part."""

    text: str
    weights: Weights
    errors: dict[str, errors.Counts]


def build(
    lines: Sequence[Line],
    conversations: Sequence[Conversation] = (),
    *,
    corpus: str,
    name: str = "linear-4",
    also: Mapping[str, Sequence[Example]] | None = None,
    with_background: bool = True,
    report: Callable[[str], None] = lambda _message: None,
) -> Built:
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
        The weights file's text, the weights as serving reads them, and how they err.
    """
    languages: dict[str, Any] = {}
    erred: dict[str, errors.Counts] = {}
    counts: dict[str, int] = {}
    for language, recipe in RECIPES.items():
        learned = [line for line in lines if line.language == language and not line.is_test]
        told = [one for one in conversations if one.language == language and not one.is_test]
        report(f"{language}: {len(learned)} lines, {len(told)} conversations")
        drawn = drawn_examples(language) if with_background else []
        examples = [*examples_of(learned), *turns_of(told), *(also or {}).get(language, ())]
        trained = train_language(examples, recipe, drawn)
        languages[language], erred[language] = export_language(trained), trained.errors
        counts[language] = len(learned)
    data = {"version": f"{name}-{corpus[:8]}", "corpus": corpus, "lines": counts, "languages": languages}
    text = dump(data)
    return Built(text, parse(text), erred)
