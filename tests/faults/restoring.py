"""A backup while people write, and back: what must come back does, and what was erased does not."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import psycopg
from websockets.exceptions import ConnectionClosed

from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.site import Process, Site

ENOUGH = 20
"""Messages that are acknowledged before the backup is made."""
_LEFT = "SELECT count(*) FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id WHERE c.id = ?"


def rows(site: Site, query: str, *parameters: object) -> list[tuple]:
    """What a query finds in the site's database, past the product."""
    address = site.environment.get("DATABASE_URL")
    if address:
        with psycopg.connect(address) as connection:
            return connection.execute(query.replace("?", "%s"), parameters).fetchall()
    with closing(sqlite3.connect(site.folder / "var" / "hotline.sqlite3")) as connection:
        return connection.execute(query, parameters).fetchall()


def manage(site: Site, *arguments: str) -> str:
    """What a command of manage.py printed; it must not fail."""
    done = site.manage(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(site: Site, *arguments: str) -> str:
    """The last line of a command that must fail."""
    done = site.manage(*arguments)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip().splitlines()[-1]


async def a_resident(process: Process) -> Client:
    """Somebody new; ``where`` of what it returns is the id of their conversation."""
    visit, conversation = await asyncio.to_thread(process.begin)
    resident = await Client(process, "/ws/resident/", visit).connect()
    resident.where = conversation
    return resident


async def there_and_back(site: Site, process: Process, target: Path, figures: Figures) -> Process:
    """Back up into ``target`` while somebody writes, erase, go on, end the server, restore, and look.

    Returns the process that serves what was restored. What must hold whatever the database is asserted; what was
    acknowledged before the backup and what erased people left is counted in ``figures``.
    """
    writer, gone_before, gone_after = [await a_resident(process) for _ in range(3)]
    await gone_before.say("erased before the backup")
    await gone_after.say("erased after the backup")
    assert (await gone_before.ask("erase"))["type"] == "erased"
    stop, enough = asyncio.Event(), asyncio.Event()
    writing = asyncio.create_task(_write_until(writer, stop, enough))
    await enough.wait()

    promised = dict(writer.acknowledged)
    await asyncio.to_thread(manage, site, "backup", str(target))
    assert len(writer.acknowledged) > len(promised), "nobody could write while the backup was made"
    assert (await asyncio.to_thread(target.stat)).st_mode & 0o777 == 0o600

    assert (await gone_after.ask("erase"))["type"] == "erased"
    stop.set()
    await writing
    assert await asyncio.to_thread(process.end) == 0

    assert "--force" in await asyncio.to_thread(refused, site, "restore", str(target))
    told = await asyncio.to_thread(manage, site, "restore", str(target), "--force")
    assert "1 of them had been erased since" in told
    left = [rows(site, _LEFT, one.where)[0][0] for one in (gone_before, gone_after)]
    figures.keeps("lines of erased people that came back", sum(left), 0)
    assert rows(site, "SELECT count(*) FROM django_session") == [(0,)]

    process = await asyncio.to_thread(site.start, process.port)
    again = await Client(process, "/ws/resident/", writer.cookie).connect()
    await again.hold(max(promised))
    kept = {line["seq"]: line["text"] for line in again.lines}
    figures.acknowledged += len(promised)
    figures.lost += sum(kept.get(seq) != text for seq, text in promised.items())
    figures.out_of_order += sorted(kept) != list(range(1, len(kept) + 1))
    await again.say("and on")
    for one in (gone_before, gone_after):
        turned_away = await _is_turned_away(Client(process, "/ws/resident/", one.cookie))
        figures.keeps("erased people who found their page again", int(not turned_away), 0)
    return process


async def _write_until(resident: Client, stop: asyncio.Event, enough: asyncio.Event) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        await resident.say(f"word {number}")
        if number == ENOUGH:
            enough.set()


async def _is_turned_away(resident: Client) -> bool:
    with suppress(ConnectionClosed):
        await resident.connect()
        return resident.welcome.get("type") != "welcome"
    return True
