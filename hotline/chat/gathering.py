"""One crossing for many sockets: what is asked while the database's thread is busy gathers, and is answered together.

A crossing to that thread and back costs more than most of what is asked there. At night one page asks alone and is
answered at once; when everybody comes back at the same moment, some thirty share each crossing and its statements.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from channels.db import database_sync_to_async

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(slots=True)
class _Queue:
    """What one event loop asks.

    Attributes:
        asked: with the future that awaits each answer, oldest first.
        hurry: somebody asked who should not wait for others to join.
    """

    asked: list[tuple[Any, asyncio.Future[Any]]] = field(default_factory=list)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    began: float = 0.0


class Gathering(Generic[Asked, Given]):
    """Puts questions of many sockets to one synchronous service.

    Args:
        answer: gives an answer to each question, in order, or the exception that is raised to whoever asked it. Runs
            on the database's thread.
        at_once: how many questions are answered together at most.
        apart_seconds: between the beginnings of two crossings for questions that can wait.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Sequence[Given | Exception]],
        *,
        at_once: int,
        apart_seconds: float = 0.0,
    ) -> None:
        self.answer, self.at_once, self.apart = answer, at_once, apart_seconds
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = weakref.WeakKeyDictionary()

    async def ask(self, question: Asked, *, can_wait: bool = False) -> Given:
        """Ask. A question that ``can_wait`` is held back a moment, so that others join it.

        Raises:
            Exception: whatever the service answered to this question, or failed with for all.
        """
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        future: asyncio.Future[Given] = loop.create_future()
        queue.asked.append((question, future))
        if not can_wait or len(queue.asked) >= self.at_once:
            queue.hurry.set()
        if queue.task is None or queue.task.done():
            queue.task = loop.create_task(self._run(queue))
        return await future

    async def _run(self, queue: _Queue) -> None:
        while queue.asked:
            await self._held_back(queue)
            batch, queue.asked = queue.asked[: self.at_once], queue.asked[self.at_once :]
            if not queue.asked:
                queue.hurry.clear()
            queue.began = time.monotonic()
            answers: Sequence[Given | Exception]
            try:
                answers = await database_sync_to_async(self.answer)([question for question, _ in batch])
            except Exception as error:  # noqa: BLE001 - raised to everybody who asked
                answers = [error] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    # The socket went away meanwhile.
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        queue.task = None

    async def _held_back(self, queue: _Queue) -> None:
        wait = queue.began + self.apart - time.monotonic()
        if wait <= 0 or queue.hurry.is_set():
            return
        try:
            async with asyncio.timeout(wait):
                await queue.hurry.wait()
        except TimeoutError:
            return
