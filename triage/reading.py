"""Where triage reads: in this process, or in one of its own (triage.process). Callers need not know.

Management commands and most tests read here; the server lets another process read, so that its own turn to compute is
left to sockets and the database.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field
from typing import Protocol

from hotline import metrics
from triage import services
from triage.core.levels import Assessment


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to read, with those before it.

    Attributes:
        conversation: whose; a name that says nothing.
        texts: the resident's latest messages, the one to read last.
        readings: what is remembered of this conversation, where it is read in this process.
        before: what the staff said before each of the latest of ``texts``, "" for nothing; no one remembers it.
    """

    conversation: str
    texts: tuple[str, ...]
    readings: services.Readings = field(default_factory=dict, compare=False, repr=False)
    before: tuple[str, ...] = field(default=(), repr=False)


class Reader(Protocol):
    """Reads messages, in the order in which they are asked."""

    async def read(self, asked: Sequence[Asked], limit: float) -> list[Assessment | None]:
        """What triage makes of each; None where there was no answer within ``limit`` seconds. Raises nothing.

        One that hangs takes none of the others with it.
        """

    def forget(self, conversations: Sequence[str]) -> None:
        """Remember no word of these conversations when this returns; in the event loop's own thread, soon after."""

    def forget_all(self) -> None:
        """The same, of all."""

    async def keep_up(self) -> None:
        """See that it can read, though nobody asks."""

    async def end(self, within: float) -> None:
        """This process ends; its event loop still runs. What is asked from now on is read after the next start."""

    def stop(self, within: float) -> bool:
        """The same where no loop runs any more. Returns whether triage ended within so many seconds."""


class Here:
    """In threads of this process."""

    NAME = "triage"

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix=self.NAME)
        """One reads as a rule; the others are for when it hangs."""

    async def read(self, asked: Sequence[Asked], limit: float) -> list[Assessment | None]:
        """See :class:`Reader`. If triage hangs on one of several, each gets a time of its own."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._submit(asked)), limit)
        except TimeoutError:
            if len(asked) == 1:
                return [None]
            return [found for one in asked for found in await self.read([one], limit)]

    def read_now(self, asked: Asked, limit: float) -> Assessment | None:
        """The same for one message and for code that runs in no event loop."""
        try:
            return self._submit([asked]).result(limit)[0]
        except TooSlow:
            return None

    def _submit(self, asked: Sequence[Asked]) -> Future[list[Assessment | None]]:
        return self._threads.submit(lambda: [_timed(one) for one in asked])

    def forget(self, conversations: Sequence[str]) -> None:
        """What is remembered belongs to whoever asks."""

    def forget_all(self) -> None:
        """What is remembered belongs to whoever asks."""

    async def keep_up(self) -> None:
        """Threads are there when they are needed."""

    async def end(self, within: float) -> None:
        """Threads need no loop to end."""

    def stop(self, within: float) -> bool:
        """See :class:`Reader`. A thread in which triage hangs never ends."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        threads = [one for one in threading.enumerate() if one.name.startswith(self.NAME)]
        deadline = time.monotonic() + within
        for one in threads:
            one.join(max(0.0, deadline - time.monotonic()))
        return not any(one.is_alive() for one in threads)


def _timed(asked: Asked) -> Assessment:
    began = time.perf_counter()
    found = services.believed(asked.texts, asked.readings, asked.before)
    metrics.triage_read(time.perf_counter() - began, scored=found.scored)
    return found


here = Here()
_reader: Reader = here


def reader() -> Reader:
    """Who reads for this process."""
    return _reader


def read_by(other: Reader) -> None:
    """Let another one read for this process."""
    global _reader
    _reader = other
