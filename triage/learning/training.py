"""From the corpus to weights: a linear model per level and language, calibrated and given thresholds out of fold.

The test part is never read here. Everything is seeded and rounded, so that two runs give the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from triage.core import assess, conversation, story
from triage.core.features import features
from triage.core.levels import Level
from triage.core.scorer import HEADS, UNIT, Weights, dump, pack, parse
from triage.learning import background, errors, folds
from triage.learning.corpus import Conversation, Line, calm_lines, fold_of
from triage.learning.model import DECIMALS, LEVELS, Example, Recipe, UrgencyModel, Windows

FOLDS = 5
CONVERGED = 1e-10
"""How near regressions come to their end: nearer than they are rounded, so that the last bits of an exponential, which
differ between processors, are not seen in the weights."""
RECIPES = {
    "zh": Recipe(tells=(0.5, 0.5, 0.0), drawn_weight=1.0, alarms=(0.0801, 0.033, 0.0073), doubt_share=0.0674),
    "en": Recipe(rarity=1.5, letters=0.6, alarms=(0.0566, 0.0193, 0.0057), doubt_share=0.0515),
}
"""Chinese shares are those that leave 2 % of the calm lines before the long letters of linear-7 (files 10 and 11) above
high, 6 % above moderate, 0.6 % above imminent: by folds theirs alarm at .07 where the earlier ones do at .02. Those of
files 19 to 22 were written to sound dark and alarm at .048 where the ones before them, long letters among them, do at
.026: the shares grew by as much (from .07, .026, .0065, doubt .055), so that thresholds stay where they were. Files 32
to 36 hold calm lines that alarm at .041 and .023 where those of files before them do at .032 and, in English, .02: by
as much the shares of both languages grew (from .0776, .032, .0072, .062 and .06, .02, .006, .05). Rules 13 were mended
on calm lines of the training part, and alarm on fewer of these, but hardly on fewer of others: shares fell by that
(from .0822, .0346, .008 and .0586, .0208, .006), so that thresholds are those that rules 12 would set."""


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
    figures: dict[str, Any]


def train_language(examples: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()) -> Trained:
    """Fit on all of ``examples``; calibrate and set thresholds on folds that no line's family crosses."""
    lines = [one for one in examples if one.turn is None]
    turns = [one for one in examples if one.turn is not None]
    raw_lines, raw_turns, raw_alone = out_of_fold(lines, turns, recipe, drawn)
    levels = np.array([int(one.level) for one in lines])
    slope, shift, said = honest(raw_lines, levels)
    calm = np.array([one.is_calm for one in lines])
    floors = np.array([int(one.floor) for one in lines])
    thresholds = [
        budget(said[calm, head], floors[calm] >= level, share)
        for head, (level, share) in enumerate(zip(LEVELS, recipe.alarms, strict=True))
    ]
    doubt = min(budget(said[calm, 1], np.zeros(calm.sum(), dtype=bool), recipe.doubt_share), thresholds[1])
    alone = Story(slope, shift, thresholds)
    first = calibrated(raw_alone, slope, shift)
    alone.fit(turns, raw_alone, raw_turns, first, recipe)
    figures = folds.of_lines(lines, said, thresholds, doubt)
    figures |= folds.of_conversations(turns, first, alone.apart, (thresholds, alone.later))
    model = UrgencyModel(recipe).fit(examples, drawn)
    return Trained(
        model,
        slope,
        shift,
        tuple(thresholds),
        alone.weights,
        alone.later,
        doubt,
        errors.count(_said(lines, said, thresholds, doubt)),
        figures,
    )


def _said(
    lines: Sequence[Example], chances: NDArray[np.float64], thresholds: Sequence[float], doubt: float
) -> Iterator[tuple[Level, Level, bool]]:
    """Level, what rules and model say out of fold, and whether in doubt: of every line of risk and every calm one."""
    for one, row in zip(lines, chances.tolist(), strict=True):
        if one.level > Level.LOW or one.is_calm:
            yield one.level, max(assess.model_level(row, thresholds), one.floor), row[1] >= doubt


def honest(
    raw: NDArray[np.float64], levels: NDArray[np.int_]
) -> tuple[tuple[float, ...], tuple[float, ...], NDArray[np.float64]]:
    """Raw scores out of fold as probabilities: of each head the slope and the shift, and what they make of ``raw``."""
    fitted = [platt(raw[:, head], levels >= level) for head, level in enumerate(LEVELS)]
    slope, shift = tuple(a for a, _ in fitted), tuple(b for _, b in fitted)
    return slope, shift, calibrated(raw, slope, shift)


def calibrated(raw: NDArray[np.float64], slope: Sequence[float], shift: Sequence[float]) -> NDArray[np.float64]:
    """Scores as probabilities that agree: a higher level is never likelier than a lower."""
    chances = 1 / (1 + np.exp(-(raw * np.array(slope) + np.array(shift))))
    return np.asarray(np.minimum.accumulate(chances, axis=1))


def budget(chances: NDArray[np.float64], alarmed: NDArray[np.bool_], share: float) -> float:
    """The probability that so many texts reach that rules and model together alarm on this share of them."""
    left = max(int(share * len(chances)) - int(alarmed.sum()), 0)
    ranked = np.sort(chances[~alarmed])[::-1]
    return _just_above(float(ranked[left])) if left < len(ranked) else 0.0


def _just_above(chance: float) -> float:
    return min(round(chance + 1e-6, DECIMALS), 1.0)


class Story:
    """Per level, what the scores of a conversation's messages say together; see core/story.py.

    Where there are too few conversations to learn from, the newest message speaks for itself.

    Attributes:
        weights: for each of HEADS, of each figure, and a bias.
        later: the probability from which each level is said of a conversation.
        apart: what each turn was told by models that saw nothing of its conversation; shape (turns, 3).
    """

    def __init__(self, slope: Sequence[float], shift: Sequence[float], thresholds: Sequence[float]) -> None:
        rows = []
        for head in range(len(HEADS)):
            row = [0.0] * story.width(len(HEADS)) + [shift[head]]
            row[1 + head * story.OF_EACH_HEAD] = slope[head]
            rows.append(tuple(row))
        self.weights: tuple[tuple[float, ...], ...] = tuple(rows)
        self.later: tuple[float, ...] = tuple(thresholds)
        self.apart = np.zeros((0, len(HEADS)))
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
        families = [one.family for one in turns]
        figures = np.array(
            [
                story.figures(alone[place - (one.turn or 0) : place + 1].tolist(), together[place].tolist())
                for place, one in enumerate(turns)
            ]
        )
        rows, later = list(self.weights), list(self.later)
        self.apart = chances.copy()
        for head, (level, share) in enumerate(zip(LEVELS, recipe.calm_conversations, strict=True)):
            truth = np.array([one.level >= level for one in turns], dtype=bool)
            risky = {one.family for one in turns if one.level >= level}
            if len(risky) < FOLDS or len(set(families) - risky) < FOLDS:
                continue
            splits = list(apart_by_family(families))
            if any(np.ptp(truth[seen].astype(int)) == 0 for seen, _unseen in splits):
                continue
            apart = np.zeros(len(turns))
            for seen, unseen in splits:
                apart[unseen] = self._regression().fit(figures[seen], truth[seen]).predict_proba(figures[unseen])[:, 1]
            self.apart[:, head] = apart
            fitted = self._regression().fit(figures, truth)
            rows[head] = tuple(np.round([*fitted.coef_[0], fitted.intercept_[0]], 4).tolist())
            by_first = [one.turn == 0 and chances[place, head] >= self._first[head] for place, one in enumerate(turns)]
            later[head] = _of_conversations(turns, apart, np.array(by_first), risky, level, share)
        self.weights, self.later = tuple(rows), tuple(later)
        self.apart = np.asarray(np.minimum.accumulate(self.apart, axis=1))

    def _regression(self) -> LogisticRegression:
        return LogisticRegression(C=1.0, solver="liblinear", tol=CONVERGED, max_iter=1000)


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
    return budget(ranked, ranked > 1, share + float((ranked > 1).mean()))


def apart_by_family(families: Sequence[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
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


def out_of_fold(
    lines: Sequence[Example], turns: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Raw scores by models that saw nothing of the family: of lines, of turns together, of turns alone; (texts, 3)."""
    examples = [*lines, *turns]
    families = [one.family for one in examples]
    found, alone = np.zeros((len(examples), len(HEADS))), np.zeros((len(examples), len(HEADS)))
    for seen, unseen in apart_by_family(families):
        model = UrgencyModel(recipe).fit([examples[i] for i in seen], drawn)
        found[unseen] = model.predict_windows([examples[i].windows for i in unseen])
        spoken = [i for i in unseen if examples[i].turn is not None]
        if spoken:
            alone[spoken] = model.predict_windows([examples[i].alone for i in spoken])
    return found[: len(lines)], found[len(lines) :], alone[len(lines) :]


def platt(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift that make ``scores`` honest (Platt 1999), rounded."""
    fitted = LogisticRegression(C=1e6, solver="liblinear", tol=CONVERGED, max_iter=1000)
    fitted.fit(scores.reshape(-1, 1), truth)
    return round(float(fitted.coef_[0, 0]), DECIMALS), round(float(fitted.intercept_[0]), DECIMALS)


def export_language(trained: Trained) -> dict[str, Any]:
    """One language as plain numbers: features in alphabetical order, and which of the different weights each has."""
    model = trained.model
    rows = np.round(np.vstack([head.coef_[0] for head in model.heads_]).T / UNIT).astype(int)
    kinds, places = np.unique(rows, axis=0, return_inverse=True)
    exported: dict[str, Any] = {"features": model.vocabulary_, "weights": pack(places.ravel().tolist())}
    for name, column in zip(HEADS, kinds.T, strict=True):
        exported[name] = pack(column.tolist())
    exported["bias"] = [round(float(head.intercept_[0]), DECIMALS) for head in model.heads_]
    exported |= {"slope": trained.slope, "shift": trained.shift}
    exported |= {"thresholds": trained.thresholds, "doubt": trained.doubt}
    exported |= {"story": trained.story, "later": trained.later}
    return exported


class Built(NamedTuple):
    """A weights file's text, the weights in it, and, by language and by folds, how they err and what they find."""

    text: str
    weights: Weights
    errors: dict[str, errors.Counts]
    figures: dict[str, dict[str, Any]]


def build(
    lines: Sequence[Line],
    conversations: Sequence[Conversation] = (),
    *,
    corpus: str,
    name: str = "linear-15",
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
        The weights file's text, the weights as serving reads them, how they err, and their figures.
    """
    languages: dict[str, Any] = {}
    erred: dict[str, errors.Counts] = {}
    counts: dict[str, int] = {}
    figures: dict[str, dict[str, Any]] = {}
    for language, recipe in RECIPES.items():
        learned = [line for line in lines if line.language == language and not line.is_test]
        told = [one for one in conversations if one.language == language and not one.is_test]
        report(f"{language}: {len(learned)} lines, {len(told)} conversations")
        drawn = drawn_examples(language) if with_background else []
        examples = [*examples_of(learned), *turns_of(told), *(also or {}).get(language, ())]
        trained = train_language(examples, recipe, drawn)
        languages[language], erred[language] = export_language(trained), trained.errors
        counts[language], figures[language] = len(learned), trained.figures
    if not with_background:
        name += "-without-open-sets"
    data = {"version": f"{name}-{corpus[:8]}", "corpus": corpus, "lines": counts, "languages": languages}
    text = dump({**data, "figures": figures})
    return Built(text, parse(text.encode()), erred, figures)
