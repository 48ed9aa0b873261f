"""How often triage calls a person of one level another, by folds of the training part: what the simulator errs with.

A by-product of training, kept beside the weights it belongs to, so that the two cannot drift apart unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from triage.core.levels import Level

SAID = ("low", "low in doubt", "moderate", "high", "imminent")
"""What triage may say, as the queue tells it apart: a doubtful low is sorted above a low."""

Counts: TypeAlias = "dict[str, list[int]]"
"""Code of the true level -> how many lines were said to be each of SAID."""


def place(said: Level, *, doubtful: bool) -> int:
    """Which of SAID an assessment is."""
    return int(doubtful) if said is Level.LOW else int(said) + 1


def count(said: Iterable[tuple[Level, Level, bool]]) -> Counts:
    """Counts of (true level, level said, in doubt), one for each line."""
    counts: Counts = {level.code: [0] * len(SAID) for level in Level}
    for true, level, doubtful in said:
        counts[true.code][place(level, doubtful=doubtful)] += 1
    return counts


def beside(weights: Path) -> Path:
    """Where the errors of a weights file are kept."""
    return weights.with_suffix(".errors.json")


def write(path: Path, *, version: str, corpus: str, counts: Mapping[str, Counts]) -> None:
    """Keep counts by language, with the model and the corpus they belong to."""
    rows = ",\n".join(
        f"  {json.dumps(language)}: {{\n"
        + ",\n".join(f"    {json.dumps(level)}: {json.dumps(row)}" for level, row in one.items())
        + "\n  }"
        for language, one in counts.items()
    )
    head = "".join(
        f"{json.dumps(name)}: {json.dumps(value)},\n"
        for name, value in (("version", version), ("corpus", corpus), ("said", SAID))
    )
    path.write_text(f'{{\n{head}"languages": {{\n{rows}\n}}\n}}\n', encoding="utf-8")


def read(path: Path) -> dict[Level, tuple[float, ...]]:
    """The share of each of SAID for every true level, the mean of the languages.

    Raises:
        OSError: no such file.
        ValueError, KeyError: not of this form.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if tuple(data["said"]) != SAID:
        raise ValueError("other columns")
    languages = data["languages"].values()
    return {level: _mean([_shares(one[level.code]) for one in languages]) for level in Level}


def _shares(row: Sequence[int]) -> list[float]:
    total = sum(row)
    return [one / total for one in row]


def _mean(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))


def table(shares: Mapping[Level, Sequence[float]]) -> str:
    """The shares in Markdown."""
    lines = ["| true level | " + " | ".join(SAID) + " |", "|---" * (len(SAID) + 1) + "|"]
    lines += [f"| {level.code} | " + " | ".join(f"{one:.3f}" for one in shares[level]) + " |" for level in Level]
    return "\n".join(lines)
