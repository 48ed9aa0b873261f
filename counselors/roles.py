"""Roles as described sets of permissions. Free of Django models."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hotline.chat.permissions import Permission

__all__ = ["PERMISSIONS", "Permission", "Role"]


class Role(StrEnum):
    """What somebody is here for."""

    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    # Answers people. Reads only what they hold, and the earlier story of whom they hold.
    Role.COUNSELOR: frozenset({Permission.TAKE, Permission.CONVERSE}),
    # Watches, helps, reviews; may step in and take a conversation themselves.
    Role.SUPERVISOR: frozenset(
        {
            Permission.TAKE,
            Permission.CONVERSE,
            Permission.WATCH_BOARD,
            Permission.READ_ANY,
            Permission.ANSWER_HELP,
            Permission.OVERRIDE_ANY,
            Permission.REVIEW,
            Permission.MANAGE_STAFF,
        }
    ),
    # Runs the service: sees load and manages accounts, reads nobody's words.
    Role.COORDINATOR: frozenset({Permission.WATCH_BOARD, Permission.MANAGE_STAFF}),
}
