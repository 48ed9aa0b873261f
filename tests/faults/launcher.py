"""Starts the server with a fault built in from outside: `python -m tests.faults.launcher`, as hotline.server.

    FAULT_POINT   one of POINTS: the process kills itself (SIGKILL) there
    FAULT_AT      the how-manieth time the point is reached, from 1
    FAULT_TRIAGE  how triage is not well: one of the WAYS of tests/faults/unwell.py
    FAULT_AGES    what takes a day takes so many seconds, and SIGUSR2 writes counts: see tests/faults/aging.py
    FAULT_BLOCKS  a resident's message is acknowledged only after the event loop computed for so many seconds, as if
                  triage read it there
    FAULT_CLOCK   SIGUSR1 moves the clock of this process by so many seconds, forward or back

The product knows nothing of this. Hooks sit where they depend least on how it is built inside: at its SQL, its commits,
the frames that leave it, and what it hands to the channel layer.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import timedelta

POINTS = {
    "before commit": "a message is inserted and not yet committed",
    "after commit": "it is committed, and nobody was told",
    "after acknowledgement": "the acknowledgement has left, no hint has",
    "after hint": "the hint has left (where there is Redis: for it, and it said so), whatever the acknowledgement does",
    "in replay": "lines that a page lacks are about to leave",
}
ACKNOWLEDGEMENT_LEAVES_SECONDS = 0.03
"""The event loop hands what was written to the kernel at its next turn."""


class Point:
    """Dies at one place, the n-th time it comes by."""

    def __init__(self, name: str, at: int) -> None:
        self.name, self.left = name, at

    def reached(self, name: str) -> bool:
        """Whether this is the place and the time."""
        if name != self.name:
            return False
        self.left -= 1
        return self.left == 0

    def here(self, name: str) -> None:
        """Die, if this is the place and the time."""
        if self.reached(name):
            die()


def die() -> None:
    """As a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_commits(point: Point) -> None:
    """Before and after a commit that keeps a message."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.signals import connection_created

    def note(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        # With PostgreSQL several statements travel as one, see hotline/chat/prepared.py.
        if 'INSERT INTO "chat_message"' in sql:
            context["connection"].keeps_a_message = True
        return found

    def created(connection, **_):
        connection.execute_wrappers.append(note)

    commit = BaseDatabaseWrapper._commit

    def committing(self):
        keeps, self.keeps_a_message = getattr(self, "keeps_a_message", False), False
        if keeps:
            point.here("before commit")
        commit(self)
        if keeps:
            point.here("after commit")

    connection_created.connect(created, weak=False)
    BaseDatabaseWrapper._commit = committing


def watch_hints(point: Point) -> None:
    """What goes to the channel layer. To die after an acknowledgement and before its hint, no hint of lines leaves."""
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    tell, tell_others = layer.tell, layer.tell_others

    def is_held_back(message) -> bool:
        return point.name == "after acknowledgement" and message.get("kind") == "lines"

    def telling(group, message):
        if is_held_back(message):
            return
        tell(group, message)
        if message.get("kind") == "lines" and not layer.has_others:
            point.here("after hint")

    async def telling_others(hints):
        await tell_others([(group, message) for group, message in hints if not is_held_back(message)])
        if any(message.get("kind") == "lines" for _, message in hints):
            point.here("after hint")

    layer.tell, layer.tell_others = telling, telling_others


class WatchedWire:
    """The server's own end of a socket, past which frames may leave; see hotline/wire.py."""

    def __init__(self, wire, leaving, left) -> None:
        self.wire, self.leaving, self.left = wire, leaving, left
        self.written = wire.written

    def say(self, text: bytes) -> None:
        self.leaving(text.decode())
        self.wire.say(text)
        self.left(text.decode())


def watch_frames(application, point: Point):
    """What leaves through a socket, by either way."""
    from hotline import wire

    def leaving(text: str) -> None:
        replays = '"type":"welcome"' in text or '"type":"lines"' in text
        if replays and '"seq":' in text:
            point.here("in replay")

    def left(text: str) -> None:
        if '"type":"ack"' in text and '"seq":' in text and point.reached("after acknowledgement"):
            asyncio.get_running_loop().call_later(ACKNOWLEDGEMENT_LEAVES_SECONDS, die)

    async def watched(scope, receive, send):
        async def sending(event):
            leaving(event.get("text") or "")
            await send(event)
            left(event.get("text") or "")

        if scope["type"] != "websocket":
            await application(scope, receive, send)
            return
        found = wire.wire_of(scope)
        if found is not None:
            through = {wire.EXTENSION: WatchedWire(found, leaving, left)}
            scope = {**scope, "extensions": {**scope["extensions"], **through}}
        await application(scope, receive, sending)

    return watched


def block_the_loop(seconds: float) -> None:
    """What triage is told to read is read on the loop, at once."""
    from hotline.chat import events
    from hotline.chat.services import risk

    collect = risk.collect

    def compute() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass

    def collecting(fresh, conversations):
        # It is the first thing that the loop does after this commit.
        events._publisher.loop.call_soon_threadsafe(compute)
        return collect(fresh, conversations)

    risk.collect = collecting


def move_clock_on_signal(seconds: float) -> None:
    """Each SIGUSR1 moves what this process takes for the time of day; what measures durations stays."""
    from django.utils import timezone

    moved = 0.0
    now, wall = timezone.now, time.time

    def move(*_):
        nonlocal moved
        moved += seconds

    timezone.now = lambda: now() + timedelta(seconds=moved)
    time.time = lambda: wall() + moved
    signal.signal(signal.SIGUSR1, move)


def main() -> None:
    """Build the fault in, then serve."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    # What the process that reads is to be like is said first: importing the server starts it.
    if os.environ.get("FAULT_TRIAGE"):
        from tests.faults.unwell import ill_code
        from triage import line

        line.CODE = ill_code(os.environ["FAULT_TRIAGE"])
    if os.environ.get("FAULT_AGES"):
        from tests.faults.aging import forget_quickly

        forget_quickly(float(os.environ["FAULT_AGES"]))
    from hotline import asgi, server

    if os.environ.get("FAULT_POINT"):
        point = Point(os.environ["FAULT_POINT"], int(os.environ.get("FAULT_AT", "1")))
        watch_commits(point)
        watch_hints(point)
        asgi.application = watch_frames(asgi.application, point)
    if os.environ.get("FAULT_AGES"):
        from tests.faults.aging import age_quickly

        age_quickly(float(os.environ["FAULT_AGES"]))
    if os.environ.get("FAULT_BLOCKS"):
        block_the_loop(float(os.environ["FAULT_BLOCKS"]))
    if os.environ.get("FAULT_CLOCK"):
        move_clock_on_signal(float(os.environ["FAULT_CLOCK"]))
    server.main()


if __name__ == "__main__":
    main()
