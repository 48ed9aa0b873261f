"""What a scenario found out, and what was promised about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from statistics import median
from typing import ClassVar


@dataclass
class Figures:
    """Counts of one scenario.

    Attributes:
        rounds: how often the fault was made.
        acknowledged: messages that the server said it has.
        lost: of those, how many the record does not hold.
        duplicated: lines that the record holds twice.
        out_of_order: gaps in the record, and pages whose words stand in another order than they were written in.
        page_differs: pages that show something else than the record.
        back_seconds: from a fault's end until every page was current, one for each round.
        notes: whatever else is worth a line.
        limits: what is promised: its name -> what was measured, and the most it may be.
        stories: where a promise was missed, what the page that was last went through: for whoever looks for the cause.
    """

    WRONG: ClassVar = ("lost", "duplicated", "out_of_order", "page_differs")
    """What must be 0."""

    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    page_differs: int = 0
    back_seconds: list[float] = field(default_factory=list)
    notes: dict[str, float | int | str] = field(default_factory=dict)
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    stories: list[str] = field(default_factory=list)

    def add(self, name: str, amount: float) -> None:
        """Add to a note."""
        self.notes[name] = self.notes.get(name, 0) + amount

    def most(self, name: str, amount: float) -> None:
        """Keep the largest of a note."""
        self.notes[name] = max(self.notes.get(name, amount), amount)

    def keeps(self, name: str, measured: float, most: float) -> None:
        """A promise with a number; of several measurements the worst counts."""
        self.limits[name] = (max(measured, self.limits.get(name, (measured, most))[0]), most)

    def back(self, seconds: float, most: float) -> None:
        """A fault ended, and every page was current after so long; ``most`` was promised."""
        self.back_seconds.append(seconds)
        self.keeps("back within (s)", seconds, most)

    @property
    def wrong(self) -> dict[str, int]:
        """Each of these must be 0."""
        return {name: getattr(self, name) for name in self.WRONG if getattr(self, name)}

    def missed(self, slack: float = 1.0, names: Collection[str] = ()) -> list[str]:
        """Promises that were not kept, in words; on a busy machine with ``slack`` times as much.

        Of all of them, or of those with these ``names`` alone.
        """
        return [
            f"{name}: {measured:.1f}, promised {most:g}"
            for name, (measured, most) in self.limits.items()
            if measured > most * slack and (not names or name in names)
        ]

    @property
    def back_p50(self) -> float | None:
        """The median of the times back, in seconds."""
        return round(median(self.back_seconds), 2) if self.back_seconds else None

    @property
    def back_max(self) -> float | None:
        """The longest time back, in seconds."""
        return round(max(self.back_seconds), 2) if self.back_seconds else None
