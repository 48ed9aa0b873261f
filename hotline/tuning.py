"""How Python shares its time among the threads of a server that somebody waits for, and when it looks for garbage."""

from __future__ import annotations

import asyncio
import gc
import sys
import time

TURN_SECONDS = 0.0005
"""How long one thread may compute while others wait for their turn.

Each statement of a transaction gives the turn away: beside a thread that computes, as triage does, ten statements took
9 ms with Python's own 5 ms, and 1 to 2 ms with this.
"""
DUE, OVERDUE = 10, 60
"""Small collections (of some 7,000 new objects each) after which a whole one waits for a quiet moment, and for none."""
QUIET_SHARE = 0.1
QUIET_SECONDS = 0.2
"""So long is a quiet moment: this process computes less than this share of it. A longer one may end in a surge."""
NEVER = 1_000_000


def tune() -> None:
    """Let threads change more often, and the collector look only at what came after the start.

    What is loaded at the start stays for ever: looking through it for garbage held every thread for 75 ms. Looking
    through all that came since, as Python does in the middle of a surge, held them for 40 ms with 550 pages:
    :func:`collect_when_quiet` does it instead.
    """
    sys.setswitchinterval(TURN_SECONDS)
    gc.freeze()
    small, middle, _ = gc.get_threshold()
    gc.set_threshold(small, middle, NEVER)


async def collect_when_quiet(every_seconds: float = QUIET_SECONDS) -> None:
    """Look through everything for garbage, for ever: once enough has come, in a moment in which little is done."""
    while True:
        used = time.process_time()
        await asyncio.sleep(every_seconds)
        quiet = time.process_time() - used < QUIET_SHARE * every_seconds
        if gc.get_count()[2] >= (DUE if quiet else OVERDUE):
            gc.collect()
