"""All that was measured, as tables in Markdown: those that are printed, and a file with every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from triage.core.scorer import Weights
from triage.learning import blind_set
from triage.learning.corpus import Conversation, Line
from triage.learning.evaluation import (
    Figures,
    Sample,
    Told,
    apart,
    attacked,
    blind,
    breakdown,
    conversations,
    found_by,
    held_out,
    outside,
    with_twins,
)
from triage.learning.methods import ALONE, LANGUAGES, PRODUCT, Method, methods
from triage.learning.metrics import Rate

Rows = Sequence[tuple[str, Figures]]
GROUPS = ("kind", "persona")
WRITTEN = {"zh": ("hands", "script"), "en": ("hands",)}
"""What else the lines of each language are told by: who wrote them, and how."""
HEAD = """Written by `{made_by}`; do not edit. The [model card](triage.md) tells what sets and
columns are. {versions}.

Intervals are 95 %: Wilson's for shares, 200 draws for AUROC and calibration error. They take lines as independent,
which those of one family are not. The calibration error of few lines is mostly chance: its interval says so. A dash
stands where nothing can be counted. Of a conversation, the chance told is the greatest after any turn; baselines read
each turn by itself, with the thresholds of single messages, so that they alarm oftener: AUROC compares them. Of graded
posts the top grade counts as a crisis; the difference between two AUROCs is that of both on the same draws of posts.
Rows from elsewhere that hold several turns are followed as conversations."""

TWINS_HEAD = """Pairs of one family: each line in a crisis, one of which the twin was written for, and each twin below
it of the kind told, of `twins/` and of the corpus together. A pair is ranked rightly where the line in a crisis has the
greater chance (a tie is none), and told apart where it alarms and the twin does not. Pairs of one family hang together:
intervals are too narrow."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Every set, read by every method.

    Attributes:
        families: the test families, by language.
        twinned: the test families that have twins, with these, by language.
        test: the test conversations, by language.
        blind: the blind lines, of each language each hand, the probes, words turned round, a later hand's, then
            both hands together.
        blind_told: the blind conversations, by language, each hand.
        attacked: sentences of danger against silencers, by language.
        elsewhere: sets from elsewhere.
    """

    families: Mapping[str, Sample]
    twinned: Mapping[str, Sample]
    test: Mapping[str, Told]
    blind: Mapping[str, Sequence[Sample]]
    blind_told: Mapping[str, Sequence[Told]]
    attacked: Mapping[str, Sample]
    elsewhere: Sequence[Sample]


def measure(
    lines: Sequence[Line],
    told: Sequence[Conversation],
    weights: Weights,
    *,
    twins: Sequence[Line] = (),
    alone: Weights | None = None,
    folder: Path | None = None,
    files: Mapping[str, str] | None = None,
) -> Measured:
    """Teach the baselines, and let every method read every set.

    Args:
        lines: the corpus.
        told: its conversations.
        weights: of the product.
        twins: lines that stand in families of the corpus, for measuring (corpus.read_twins).
        alone: weights that learned from the corpus alone, to be told beside.
        folder: of sets from elsewhere, *.jsonl.
        files: by its text, in which file a line stands.
    """
    ways = methods(lines, weights, alone)
    test = {name: [one for one in told if one.language == name and one.is_test] for name in LANGUAGES}
    return Measured(
        families={name: held_out(lines, ways, name, files or {}) for name in LANGUAGES},
        twinned={name: with_twins(lines, twins, ways, name) for name in LANGUAGES} if twins else {},
        test={name: conversations(f"Test conversations, {name}", test[name], ways) for name in LANGUAGES},
        blind={name: blind(lines, ways, name) for name in LANGUAGES},
        blind_told={name: _blind_told(told, ways, name) for name in LANGUAGES},
        attacked={name: attacked(ways, name) for name in LANGUAGES},
        elsewhere=[
            outside(path, ways, unseen=path.stem.startswith("ordinary_"))
            for path in (sorted(folder.glob("*.jsonl")) if folder else [])
        ],
    )


def _blind_told(told: Sequence[Conversation], ways: Mapping[str, Method], language: str) -> list[Told]:
    found = []
    for hand in blind_set.CONVERSATIONS:
        title = f"Blind conversations, {language}" + (f", hand {hand}" if hand in blind_set.LATER else "")
        found.append(
            conversations(title, blind_set.told_apart(blind_set.read_conversations(language, hand), told), ways)
        )
    return found


def table(rows: Rows) -> str:
    """Rows as a table in Markdown."""
    columns = list(dict.fromkeys(name for _, figures in rows for name in figures))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    lines += [f"| {name} | " + " | ".join(figures.get(one, "") for one in columns) + " |" for name, figures in rows]
    return "\n".join(lines)


def by_set(measured: Measured) -> Iterator[tuple[str, Rows]]:
    """Title and rows of each set as a whole: the product beside its baselines."""
    for sample in measured.families.values():
        yield sample.title, _of_lines(sample)
    for told in measured.test.values():
        yield told.title, _of_told(told)
    for hands in measured.blind.values():
        for sample in hands:
            yield f"{sample.title}, {len(sample.level)} lines", _of_lines(sample)
    for hands_told in measured.blind_told.values():
        for told in hands_told:
            yield told.title, _of_told(told)
    for sample in measured.attacked.values():
        yield f"{sample.title}, {len(sample.level)} lines", _of_lines(sample)
    for sample in measured.elsewhere:
        yield sample.title, _of_lines(sample)


def _of_lines(sample: Sample) -> Rows:
    return [(name, sample.columns(sample, name)) for name in sample.said if name != ALONE]


def _of_told(told: Told) -> Rows:
    return [(name, told.columns(name)) for name in told.said if name != ALONE]


def by_group(measured: Measured) -> Iterator[tuple[str, Rows]]:
    """Title and rows of each kind and persona of the corpus' test part, and of each kind of the blind lines."""
    yield from by_writing(measured)
    for by in GROUPS:
        for sample in measured.families.values():
            yield f"{sample.title}, by {by}", _groups(sample, by, Sample.common)
    for hands in measured.blind.values():
        yield f"{hands[-1].title}, by kind", _groups(hands[-1], "kind", Sample.common)
    for by in GROUPS:
        for told in measured.test.values():
            yield f"{told.title}, by {by}", _told_groups(told, by)


def by_writing(measured: Measured) -> Iterator[tuple[str, Rows]]:
    """Title and rows of the test families by who wrote them, and in which script."""
    for language, sample in measured.families.items():
        for by in WRITTEN[language]:
            yield f"{sample.title}, by {by}", _groups(sample, by, lambda part, name: part.columns(part, name))


def by_twin(measured: Measured) -> Iterator[tuple[str, Rows]]:
    """Title and rows of pairs of the test families that have twins: a line of danger, and a harmless twin of it."""
    for sample in measured.twinned.values():
        yield sample.title, [row for row in apart(sample) if not row[0].endswith(ALONE)]


def worst(measured: Measured) -> Iterator[tuple[str, Sequence[tuple[str, Rate]]]]:
    """Title and shares of each kind and persona, worst first: right alarm or none, and of a crisis those found."""
    families, told = list(measured.families.items()), list(measured.test.items())
    for by in GROUPS:
        yield f"Right alarm or none, by {by}", breakdown(families, by)
    for by in GROUPS:
        yield f"Crisis found, by {by}", found_by(families, by)
    for by in GROUPS:
        yield f"Crisis found in conversations, by {by}", found_by(told, by)


def _shares(rows: Sequence[tuple[str, Rate]]) -> str:
    return table([(name, {"share": str(rate), "of": str(rate.count)}) for name, rate in rows])


def _groups(sample: Sample, by: str, figures: Callable[[Sample, str], Figures]) -> Rows:
    owners = getattr(sample, by)
    rows: list[tuple[str, Figures]] = []
    for group in np.unique(owners):
        part = sample.part("", owners == group)
        counts = {"lines": str(len(part.level)), "in a crisis": str(int(part.crisis.sum()))}
        rows += [(f"{group}, {name}", counts | figures(part, name)) for name in part.said if name != ALONE]
    return rows


def _told_groups(told: Told, by: str) -> Rows:
    owners = told.groups(by)
    rows: list[tuple[str, Figures]] = []
    for group in sorted(set(owners)):
        part = told.part("", [one == group for one in owners])
        rows += [(f"{group}, {name}", part.columns(name)) for name in part.said if name != ALONE]
    return rows


def with_and_without(measured: Measured) -> Rows:
    """Every set by the product, and by weights that learned nothing of the open sets."""
    samples: list[Sample | Told] = [*measured.families.values(), *measured.test.values()]
    samples += [hands[-1] for hands in measured.blind.values()]
    samples += *[one for some in measured.blind_told.values() for one in some], *measured.elsewhere
    words = {PRODUCT: "with", ALONE: "without"}
    return [(f"{one.title}, {word}", one.common(name)) for one in samples for name, word in words.items()]


def document(measured: Measured, made_by: str, versions: Sequence[str]) -> str:
    """Every row, as a page.

    Args:
        measured: what was measured.
        made_by: the command that writes the page.
        versions: of the weights, of those that learned without the open sets if there are such, and of the corpus.
    """
    parts = [
        "# Triage: every row",
        HEAD.format(made_by=made_by, versions=", ".join(versions)),
        "## Sets",
        *(f"**{title}**\n\n{table(rows)}" for title, rows in by_set(measured)),
    ]
    if any(ALONE in sample.said for sample in measured.families.values()):
        parts += ["## With and without the open sets", table(with_and_without(measured))]
    if measured.twinned:
        twins = (f"**{title}**\n\n{table(rows)}" for title, rows in by_twin(measured))
        parts += ["## Beside their twins", TWINS_HEAD, *twins]
    parts += ["## Worst first", *(f"**{title}**\n\n{_shares(rows)}" for title, rows in worst(measured))]
    parts += ["## Kinds and personas", *(f"**{title}**\n\n{table(rows)}" for title, rows in by_group(measured))]
    return "\n\n".join(parts) + "\n"
