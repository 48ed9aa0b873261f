"""What all peers share: a process that is started, looked at, and ended."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.delivery import machine
from benchmarks.delivery.load import Load

ROOT = Path(__file__).parents[3]
READY_WITHIN_SECONDS = 60.0
PORTS = range(20_000, 32_000)
"""Below the range that outgoing connections use."""


class Missing(Exception):
    """This peer cannot be measured here; the text says what it lacks."""


class Broken(Exception):
    """A server did not start, or ended; the text is what it wrote."""


@dataclass(frozen=True)
class Shape:
    """How many people there are.

    Attributes:
        rooms: conversations, each with a resident of its own.
        desks: counselors; the rooms are shared out among them.
        read_every: where the peer knows supervisors, one reads each so-manieth room; 0: there is none.
        waiting: the residents wait in the queue, no counselor has them yet.
    """

    rooms: int
    desks: int
    read_every: int = 10
    waiting: bool = False


class Server:
    """A running process. ``port`` is where it listens."""

    def __init__(self, command: list[str], port: int, folder: Path, environment: dict[str, str]) -> None:
        self.port, self.log = port, folder / "log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Of the first process of its tree."""
        return self.popen.pid

    @property
    def pids(self) -> list[int]:
        """Of the first process of each tree: there is one."""
        return [self.popen.pid]

    def cpu(self) -> float:
        """Seconds of CPU that its tree has used so far."""
        return machine.cpu_seconds(self.pid)

    def memory(self) -> int:
        """Bytes that its tree holds now."""
        return machine.resident_bytes(self.pid)

    def wait_until_ready(self) -> Server:
        """Returns itself once it listens.

        Raises:
            Broken: it ended, or took too long.
        """
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline and self.popen.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.stop()
        raise Broken(self.log.read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        """End it, gently first, with everything it started."""
        members = machine.tree(self.pid)
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(5)
        for pid in members[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Peer(ABC):
    """Something that is measured."""

    name: ClassVar[str]
    what: ClassVar[str]
    """One line for the table."""
    sits_idle: ClassVar[bool] = False
    """Whether its idle sockets are measured."""

    @abstractmethod
    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Whatever is done once, before anything is measured.

        Raises:
            Missing: it cannot be measured on this machine.
        """

    @abstractmethod
    def start(self, folder: Path, shape: str) -> Server:
        """A fresh server in a fresh folder, ready to take connections."""

    @abstractmethod
    def seat(self, load: Load, shape: str) -> None:
        """Put everybody of ``shape`` into ``load``."""


def share_out(shape: Shape) -> list[list[int]]:
    """Which rooms each desk has."""
    return [list(range(desk, shape.rooms, shape.desks)) for desk in range(shape.desks)]


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def python(module: str, *arguments: str) -> list[str]:
    """The command for a module of ours."""
    return [sys.executable, "-m", module, *arguments]


def plain_environment() -> dict[str, str]:
    """As little as a program needs."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
