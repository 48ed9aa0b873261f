"""As a site runs it: PostgreSQL, Redis, two processes; and what happens when one of them is away or hangs."""

import asyncio
import time

import psycopg
import pytest

from tests.faults.client import Client
from tests.faults.machines import Redis
from tests.faults.site import read_json

LIVE_SECONDS = 15.0
"""These clients send no heartbeats: what comes by itself was told by a hint."""


@pytest.fixture
def own_redis():
    server = Redis()
    yield server
    server.remove()


def close_database(address):
    """The server lets nobody into this database any more."""
    name = address.rpartition("/")[2]
    with psycopg.connect(address.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


async def talk_between(resident_at, counselor_at):
    """A resident on one process, and the counselor who has them on another."""
    visit, conversation = await asyncio.to_thread(resident_at.begin)
    cookie = await asyncio.to_thread(counselor_at.sign_in, "lin")
    resident = await Client(resident_at, "/ws/resident/", visit).connect()
    desk = await Client(counselor_at, "/ws/desk/", cookie, conversation).connect()
    await desk.ask("duty.set", state="on", capacity=3)
    assert (await desk.ask("conversation.claim", conversation=conversation))["type"] == "ack"
    return resident, desk


def says(text):
    return lambda frame: frame["type"] == "lines" and any(line["text"] == text for line in frame["lines"])


async def test_a_conversation_between_two_processes(make_site, postgres, redis_server):
    site = make_site(DATABASE_URL=postgres, REDIS_URL=redis_server)
    resident, desk = await talk_between(site.start(), site.start())
    view = await resident.until(lambda frame: frame["type"] == "view" and frame["view"]["counselor"], LIVE_SECONDS)
    assert view["view"]["counselor"] == "小林"
    for number in range(10):
        await resident.say(f"question {number}")
        await desk.until(says(f"question {number}"), LIVE_SECONDS)
        await desk.say(f"answer {number}")
        await resident.until(says(f"answer {number}"), LIVE_SECONDS)
    await resident.socket.send('{"type": "typing", "on": true}')
    assert (await desk.until("typing", LIVE_SECONDS))["on"]
    ended = await desk.ask("conversation.end", conversation=desk.conversation, ending="helped", wrap_up="all well")
    assert ended["type"] == "ack"
    await resident.until(lambda frame: frame["type"] == "view" and frame["view"]["state"] == "closed", LIVE_SECONDS)
    for page in (resident, desk):
        assert page.found["out of order"] == page.found["another line under the same seq"] == 0
    assert [line["text"] for line in resident.lines if line["text"]] == [
        text for number in range(10) for text in (f"question {number}", f"answer {number}")
    ]


async def test_connections_that_the_database_cut_are_made_anew(make_site, postgres):
    site = make_site(DATABASE_URL=postgres)
    process = site.start()
    resident, desk = await talk_between(process, process)
    await resident.say("before")
    name = postgres.rpartition("/")[2]
    with psycopg.connect(postgres.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        ).fetchall()
    assert cut, "the server kept no connection open between two frames"
    await resident.say("after")
    await desk.until(says("after"), LIVE_SECONDS)


def test_health_and_readiness(site):
    process = site.start()
    assert read_json(process, "/healthz") == (200, {"ok": True})
    status, found = read_json(process, "/readyz")
    assert (status, found["ready"], found["missing"]) == (200, True, [])
    assert found["triage"]


def test_readiness_names_what_is_missing_and_no_secret(make_site, postgres, own_redis):
    site = make_site(DATABASE_URL=postgres, REDIS_URL=own_redis.address)
    process = site.start()
    assert read_json(process, "/readyz")[0] == 200
    own_redis.stop()
    status, found = read_json(process, "/readyz")
    assert (status, found["missing"]) == (503, ["redis"])
    close_database(postgres)
    status, text = process.get("/readyz")
    assert status == 503
    assert '"missing": ["database", "redis"]' in text
    for secret in ("secret", "hotline@", "127.0.0.1", str(own_redis.port), postgres.rpartition("/")[2]):
        assert secret not in text
    assert "a-secret-password" not in process.log
    assert read_json(process, "/healthz")[0] == 200


def test_tables_that_were_never_made_are_no_readiness(site):
    process = site.start()
    gone = "from django.db import connection as c; c.cursor().execute('ALTER TABLE chat_visit RENAME TO chat_gone')"
    assert site.manage("shell", "-c", gone).returncode == 0
    status, found = read_json(process, "/readyz")
    assert (status, found["missing"]) == (503, ["database"])


async def test_while_redis_hangs_words_are_acknowledged_and_when_it_wakes_they_are_live_again(make_site, own_redis):
    site = make_site(REDIS_URL=own_redis.address)
    process = site.start()
    resident, desk = await talk_between(process, process)
    await resident.say("before")
    await desk.until(says("before"), LIVE_SECONDS)
    own_redis.hold()
    try:
        began = time.monotonic()
        for number in range(20):
            await resident.say(f"word {number}")
        took = time.monotonic() - began
        status, found = await asyncio.to_thread(read_json, process, "/readyz")
        newcomer = await Client(process, "/ws/resident/", (await asyncio.to_thread(process.begin))[0]).connect()
        await newcomer.say("hello")
    finally:
        own_redis.let_go()
    assert took < 15, f"20 acknowledgements took {took:.1f} s while Redis hung"
    assert (status, found["missing"]) == (503, ["redis"])
    await desk.hold(len(resident.lines))

    async def live():
        for number in range(100):
            await resident.say(f"again {number}")
            try:
                return await desk.until(says(f"again {number}"), 0.5)
            except TimeoutError:
                continue
        raise AssertionError("no hint came after Redis had woken")

    await asyncio.wait_for(live(), 30)


async def test_open_sockets_hear_hints_again_after_redis_was_restarted(make_site, own_redis):
    site = make_site(REDIS_URL=own_redis.address)
    process = site.start()
    resident, desk = await talk_between(process, process)
    own_redis.stop()
    await resident.say("while it is away")
    own_redis.start()
    deadline = time.monotonic() + 30
    number = 0
    while True:
        number += 1
        await resident.say(f"back {number}")
        try:
            await desk.until(says(f"back {number}"), 1.0)
            break
        except TimeoutError:
            assert time.monotonic() < deadline, "sockets stay deaf after Redis was restarted"
    await resident.hold(len(desk.lines))
    await desk.hold(len(resident.lines))
    assert [line["text"] for line in desk.lines] == [line["text"] for line in resident.lines]
