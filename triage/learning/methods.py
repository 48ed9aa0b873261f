"""The product and what one could use instead, each asked the same: of messages, and of a conversation turn by turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.core import conversation
from triage.core.levels import Assessment, Level
from triage.core.scorer import Weights
from triage.learning.baselines import BASELINES, Baseline
from triage.learning.corpus import Line

PRODUCT = "this product"
ALONE = "this product, without the open sets"
"""The same, with weights that learned from the corpus alone."""
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one method says of some texts: levels as numbers 0 to 3, and P(level >= HIGH); shape (texts,)."""

    levels: NDArray[np.int_]
    chances: NDArray[np.float64]

    @property
    def flags(self) -> NDArray[np.bool_]:
        """Whether an alarm is raised."""
        return np.asarray(self.levels >= Level.HIGH)

    def part(self, chosen: NDArray[np.bool_]) -> Verdicts:
        """What is said of some of the texts."""
        return Verdicts(self.levels[chosen], self.chances[chosen])


class Method(Protocol):
    """Something that reads."""

    def read(self, texts: Sequence[str], language: str) -> Verdicts:
        """What it says of messages, each by itself."""

    def follow(self, turns: Sequence[str], language: str) -> Verdicts:
        """What it says after each of one person's messages."""


class Product:
    """The whole of it, rules and weights together, as messages are read when people are served."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def read(self, texts: Sequence[str], language: str) -> Verdicts:
        """Every message as the first of a conversation."""
        return _verdicts([conversation.assess([text], self.weights) for text in texts])

    def follow(self, turns: Sequence[str], language: str) -> Verdicts:
        """Every message in the light of those before it."""
        known: conversation.Readings = {}
        last = range(1, len(turns) + 1)
        return _verdicts([conversation.assess(turns[:count], self.weights, known) for count in last])


def _verdicts(found: Sequence[Assessment]) -> Verdicts:
    return Verdicts(np.array([int(one.level) for one in found]), np.array([one.probability for one in found]))


class Instead:
    """A baseline of each language. It knows single messages, so that a conversation is read turn by turn."""

    def __init__(self, by_language: Mapping[str, Baseline]) -> None:
        self.by_language = by_language

    def read(self, texts: Sequence[str], language: str) -> Verdicts:
        """An alarm counts as high: it knows no other level."""
        baseline = self.by_language[language]
        chances = baseline.chances(texts)
        return Verdicts(np.where(chances >= baseline.threshold, int(Level.HIGH), 0), chances)

    def follow(self, turns: Sequence[str], language: str) -> Verdicts:
        """Each turn by itself."""
        return self.read(turns, language)


def methods(lines: Sequence[Line], weights: Weights, alone: Weights | None = None) -> dict[str, Method]:
    """The product, every baseline trained on the training part of ``lines``, and the product with other weights.

    Args:
        lines: the corpus.
        weights: of the product.
        alone: those that learned from the corpus alone, where they are to be told beside.
    """
    found: dict[str, Method] = {PRODUCT: Product(weights)}
    for kind in BASELINES:
        by_language: dict[str, Baseline] = {}
        for language in LANGUAGES:
            taught = [line for line in lines if line.language == language and not line.is_test]
            by_language[language] = kind()
            if taught:
                by_language[language].fit(taught)
        found[kind.name] = Instead(by_language)
    if alone is not None:
        found[ALONE] = Product(alone)
    return found
