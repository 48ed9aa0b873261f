"""What was acknowledged survives `kill -9` of the server, at any moment, and is shown after the restart.

KILL_CYCLES says how often (12 with SQLite, a third of it with PostgreSQL and Redis); KILL_SEED repeats a run.
To see the figures: python -m pytest -s tests/faults/test_killed.py
"""

import asyncio
import itertools
import os
import random
import secrets
import sys
from collections import Counter

from tests.faults.client import Client

CYCLES = int(os.environ.get("KILL_CYCLES", "12"))
SEED = int(os.environ.get("KILL_SEED") or secrets.randbelow(100_000))
CONVERSATIONS = 3
PATIENT = {"VANISHED_AFTER_SECONDS": "600"}
"""These desks send no heartbeats."""
TALKS_SECONDS = (0.02, 0.9)
"""The server is killed so long after it answers again."""


async def keep_talking(client, name, stop):
    """Write one message after the other until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        await client.say(f"{name} {number}")


async def begin_pairs(residents_at, counselors_at):
    """Residents and the counselor who has them all, each pair a conversation."""
    cookie = await asyncio.to_thread(counselors_at.sign_in, "lin")
    taking = await Client(counselors_at, "/ws/desk/", cookie).connect()
    await taking.ask("duty.set", state="on", capacity=12)
    pairs = []
    for _ in range(CONVERSATIONS):
        visit, conversation = await asyncio.to_thread(residents_at.begin)
        taken = await taking.ask("conversation.claim", conversation=conversation)
        assert taken["type"] == "ack", taken
        resident = await Client(residents_at, "/ws/resident/", visit).connect()
        pairs.append((resident, await Client(counselors_at, "/ws/desk/", cookie, conversation).connect()))
    await taking.close()
    return pairs


async def survive(pairs, kill, cycles):
    """Let them talk through so many kills, then compare all pages with the record."""
    chance = random.Random(SEED)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as talks:
        for number, (resident, desk) in enumerate(pairs):
            talks.create_task(keep_talking(resident, f"resident {number} says", stop))
            talks.create_task(keep_talking(desk, f"counselor {number} says", stop))
        for _ in range(cycles):
            await asyncio.sleep(chance.uniform(*TALKS_SECONDS))
            await asyncio.to_thread(kill)
        await asyncio.sleep(0.3)
        stop.set()
    figures = Counter(kills=cycles)
    for resident, desk in pairs:
        fresh = await Client(resident.process, "/ws/resident/", resident.cookie).connect()
        await fresh.hold(fresh.welcome["view"]["upto"])
        for page in (resident, desk):
            await page.hold(len(fresh.lines))
        examine(fresh.lines, (resident, desk), figures)
        for page in (fresh, resident, desk):
            await page.close()
    return figures


def examine(record, pages, figures):
    """What two pages show, and what was acknowledged to them, against the record as a fresh page reads it."""
    shown = [(line["seq"], line["text"] or line["event"]) for line in record]
    texts = Counter(line["text"] for line in record if line["text"])
    figures["seq gaps"] += [seq for seq, _ in shown] != list(range(1, len(shown) + 1))
    figures["duplicated"] += sum(count - 1 for count in texts.values())
    for page in pages:
        figures["acknowledged"] += len(page.acknowledged)
        figures["lost"] += sum((seq, text) not in shown for seq, text in page.acknowledged.items())
        figures["out of order"] += [text for text in page.written if text in texts] != [
            text for _, text in shown if text in set(page.written)
        ]
        figures["page differs"] += [(line["seq"], line["text"] or line["event"]) for line in page.lines] != shown
        figures["page faults"] += page.found["out of order"] + page.found["another line under the same seq"]
        figures["breaks"] += page.found["breaks"]


def judge(figures, capsys, storage):
    with capsys.disabled():
        sys.stdout.write(f"\n{storage}, seed {SEED}: {dict(figures)}\n")
    assert figures["acknowledged"] >= figures["kills"]
    assert figures["breaks"] >= figures["kills"], "the kills met nobody"
    wrong = ("lost", "duplicated", "out of order", "seq gaps", "page differs", "page faults")
    assert {name: figures[name] for name in wrong} == dict.fromkeys(wrong, 0), f"KILL_SEED={SEED}"


async def test_with_sqlite(make_site, capsys):
    site = make_site(**PATIENT)
    process = site.start()

    def kill():
        nonlocal process
        process.kill()
        process = site.start(process.port)

    figures = await survive(await begin_pairs(process, process), kill, CYCLES)
    judge(figures, capsys, "SQLite, one process")


async def test_with_postgresql_and_redis_one_of_two_processes_at_a_time(make_site, postgres, redis_server, capsys):
    site = make_site(DATABASE_URL=postgres, REDIS_URL=redis_server, **PATIENT)
    processes = [site.start(), site.start()]
    turn = itertools.cycle((0, 1))

    def kill():
        number = next(turn)
        processes[number].kill()
        processes[number] = site.start(processes[number].port)

    figures = await survive(await begin_pairs(*processes), kill, max(1, CYCLES // 3))
    judge(figures, capsys, "PostgreSQL and Redis, two processes")
