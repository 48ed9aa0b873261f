"""``/metrics``: this process's own counts, and how the line stands, for whoever has the token."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from counselors.selectors import count_on_duty, count_reviews
from hotline import metrics
from hotline.backups import STAMP
from hotline.chat import queue, selectors
from hotline.chat.sealing import Unreadable
from triage.core.levels import Level

log = logging.getLogger(__name__)

LINE_READ_EVERY_SECONDS = 5.0
"""However often somebody asks: opening the level of everybody who waits is work."""
_reading = Lock()
_read_at = float("-inf")


def answer(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus's text form; without METRICS_TOKEN, or with another one, there is no such page.

    Runs on the request's own thread, not on the one that keeps messages.
    """
    if not settings.METRICS_TOKEN or not _knows_the_token(request.headers.get("Authorization", "")):
        raise Http404
    stamp = Path(settings.VAR_DIR) / STAMP
    metrics.last_backup.set(stamp.stat().st_mtime if stamp.exists() else 0)
    _read_line()
    body, content_type = metrics.exposition()
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _knows_the_token(authorization: str) -> bool:
    return constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}")


def _read_line() -> None:
    global _read_at
    with _reading:
        if time.monotonic() - _read_at < LINE_READ_EVERY_SECONDS:
            return
        _read_at = time.monotonic()
        try:
            _look()
            metrics.database_up.set(1)
        except (DatabaseError, Unreadable) as error:
            # This process's own counts are worth the most when something is away.
            metrics.database_up.set(0)
            log.warning("the line could not be read for metrics fault=%s", type(error).__name__)


def _look() -> None:
    waits = queue.waits_by_level()
    for level in Level:
        people, longest = waits.get(level, (0, 0.0))
        metrics.waiting_people.labels(level.code).set(people)
        metrics.longest_wait.labels(level.code).set(longest)
    metrics.active_conversations.set(selectors.count_active())
    metrics.counselors_on_duty.set(count_on_duty())
    waiting, overdue = count_reviews()
    metrics.reviews_open.set(waiting)
    metrics.reviews_overdue.set(overdue)
