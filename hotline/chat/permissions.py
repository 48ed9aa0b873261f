"""What may be done on this hotline, as words. Free of Django; which role may do what is in ``counselors.roles``."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Permission(StrEnum):
    """One thing that somebody on the staff may or may not do."""

    TAKE = "take"
    """See the queue and take people from it."""
    CONVERSE = "converse"
    """Write to the people one has taken."""
    WATCH_BOARD = "watch_board"
    """See the board: who waits, who talks with whom."""
    READ_ANY = "read_any"
    """Open any conversation to read; each opening is recorded."""
    ANSWER_HELP = "answer_help"
    """Advise a colleague who asked."""
    OVERRIDE_ANY = "override_any"
    """Set the level of a conversation that somebody else holds."""
    REVIEW = "review"
    """Decide flagged conversations."""
    MANAGE_STAFF = "manage_staff"
    """Invite, give roles, deactivate."""


class Staff(Protocol):
    """Somebody on the staff, as far as conversations need to know them."""

    pk: int
    alias: str

    def may(self, permission: Permission) -> bool:
        """Whether their role allows ``permission`` and their account is active."""
        ...
