"""What a line adds to every text that it is a line of, so that a conversation is not read anew with each message.

Most features of lines in a row are those of each line, and sums of whole numbers can be kept. Anew are: pieces of
spelling that lie over the end of a line; kinds of words and concepts, since what denies them may stand in the line
before; the length. The scores are the very same as of the whole text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.core import words
from triage.core.concepts import Found
from triage.core.features import Shape, about, across, inside
from triage.core.scope import Scoped
from triage.core.scorer import LanguageModel


@dataclass(frozen=True, slots=True)
class Part:
    """A text as a part of others.

    Attributes:
        model: whose weights were added.
        language: as which it was read.
        units: the sum of the weights of the features of its spelling.
        count: how many those are.
        shape: what was counted.
        words: the words with a kind, of a Chinese one.
        found: what was found of concepts.
    """

    model: LanguageModel
    language: str
    units: int
    count: int
    shape: Shape
    words: tuple[str, ...]
    found: Found


def part_of(written: str, language: str, model: LanguageModel, found: Found) -> Part:
    """A text as a part of others.

    Args:
        written: the text, normalised and plain (see features.py).
        language: as which it is read.
        model: whose weights to add.
        found: what was found of concepts in the text.
    """
    features, shape = inside(written, language)
    held = tuple(words.words_of(written)) if language == "zh" else ()
    return Part(model, language, model.units(features), len(features), shape, held, found)


def scores(written: str, parts: Sequence[Part], scoped: Sequence[Scoped]) -> tuple[float, ...]:
    """The raw score of each head for a text.

    Args:
        written: the text, normalised and plain: its parts, joined by ends of lines.
        parts: at least one, all of one model and language.
        scoped: the text's mentions.
    """
    model, language = parts[0].model, parts[0].language
    if language == "zh":
        kinds = words.marks_of(written, {word for part in parts for word in part.words})
    else:
        kinds = words.kinds(written, language)
    rest = about(written, sum(part.shape.clauses for part in parts), kinds, scoped)
    if len(parts) > 1:
        rest += across(written, language, [part.shape for part in parts])
    units = sum(part.units for part in parts) + model.units(rest)
    return model.scores_of(units, sum(part.count for part in parts) + len(rest))
