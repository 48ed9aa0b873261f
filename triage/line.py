"""One process that triage reads in, and the socket to it: frames out, frames in, its death. See triage.process."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from triage import frames
from triage.core import additions

ROOT = Path(__file__).resolve().parent.parent
CODE = "import sys; sys.path.insert(0, {root!r}); from triage.child import main; main({arguments})"
PASSED_ON = ("LD_LIBRARY_PATH", "LANG", "LC_ALL")
"""Of the environment; the keys and secrets in it are not triage's business."""
LOOKS_FOR_ITS_END_EVERY_SECONDS = 0.01
WATCHED_FROM = 0.25
"""Of the time that it has for an answer."""


class NotStarted(Exception):
    """The process did not come up; the message says why."""


def command(number: int, *, told: bool = False) -> list[str]:
    """What starts the process, which finds its socket as the open file ``number``, and, ``told`` so, a frame in it.

    Isolated, and without installed packages: it needs none, and starts in half the time.
    """
    arguments = f"{number}, told=True" if told else str(number)
    return [sys.executable, "-I", "-S", "-c", CODE.format(root=str(ROOT), arguments=arguments)]


class Watched:
    """What a process does with its time: whether it hangs, or the machine has no core for it.

    Read from Linux's ``/proc/<pid>/schedstat`` (nanoseconds on a core, nanoseconds ready and waiting for one; see the
    kernel's Documentation/scheduler/sched-stats.rst). Elsewhere nothing is known.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._asked = time.monotonic()
        self._since = self._asked
        self._before: tuple[float, float] | None = None

    def begin(self) -> None:
        """Look for the first time."""
        self._since = time.monotonic()
        self._before = self._now()

    def told(self) -> str:
        """Facts for the log, in seconds; ``after`` beyond the limit is the server's own event loop being late.

        ``after`` since it was asked; of the last ``of``, how many it ``ran`` and how many it ``waited`` for a core.
        """
        now, then = time.monotonic(), self._now()
        facts = f"after={now - self._asked:.3f}"
        if self._before is None or then is None:
            return facts
        ran, waited = (later - sooner for sooner, later in zip(self._before, then, strict=True))
        return f"{facts} of={now - self._since:.3f} ran={ran:.3f} waited={waited:.3f}"

    def _now(self) -> tuple[float, float] | None:
        try:
            ran, waited, *_ = Path(f"/proc/{self._pid}/schedstat").read_text().split()
            return int(ran) / 1e9, int(waited) / 1e9
        except (OSError, ValueError):
            return None


class Line(asyncio.Protocol):
    """A process, from its start to its end.

    Attributes:
        why: what became of it.
        did: what it did while it gave no answer, as facts for the log; "" where that is not known.
        burial: waits until nothing of it stays in the table of processes, once it was killed.
    """

    def __init__(self, lost: Callable[[Line], None]) -> None:
        """Start it.

        Args:
            lost: called once in the event loop, when it is gone or is about to be.

        Raises:
            OSError: it cannot be started.
        """
        self._lost = lost
        self.why = ""
        self.did = ""
        self.is_ready = False
        self._is_attached = False
        self._is_lost = False
        self._number = 0
        self._answer: asyncio.Future[dict[str, Any]] | None = None
        self._transport: asyncio.Transport | None = None
        self.burial: asyncio.Task[None] | None = None
        self._came = bytearray()
        self._began = time.monotonic()
        self._socket, theirs = socket.socketpair()
        # The lexicon that was checked when this process started, whatever became of its files meanwhile.
        added = additions.current()
        try:
            self._popen = _start(theirs, told=bool(added.count))
            if added.count:
                _leave(self._socket, frames.pack({"lexicon": added.told()}))
        except OSError:
            self._socket.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._popen.pid

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    # --- asking -----------------------------------------------------------------------------------------------------
    async def ready(self, within: float) -> dict[str, Any]:
        """Its first frame.

        Raises:
            NotStarted: it ended before, speaks another protocol, or nothing came within so many seconds.
        """
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        if not self._is_attached:
            self._is_attached = True
            self._socket.setblocking(False)
            await loop.create_unix_connection(lambda: self, sock=self._socket)
        try:
            hello = await asyncio.wait_for(self._answer, max(0.1, within - self.age()))
        except TimeoutError:
            raise NotStarted("did not start in time") from None
        except ConnectionError:
            raise NotStarted(self.why or "ended at its start") from None
        finally:
            self._answer = None
        if hello.get("protocol") != frames.PROTOCOL:
            raise NotStarted("of another version")
        self.is_ready = True
        return hello

    async def ask(self, what: dict[str, Any], limit: float) -> dict[str, Any] | None:
        """Its answer; None where it gave none within ``limit`` seconds, or what is none. Then it is killed."""
        if self._transport is None or self._is_lost:
            return None
        self._number += 1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(frames.pack({"number": self._number, **what}))
        watched = Watched(self.pid)
        # Looked at only where it takes long: a look costs a file that is opened, read and closed.
        watch = asyncio.get_running_loop().call_later(limit * WATCHED_FROM, watched.begin)
        try:
            answer = await asyncio.wait_for(self._answer, limit)
        except TimeoutError:
            self.did = watched.told()
            self.kill("hung")
            return None
        except ConnectionError:
            return None
        finally:
            watch.cancel()
            self._answer = None
        if answer.get("number") != self._number:
            self.kill("answered something else")
            return None
        return answer

    # --- what comes -------------------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's is one
        self._transport = transport
        if self._is_lost:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._came += data
        try:
            while len(self._came) >= frames.HEAD:
                end = frames.HEAD + frames.length(bytes(self._came[: frames.HEAD]))
                if len(self._came) < end:
                    return
                said = frames.unpack(bytes(self._came[frames.HEAD : end]))
                del self._came[:end]
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result(said)
        except frames.BadFrame:
            self.kill("answered nonsense")

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        if not self._is_lost:
            self.kill("died")
        elif self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(self.why))

    # --- its end ----------------------------------------------------------------------------------------------------
    def kill(self, why: str) -> None:
        """End it at once, whatever it is at."""
        self._popen.kill()
        if self._is_lost:
            return
        self._is_lost, self.why, self.is_ready = True, self.why or why, False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(why))
        self._let_go()
        self.burial = asyncio.get_running_loop().create_task(self._buried())
        self._lost(self)

    def kill_now(self, why: str) -> None:
        """The same from another thread, or where no loop runs any more; it is gone when this returns."""
        self.why = self.why or why
        self._popen.kill()
        self._popen.wait()

    async def end(self, within: float) -> None:
        """Let go of the socket, which tells it to end; what has not ended after so many seconds is killed."""
        self._is_lost = True
        self._let_go()
        try:
            await asyncio.wait_for(self._buried(), within)
        except TimeoutError:
            self._popen.kill()
            await self._buried()

    def _let_go(self) -> None:
        """Of the socket. One that asyncio is about to take is not closed behind its back."""
        if self._transport is not None:
            self._transport.abort()
        elif self._is_attached:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        else:
            self._socket.close()

    async def _buried(self) -> None:
        """Wait for its end, so that nothing of it stays in the table of processes."""
        while self._popen.poll() is None:  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(LOOKS_FOR_ITS_END_EVERY_SECONDS)


def _leave(line: socket.socket, frame: bytes) -> None:
    """Put a frame where the process finds it. It is small enough for the system's buffer: nobody waits.

    Raises:
        OSError: it is not.
    """
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * len(frame))
    line.setblocking(False)
    if line.send(frame) < len(frame):
        raise BlockingIOError("the lexicon")


def _start(theirs: socket.socket, *, told: bool) -> subprocess.Popen[bytes]:
    number = theirs.fileno()
    nothing = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        command(number, told=told),
        pass_fds=(number,),
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        # No signal of the terminal's reaches it.
        process_group=0,
    )
