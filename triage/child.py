"""The process that reads for a server: asked over a socket by triage.process, it answers each frame with one.

It knows texts and weights: no Django, no database, no keys. It remembers conversations until it is told to forget them
or has no room, writes no logs of its own (what triage logs goes along with the next answer), and ends when the other
end of its socket does.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from triage import frames, services, site_lexicon
from triage.services import Chosen, Readings

REMEMBERS_CHARACTERS = 400_000
"""Of all conversations together; those that were read longest ago are put away first."""
REMEMBERS_SECONDS = 3600.0
"""What nobody said anything in for so long is put away too."""
ENDS_ITSELF_AFTER_SECONDS = 10
"""A frame that takes longer ends this process. Whoever asked has killed it by then, unless it is gone itself."""
MOST_LOGGED = 20
GARBAGE_DUE, NEVER = 10, 1_000_000
"""Small collections after which a whole one waits for an idle moment."""
IDLE_SECONDS = 0.5


class Memory:
    """Readings of conversations, as triage.core.conversation keeps them up."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Readings, int, float]] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, conversation: str) -> Readings:
        """What is remembered of a conversation: nothing, at first. Until it is put back it is remembered no more."""
        readings, characters, _ = self._kept.pop(conversation, (Readings(), 0, 0.0))
        self._characters -= characters
        return readings

    def put(self, conversation: str, readings: Readings, texts: Sequence[str]) -> None:
        """Remember it, and put away what there is no room for."""
        characters = sum(map(len, texts))
        self._kept[conversation] = (readings, characters, time.monotonic())
        self._characters += characters
        self.put_away()

    def put_away(self) -> None:
        """Put away what is too old, and the oldest where all together are too much."""
        while self._kept and (self._characters > REMEMBERS_CHARACTERS or self.due_in() == 0):
            self.take(next(iter(self._kept)))

    def due_in(self) -> float | None:
        """Seconds until the oldest is to be put away, 0 where it is time; None where nothing is remembered."""
        if not self._kept:
            return None
        _, _, since = next(iter(self._kept.values()))
        return max(0.0, since + REMEMBERS_SECONDS - time.monotonic())

    def forget(self, conversations: Sequence[str] | None) -> int:
        """These, or (None) all. Returns how many others are still remembered."""
        for one in list(self._kept) if conversations is None else conversations:
            self.take(one)
        return len(self)


class Said(logging.Handler):
    """Keeps what was logged until it goes along with an answer. Triage logs kinds of faults, and no words."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if len(self.lines) < MOST_LOGGED:
            self.lines.append((record.name, record.levelno, record.getMessage()))

    def take(self) -> list[tuple[str, int, str]]:
        """What was kept, once."""
        lines, self.lines = self.lines, []
        return lines


class Child:
    """What can be asked, by the name of its field."""

    def __init__(self) -> None:
        self.memory = Memory()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a frame asks for."""
        calls: dict[str, Callable[[Any], object]] = {
            "read": self.read,
            "forget": self.memory.forget,
            "choose": self.choose,
            "shadow": self.shadow,
        }
        return {name: call(asked[name]) for name, call in calls.items() if name in asked}

    def read(self, asked: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> list[list[Any]]:
        """Each message: what triage makes of it, and how many seconds that took."""
        services.look()
        return [self._read(*one) for one in asked]

    def _read(self, conversation: str, texts: Sequence[str], before: Sequence[str]) -> list[Any]:
        """What the staff said before goes along with each message anew, and is remembered by nobody here."""
        began = time.perf_counter()
        readings = self.memory.take(conversation)
        found = services.believed(texts, readings, before)
        self.memory.put(conversation, readings, texts)
        return [frames.told(found), time.perf_counter() - began]

    def choose(self, choices: Sequence[Sequence[str] | None]) -> None:
        """Let other weights speak and read along."""
        speaking, shadow = (Chosen(*one) if one else None for one in choices)
        services.weights_are_chosen_by(lambda: (speaking, shadow))
        services.look_at_once()

    def shadow(self, texts: Sequence[str]) -> list[Any] | None:
        """What the weights that read along make of a message. Nothing of it is remembered."""
        found = services.assess_in_shadow(texts)
        return frames.told(found) if found else None


def serve(line: socket.socket, *, told: bool) -> None:
    """Answer until the other end is gone."""
    said, child = Said(), Child()
    logging.getLogger().addHandler(said)
    with line.makefile("rb") as asking:
        if told:
            first = _next(asking)
            site_lexicon.take(site_lexicon.heard(first["lexicon"] if first else {}))
        services.prepare()
        _look_for_garbage_only_when_idle()
        line.sendall(frames.pack({"number": 0, "protocol": frames.PROTOCOL, **_state(child), "said": said.take()}))
        while (asked := _next_when_tidy(line, asking, child.memory)) is not None:
            signal.alarm(ENDS_ITSELF_AFTER_SECONDS)
            answer: dict[str, Any] = {"number": asked["number"]}
            try:
                answer |= child.answer(asked)
            except Exception as error:  # noqa: BLE001 - whoever asked is told, and nobody is hidden by it
                answer["fault"] = type(error).__name__
            answer |= _state(child) | {"said": said.take()}
            signal.alarm(0)
            line.sendall(frames.pack(answer))


def _state(child: Child) -> dict[str, Any]:
    """What goes along with each answer."""
    model, along = services.model_version(), services.has_shadow()
    return {"model": model, "along": along, "remembers": len(child.memory)}


def _look_for_garbage_only_when_idle() -> None:
    """What was read until now stays, and what is remembered is much: looking through it all held answers for 150 ms."""
    gc.freeze()
    small, middle, _ = gc.get_threshold()
    gc.set_threshold(small, middle, NEVER)


def _next_when_tidy(line: socket.socket, asking: BinaryIO, memory: Memory) -> dict[str, Any] | None:
    """The next frame; until it comes, what grows too old is put away: a quiet night keeps no words.

    Each frame is answered before the next is sent, so that none stands unread in ``asking`` meanwhile.
    """
    if gc.get_count()[2] >= GARBAGE_DUE and not _comes(line, IDLE_SECONDS):
        gc.collect()
    while (due := memory.due_in()) is not None and not _comes(line, due):
        memory.put_away()
    return _next(asking)


def _comes(line: socket.socket, within: float) -> bool:
    return bool(select.select([line], [], [], within)[0])


def _next(asking: BinaryIO) -> dict[str, Any] | None:
    head = asking.read(frames.HEAD)
    if len(head) < frames.HEAD:
        return None
    size = frames.length(head)
    body = asking.read(size)
    return frames.unpack(body) if len(body) == size else None


def _let_others_go_first() -> None:
    """Never take the processor from the server in the middle of something, only because a frame has come.

    Where the system does not know this, or does not allow it, triage takes its turn like everybody.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def main(number: int, *, told: bool = False) -> None:
    """Serve on the open file ``number``; ``told`` that the first frame is the site's lexicon.

    Signals of a terminal or a service manager reach the server too, which lets go of its end when it is done.
    """
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    _let_others_go_first()
    try:
        with socket.socket(fileno=number) as line:
            serve(line, told=told)
    except OSError:
        # The server is gone, in the middle of an answer.
        return
