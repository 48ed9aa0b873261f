"""The database away, locked, full, read-only or moved: nothing is acknowledged that is not kept, and all comes back."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.machines import OnSmallDisk, Postgres, Standby
from tests.faults.scenarios.network import shown, waited_long
from tests.faults.site import Process, Site
from tests.faults.stage import Stage

CONVERSATIONS = 2
RECOVERS_WITHIN_SECONDS = 5.0
POSTGRES = ("postgresql", "postgresql+redis")
Fault = Callable[[Stage, Process], AbstractAsyncContextManager[None]]


async def through(stage: Stage, figures: Figures, process: Process, crowd: Crowd, fault: Fault, seconds: float) -> None:
    """Talk before, in and after one fault."""
    await crowd.talk(stage.seconds(0.3, 0.1))
    await crowd.acknowledged()
    before = len(crowd.said)
    async with fault(stage, process):
        await crowd.talk(seconds, every=1)
    end = time.monotonic()
    await crowd.current(figures, end, RECOVERS_WITHIN_SECONDS)
    await crowd.after(figures, stage.seconds(1, 0.3))
    shown(crowd, before, figures)


async def play(stage: Stage, rounds: int, *, faults: list[tuple[Fault, float]], refuses: bool = True) -> Figures:
    """The same faults again and again. Where the database ``refuses`` meanwhile, somebody must have been told so."""
    figures = Figures(rounds=rounds * len(faults))
    processes = stage.serve(stage.site())
    process = processes[0]
    crowd = await Crowd.gather(process, processes[-1], CONVERSATIONS)
    for fault, seconds in faults * rounds:
        await through(stage, figures, process, crowd, fault, stage.seconds(seconds, min(seconds, 1)))
    refused = sum(page.found["storage.unavailable"] for page in crowd.pages)
    figures.add("refused", refused)
    assert refused or not refuses, "the database went on to take everything: the fault met nobody"
    await crowd.finish(figures)
    return figures


# --- PostgreSQL -------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def restarted(stage: Stage, process: Process) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.postgres.crash)
    yield
    await asyncio.to_thread(stage.postgres.start)


@asynccontextmanager
async def cut_off(stage: Stage, process: Process) -> AsyncIterator[None]:
    cut = await asyncio.to_thread(stage.postgres.cut_connections, stage.database)
    assert cut, "the server kept no connection open between two frames"
    yield


def _admin(stage: Stage, *statements: str) -> None:
    with stage.postgres.connect() as connection:
        for statement in statements:
            connection.execute(statement)


@asynccontextmanager
async def read_only(stage: Stage, process: Process) -> AsyncIterator[None]:
    setting = f"ALTER DATABASE {stage.database} SET default_transaction_read_only"
    await asyncio.to_thread(_admin, stage, f"{setting} = on")
    await asyncio.to_thread(stage.postgres.cut_connections, stage.database)
    yield
    await asyncio.to_thread(_admin, stage, f"{setting} = off")
    await asyncio.to_thread(stage.postgres.cut_connections, stage.database)


@scenario("PostgreSQL fails over to a second address", full=5, short=1, storage=("postgresql",))
@scenario("PostgreSQL fails over to a second address", full=5, short=0, storage=("postgresql+redis",))
async def fails_over(stage: Stage, rounds: int) -> Figures:
    """The first server dies, its standby is made the first, and DATABASE_URL names both."""
    figures = Figures(rounds=rounds)
    first = stage.postgres
    for _ in range(rounds):
        site = stage.site()
        second = stage.own(await asyncio.to_thread(Standby, first))
        try:
            await _fail_over(stage, figures, site, first, second)
        finally:
            site.stop()
            await asyncio.to_thread(first.start_alone)
            await asyncio.to_thread(second.crash)
    return figures


async def _fail_over(stage: Stage, figures: Figures, site: Site, first: Postgres, second: Standby) -> None:
    ports = f"port={first.port},{second.port}&host=127.0.0.1,127.0.0.1"
    site.environment["DATABASE_URL"] = f"postgres://hotline@/{stage.database}?{ports}&target_session_attrs=read-write"
    processes = stage.serve(site)
    process = processes[0]
    crowd = await Crowd.gather(process, processes[-1], CONVERSATIONS)

    @asynccontextmanager
    async def dies(stage: Stage, process: Process) -> AsyncIterator[None]:
        await asyncio.to_thread(first.crash)
        yield
        await asyncio.to_thread(second.promote)

    await through(stage, figures, process, crowd, dies, stage.seconds(9, 1))
    waited_long(stage, figures)
    await crowd.finish(figures)


@scenario("PostgreSQL's disk full (tmpfs)", full=5, short=1, storage=("postgresql",))
@scenario("PostgreSQL's disk full (tmpfs)", full=5, short=0, storage=("postgresql+redis",))
async def postgres_disk_full(stage: Stage, rounds: int) -> Figures:
    """PostgreSQL ends when it cannot write its log; somebody makes room, and starts it again. Only root may mount."""
    if os.geteuid() != 0:
        return Figures(notes={"not done": "only root may mount a small disk"})
    figures = Figures(rounds=rounds)
    small = stage.own(await asyncio.to_thread(OnSmallDisk))
    name = await asyncio.to_thread(small.copy_of, stage.postgres, stage.workshop.prepared_database)
    site = stage.site(DATABASE_URL=small.address(name))
    processes = stage.serve(site)
    crowd = await Crowd.gather(processes[0], processes[-1], CONVERSATIONS)

    @asynccontextmanager
    async def full(stage: Stage, process: Process) -> AsyncIterator[None]:
        filler, room = small.data / "filler", asyncio.Event()
        await asyncio.to_thread(_fill, filler)
        await asyncio.to_thread(small.use_up_log)
        # It ends, starts anew, and would make room for itself by putting old pieces of its log away.
        filling = asyncio.create_task(_keep_full(filler, room))
        yield
        room.set()
        await filling
        filler.unlink()
        await asyncio.to_thread(small.start_again)

    for _ in range(rounds):
        await through(stage, figures, processes[0], crowd, full, stage.seconds(12, 4))
    refused = sum(page.found["storage.unavailable"] for page in crowd.pages)
    figures.add("refused", refused)
    assert refused, "the disk was never full"
    waited_long(stage, figures)
    await crowd.finish(figures)
    site.stop()
    return figures


# --- SQLite -----------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def locked(stage: Stage, process: Process) -> AsyncIterator[None]:
    database = process.site.folder / "var" / "hotline.sqlite3"
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA busy_timeout = 60000")
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@asynccontextmanager
async def immutable(stage: Stage, process: Process) -> AsyncIterator[None]:
    """Nobody may write to the files; -shm is left, for whoever has it in memory would die of it."""
    files = [path for path in (process.site.folder / "var").glob("hotline.sqlite3*") if not path.name.endswith("-shm")]
    await asyncio.to_thread(subprocess.run, ["chattr", "+i", *files], check=True)
    try:
        yield
    finally:
        await asyncio.to_thread(subprocess.run, ["chattr", "-i", *files], check=True)


@asynccontextmanager
async def immutable_from_the_start(stage: Stage, process: Process) -> AsyncIterator[None]:
    """The server was started meanwhile, and opened what it could only read."""
    async with immutable(stage, process):
        for one in process.site.processes:
            await asyncio.to_thread(one.kill)
        await asyncio.to_thread(process.site.start, process.port)
        yield


@scenario("SQLite read-only", full=5, short=1)
async def sqlite_read_only(stage: Stage, rounds: int) -> Figures:
    """As a file system does that is mounted anew after an error: only root may make it, and not on every one."""
    tried = stage.folder / "tried"
    tried.touch()
    if os.geteuid() != 0 or await asyncio.to_thread(subprocess.call, ["chattr", "+i", tried]):
        return Figures(notes={"not done": "only root may make files immutable, on ext4 or the like"})
    await asyncio.to_thread(subprocess.run, ["chattr", "-i", tried], check=True)
    return await play(stage, rounds, faults=[(immutable, 10), (immutable_from_the_start, 10)])


@asynccontextmanager
async def no_larger(stage: Stage, process: Process) -> AsyncIterator[None]:
    """No file of the server may grow: what any user can do to a process of their own."""
    folder = process.site.folder / "var"
    largest = max(path.stat().st_size for path in folder.glob("hotline.sqlite3*"))
    hard = resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (min(largest, 4096), hard))
    yield
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (hard, hard))


@scenario("Disk full (tmpfs)", full=5, short=1)
async def disk_full(stage: Stage, rounds: int) -> Figures:
    """The database's own small disk; only root may mount one."""
    if os.geteuid() != 0:
        return Figures(notes={"not done": "only root may mount a small disk; see 'No file may grow'"})
    disk = Path(stage.folder) / "disk"
    disk.mkdir()
    await asyncio.to_thread(subprocess.run, ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], check=True)
    try:
        figures = Figures(rounds=rounds)
        site = stage.site()
        var = site.folder / "var"
        for path in var.glob("hotline.sqlite3*"):
            shutil.move(path, disk)
        site.environment["DATABASE_URL"] = f"sqlite:///{disk / 'hotline.sqlite3'}"
        [process] = stage.serve(site)
        crowd = await Crowd.gather(process, process, CONVERSATIONS)

        @asynccontextmanager
        async def full(stage: Stage, process: Process) -> AsyncIterator[None]:
            await asyncio.to_thread(_fill, disk / "filler")
            yield
            (disk / "filler").unlink()

        for _ in range(rounds):
            await through(stage, figures, process, crowd, full, stage.seconds(8, 1))
        refused = sum(page.found["storage.unavailable"] for page in crowd.pages)
        figures.add("refused", refused)
        assert refused, "the disk was never full"
        await crowd.finish(figures)
        site.stop()
        with sqlite3.connect(disk / "hotline.sqlite3") as after:
            assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        after.close()
        return figures
    finally:
        for one in stage.sites:
            one.stop()
        await asyncio.to_thread(subprocess.run, ["umount", disk], check=True)


async def _keep_full(filler: Path, room: asyncio.Event) -> None:
    """Take whatever comes free, until there is to be room."""
    while not room.is_set():
        await asyncio.to_thread(_fill, filler)
        await asyncio.sleep(0.1)


def _fill(filler: Path) -> None:
    """Take all that is left."""
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 512):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue


def register(
    title: str, fault: Fault, seconds: float, *, full: int, short: int, storage: tuple[str, ...], refuses: bool = True
) -> None:
    run = partial(play, faults=[(fault, seconds)], refuses=refuses)
    scenario(title, full=full, short=short, storage=storage)(run)


register("PostgreSQL crashed and restarted", restarted, 5, full=10, short=0, storage=POSTGRES)
register("PostgreSQL connections killed", cut_off, 0.5, full=20, short=0, storage=POSTGRES, refuses=False)
register("PostgreSQL read-only", read_only, 10, full=5, short=0, storage=POSTGRES)
scenario("PostgreSQL, each of these once", full=0, short=1, storage=("postgresql",))(
    partial(play, faults=[(restarted, 5), (cut_off, 0.5), (read_only, 10)])
)
# Whoever waits for the lock is answered late or not at all: pages show it as not sent by their own clock.
register("SQLite locked for 10 s", locked, 10, full=5, short=0, storage=("sqlite",), refuses=False)


@scenario("No file may grow", full=5, short=1)
async def no_file_may_grow(stage: Stage, rounds: int) -> Figures:
    """What any user can make of a full disk."""
    return await play(stage, rounds, faults=[(no_larger, 10)])
