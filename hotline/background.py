"""What the server does by itself, beside answering: it keeps the watch, looks how late its loop is, and tidies up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from counselors import watch
from hotline import metrics, tuning
from hotline.chat.services import risk
from triage import feedback, reading

log = logging.getLogger(__name__)
UNSTEADY_SECONDS = 5.0
"""A clock that was set, or a machine that slept, moves the time of day against what measures durations by more."""
IN_HAND_SECONDS = 2.0
"""A message younger than this is being read by the process that kept it."""
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Awake:
    """Since when this process has steadily watched, so that it can tell whose desk fell silent.

    Where the clock is set an hour on, or the machine (or this process) slept, each desk's last heartbeat looks old,
    though nobody has gone: all people would lose their counselors at once. Desks get the time to be heard again first.
    """

    def __init__(self, every: float) -> None:
        self.every = every
        self.since = self.at = time.monotonic()
        self.wall = time.time()

    def long_enough(self, seconds: float) -> bool:
        """Whether nothing was odd for so long. Called each ``every`` seconds."""
        at, wall = time.monotonic(), time.time()
        passed = at - self.at
        if abs(wall - self.wall - passed) > UNSTEADY_SECONDS or passed > self.every + UNSTEADY_SECONDS:
            log.warning("the clock was set, or the machine slept: desks get time to be heard again")
            self.since = at
        self.at, self.wall = at, wall
        return at - self.since > seconds


class WithWatch:
    """An ASGI application that starts the watch with its first connection (Daphne knows no lifespan)."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.task: asyncio.Task[None] | None = None
        self.lag: asyncio.Task[None] | None = None
        self.tidying: asyncio.Task[None] | None = None
        self.awake = Awake(settings.SWEEP_EVERY_SECONDS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve, and see that the watch is kept."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._keep())
        if self.lag is None or self.lag.done():
            self.lag = asyncio.get_running_loop().create_task(metrics.watch_loop())
        if self.tidying is None or self.tidying.done():
            self.tidying = asyncio.get_running_loop().create_task(tuning.collect_when_quiet())
        await self.application(scope, receive, send)

    async def _keep(self) -> None:
        left = watch.Left()
        await reading.reader().keep_up()
        await asyncio.to_thread(feedback.prepare)
        while True:
            await asyncio.sleep(settings.SWEEP_EVERY_SECONDS)
            old_enough = self.awake.long_enough(settings.VANISHED_AFTER_SECONDS)
            try:
                await reading.reader().keep_up()
                for part in watch.parts(vanished=old_enough):
                    await database_sync_to_async(part)()
                await read_what_was_left(left, older_than=IN_HAND_SECONDS)
                metrics.watch_kept.set_to_current_time()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                log.error("the watch failed fault=%s", type(error).__name__)


async def read_what_was_left(left: watch.Left, *, older_than: float = 0.0) -> None:
    """Let triage read what it has not. The database's thread serves everybody: it does not wait while triage hangs."""
    for place in await database_sync_to_async(left.unread)(older_than=older_than):
        unread = await database_sync_to_async(watch.words_at)(place)
        if unread is None:
            continue
        [read] = await risk.read([unread], again=True)
        await database_sync_to_async(risk.settle)([read], again=True)
        if not read.in_time:
            # The others wait for the next round.
            return
