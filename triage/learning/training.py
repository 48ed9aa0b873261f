"""From the corpus to weights: a linear model per level and language, calibrated and given thresholds out of fold.

The test part is never read here. Everything is seeded and rounded, so that two runs give the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.core import assess, conversation, story
from triage.core.features import features
from triage.core.levels import Level
from triage.core.scorer import HEADS, UNIT, Weights, dump, pack, parse
from triage.learning import apart, background, errors, folds, joining
from triage.learning.corpus import Conversation, Line, calm_lines
from triage.learning.joining import Joining
from triage.learning.model import DECIMALS, LEVELS, Example, Recipe, Scores, UrgencyModel, Windows

RECIPES = {
    "zh": Recipe(tells=(0.5, 0.5, 0.0), drawn_weight=1.0, alarms=(0.0801, 0.033, 0.0076), doubt_share=0.0674),
    "en": Recipe(rarity=1.5, letters=0.6, alarms=(0.0566, 0.0193, 0.0068), doubt_share=0.0515),
}
"""Chinese shares are those that leave 2 % of the calm lines before the long letters of linear-7 (files 10 and 11) above
high, 6 % above moderate, 0.6 % above imminent: by folds theirs alarm at .07 where the earlier ones do at .02. Those of
files 19 to 22 were written to sound dark and alarm at .048 where the ones before them, long letters among them, do at
.026: the shares grew by as much (from .07, .026, .0065, doubt .055), so that thresholds stay where they were. Files 32
to 36 hold calm lines that alarm at .041 and .023 where those of files before them do at .032 and, in English, .02: by
as much the shares of both languages grew (from .0776, .032, .0072, .062 and .06, .02, .006, .05). Rules 13 were mended
on calm lines of the training part, and alarm on fewer of these, but hardly on fewer of others: shares fell by that
(from .0822, .0346, .008 and .0586, .0208, .006), so that thresholds are those that rules 12 would set.
Since heads are joined, what they call high and what they call imminent agree more, so that fewer calm lines alarm by
either: the shares of imminent grew until as many did as before (from .0073 and .0057)."""


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
    joining: Joining
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
    of_lines, of_turns, of_alone = out_of_fold(lines, turns, recipe, drawn)
    levels = np.array([int(one.level) for one in lines])
    joined = joining.learn(of_lines, levels)
    said = joining.chances_of(joined.odds(of_lines))
    calm = np.array([one.is_calm for one in lines])
    floors = np.array([int(one.floor) for one in lines])
    thresholds = [
        budget(said[calm, head], floors[calm] >= level, share)
        for head, (level, share) in enumerate(zip(LEVELS, recipe.alarms, strict=True))
    ]
    doubt = min(budget(said[calm, 1], np.zeros(calm.sum(), dtype=bool), recipe.doubt_share), thresholds[1])
    told = Story(thresholds)
    alone, whole = joined.odds(of_alone), joined.odds(of_turns)
    first = joining.chances_of(alone)
    told.fit(turns, alone, whole, first, recipe)
    figures = folds.of_lines(lines, said, thresholds, doubt)
    figures |= folds.of_conversations(turns, first, told.apart, (thresholds, told.later))
    model = UrgencyModel(recipe).fit(examples, drawn)
    return Trained(
        model,
        joined,
        tuple(thresholds),
        told.weights,
        told.later,
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


def budget(chances: NDArray[np.float64], alarmed: NDArray[np.bool_], share: float) -> float:
    """The probability that so many texts reach that rules and model together alarm on this share of them."""
    left = max(int(share * len(chances)) - int(alarmed.sum()), 0)
    ranked = np.sort(chances[~alarmed])[::-1]
    return _just_above(float(ranked[left])) if left < len(ranked) else 0.0


def _just_above(chance: float) -> float:
    return min(round(chance + 1e-6, DECIMALS), 1.0)


class Story:
    """Per level, what a conversation's messages say together; see core/story.py.

    Where there are too few conversations to learn from, the newest message speaks for itself.

    Attributes:
        weights: for each of HEADS, of each figure, and a bias.
        later: the probability from which each level is said of a conversation.
        apart: what each turn was told by models that saw nothing of its conversation; shape (turns, 3).
    """

    def __init__(self, thresholds: Sequence[float]) -> None:
        rows = np.zeros((len(LEVELS), story.width(len(LEVELS)) + 1))
        for level, row in enumerate(rows):
            row[1 + level * story.OF_EACH_LEVEL] = 1.0
        self.weights: tuple[tuple[float, ...], ...] = tuple(map(tuple, rows.tolist()))
        self.later: tuple[float, ...] = tuple(thresholds)
        self.apart = np.zeros((0, len(HEADS)))
        self._first = thresholds

    def fit(
        self,
        turns: Sequence[Example],
        alone: NDArray[np.float64],
        whole: NDArray[np.float64],
        chances: NDArray[np.float64],
        recipe: Recipe,
    ) -> None:
        """Learn from odds out of fold; thresholds by folds of conversations once more.

        Args:
            turns: turns of conversations, each conversation in order.
            alone: the odds of each newest message by itself.
            whole: the odds of the latest messages as one.
            chances: probabilities of ``alone``, by which first messages are judged.
            recipe: what was chosen.
        """
        families = [one.family for one in turns]
        figures = np.array(
            [
                story.figures(alone[place - (one.turn or 0) : place + 1].tolist(), whole[place].tolist())
                for place, one in enumerate(turns)
            ]
        )
        rows, later = list(self.weights), list(self.later)
        self.apart = chances.copy()
        for head, (level, share) in enumerate(zip(LEVELS, recipe.calm_conversations, strict=True)):
            truth = np.array([one.level >= level for one in turns], dtype=bool)
            splits = apart.of_two_sides(families, truth)
            if splits is None:
                continue
            told = np.zeros(len(turns))
            for seen, unseen in splits:
                fitted = joining.regression().fit(figures[seen], truth[seen])
                told[unseen] = fitted.predict_proba(figures[unseen])[:, 1]
            self.apart[:, head] = told
            fitted = joining.regression().fit(figures, truth)
            rows[head] = tuple(np.round([*fitted.coef_[0], fitted.intercept_[0]], 4).tolist())
            by_first = [one.turn == 0 and chances[place, head] >= self._first[head] for place, one in enumerate(turns)]
            later[head] = _of_conversations(turns, told, np.array(by_first), level, share)
        self.weights, self.later = tuple(rows), tuple(later)
        self.apart = np.asarray(np.minimum.accumulate(self.apart, axis=1))


def _of_conversations(
    turns: Sequence[Example],
    chances: NDArray[np.float64],
    by_first: NDArray[np.bool_],
    level: Level,
    share: float,
) -> float:
    """The probability that no more than ``share`` of calm conversations reach, those apart that rules raise anyway."""
    risky = {one.family for one in turns if one.level >= level}
    reached: dict[str, float] = {}
    for one, chance, at_once in zip(turns, chances, by_first, strict=True):
        if one.family not in risky:
            most = 1.0 if at_once else chance if one.turn else 0.0
            reached[one.family] = max(reached.get(one.family, 0.0), 2.0 if one.floor >= level else most)
    ranked = np.array(list(reached.values()))
    return budget(ranked, ranked > 1, share + float((ranked > 1).mean()))


def out_of_fold(
    lines: Sequence[Example], turns: Sequence[Example], recipe: Recipe, drawn: Sequence[tuple[str, ...]] = ()
) -> tuple[list[Scores], list[Scores], list[Scores]]:
    """Raw scores by models that saw nothing of the family: of lines, of turns together, of turns alone."""
    examples = [*lines, *turns]
    families = [one.family for one in examples]
    found: dict[int, Scores] = {}
    alone: dict[int, Scores] = {}
    for seen, unseen in apart.by_family(families):
        model = UrgencyModel(recipe).fit([examples[i] for i in seen], drawn)
        found |= zip(unseen.tolist(), model.window_scores([examples[i].windows for i in unseen]), strict=True)
        spoken = [i for i in unseen.tolist() if examples[i].turn is not None]
        if spoken:
            alone |= zip(spoken, model.window_scores([examples[i].alone for i in spoken]), strict=True)
    count = len(lines)
    return (
        [found[i] for i in range(count)],
        [found[i] for i in range(count, len(examples))],
        [alone[i] for i in range(count, len(examples))],
    )


def export_language(trained: Trained) -> dict[str, Any]:
    """One language as plain numbers: features in alphabetical order, and which of the different weights each has."""
    model = trained.model
    rows = np.round(np.vstack([head.coef_[0] for head in model.heads_]).T / UNIT).astype(int)
    kinds, places = np.unique(rows, axis=0, return_inverse=True)
    exported: dict[str, Any] = {"features": model.vocabulary_, "weights": pack(places.ravel().tolist())}
    for name, column in zip(HEADS, kinds.T, strict=True):
        exported[name] = pack(column.tolist())
    exported["bias"] = [round(float(head.intercept_[0]), DECIMALS) for head in model.heads_]
    joined = trained.joining
    exported |= {"heads": joined.heads, "reach": joined.reach}
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
    name: str = "linear-16",
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
