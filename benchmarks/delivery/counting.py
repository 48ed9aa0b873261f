"""Starts the product with counters in it: statements, transactions, hops and wakes, hints, and what shares each.

`python -m benchmarks.delivery.counting -b 127.0.0.1 -p 20001` serves like `python -m hotline.server`; at its start and
at SIGUSR1 it writes what it counted so far into VAR_DIR, each process into a file that is named after it. Counting
costs time: what this serves is never timed.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

counts: Counter[str] = Counter()
STARTS = ("BEGIN",)
ENDS = ("COMMIT", "ROLLBACK", "END")
PARTS = ("SAVEPOINT", "RELEASE")
FILES = "counts-{}.json"
"""Named after the process, of which there may be several."""


def count_statement(statement: str) -> None:
    """One statement that the database ran, whoever asked for it."""
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
    """Count what Django runs where no trace can be set; there a transaction is seen by its end alone."""
    if connection.vendor == "sqlite" or _execute in connection.execute_wrappers:
        return
    connection.execute_wrappers.append(_execute)
    for name in ("commit", "rollback"):
        setattr(connection, name, _counted(getattr(connection, name), "transactions"))


def _execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    count_statement(sql)
    return execute(sql, params, many, context)


def watch_threads() -> None:
    """Count work handed to another thread, calls from other threads that wake the loop, and the loop's turns."""
    submit = ThreadPoolExecutor.submit
    wake = asyncio.base_events.BaseEventLoop.call_soon_threadsafe

    def counted_submit(self: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> Any:
        counts["thread_hops"] += 1
        return submit(self, *args, **kwargs)

    def counted_wake(self: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "_thread_id", None) != threading.get_ident():
            counts["loop_wakes"] += 1
        return wake(self, *args, **kwargs)

    selectors.EpollSelector.select = _counted(selectors.EpollSelector.select, "loop_turns")  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = counted_submit  # type: ignore[method-assign]
    asyncio.base_events.BaseEventLoop.call_soon_threadsafe = counted_wake  # type: ignore[method-assign]


def watch_layer() -> None:
    """Count what goes into the channel layer and what comes out of it for sockets."""
    from channels.layers import get_channel_layer

    layer: Any = get_channel_layer()
    for name, label in (("tell", "layer_sends"), ("receive", "layer_deliveries")):
        setattr(layer, name, _counted(getattr(layer, name), label))
    _count_what_goes_along(layer, "tell_others", lambda hints: {"redis_commands": 1, "redis_hints": len(hints)})


def watch_batches() -> None:
    """Count what shares a transaction, a request to triage, and a reading of what another process kept."""
    from hotline.chat import elsewhere, recorder
    from triage.process import InProcess

    def kept(spoken: Sequence[Any], _: Sequence[Any]) -> dict[str, int]:
        return {"transactions_of_messages": 1, "messages_kept": len(spoken)} if spoken else {}

    def read_again(grown: Mapping[str, int], moved: Mapping[str, str]) -> dict[str, int]:
        return {"readings_of_others": 1, "others_read": len(grown.keys() | moved.keys())}

    def asked_of_triage(_: InProcess, asked: Sequence[Any], __: float) -> dict[str, int]:
        return {"triage_requests": 1, "triage_reads": len(asked)}

    _count_what_goes_along(recorder, "_keep", kept)
    _count_what_goes_along(elsewhere, "_read", read_again)
    _count_what_goes_along(InProcess, "_read", asked_of_triage)


def _count_what_goes_along(owner: Any, name: str, count: Callable[..., Mapping[str, int]]) -> None:
    """Count at each call of a function what ``count`` makes of its arguments."""
    method = getattr(owner, name)

    def counted(*args: Any) -> Any:
        counts.update(count(*args))
        return method(*args)

    setattr(owner, name, counted)


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
    target = Path(os.environ["VAR_DIR"]) / FILES.format(os.getpid())

    def write(*_: object) -> None:
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
    watch_batches()
    signal.signal(signal.SIGUSR1, write)
    write()
    from hotline.server import main as serve

    sys.argv[0] = "hotline.server"
    serve()


if __name__ == "__main__":
    main()
