"""The linear model at work: exported weights in plain dictionaries. Equal to scikit-learn's own to rounding."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADS = ("moderate", "high", "imminent")
"""Each head answers: is the level at least this one?"""


class BadWeights(Exception):
    """The weights file is missing, of another form, or altered."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Weights of one language.

    Attributes:
        table: feature -> (idf, weight of each head in the order of HEADS).
        bias: of each head.
        slope, shift: Platt calibration of each head: p = 1 / (1 + exp(-(slope * score + shift))).
        thresholds: probability from which each head says yes.
    """

    table: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]
    slope: tuple[float, ...]
    shift: tuple[float, ...]
    thresholds: tuple[float, ...]

    def scores(self, features: Sequence[str]) -> tuple[float, ...]:
        """The raw score of each head: TF-IDF with unit length, times weights, plus bias."""
        length = 0.0
        sums = [0.0] * len(self.bias)
        for feature, count in Counter(features).items():
            row = self.table.get(feature)
            if row is None:
                continue
            value = count * row[0]
            length += value * value
            for head in range(len(sums)):
                sums[head] += value * row[head + 1]
        if not length:
            return self.bias
        norm = math.sqrt(length)
        return tuple(total / norm + bias for total, bias in zip(sums, self.bias, strict=True))

    def probabilities(self, features: Sequence[str]) -> tuple[float, ...]:
        """The calibrated probability of each head, made to agree: a higher level is never likelier than a lower."""
        found: list[float] = []
        most = 1.0
        for score, slope, shift in zip(self.scores(features), self.slope, self.shift, strict=True):
            most = min(most, sigmoid(slope * score + shift))
            found.append(most)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Weights:
    """All languages, and which training they came from."""

    version: str
    languages: Mapping[str, LanguageModel]


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), for any x."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    grown = math.exp(x)
    return grown / (1 + grown)


def checksum(body: str) -> str:
    """SHA-256 of the weights' body, as the file's first line carries it."""
    return hashlib.sha256(body.encode()).hexdigest()


def load(path: Path) -> Weights:
    """Read a weights file: its checksum on the first line, JSON after it.

    Raises:
        BadWeights: missing, altered, or not of this form. Nothing in the file is ever executed.
    """
    try:
        told, _newline, body = path.read_text(encoding="utf-8").partition("\n")
        if told != checksum(body):
            raise BadWeights("checksum")
        data = json.loads(body)
        languages = {name: _language(one) for name, one in data["languages"].items()}
        return Weights(version=str(data["version"]), languages=languages)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadWeights(type(error).__name__) from error


def _language(data: Mapping[str, Sequence[float]]) -> LanguageModel:
    table = {feature: tuple(row) for feature, row in data["table"].items()}  # type: ignore[attr-defined]
    width = len(HEADS)
    if any(len(data[name]) != width for name in ("bias", "slope", "shift", "thresholds")):
        raise ValueError("heads")
    if any(len(row) != width + 1 for row in table.values()):
        raise ValueError("table")
    return LanguageModel(
        table=table,
        bias=tuple(data["bias"]),
        slope=tuple(data["slope"]),
        shift=tuple(data["shift"]),
        thresholds=tuple(data["thresholds"]),
    )
