"""Sealed records of the staff side. Free of Django."""

from __future__ import annotations

from msgspec import Struct


class ReviewRecord(Struct, frozen=True, kw_only=True):
    """The sealed part of a review: codes of the level before and after, and the reason in words."""

    level_before: str
    level_after: str
    reason: str
