"""Counting by day. What happens with every message is counted in memory, and kept by the watch every few seconds."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date
from threading import Lock

from django.db import connection, transaction


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
        taken = dict(_noted)
        _noted.clear()
    if not taken:
        return
    try:
        add_all(taken)
    except Exception as error:  # noqa: BLE001 - counts are no reason to stop keeping the watch
        with _lock:
            _noted.update(taken)
        log.error("counts of triage were not kept fault=%s", type(error).__name__)


def add(key: Key, count: int = 1) -> None:
    """Count ``key``, ``count`` times; a negative one takes back."""
    add_all({key: count})


def add_all(counts: Mapping[Key, int]) -> None:
    """Count each key so many times, all in one transaction.

    Messages wait for the database's thread meanwhile: a transaction for each key held them up for 50 ms and more.
    """
    statement = (
        "INSERT INTO triage_tally (day, what, model_version, said, beside, other, count)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (day, what, model_version, said, beside, other)"
        " DO UPDATE SET count = triage_tally.count + excluded.count"
    )
    # In one order by every process: of two that lock rows in two orders, each may wait for the other.
    ordered = sorted((*astuple(key), count) for key, count in counts.items())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, [(connection.ops.adapt_datefield_value(day), *rest) for day, *rest in ordered])
