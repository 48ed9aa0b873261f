"""What a machine takes from whoever is measured on it: how long everything stood still, and who waited for a CPU.

A delay counts as a server's own only beyond this. A server that is busy, sleeps or waits for somebody else is not
excused: neither does the witness stand still then, nor does the server wait for a CPU.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

TICK_SECONDS = 0.005
STALL_SECONDS = 0.05
"""A tick that comes so much later than it was due was a stall; below that, threads merely take turns."""
Waits = dict[str, int]
"""Thread -> nanoseconds for which it could have run and no CPU took it, since it began."""


class Witness:
    """A thread that does nothing but look at the clock; use it as a context."""

    def __init__(self) -> None:
        self.stalls: list[tuple[float, float]] = []
        """When each was, from a moment to another, by the monotonic clock."""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        due = time.monotonic() + TICK_SECONDS
        while not self._ends.is_set():
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            if now - due > STALL_SECONDS:
                self.stalls.append((due, now))
            due = now + TICK_SECONDS

    def stood_still(self, since: float, until: float) -> float:
        """For how many seconds between two moments."""
        return sum(max(0.0, min(end, until) - max(begin, since)) for begin, end in self.stalls)


def waits_of(pid: int) -> Waits:
    """How long each thread of a process has waited for a CPU so far; nothing where the system does not tell."""
    found = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found[task.name] = int((task / "schedstat").read_text().split()[1])
        except (OSError, IndexError):  # the thread has ended, or nobody counts
            continue
    return found


def longest_wait(before: Waits, after: Waits) -> float:
    """How many seconds the thread that waited longest in between did. One: others wait beside it, not after it."""
    return max((count - before.get(thread, 0) for thread, count in after.items()), default=0) / 1e9
