"""The linear models at work: exported weights in a plain dictionary. Equal to scikit-learn's own to rounding.

One model per level asks: is the level at least this one? A feature's weights of all models are kept as one whole
number, so that Python's own sum adds them all at once: a loop over floats costs four times as much.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import mul
from pathlib import Path
from typing import Any

from triage.core import squares, story

HEADS = ("moderate", "high", "imminent")
"""Each learned from all lines: whether the level is at least this one."""
UNIT = 0.05
"""Weights are kept as whole numbers of this unit: plain, and the same on every machine. So coarse, most features
share their number with others (half of them weigh less than .3), and by folds AUROC moves by .0001."""
FIELD = 40
"""Bits of each head's weight within a feature's number."""
HEAVIEST = 1 << 26
"""A heavier weight is refused, in units: 8,000 features of one text cannot flow over into the next field."""
_HALF, _FULL = 1 << (FIELD - 1), 1 << FIELD


class BadWeights(Exception):
    """The weights file is missing, of another form, or altered."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Weights of one language.

    Attributes:
        table: feature -> its weights of all heads in the order of HEADS, joined (see :func:`join`).
        bias: of each head.
        heads: for P(level >= MODERATE), P(level >= HIGH), P(level >= IMMINENT), the weights of the scores of all heads,
            their squares and products, the last of them a bias: the sum is the logarithm of the odds.
        reach: of each head, between which scores that holds.
        thresholds: calibrated probability from which each of these levels is said.
        story: for each level, the weights of the figures of a conversation's odds (see story.py), the last a bias.
        later: the probability from which each level is said of a conversation.
        doubt: P(level >= HIGH) from which a lower level is shown as doubtful.
    """

    table: Mapping[str, int]
    bias: tuple[float, ...]
    heads: tuple[tuple[float, ...], ...]
    reach: tuple[tuple[float, float], ...]
    thresholds: tuple[float, ...]
    story: tuple[tuple[float, ...], ...]
    later: tuple[float, ...]
    doubt: float

    def units(self, features: Iterable[str]) -> int:
        """The sum of the features' weights, of all heads in one number (see :func:`part`)."""
        return sum(filter(None, map(self.table.get, features)))

    def scores_of(self, units: int, count: int) -> tuple[float, ...]:
        """The raw score of each head: the sum of its weights over the root of the number of features, plus bias."""
        norm = UNIT / math.sqrt(count or 1)
        return tuple(unit * norm + bias for unit, bias in zip(part(units), self.bias, strict=True))

    def scores(self, features: Sequence[str]) -> tuple[float, ...]:
        """The raw scores of a text with these features."""
        return self.scores_of(self.units(features), len(features))

    def odds(self, scores: Sequence[float]) -> tuple[float, ...]:
        """The raw scores of all heads joined: for each level the logarithm of its odds, calibrated."""
        return tuple(_weighed(self.heads, squares.squares(scores, self.reach)))

    def of_conversation(self, figures: Sequence[float]) -> tuple[float, ...]:
        """The probabilities for a conversation at its newest message, by the figures of the odds (see story.py)."""
        return probabilities(_weighed(self.story, figures))


def _weighed(rows: Iterable[Sequence[float]], figures: Sequence[float]) -> list[float]:
    """Of each row of weights its sum over the figures, and the bias behind them."""
    return [sum(map(mul, row, figures)) + row[-1] for row in rows]


def probabilities(odds: Iterable[float]) -> tuple[float, ...]:
    """Of logarithms of odds, made to agree: a higher level is never likelier than a lower."""
    most = 1.0
    found: list[float] = []
    for one in odds:
        most = min(most, sigmoid(one))
        found.append(most)
    return tuple(found)


def join(units: Sequence[int]) -> int:
    """Weights of one feature in one number: sums of such numbers are numbers of sums."""
    return sum(unit << (FIELD * place) for place, unit in enumerate(units))


def part(total: int) -> list[int]:
    """What :func:`join` joined, or the sums of it."""
    found = []
    for _head in HEADS:
        unit = (total + _HALF) % _FULL - _HALF
        found.append(unit)
        total = (total - unit) >> FIELD
    return found


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


def dump(data: Mapping[str, Any]) -> str:
    """A weights file: the checksum of its body on the first line, then the body as JSON."""
    body = json.dumps(data, ensure_ascii=False, sort_keys=True, indent=0)
    return f"{checksum(body)}\n{body}"


def pack(numbers: Iterable[int]) -> str:
    """Whole numbers, four bytes each, little endian, in base64."""
    units = array("i", numbers)
    if sys.byteorder == "big":
        units.byteswap()
    return base64.b64encode(units.tobytes()).decode("ascii")


def unpack(text: str) -> array[int]:
    """What :func:`pack` packed. No list: as objects, a hundred thousand numbers are megabytes."""
    units = array("i")
    units.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        units.byteswap()
    return units


def load(path: Path) -> Weights:
    """Read a weights file. Nothing in it is ever executed.

    Raises:
        BadWeights: missing, altered, or not of this form.
    """
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise BadWeights(type(error).__name__) from error


def parse(file: bytes) -> Weights:
    """The weights in a file.

    Raises:
        BadWeights: altered, or not of this form.
    """
    start = file.find(b"\n") + 1
    # Not cut in two: megabytes each, which the process would go on holding between what stays.
    whole = memoryview(file)
    if file[: max(start - 1, 0)].decode(errors="replace") != hashlib.sha256(whole[start:]).hexdigest():
        raise BadWeights("checksum")
    try:
        body = str(whole[start:], "utf-8")
        del whole, file
        data = json.loads(body)
        del body
        languages = {name: _language(data["languages"].pop(name)) for name in list(data["languages"])}
        return Weights(version=str(data["version"]), languages=languages)
    except KeyError as error:
        raise BadWeights(f"another form, without {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise BadWeights(type(error).__name__) from error


def _is_light(column: array[int]) -> bool:
    return not column or -HEAVIEST <= min(column) <= max(column) <= HEAVIEST


def _rows(rows: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(weight) for weight in row) for row in rows)


def _language(data: Mapping[str, Any]) -> LanguageModel:
    width = len(HEADS)
    regressions = {"heads": squares.TERMS, "story": story.width(width)}
    if any(len(data[name]) != width for name in ("bias", "reach", "thresholds", "later", *regressions)):
        raise ValueError("heads")
    for name, figures in regressions.items():
        if any(len(row) != figures + 1 for row in data[name]):
            raise ValueError(name)
    numbers = (data["bias"], data["thresholds"], data["later"], [data["doubt"]], *data["reach"])
    if not all(map(math.isfinite, chain(*numbers, *(row for name in regressions for row in data[name])))):
        raise ValueError("not a number")
    if any(least > most for least, most in data["reach"]):
        raise ValueError("reach")
    columns = [unpack(data[name]) for name in HEADS]
    if any(not _is_light(column) for column in columns):
        raise ValueError("weights")
    # One object for all features of the same weights: it would be nearly a third of what a feature takes.
    # As `join` does, written out: one call for each of tens of thousands is what reading them took longest for.
    kinds = [low + (middle << FIELD) + (high << 2 * FIELD) for low, middle, high in zip(*columns, strict=True)]
    features, places = data["features"], unpack(data["weights"])
    if len(places) != len(features) or (places and not 0 <= min(places) <= max(places) < len(kinds)):
        raise ValueError("table")
    return LanguageModel(
        table=dict(zip(features, map(kinds.__getitem__, places), strict=True)),
        bias=tuple(data["bias"]),
        heads=_rows(data["heads"]),
        reach=tuple((float(least), float(most)) for least, most in data["reach"]),
        thresholds=tuple(data["thresholds"]),
        story=_rows(data["story"]),
        later=tuple(data["later"]),
        doubt=float(data["doubt"]),
    )
