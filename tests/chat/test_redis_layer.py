"""With Redis between processes, and with Redis away: words are kept and acknowledged either way."""

import asyncio
import subprocess
import time

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer

from counselors import services as desk
from hotline.chat.models import Message
from hotline.redis_layer import hosts
from tests.servers import free_port
from tests.wire import desk_page, resident_page, there
from tools.needs import find_redis

pytestmark = pytest.mark.django_db(transaction=True)


def layer_at(address):
    """The layer as hotline.settings builds it."""
    return {
        "default": {
            "BACKEND": "hotline.redis_layer.RedisLayer",
            "CONFIG": {"hosts": hosts(address), "prefix": "hotline-test"},
        }
    }


@pytest_asyncio.fixture
async def through_redis(redis_server, settings):
    settings.CHANNEL_LAYERS = layer_at(redis_server)
    yield
    await get_channel_layer().flush()


@pytest.fixture
def own_redis(tmp_path):
    """A Redis that the test may stop."""
    port = free_port()
    process = subprocess.Popen(
        [find_redis(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait(5)


@pytest.fixture
def lin(counselor):
    return desk_page(counselor)


async def test_hints_travel_through_redis(waiting, counselor, lin, pages, through_redis):
    here, at_desk = await pages(resident_page(waiting)), await pages(lin)
    await here.ask("hello")
    await at_desk.ask("hello")
    await at_desk.ask("queue.take_next")
    await here.until(lambda frame: frame["type"] == "view" and frame["view"]["counselor"] == counselor.alias)
    await here.say("在吗")
    await at_desk.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在吗")
    await at_desk.say("在的", conversation=waiting.hex)
    await here.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在的")


async def test_redis_never_sees_a_word(waiting, lin, pages, redis_server, through_redis):
    import redis.asyncio as redis

    async with redis.Redis.from_url(redis_server) as client, client.pubsub() as ear:
        await ear.psubscribe("*")
        here, at_desk = await pages(resident_page(waiting)), await pages(lin)
        await here.ask("hello")
        await at_desk.ask("hello")
        await at_desk.ask("queue.take_next")
        await here.say("一句悄悄话 between us")
        await at_desk.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] != "")
        await at_desk.ask("note.add", conversation=waiting.hex, text="一句悄悄话 for us")
        heard, deadline = [], time.monotonic() + 5
        while not any(b"view" in piece for piece in heard) and time.monotonic() < deadline:
            message = await ear.get_message(timeout=0.2)
            if message and message["type"] == "pmessage":
                heard.append(message["data"])
    assert heard
    for piece in heard:
        assert b"between us" not in piece
        assert "悄悄话".encode() not in piece


async def test_while_redis_is_away_words_are_kept_and_acknowledged(waiting, counselor, lin, pages, own_redis, settings):
    address, process = own_redis
    settings.CHANNEL_LAYERS = layer_at(address)
    await there(_wait_for, address)
    here, at_desk = await pages(resident_page(waiting)), await pages(lin)
    await here.ask("hello")
    await at_desk.ask("hello")
    await there(desk.claim, waiting.hex, by=counselor)
    await at_desk.until("view")
    process.kill()
    await asyncio.to_thread(process.wait, 5)
    before = time.monotonic()
    ack = await here.say("还在吗")
    took = time.monotonic() - before
    assert ack["type"] == "ack"
    assert await there(Message.objects.filter(author="resident", seq=ack["seq"]).exists)
    assert took < 2, f"an acknowledgement waited {took:.1f} s for a Redis that is away"
    # Nobody asks: the process tells its own sockets without Redis.
    await at_desk.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "还在吗")
    newcomer = await pages(resident_page(waiting))
    assert (await newcomer.ask("hello"))["lines"][-1]["text"] == "还在吗"


async def test_a_line_from_another_process_is_fetched_though_memory_holds_those_before_it(
    waiting, pages, through_redis, monkeypatch
):
    here, there_too = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    for page in (here, there_too):
        await page.ask("hello")
    await here.say("来自这里")
    await there_too.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "来自这里")
    monkeypatch.setattr("hotline.chat.recent.put", lambda *_, **__: None)
    # What another process commits never gets into this one's memory; the hint is all that comes.
    await here.say("来自别处")
    await there_too.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "来自别处")


def _wait_for(address):
    import redis

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with redis.Redis.from_url(address) as client:
                return client.ping()
        except redis.ConnectionError:
            time.sleep(0.02)
    raise AssertionError("Redis did not start")
