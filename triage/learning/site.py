"""What this site's own decisions add to the corpus, where residents agreed.

The words are used and not kept. Weights are kept, and their features are pieces of spelling: so of the site's texts
only those pieces count that the shipped corpus holds too, or that several conversations share. What one person alone
wrote, a name or an address, stands in no weights file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from triage.core.levels import Level
from triage.learning import training
from triage.learning.corpus import Conversation, Line, in_test
from triage.learning.model import Example

SHARED_BY = 5
"""A piece of spelling that the shipped corpus does not hold must stand in this many conversations."""
KIND = "site"
"""No kind of the corpus: what people corrected is no sample of a night's messages; the budget of alarms ignores it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Words whose writer agreed, with the level that a human decided."""

    turns: tuple[str, ...]
    language: str
    level: Level


def lines_of(lessons: Iterable[Lesson], known: Iterable[Line]) -> list[Line]:
    """Lessons as lines of training, in an order that depends on nothing but them; what the corpus says stays out."""
    told = {line.text for line in known}
    lines = {
        (one.language, text): one.level
        for one in lessons
        if one.language in training.RECIPES and (text := "\n".join(one.turns).strip()) and text not in told
    }
    return [
        Line(_family(language, text), language, level, KIND, "other", text)
        for (language, text), level in sorted(lines.items())
    ]


def _family(language: str, text: str) -> str:
    """A family of its own, never one that is kept for testing: the safety set stays the same everywhere."""
    digest = hashlib.sha256(f"{language}\0{text}".encode()).hexdigest()[:16]
    return next(name for turn in range(10_000) if not in_test(name := f"site-{digest}-{turn}"))


def hash_of(lines: Sequence[Line], corpus: str) -> str:
    """SHA-256 of all that is taught."""
    seen = hashlib.sha256(corpus.encode())
    for line in lines:
        seen.update(f"\0{line.language}\0{line.level.code}\0{line.text}".encode())
    return seen.hexdigest()


def examples_of(
    lines: Sequence[Line], corpus: Sequence[Line], conversations: Sequence[Conversation]
) -> dict[str, list[Example]]:
    """The site's lines by language as the model learns them, without the pieces that might give somebody away."""
    found: dict[str, list[Example]] = {}
    for language in training.RECIPES:
        mine = training.examples_of([line for line in lines if line.language == language])
        if not mine:
            continue
        shipped = training.examples_of([one for one in corpus if one.language == language and not one.is_test])
        shipped += training.turns_of([one for one in conversations if one.language == language and not one.is_test])
        allowed = _pieces(shipped) | _shared(mine)
        found[language] = [
            replace(one, windows=tuple(tuple(piece for piece in window if piece in allowed) for window in one.windows))
            for one in mine
        ]
    return found


def _pieces(examples: Iterable[Example]) -> set[str]:
    return {piece for one in examples for window in one.windows for piece in window}


def _shared(examples: Iterable[Example]) -> set[str]:
    counts = Counter(piece for one in examples for piece in _pieces([one]))
    return {piece for piece, count in counts.items() if count >= SHARED_BY}
