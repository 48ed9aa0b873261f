"""What pages cost that are open and say nothing: heartbeats, and the question after silence whether the line lives.

Both as pages send them (docs/protocol.md, rule 6): `ping` each twenty seconds, `echo` after two and a half in which
nothing was heard. Each is answered at once, so a page sends one of the two each two and a half seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from benchmarks.delivery.load import Load, Seat, percentile
from benchmarks.delivery.peers.base import Server
from benchmarks.delivery.peers.product import Product, ResidentSeat
from benchmarks.delivery.rounds import rest, serving
from benchmarks.delivery.upkeep import FILES_SPARE, allow_files

ECHO = b'{"type":"echo","id":0}'
QUIET_SECONDS = 2.5
TURNS = 8
"""Every so-manieth question of a page is its heartbeat: each 20 s."""
ANSWERED_WITHIN_SECONDS = 5.0


async def pages(product: Product, seconds: float) -> dict[str, float]:
    """The server's share of a core, in percent, while all pages of the idle shape are open.

    Args:
        product: what is served.
        seconds: how long heartbeats alone are measured, and how long heartbeats with echoes.

    Raises:
        Missing: this machine allows fewer open files than there are pages.
    """
    with serving(product, "idle") as server:
        load = Load([""])
        product.seat(load, "idle")
        seats = load.seats = [room.speakers[0] for room in load.rooms]
        allow_files(len(seats) + FILES_SPARE)
        await load.connect(server.port)
        await rest(server)
        beats = await _watched(load, server, seconds, echoes=False)
        both = await _watched(load, server, seconds, echoes=True)
        echoes = both["asked"] * (TURNS - 1) / TURNS
        found = {
            "pages": len(seats),
            "heartbeats_percent": 100 * beats["cpu"] / beats["took"],
            "with_echoes_percent": 100 * both["cpu"] / both["took"],
            "heartbeat_us": beats["cpu"] / max(1, beats["asked"]) * 1e6,
            "echo_us": max(0.0, both["cpu"] - beats["cpu"] * both["took"] / beats["took"]) / max(1.0, echoes) * 1e6,
            "unanswered": beats["unanswered"] + both["unanswered"],
            "asked_late_p99_ms": max(beats["late_p99_ms"], both["late_p99_ms"]),
            "trouble": sum(load.trouble.values()),
        }
        await load.leave()
        return found


async def _watched(load: Load, server: Server, seconds: float, *, echoes: bool) -> dict[str, float]:
    """CPU seconds of the server while every page asks in its turn, evenly."""
    answered, wanted, asked, late = load.frames["pong"], load.frames["beat"], 0, []
    cpu, began = server.cpu(), time.perf_counter()
    for number in range(int(len(load.seats) * seconds / QUIET_SECONDS)):
        turn, page = divmod(number, len(load.seats))
        is_heartbeat = (turn + page) % TURNS == 0
        if not (is_heartbeat or echoes):
            continue
        due = began + number * QUIET_SECONDS / len(load.seats)
        if due > time.perf_counter():
            await asyncio.sleep(due - time.perf_counter())
        late.append(max(0.0, time.perf_counter() - due))
        _ask(load.seats, page, is_heartbeat=is_heartbeat)
        asked += 1
    # Where a page came early, the server has asked for the heartbeat before its turn, and got it.
    asked += load.frames["beat"] - wanted
    await asyncio.sleep(max(0.0, began + seconds - time.perf_counter()))
    used, took = server.cpu() - cpu, time.perf_counter() - began
    for _ in range(int(ANSWERED_WITHIN_SECONDS / 0.05)):
        if load.frames["pong"] - answered >= asked:
            break
        await asyncio.sleep(0.05)
    return {
        "cpu": used,
        "took": took,
        "asked": asked,
        "unanswered": asked - (load.frames["pong"] - answered),
        "late_p99_ms": percentile(late, 0.99) * 1000,
    }


def _ask(seats: Sequence[Seat], page: int, *, is_heartbeat: bool) -> None:
    seat = seats[page]
    if is_heartbeat and isinstance(seat, ResidentSeat):
        seat.beat()
    else:
        seat.send(ECHO)
