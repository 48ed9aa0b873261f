"""What a site's lexicon changes on the corpus: lines of which rules now say more, or less, than as shipped.

Told on the training part, as all that is written by hand; the test part is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage import site_lexicon
from triage.core import additions, assess
from triage.core.levels import Level
from triage.learning.corpus import Line


@dataclass(frozen=True, slots=True)
class Moved:
    """A line of which the floor is another with the site's lexicon."""

    line: Line
    shipped: Level
    now: Level

    @property
    def is_lost(self) -> bool:
        """Whether somebody in a crisis is heard less."""
        return self.line.level.is_crisis and self.now < min(self.shipped, self.line.level)


def measure(lines: Sequence[Line]) -> list[Moved]:
    """The lines that the lexicon in use moves. That of the others is as shipped."""
    kept = [line for line in lines if not line.is_test]
    added = additions.current()
    now = [assess.read(line.text).floor.level for line in kept]
    try:
        site_lexicon.take(additions.NONE)
        shipped = [assess.read(line.text).floor.level for line in kept]
    finally:
        site_lexicon.take(added)
    return [Moved(*one) for one in zip(kept, shipped, now, strict=True) if one[1] != one[2]]
