"""Counting by day. What happens with every message is counted in memory, and kept by the watch every few seconds."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from threading import Lock

from django.db import transaction
from django.db.models import F

from triage.models import Tally


@dataclass(frozen=True, slots=True)
class Key:
    """What is counted; see :class:`triage.models.Tally`."""

    day: date
    what: str
    model_version: str
    said: int
    beside: int = 0
    other: str = ""


log = logging.getLogger(__name__)
_noted: Counter[Key] = Counter()
_lock = Lock()


def note(key: Key) -> None:
    """Count ``key`` once, in memory. From any thread; touches no database."""
    with _lock:
        _noted[key] += 1


def keep() -> None:
    """Bring what was noted into the database; what fails is tried the next time. Never raises.

    What a process had not kept when it died is lost: a few seconds.
    """
    with _lock:
        taken = list(_noted.items())
        _noted.clear()
    while taken:
        key, count = taken.pop()
        try:
            with transaction.atomic():
                add(key, count)
        except Exception as error:  # noqa: BLE001 - counts are no reason to stop keeping the watch
            with _lock:
                _noted.update(dict([*taken, (key, count)]))
            log.error("counts of triage were not kept fault=%s", type(error).__name__)
            return


def add(key: Key, count: int = 1) -> None:
    """Count ``key``, ``count`` times; a negative one takes back."""
    row = Tally.objects.filter(**asdict(key))
    if not row.update(count=F("count") + count):
        Tally.objects.get_or_create(**asdict(key), defaults={"count": 0})
        row.update(count=F("count") + count)
