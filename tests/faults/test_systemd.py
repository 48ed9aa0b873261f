"""The units of ops/systemd under a real systemd, with PostgreSQL and Redis, as docs/operations.md sets them up."""

import asyncio
import json
import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path

import pytest

from tests.faults.client import Client
from tests.faults.machines import Postgres, Redis
from tests.faults.systemd import Machine, Served, what_is_missing
from tests.servers import free_port

# One machine serves them all.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("systemd")]

PATIENCE_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 15.0
"""TimeoutStopSec: systemd kills what takes longer, and says so."""
UNITS = ("hotline-migrate.service", "hotline-static.service")
NGINX = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "cat")
"""It reads files as another user."""
STOP = ("stop", "hotline.target", "hotline@*")


@pytest.fixture(scope="module")
def sockets(tmp_path_factory):
    """A folder for PostgreSQL's socket; on machines where no other can be made in namespaces, nothing here is run."""
    missing = what_is_missing(tmp_path_factory.mktemp("trial"))
    if missing:
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="hotline-sockets-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres(sockets):
    """A PostgreSQL that is reached through its socket."""
    # The server's user writes into it, and the line's must find the socket.
    sockets.chmod(0o755)
    shutil.chown(sockets, "postgres")
    server = Postgres(unix_socket_directories=str(sockets))
    yield server
    server.remove()


@pytest.fixture(scope="module")
def redis_server():
    """A Redis with a password."""
    server = Redis()
    yield server
    server.remove()


def make_machine(folder, sockets, postgres, redis_server):
    """One that has an empty database."""
    machine_database = postgres.new_database()
    address = f"postgres://hotline@%2Frun%2Fpostgresql:{postgres.port}/{machine_database}"
    machine = Machine(folder, sockets, {"DATABASE_URL": address, "REDIS_URL": redis_server.address})
    machine.database = machine_database
    return machine


@pytest.fixture(scope="module")
def line(sockets, postgres, redis_server, tmp_path_factory):
    """A line that was set up, enabled and started once."""
    machine = make_machine(tmp_path_factory.mktemp("line"), sockets, postgres, redis_server)
    try:
        machine.systemctl("enable", "--now", "hotline.target", "hotline-backup.timer")
        machine.until(lambda: {machine.ask(unit, "ActiveState") for unit in UNITS} == {"active"})
        machine.manage("seed_demo")
        yield machine
    finally:
        machine.remove()


@pytest.fixture
def serving(line):
    """Its two processes, which answer."""
    line.systemctl("start", "hotline.target")
    return [one.wait_until_ready() for one in line.served]


async def a_resident(process):
    visit, conversation = await asyncio.to_thread(process.begin)
    resident = await Client(process, "/ws/resident/", visit).connect()
    resident.where = conversation
    return resident


async def a_desk(process, conversation):
    cookie = await asyncio.to_thread(process.sign_in, "lin")
    desk = await Client(process, "/ws/desk/", cookie, conversation).connect()
    await desk.ask("duty.set", state="on", capacity=5)
    assert (await desk.ask("conversation.claim", conversation=conversation))["type"] == "ack"
    return desk


async def words(page):
    """What a page shows of people's words, once it shows all that it wrote itself."""
    await page.hold(max(page.acknowledged))
    return [one["text"] for one in page.lines if one["text"]]


async def until(condition):
    """Wait until something that another process does is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await asyncio.to_thread(condition):
                return
            await asyncio.sleep(0.05)


def inside(machine, path):
    """A path of the machine, as it is seen from here."""
    return Path(f"/proc/{machine.pid}/root{path}")


def only_static_is_for_others(machine):
    there = inside(machine, "/var/lib/hotline")
    assert stat.S_IMODE(there.stat().st_mode) == 0o711
    for path in there.iterdir():
        assert path.name == "static" or not path.stat().st_mode & 0o077, path


def kept_copies(machine):
    """The backups, each readable to its owner alone."""
    user = int(machine.do("id", "-u", "hotline").stdout)
    copies = list(inside(machine, "/var/backups/hotline").iterdir())
    for copy in copies:
        assert (copy.stat().st_uid, stat.S_IMODE(copy.stat().st_mode)) == (user, 0o600)
    return [f"/var/backups/hotline/{copy.name}" for copy in copies]


def living(pids):
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


async def test_people_at_two_units_talk_and_triage_reads(line, serving):
    assert {line.ask(unit, "Result") for unit in UNITS} == {"success"}
    for one in serving:
        # The one that serves, and the one that triage reads in.
        assert len(await asyncio.to_thread(one.pids)) == 2
    resident = await a_resident(serving[0])
    desk = await a_desk(serving[1], resident.where)
    await resident.say("我今晚就要自杀，药已经准备好了")
    told = await desk.until(lambda frame: frame["type"] == "risk" and frame["risk"]["spans"], PATIENCE_SECONDS)
    assert (told["risk"]["level"], told["risk"]["scored"]) == ("imminent", True)
    await desk.say("我在这里")
    await resident.until(lambda frame: frame["type"] == "lines" and frame["lines"][-1]["text"] == "我在这里")


def test_what_runs_may_write_into_its_folder_and_nowhere_else(line, serving):
    hotline = int(line.do("id", "-u", "hotline").stdout)
    for one in serving:
        for pid in one.pids():
            status = Path(f"/proc/{pid}/status").read_text()
            facts = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
            assert {int(user) for user in facts["Uid"].split()} == {hotline}
            assert (int(facts["CapEff"], 16), int(facts["CapBnd"], 16)) == (0, 0)
            # 2: system calls are filtered.
            assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
            seen = Path(f"/proc/{pid}/root")
            for place in ("opt/hotline", "etc", "var/backups/hotline", "usr"):
                with pytest.raises(OSError, match="Read-only"):
                    (seen / place / "tried").touch()
            for home in ("root", "home"):
                assert list((seen / home).iterdir()) == []
            assert not (seen / "dev/kmsg").exists()
        # The one that triage reads in stands behind the other.
        policies = [os.sched_getscheduler(pid) for pid in one.pids()]
        assert sorted(policies) == [os.SCHED_OTHER, os.SCHED_BATCH]
    only_static_is_for_others(line)
    static = list(inside(line, "/var/lib/hotline/static").rglob("*.css"))
    assert static
    path = str(static[0]).partition("/root")[2]
    assert line.do(*NGINX, path).stdout == static[0].read_text(encoding="utf-8")
    assert line.do(*NGINX, "/var/lib/hotline/serving").returncode


def test_the_page_for_when_nobody_answers_is_there_for_nginx(line, serving):
    page = line.do(*NGINX, "/var/lib/hotline/static/away.html").stdout
    assert page.count('href="tel:12356"') == 2


async def test_each_line_of_the_log_is_an_object_with_its_facts(line, serving, redis_server):
    def told():
        return [line.journal(f"_SYSTEMD_UNIT={one.unit}").splitlines() for one in serving]

    # Something to write about: a process listens to the others from its first page on.
    pages = [await a_resident(one) for one in serving]
    redis_server.stop()
    try:
        await asyncio.to_thread(line.until, lambda: all(told()))
    finally:
        redis_server.start()
    for page in pages:
        await page.drop()
    for lines in told():
        facts = [json.loads(one) for one in lines]
        assert all({"time", "level", "logger", "message"} <= set(each) for each in facts), lines
        assert any("fault" in each for each in facts), lines
    for one in serving:
        await asyncio.to_thread(line.until, lambda one=one: one.get("/readyz")[0] == 200)


async def test_the_journal_of_erasures_is_written(line, serving):
    resident = await a_resident(serving[0])
    await resident.say("take it all back")
    assert (await resident.ask("erase"))["type"] == "erased"
    log = inside(line, "/var/lib/hotline/erased.log")
    assert resident.where in (await asyncio.to_thread(log.read_text)).replace("-", "")
    only_static_is_for_others(line)


async def test_a_process_that_dies_is_started_again_and_serves_its_people(line, serving):
    first, second = serving
    resident = await a_resident(first)
    await resident.say("before")
    before, others = await asyncio.to_thread(first.pids), await asyncio.to_thread(second.pids)
    restarts = int(line.ask(first.unit, "NRestarts"))
    line.systemctl("kill", "--signal=KILL", "--kill-whom=main", first.unit)
    _, code = await resident.last_words(PATIENCE_SECONDS)
    assert code is None, "it was killed, and said goodbye"
    await until(lambda: int(line.ask(first.unit, "NRestarts")) == restarts + 1)
    await until(first.is_ready)
    await resident.connect()
    await resident.say("after")
    assert await words(resident) == ["before", "after"]
    after = await asyncio.to_thread(first.pids)
    assert len(after) == 2
    assert not set(before) & set(after)
    assert not living(before)
    assert await asyncio.to_thread(second.pids) == others


async def test_one_is_restarted_while_the_other_goes_on(line, serving):
    first, second = serving
    moved, stays = await a_resident(first), await a_resident(second)
    await moved.say("before")
    others = await asyncio.to_thread(second.pids)
    restarting = asyncio.create_task(asyncio.to_thread(line.systemctl, "restart", first.unit))
    frames, code = await moved.last_words(ENDS_WITHIN_SECONDS)
    assert (frames[-1]["type"], frames[-1]["code"], code) == ("bye", "server.ending", 1000)
    # Whom it served comes back at the other, which serves all the while.
    moved.process = second
    await moved.connect()
    ready = asyncio.create_task(asyncio.to_thread(first.wait_until_ready))
    said = 0
    while not (restarting.done() and ready.done()):
        said += 1
        await stays.say(f"word {said}")
        await moved.say(f"word {said}")
        await asyncio.sleep(0.1)
    await restarting
    await ready
    assert said
    assert not stays.found["breaks"] + moved.found["breaks"]
    assert await words(moved) == ["before", *(f"word {number + 1}" for number in range(said))]
    assert await asyncio.to_thread(second.pids) == others
    assert line.ask(first.unit, "NRestarts") == "0"


def test_making_tables_and_files_anew_restarts_nobody(line, serving):
    before = [one.pids() for one in serving]
    line.systemctl("restart", *UNITS)
    assert {line.ask(unit, "Result") for unit in UNITS} == {"success"}
    assert [one.pids() for one in serving] == before


async def test_stopping_says_goodbye_to_every_page_and_nothing_is_left(line, serving):
    # One more, started by hand.
    third = Served(line, free_port())
    line.systemctl("start", third.unit)
    await until(third.is_ready)
    serving = [*serving, third]
    pages = [await a_resident(one) for one in serving]
    groups = [one.group for one in serving]
    began = time.monotonic()
    stopped = asyncio.create_task(asyncio.to_thread(line.systemctl, *STOP))
    for page in pages:
        frames, code = await page.last_words(ENDS_WITHIN_SECONDS)
        assert (frames[-1]["type"], frames[-1]["code"], code) == ("bye", "server.ending", 1000)
    await stopped
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS
    assert not [group for group in groups if group.exists()]
    assert {one.get_state() for one in serving} == {"inactive"}
    # systemd forgets about one that nothing names and that is over; these two are named by hotline.target.
    for one in line.served:
        assert line.ask(one.unit, "Result") == "success"
        # It exited by itself (1: CLD_EXITED), with 0.
        assert (line.ask(one.unit, "ExecMainCode"), line.ask(one.unit, "ExecMainStatus")) == ("1", "0")
    assert {line.ask(unit, "ActiveState") for unit in UNITS} == {"inactive"}
    # As at a boot: what was enabled comes with it.
    line.systemctl("restart", "multi-user.target")
    for one in line.served:
        await until(one.is_ready)


async def test_a_backup_is_made_and_comes_back(line, serving):
    assert "hotline-backup.timer" in line.systemctl("list-timers")
    assert re.search(r" 04:(1[5-9]|2[0-5]):", line.systemctl("list-timers", "hotline-backup.timer"))
    resident = await a_resident(serving[0])
    await resident.say("before")
    line.systemctl("start", "hotline-backup.service")
    await resident.say("after")
    [copy] = kept_copies(line)
    line.systemctl(*STOP)
    line.manage("restore", copy, "--force")
    line.systemctl("start", "hotline.target")
    await until(serving[0].is_ready)
    again = await Client(serving[0], "/ws/resident/", resident.cookie).connect()
    assert [one["text"] for one in again.lines if one["text"]] == ["before"]


def starts_often(machine, unit):
    """Start a process more often than systemd lets a service fail by its own count: five times in ten seconds."""
    for _ in range(8):
        before = machine.ask(unit, "InvocationID")
        machine.do("systemctl", "restart", "--no-block", unit)
        machine.until(
            lambda before=before: machine.ask(unit, "InvocationID") not in {before, ""} or gave_up(machine, unit)
        )
        assert not gave_up(machine, unit), "it was given up for good"


def gave_up(machine, unit):
    """Whether it failed, and nothing is under way to start it. In between two starts it fails for a moment."""
    facts = machine.systemctl("show", "--property=ActiveState,Job", unit).split()
    return "ActiveState=failed" in facts and not re.search(r"Job=[1-9]", " ".join(facts))


def test_without_tables_nobody_serves_and_once_they_can_be_made_everybody_does(
    sockets, postgres, redis_server, tmp_path
):
    machine = make_machine(tmp_path, sockets, postgres, redis_server)
    try:
        with postgres.connect() as connection:
            connection.execute(f"ALTER DATABASE {machine.database} SET default_transaction_read_only = on")
        machine.systemctl("start", "hotline.target")
        machine.until(lambda: all(int(machine.ask(one.unit, "NRestarts")) for one in machine.served))
        assert machine.ask(UNITS[0], "ActiveState") != "active"
        for one in machine.served:
            assert not one.is_ready()
            assert machine.ask(one.unit, "ExecMainStartTimestamp") == "", "it began to serve"
        starts_often(machine, machine.served[0].unit)
        with postgres.connect() as connection:
            connection.execute(f"ALTER DATABASE {machine.database} RESET default_transaction_read_only")
        for one in machine.served:
            one.wait_until_ready()
        assert machine.ask(UNITS[0], "ActiveState") == "active"
    finally:
        machine.remove()


async def test_one_process_on_sqlite_serves_is_backed_up_and_restored(sockets, tmp_path):
    machine = await asyncio.to_thread(
        lambda: Machine(tmp_path, sockets, {"DATABASE_URL": "", "REDIS_URL": ""}, instances=1)
    )
    try:
        machine.systemctl("start", "hotline.target")
        [process] = machine.served
        await until(process.is_ready)
        resident = await a_resident(process)
        await resident.say("before")
        machine.systemctl("start", "hotline-backup.service")
        await resident.say("after")
        machine.systemctl(*STOP)
        [copy] = kept_copies(machine)
        machine.manage("restore", copy, "--force")
        only_static_is_for_others(machine)
        machine.systemctl("start", "hotline.target")
        await until(process.is_ready)
        again = await Client(process, "/ws/resident/", resident.cookie).connect()
        assert [one["text"] for one in again.lines if one["text"]] == ["before"]
    finally:
        machine.remove()
