"""Counting by day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from django.db.models import F

from triage.models import Tally


@dataclass(frozen=True, slots=True)
class Key:
    """What is counted; see :class:`triage.models.Tally`."""

    day: date
    what: str
    model_version: str
    said: int
    beside: int
    other: str = ""


def add(key: Key, count: int = 1) -> None:
    """Count ``key``, ``count`` times; a negative one takes back."""
    row = Tally.objects.filter(**asdict(key))
    if not row.update(count=F("count") + count):
        Tally.objects.get_or_create(**asdict(key), defaults={"count": 0})
        row.update(count=F("count") + count)
