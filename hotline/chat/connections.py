"""Connections to the database that can only read are let go, so that the next frame opens one that may write again.

SQLite decides when it opens a file whether it may write to it, and keeps to that; a PostgreSQL that became a standby
refuses for as long as one stays connected to it. Connections are kept for long here: without this, a server that
connected while the disk or the database was read-only would refuse every word until somebody restarted it.

With PostgreSQL a connection is looked at before it is used, since the server may have gone: a round trip for every
crossing to the database's thread. One that answered within the second is taken at its word.

A page is made on a thread of its own, which nothing else ever uses: its connection ends with it. Left to itself it
would stay open until Python looks for garbage, and some hundred pages within seconds take all that PostgreSQL allows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished
from django.db import DatabaseError, connections
from django.db.backends.signals import connection_created

READ_ONLY_SQLSTATE = "25006"
TRUSTED_SECONDS = 1.0
"""What breaks within it costs those who write at that moment a "not sent", and they are tried again."""


def watch() -> None:
    """Look at the errors of every connection that is made from now on, and end those of pages."""
    connection_created.connect(_created, dispatch_uid="read-only connections")
    request_finished.connect(_page_is_made, sender=ASGIHandler, dispatch_uid="connections of pages")


def _page_is_made(**_: Any) -> None:
    """Called on the page's own thread."""
    connections.close_all()


def _created(connection: Any, **_: Any) -> None:
    if _let_go_if_read_only not in connection.execute_wrappers:
        connection.execute_wrappers.append(_let_go_if_read_only)
        if connection.vendor == "postgresql":
            connection.is_usable = _looked_at_seldom(connection)


def _looked_at_seldom(connection: Any) -> Callable[[], bool]:
    """Django's own look, at most once in so many seconds; after an error always."""
    look, answered_at = connection.is_usable, -TRUSTED_SECONDS

    def is_usable() -> bool:
        nonlocal answered_at
        if not connection.errors_occurred and time.monotonic() - answered_at < TRUSTED_SECONDS:
            return True
        usable: bool = look()
        answered_at = time.monotonic() if usable else -TRUSTED_SECONDS
        return usable

    return is_usable


def _let_go_if_read_only(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        if is_read_only(error):
            context["connection"].close()
        raise


def is_read_only(error: DatabaseError) -> bool:
    """Whether the database said that nothing can be written through this connection."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "").startswith("SQLITE_READONLY") or (
        getattr(cause, "sqlstate", "") == READ_ONLY_SQLSTATE
    )
