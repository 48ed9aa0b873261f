"""The linear models at work: exported weights in plain dictionaries. Equal to scikit-learn's own to rounding.

Two questions, two models: is there any risk; and where there is, how urgent. One model asked both at once is worse.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import sys
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADS = ("risk", "high_given_risk", "imminent_given_risk")
"""risk: level >= MODERATE, learned from all lines; the others learned from lines of risk alone."""
UNIT = 1e-6
"""Weights are kept as whole numbers of this unit: plain, and the same on every machine."""


class BadWeights(Exception):
    """The weights file is missing, of another form, or altered."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Weights of one language.

    Attributes:
        table: feature -> (idf, weight of each head in the order of HEADS).
        bias: of each head.
        slope, shift: Platt calibration of P(level >= MODERATE), P(level >= HIGH), P(level >= IMMINENT):
            p = 1 / (1 + exp(-(slope * logit + shift))).
        thresholds: calibrated probability from which each of these levels is said.
        sure: the same for one message by itself inside a conversation: every message is read, and chances of being
            wrong add up.
        later: the same for the latest messages read together.
        doubt: P(level >= HIGH) from which a lower level is shown as doubtful.
    """

    table: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]
    slope: tuple[float, ...]
    shift: tuple[float, ...]
    thresholds: tuple[float, ...]
    sure: tuple[float, ...]
    later: tuple[float, ...]
    doubt: float

    def scores(self, features: Sequence[str]) -> tuple[float, ...]:
        """The raw score of each head: TF-IDF with unit length, times weights, plus bias."""
        length = risk = high = imminent = 0.0
        row_of = self.table.get
        for feature, count in Counter(features).items():
            row = row_of(feature)
            if row is not None:
                value = count * row[0]
                length += value * value
                risk += value * row[1]
                high += value * row[2]
                imminent += value * row[3]
        if not length:
            return self.bias
        norm = math.sqrt(length)
        return risk / norm + self.bias[0], high / norm + self.bias[1], imminent / norm + self.bias[2]

    def raw(self, features: Sequence[str]) -> tuple[float, float, float]:
        """P(level >= MODERATE), P(level >= HIGH), P(level >= IMMINENT) before calibration."""
        risk, high, imminent = (sigmoid(score) for score in self.scores(features))
        return risk, risk * high, risk * min(high, imminent)

    def probabilities(self, features: Sequence[str]) -> tuple[float, ...]:
        """The calibrated probabilities, made to agree: a higher level is never likelier than a lower."""
        found: list[float] = []
        most = 1.0
        for chance, slope, shift in zip(self.raw(features), self.slope, self.shift, strict=True):
            most = min(most, sigmoid(slope * logit(chance) + shift))
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


def logit(chance: float) -> float:
    """ln(p / (1 - p)), kept within what a float can tell from certainty."""
    held = min(max(chance, 1e-9), 1 - 1e-9)
    return math.log(held / (1 - held))


def checksum(body: str) -> str:
    """SHA-256 of the weights' body, as the file's first line carries it."""
    return hashlib.sha256(body.encode()).hexdigest()


def dump(data: Mapping[str, Any]) -> str:
    """A weights file: the checksum of its body on the first line, then the body as JSON."""
    body = json.dumps(data, ensure_ascii=False, sort_keys=True, indent=0)
    return f"{checksum(body)}\n{body}"


def pack(values: Sequence[float]) -> str:
    """Numbers as whole units, four bytes each, little endian, in base64."""
    units = array("i", [round(value / UNIT) for value in values])
    if sys.byteorder == "big":
        units.byteswap()
    return base64.b64encode(units.tobytes()).decode("ascii")


def unpack(text: str) -> list[float]:
    """What :func:`pack` packed."""
    units = array("i")
    units.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        units.byteswap()
    return [unit * UNIT for unit in units]


def load(path: Path) -> Weights:
    """Read a weights file. Nothing in it is ever executed.

    Raises:
        BadWeights: missing, altered, or not of this form.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadWeights(type(error).__name__) from error


def parse(text: str) -> Weights:
    """The weights in a file's text.

    Raises:
        BadWeights: altered, or not of this form.
    """
    told, _newline, body = text.partition("\n")
    if told != checksum(body):
        raise BadWeights("checksum")
    try:
        data = json.loads(body)
        languages = {name: _language(one) for name, one in data["languages"].items()}
        return Weights(version=str(data["version"]), languages=languages)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(type(error).__name__) from error


def _language(data: Mapping[str, Any]) -> LanguageModel:
    width = len(HEADS)
    if any(len(data[name]) != width for name in ("bias", "slope", "shift", "thresholds", "sure", "later")):
        raise ValueError("heads")
    columns = [unpack(data[name]) for name in ("idf", *HEADS)]
    features = data["features"]
    if any(len(column) != len(features) for column in columns):
        raise ValueError("table")
    return LanguageModel(
        table=dict(zip(features, zip(*columns, strict=True), strict=True)),
        bias=tuple(data["bias"]),
        slope=tuple(data["slope"]),
        shift=tuple(data["shift"]),
        thresholds=tuple(data["thresholds"]),
        sure=tuple(data["sure"]),
        later=tuple(data["later"]),
        doubt=float(data["doubt"]),
    )
