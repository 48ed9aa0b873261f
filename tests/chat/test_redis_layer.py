"""With Redis between processes, and with Redis away: words are kept and acknowledged either way."""

import asyncio
import subprocess
import time

import pytest
import pytest_asyncio
import redis.asyncio as redis
from channels.layers import get_channel_layer
from redis import ConnectionError as RedisConnectionError
from redis import Redis as SyncRedis

from counselors import services as desk
from hotline import metrics
from hotline.chat import events, hearing, recent, replay, selectors
from hotline.chat.models import Message
from hotline.chat.services import erasure
from hotline.redis_layer import SPEAKS_EVERY_SECONDS, RedisLayer
from tests.faults.proxy import Proxy
from tests.servers import free_port
from tests.wire import desk_page, resident_page, there
from tools.needs import find_redis

pytestmark = pytest.mark.django_db(transaction=True)


PREFIX = "hotline-test"
PATIENCE_SECONDS = 60.0


def layer_at(address):
    """The layer as hotline.settings builds it."""
    config = {"url": address, "prefix": PREFIX}
    return {"default": {"BACKEND": "hotline.redis_layer.RedisLayer", "CONFIG": config}}


class OtherProcess:
    """Another process on the same database: nothing of what it does is in this one's memory, or told here directly."""

    def __init__(self, address, monkeypatch):
        self.layer, self.monkeypatch = RedisLayer(url=address, prefix=PREFIX), monkeypatch

    async def does(self, service, *args, telling=True, **kwargs):
        """Run a service there; its hints come through Redis, or are lost."""
        told = []
        with self.monkeypatch.context() as patch:
            patch.setattr(events, "_send", lambda group, message: told.append((group, message)))
            for name in ("put", "put_risk", "forget"):
                patch.setattr(recent, name, lambda *_, **__: None)
            result = await there(service, *args, **kwargs)
        if telling:
            await self.layer.tell_others(told)
        return result


async def the_layer_ends():
    """After the pages have left: what they told in going is on its way."""
    if events._publisher is not None and events._publisher.task is not None:
        await asyncio.wait([events._publisher.task], timeout=1)
    await get_channel_layer().close()


@pytest_asyncio.fixture
async def through_redis(redis_server, settings):
    settings.CHANNEL_LAYERS = layer_at(redis_server)
    yield
    await the_layer_ends()


@pytest.fixture
def elsewhere(redis_server, through_redis, monkeypatch):
    return OtherProcess(redis_server, monkeypatch)


class OwnRedis:
    """A Redis that the test may stop, and start again at the same place."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([find_redis(), *where], stdout=subprocess.DEVNULL)
        _wait_for(self.address)

    def stop(self):
        self.process.kill()
        self.process.wait(5)


@pytest_asyncio.fixture
async def own_redis(tmp_path, settings):
    made = await asyncio.to_thread(OwnRedis, tmp_path)
    settings.CHANNEL_LAYERS = layer_at(made.address)
    yield made
    await the_layer_ends()
    await asyncio.to_thread(made.stop)


@pytest.fixture
def lin(counselor):
    return desk_page(counselor)


async def test_hints_travel_through_redis(through_redis, waiting, counselor, lin, pages):
    here, at_desk = await pages(resident_page(waiting)), await pages(lin)
    await here.ask("hello")
    await at_desk.ask("hello")
    await at_desk.ask("queue.take_next")
    await here.until(lambda frame: frame["type"] == "view" and frame["view"]["counselor"] == counselor.alias)
    await here.say("在吗")
    await at_desk.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在吗")
    await at_desk.say("在的", conversation=waiting.hex)
    await here.until(lambda f: f["type"] == "lines" and f["lines"][-1]["text"] == "在的")


async def test_redis_never_sees_a_word(through_redis, waiting, lin, pages, redis_server):
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


def said(text):
    """Whether a frame brings these words, last."""
    return lambda frame: frame["type"] == "lines" and frame["lines"][-1]["text"] == text


def hears():
    """Whether this process tells its monitors that it hears the others."""
    return metrics.registry.get_sample_value("hotline_layer_up", {"way": "heard"})


async def becomes(condition):
    """Returns once it is so."""
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def hears_the_others(page, elsewhere, conversation):
    """Returns once this process hears what the other one tells, and its sockets have looked for what came before."""
    typing = (events.conversation_group(conversation.hex), events.typing(conversation.hex, "counselor", True))
    async with asyncio.timeout(10):
        while await page.socket.receive_nothing(timeout=0.1):
            await elsewhere.layer.tell_others([typing])
        await page.until("typing")
    await becomes(lambda: not any("look" in socket.later for socket in hearing._hearing))
    # One that has just begun to look is done before it answers.
    await page.ask("ping", after=10**6)


async def test_while_redis_is_away_words_are_kept_and_acknowledged(own_redis, waiting, counselor, lin, pages):
    here, at_desk = await pages(resident_page(waiting)), await pages(lin)
    await here.ask("hello")
    await at_desk.ask("hello")
    await there(desk.claim, waiting.hex, by=counselor)
    await at_desk.until("view")
    await asyncio.to_thread(own_redis.stop)
    before = time.monotonic()
    ack = await here.say("还在吗")
    took = time.monotonic() - before
    assert ack["type"] == "ack"
    assert await there(Message.objects.filter(author="resident", seq=ack["seq"]).exists)
    assert took < 2, f"an acknowledgement waited {took:.1f} s for a Redis that is away"
    # Nobody asks: the process tells its own sockets without Redis.
    await at_desk.until(said("还在吗"))
    newcomer = await pages(resident_page(waiting))
    assert (await newcomer.ask("hello"))["lines"][-1]["text"] == "还在吗"
    # Whoever came while it was away hears hints as well.
    await here.say("还有一句")
    await newcomer.until(said("还有一句"))


async def test_what_was_told_while_redis_was_away_is_looked_up_once_it_is_back(own_redis, waiting, pages, monkeypatch):
    other = OtherProcess(own_redis.address, monkeypatch)
    here = await pages(resident_page(waiting))
    await here.ask("hello")
    await hears_the_others(here, other, waiting)
    await asyncio.to_thread(own_redis.stop)
    await other.does(waiting.says, "没人听见", weighed=False, telling=False)
    # Also where nobody tells anything.
    await becomes(lambda: not hears())
    await asyncio.to_thread(own_redis.start)
    # No heartbeat, no hint: that this process listens again is enough.
    await here.until(said("没人听见"))
    assert hears()


async def test_pages_of_one_process_share_one_reading_of_what_another_kept(elsewhere, waiting, pages, monkeypatch):
    several = [await pages(resident_page(waiting))]
    await several[0].ask("hello")
    await hears_the_others(several[0], elsewhere, waiting)
    several += [await pages(resident_page(waiting)) for _ in range(2)]
    for page in several[1:]:
        await page.ask("hello")
    asked = []
    for place, name in ((replay, "lines_beyond"), (selectors, "lines_after")):
        really = getattr(place, name)
        monkeypatch.setattr(
            place, name, lambda *args, really=really, name=name, **kw: asked.append(name) or really(*args, **kw)
        )
    await elsewhere.does(waiting.says, "第一句", weighed=False)
    for page in several:
        await page.until(said("第一句"))
    assert asked == ["lines_beyond"]
    # And what is said here follows upon it without a gap.
    await several[0].say("第二句")
    for page in several:
        await page.until(said("第二句"))
    assert asked == ["lines_beyond"]


async def test_a_line_from_another_process_is_fetched_though_memory_holds_those_before_it(elsewhere, waiting, pages):
    here, there_too = await pages(resident_page(waiting)), await pages(resident_page(waiting))
    for page in (here, there_too):
        await page.ask("hello")
    await hears_the_others(here, elsewhere, waiting)
    await here.say("来自这里")
    await there_too.until(said("来自这里"))
    await elsewhere.does(waiting.says, "来自别处", weighed=False)
    await there_too.until(said("来自别处"))


async def test_a_line_said_here_reaches_a_page_though_an_earlier_one_is_told_of_later(elsewhere, waiting, pages):
    """Both are kept at one moment; the page has read the earlier one already, and is still at something else."""
    here = await pages(resident_page(waiting))
    await here.ask("hello")
    await hears_the_others(here, elsewhere, waiting)
    others = set(hearing._hearing)
    busy = await pages(resident_page(waiting))
    [socket] = set(hearing._hearing) - others
    await busy.ask("hello")
    earlier = await elsewhere.does(waiting.says, "从别处来", weighed=False, telling=False)
    await busy.send("ping", after=earlier.seq - 1)
    await busy.until(said("从别处来"))
    here.unread.clear()
    group = events.conversation_group(waiting.hex)
    late = {"type": "hint", "kind": "lines", "conversation": waiting.hex, "upto": earlier.seq}
    async with socket.turn:
        # The first hint is taken and waits for its turn; what comes after it gathers.
        for told in ([], [(group, late)]):
            await elsewhere.layer.tell_others([*told, (group, events.typing(waiting.hex, "counselor", True))])
            await here.until("typing")
            if not told:
                await here.say("在这里说")
    # Without waiting for its next heartbeat.
    await busy.until(said("在这里说"))


async def test_words_erased_at_another_process_leave_memory_here(elsewhere, waiting, pages):
    here = await pages(resident_page(waiting))
    await here.ask("hello")
    await hears_the_others(here, elsewhere, waiting)
    await here.say("不该留下")
    assert recent.upto(waiting.hex, 10**6)
    await elsewhere.does(erasure.erase_resident, waiting.resident.pk)
    await becomes(lambda: not recent.upto(waiting.hex, 10**6))


async def test_what_is_no_hint_reaches_no_socket(elsewhere, waiting, pages, redis_server):
    here = await pages(resident_page(waiting))
    await here.ask("hello")
    await hears_the_others(here, elsewhere, waiting)
    layer, group = elsewhere.layer, events.conversation_group(waiting.hex)
    async with redis.Redis.from_url(redis_server) as client:
        await client.publish(layer.channel, b"nonsense")
        await client.publish(layer.channel, b"")
    # A type that would let somebody speak for the page.
    forged = {"type": "websocket.receive", "kind": "nothing", "text": '{"type": "message.send"}'}
    await layer.tell_others([(group, forged)])
    await hears_the_others(here, elsewhere, waiting)
    assert not await there(Message.objects.filter(author="resident").exists)
    assert not [frame for frame in here.unread if frame["type"] == "error"]


def _wait_for(address):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with SyncRedis.from_url(address) as client:
                return client.ping()
        except RedisConnectionError:
            time.sleep(0.02)
    raise AssertionError("Redis did not start")


@pytest_asyncio.fixture
async def forgetful(redis_server):
    """A layer that listens through a line which may be forgotten, and how often it began to hear."""
    port = int(redis_server.rpartition(":")[2].partition("/")[0])
    proxy = await Proxy(port).start()
    layer = RedisLayer(url=redis_server.replace(f":{port}/", f":{proxy.port}/"), prefix=PREFIX)
    heard = asyncio.Queue()
    layer.began = lambda: heard.put_nowait("began")
    layer.listen()
    await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)
    yield layer, proxy, heard
    await layer.close()
    await proxy.stop()


async def test_a_line_to_redis_that_died_without_a_word_is_noticed(forgetful, redis_server):
    layer, proxy, heard = forgetful
    box = await layer.new_channel()
    await layer.group_add("group", box)
    proxy.forget()
    await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)
    await RedisLayer(url=redis_server, prefix=PREFIX).tell_others([("group", {"type": "hint", "kind": "lines"})])
    assert (await asyncio.wait_for(layer.receive(box), PATIENCE_SECONDS))["kind"] == "lines"


async def test_a_process_that_is_busy_does_not_take_its_line_for_dead(forgetful):
    _, _, heard = forgetful
    for _ in range(3):
        time.sleep(2 * SPEAKS_EVERY_SECONDS)  # noqa: ASYNC251 - as a process that does everything at once
        await asyncio.sleep(0.01)
    await asyncio.sleep(3 * SPEAKS_EVERY_SECONDS)
    assert heard.empty()
