"""Many want one person; a counselor is suddenly gone; whatever people do, in any order."""

import asyncio
import itertools
import json
import os
import re
import signal
import sys
import time

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.page import Page
from tests.faults.site import ROOT, Process, Site
from tests.faults.stage import Stage

RACERS = 5
DESKS = ("lin", "zhou", "sim1", "sim2", "sim3")
BACK_WITHIN_SECONDS = 60
SHORT_SECONDS = 5
"""In the short form desks count as vanished sooner."""


@scenario("five counselors claim one person", full=1000, short=10, storage=("sqlite", "postgresql"), minutes=30)
async def claims(stage: Stage, rounds: int) -> Figures:
    """So many people, each wanted by five at the same moment: one gets them, four are told who."""
    figures = Figures()
    site = stage.site()
    found = json.loads(await _run(site, "-m", "tests.chat.racing", str(rounds), str(RACERS)))
    other = 0
    for one in found:
        told = sorted(one["answers"])
        wanted = sorted(["mine", *[f"conversation.taken {one['holder']}"] * (RACERS - 1)])
        other += (told, one["moves"], one["joined"], one["seqs"]) != (wanted, 1, 1, [1, 2])
    figures.rounds = len(found)
    figures.notes["one owner each"] = len(found) - other
    figures.keeps("people without exactly one owner", other, 0)
    return figures


@scenario("five desks claim one person, by sockets", full=1000, short=5, storage=("sqlite",))
@scenario("five desks claim one person, by sockets", full=300, short=0, storage=("postgresql+redis",))
async def claims_by_sockets(stage: Stage, rounds: int) -> Figures:
    """Five counselors at their desks, of several processes at either, reach for each person at the same moment."""
    figures = Figures(rounds=rounds)
    processes = stage.servers()
    desks = []
    for name, process in zip(DESKS, itertools.cycle(processes), strict=False):
        cookie = await asyncio.to_thread(process.sign_in, name)
        desks.append(await Client(process, "/ws/desk/", cookie).connect())
        await desks[-1].ask("duty.set", state="on", capacity=12)
    other = 0
    for _ in range(rounds):
        visit, conversation = await asyncio.to_thread(processes[0].begin)
        answers = await asyncio.gather(*(desk.ask("conversation.claim", conversation=conversation) for desk in desks))
        told = sorted(answer["code"] if answer["type"] == "error" else answer["type"] for answer in answers)
        resident = await Client(processes[-1], "/ws/resident/", visit).connect()
        events = [line["event"].partition(":")[0] for line in resident.lines]
        other += (told, events) != (["ack", *["conversation.taken"] * (RACERS - 1)], ["opened", "joined"])
        await resident.ask("conversation.end")
        await resident.drop()
    figures.notes["one owner each"] = rounds - other
    figures.keeps("people without exactly one owner", other, 0)
    return figures


@scenario("schedules of a state machine against its model", full=1000, short=0, minutes=60)
@scenario("schedules of a state machine against its model", full=200, short=0, storage=("postgresql",), minutes=40)
async def schedules(stage: Stage, rounds: int) -> Figures:
    """See tests/chat/schedules. Whatever it finds ends it with the steps that lead there."""
    figures = Figures(rounds=rounds)
    variables = {"SCHEDULES": str(rounds), "SCHEDULE_SEED": str(stage.chance.randint(1, 10**6)), "SCHEDULE_SAY": "1"}
    if stage.storage == "postgresql":
        variables["TEST_DATABASE_URL"] = stage.postgres.address(stage.postgres.new_database())
    # The database ends with its server: connections of other threads would keep it from being dropped before.
    quiet = ("-n0", "-q", "--reuse-db", "-s", "-o", "faulthandler_timeout=0", "-p", "no:cacheprovider")
    said = await _run(None, "-m", "pytest", *quiet, "tests/chat/test_schedules.py", **variables)
    figures.notes |= json.loads(re.search(r"^\{.*?\}", said, re.M)[0])
    figures.acknowledged = int(figures.notes["messages acknowledged"])
    return figures


async def _run(site: Site | None, *arguments: str, **variables: str) -> str:
    """Run Python beside the servers; what it printed."""
    environment = site.environment | {"DJANGO_SETTINGS_MODULE": "hotline.settings"} if site else dict(os.environ)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=environment | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        process.send_signal(signal.SIGKILL)
        raise
    assert process.returncode == 0, (out.decode()[-3000:], err.decode()[-3000:])
    return out.decode()


@scenario("a counselor's process is killed", full=3, short=1, storage=("postgresql+redis",), minutes=10)
async def vanished(stage: Stage, rounds: int) -> Figures:
    """Their people are at their place again: before whoever came later, and told that the counselor has left."""
    figures = Figures()
    within = SHORT_SECONDS if stage.short else BACK_WITHIN_SECONDS
    sooner = {"SWEEP_EVERY_SECONDS": "0.5"} if stage.short else {}
    site = stage.site(VANISHED_AFTER_SECONDS=str(within), **sooner)
    staying, dying = await asyncio.to_thread(stage.serve, site)
    for number in range(rounds):
        if number:
            dying = await asyncio.to_thread(site.start, dying.port)
        await _vanish(stage, staying, dying, within, figures)
        await asyncio.to_thread(staying.wait_until_ready)
    return figures


async def _vanish(stage: Stage, staying: Process, dying: Process, within: float, figures: Figures) -> None:
    desks, people = [], []
    for name in ("lin", "zhou"):
        cookie = await asyncio.to_thread(dying.sign_in, name)
        taking = await Client(dying, "/ws/desk/", cookie).connect()
        await taking.ask("duty.set", state="on", capacity=2)
        visit, conversation = await asyncio.to_thread(staying.begin)
        assert (await taking.ask("conversation.claim", conversation=conversation))["type"] == "ack"
        await taking.drop()
        desks.append(await Page(dying.url, "/ws/desk/", cookie, conversation).opened())
        people.append((await Page(staying.url, "/ws/resident/", visit).opened(), conversation))
        # Their heartbeats come at different moments before the end.
        await asyncio.sleep(stage.chance.uniform(0, within / 6))
    later = await Client(staying, "/ws/resident/", (await asyncio.to_thread(staying.begin))[0]).connect()
    await asyncio.sleep(stage.chance.uniform(0, within / 3))
    dying.kill()
    ended = time.monotonic()
    for page, conversation in people:
        async with asyncio.timeout(within * 3):
            while not any(line["event"].startswith("left:") for line in page.lines):
                page.grew.clear()
                await page.grew.wait()
        figures.back(time.monotonic() - ended, within)
        await _is_before_who_came_later(staying, conversation, figures)
    for page in [*desks, *(page for page, _ in people)]:
        await page.close()
    await later.ask("conversation.end")
    for page, _ in people:
        await (await Client(staying, page.path, page.cookie).connect()).ask("conversation.end")
    await later.drop()


async def _is_before_who_came_later(process: Process, conversation: str, figures: Figures) -> None:
    board = await Client(process, "/ws/desk/", await asyncio.to_thread(process.sign_in, "shen")).connect()
    rows = [row["conversation"] for row in board.welcome["queue"]]
    row = board.welcome["queue"][rows.index(conversation)] if conversation in rows else {}
    at_their_place = bool(row) and row["given_back"] and rows.index(conversation) < len(rows) - 1
    figures.keeps("people not at their place", int(not at_their_place), 0)
    await board.close()
