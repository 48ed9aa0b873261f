"""Starts the product with counters in it: thread hops, wakes of the loop, statements, transactions, layer sends.

`python -m benchmarks.delivery.counting -b 127.0.0.1 -p 20001` serves like `python -m hotline.server`; at SIGUSR1 it
writes what it counted so far into counts.json in VAR_DIR. Counting costs time: what this serves is never timed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

counts: Counter[str] = Counter()
STARTS = ("BEGIN",)
ENDS = ("COMMIT", "ROLLBACK", "END")
PARTS = ("SAVEPOINT", "RELEASE")
_watched: set[int] = set()


def count_statement(statement: str) -> None:
    """One statement that SQLite ran, whoever asked for it."""
    word = statement.lstrip().split(None, 1)[0].upper().rstrip(";") if statement.strip() else ""
    if word in STARTS:
        counts["transactions"] += 1
    elif word in PARTS:
        counts["savepoints"] += 1
    elif word not in {*ENDS, "PRAGMA"} and not word.startswith("--"):
        counts["sql_statements"] += 1


def watch_sqlite() -> None:
    """See every statement of every connection that this process opens."""
    really = sqlite3.connect

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = really(*args, **kwargs)
        connection.set_trace_callback(count_statement)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]
    sqlite3.dbapi2.connect = connect  # type: ignore[assignment,attr-defined]


def watch_other_databases(connection: Any, **_: object) -> None:
    """Count what Django runs where no trace can be set."""
    if connection.vendor == "sqlite":
        return

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count_statement(sql)
        return execute(sql, params, many, context)

    connection.execute_wrappers.append(counted)


def watch_threads() -> None:
    """Count work handed to another thread, and calls from other threads that wake the loop."""
    submit = ThreadPoolExecutor.submit
    wake = asyncio.base_events.BaseEventLoop.call_soon_threadsafe

    def counted_submit(self: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> Any:
        counts["thread_hops"] += 1
        return submit(self, *args, **kwargs)

    def counted_wake(self: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "_thread_id", None) != threading.get_ident():
            counts["loop_wakes"] += 1
        return wake(self, *args, **kwargs)

    ThreadPoolExecutor.submit = counted_submit  # type: ignore[method-assign]
    asyncio.base_events.BaseEventLoop.call_soon_threadsafe = counted_wake  # type: ignore[method-assign]


def watch_layer() -> None:
    """Count what goes into the channel layer and what comes out of it for sockets."""
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    for name, label in (("tell", "layer_sends"), ("tell_others", "layer_sends"), ("receive", "layer_deliveries")):
        if not hasattr(layer, name):
            continue
        setattr(layer, name, _counted(getattr(layer, name), label))


def _counted(method: Any, label: str) -> Any:
    if asyncio.iscoroutinefunction(method):

        async def counted(*args: Any, **kwargs: Any) -> Any:
            result = await method(*args, **kwargs)
            counts[label] += 1
            return result
    else:

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[label] += 1
            return method(*args, **kwargs)

    return counted


def main() -> None:
    """Serve, counted."""
    target = Path(os.environ["VAR_DIR"]) / "counts.json"

    def write(_: int, __: object) -> None:
        part = target.with_suffix(".part")
        part.write_text(json.dumps(counts))
        part.replace(target)

    watch_sqlite()
    watch_threads()
    connection_created.connect(watch_other_databases)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    # The application registers its models first; only then is there a layer to look at.
    import hotline.asgi  # noqa: F401

    watch_layer()
    signal.signal(signal.SIGUSR1, write)
    from hotline.server import main as serve

    sys.argv[0] = "hotline.server"
    serve()


if __name__ == "__main__":
    main()
