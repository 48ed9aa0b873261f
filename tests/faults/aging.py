"""A server that ages quickly, for soaks: a day passes in moments, and what fills up in hours is full after minutes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

from django.conf import settings

LINES_IN_MEMORY = 1_000
"""Instead of the many that fill up within hours, which would look like a leak until then."""


def age_quickly(day_seconds: float) -> None:
    """Let sockets live for 20/24 of ``day_seconds``, sessions and triage's memory for half of them.

    SIGUSR2 writes :func:`counts`.
    """
    from hotline.chat import recent, sockets
    from triage import line

    sockets.LONGEST_SOCKET_SECONDS = day_seconds * 20 / 24
    settings.SESSION_COOKIE_AGE = day_seconds / 2
    recent.LINES_IN_ALL = LINES_IN_MEMORY
    line.CODE = quick_to_forget(day_seconds)
    signal.signal(signal.SIGUSR2, lambda *_: write_counts())


def quick_to_forget(day_seconds: float) -> str:
    """In place of triage.line.CODE: what starts a process that remembers words for half a day as it is here."""
    from triage import line

    sooner = f"from triage import child; child.REMEMBERS_SECONDS = {day_seconds / 2}; from triage.child"
    return line.CODE.replace("from triage.child", sooner)


def write_counts() -> None:
    """Write to VAR_DIR/counts.json what cannot be seen from outside; whole or not at all."""
    path = Path(settings.VAR_DIR) / "counts.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()}))
    fresh.replace(path)
