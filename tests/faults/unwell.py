"""A triage that is not well, put in place of the real one in a server's own process by tests/faults/launcher.py."""

from __future__ import annotations

import itertools
import math
import threading

from triage import services as triage
from triage.core.levels import Assessment, Evidence, Level

for_ever = threading.Event()
_NONSENSE = itertools.cycle(
    [
        None,
        "imminent",
        Assessment(9, 0.5, (), "broken"),  # type: ignore[arg-type]
        Assessment(Level.LOW, -3.0, (Evidence(-7, 10**9, "model", 40),), "broken"),
        Assessment(Level.LOW, math.inf, None, "broken"),  # type: ignore[arg-type]
        Assessment(Level.MODERATE, 0.2, (Evidence(5, 2, "model"), "words"), "broken" * 100),  # type: ignore[arg-type]
    ]
)


def raises(text, *, earlier=(), readings=None):
    """A fault of the scorer."""
    raise RuntimeError("triage is broken")


def hangs(text, *, earlier=(), readings=None):
    """It never answers."""
    for_ever.wait()


def answers_nan(text, *, earlier=(), readings=None):
    """Weights that were damaged."""
    return Assessment(Level.LOW, math.nan, (), "broken")


def answers_nonsense(text, *, earlier=(), readings=None):
    """Levels that do not exist, evidence from nowhere, no answer at all."""
    return next(_NONSENSE)


WAYS = {"raises": raises, "hangs": hangs, "NaN": answers_nan, "nonsense": answers_nonsense}
_turns = itertools.cycle((raises, answers_nan, answers_nonsense))


def by_turns(text: str, *args: object, **kwargs: object) -> object:
    """All that need no process of their own, one after the other."""
    return next(_turns)(text, *args, **kwargs)


SHORT_WAYS = {"by turns raises, NaN, nonsense": by_turns, "hangs": hangs}


def let_triage(way: str) -> None:
    """Let triage be unwell in one of WAYS."""
    triage.assess = {**WAYS, **SHORT_WAYS}[way]
