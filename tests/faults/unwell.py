"""A triage that is not well, put in place of the real one in the process that reads for a server."""

from __future__ import annotations

import itertools
import math
import os
import signal
import threading

from triage import line
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


def spins(text, *, earlier=(), readings=None):
    """It never answers, and keeps a core busy with it."""
    while True:
        pass


def answers_nan(text, *, earlier=(), readings=None):
    """Weights that were damaged."""
    return Assessment(Level.LOW, math.nan, (), "broken")


def answers_nonsense(text, *, earlier=(), readings=None):
    """Levels that do not exist, evidence from nowhere, no answer at all."""
    return next(_NONSENSE)


def dies(text, *, earlier=(), readings=None):
    """As if the system had no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


WAYS = {"raises": raises, "hangs": hangs, "NaN": answers_nan, "nonsense": answers_nonsense, "dies": dies}
_turns = itertools.cycle((raises, answers_nan, answers_nonsense))


def by_turns(text: str, *args: object, **kwargs: object) -> object:
    """All that need no process of their own, one after the other."""
    return next(_turns)(text, *args, **kwargs)


_well = triage.assess


def by_its_words(text, *, earlier=(), readings=None):
    """As a message says: one that begins with the name of a way is read in that way, others are read well."""
    return {**WAYS, "spins": spins}.get(text.partition(":")[0], _well)(text, earlier=earlier, readings=readings)


SHORT_WAYS = {"by turns raises, NaN, nonsense": by_turns, "hangs": hangs}


def let_triage(way: str) -> None:
    """Let triage be unwell in this process, once it is ready to read."""
    prepare = triage.prepare

    def prepare_and_fall_ill() -> None:
        prepare()
        triage.assess = {**WAYS, **SHORT_WAYS, "by its words": by_its_words}[way]

    triage.prepare = prepare_and_fall_ill


def ill_code(way: str) -> str:
    """In place of triage.line.CODE: what starts a process whose triage is unwell."""
    ill = f"import tests.faults.unwell as unwell; unwell.let_triage({way!r}); from triage.child"
    return line.CODE.replace("from triage.child", ill)
