"""A server that ages quickly, for soaks: a day passes in moments, and what fills up in hours is full after minutes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path

from django.conf import settings

LINES_IN_MEMORY = 1_000
"""Instead of the many that fill up within hours, which would look like a leak until then."""


def age_quickly(day_seconds: float) -> None:
    """Let sockets live for 20/24 of ``day_seconds``, sessions for half of them. SIGUSR2 writes :func:`write_counts`."""
    from hotline.chat import recent, sockets

    sockets.LONGEST_SOCKET_SECONDS = day_seconds * 20 / 24
    settings.SESSION_COOKIE_AGE = day_seconds / 2
    recent.LINES_IN_ALL = LINES_IN_MEMORY
    signal.signal(signal.SIGUSR2, lambda *_: write_counts())


def forget_quickly(day_seconds: float) -> None:
    """Let the process that reads remember words for half of ``day_seconds``. Before the server is imported."""
    from triage import line

    assert "hotline.asgi" not in sys.modules, "triage's process was started already, and remembers for an hour"
    assert "from triage.child" in line.CODE
    sooner = f"from triage import child; child.REMEMBERS_SECONDS = {day_seconds / 2}; from triage.child"
    line.CODE = line.CODE.replace("from triage.child", sooner)


def write_counts() -> None:
    """Write to VAR_DIR/counts.json what cannot be seen from outside; whole or not at all."""
    path = Path(settings.VAR_DIR) / "counts.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()}))
    fresh.replace(path)
