"""Two processes on PostgreSQL and Redis behind nginx, as docs/operations.md sets them up, with its very nginx.conf."""

import asyncio
import re
import socket
import ssl
import urllib.error
import urllib.request

import pytest
from websockets.asyncio.client import connect

from tests.faults.nginx import Front
from tests.faults.page import Page
from tests.faults.site import METRICS_TOKEN
from tests.servers import free_port

PATIENCE_SECONDS = 60.0
SHARED = {"DATABASE_URL": "postgres", "REDIS_URL": "redis_server"}


@pytest.fixture(params=["one process"])
def site(make_site, request):
    """Over HTTPS. With ``several processes`` as ops/environment has it; for one, SQLite is quicker to prepare."""
    shared = {}
    if request.param == "several processes":
        shared = {name: request.getfixturevalue(fixture) for name, fixture in SHARED.items()}
    return make_site(**shared, HTTPS="true", METRICS_TOKEN=METRICS_TOKEN)


@pytest.fixture
def ports():
    return [free_port() for _ in range(3)]


@pytest.fixture
def front(site, ports, tmp_path, monkeypatch):
    folder = tmp_path / "nginx"
    folder.mkdir()
    made = Front(site, folder, ports)
    # Every client of this test believes this certificate, and only this one.
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    yield made
    made.stop()


async def until(condition):
    """Wait until something that another process does is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await asyncio.to_thread(condition):
                return
            await asyncio.sleep(0.1)


async def open_pair(front):
    """A resident's page and the page of the counselor who has them, each where nginx puts it."""
    visit, conversation = await asyncio.to_thread(front.begin)
    cookie = await asyncio.to_thread(front.sign_in, "lin")
    resident = await Page(front.url, "/ws/resident/", visit).opened()
    desk = await Page(front.url, "/ws/desk/", cookie, conversation).opened()
    for frame in (
        {"type": "duty.set", "id": 3, "state": "on", "capacity": 3},
        {"type": "conversation.claim", "id": 4, "conversation": conversation},
    ):
        await desk._put(frame)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await desk.shows(2)
    return resident, desk


async def talk(pair, stop, said):
    """Both write until ``stop``, whatever becomes of their sockets."""
    number = 0
    while not stop.is_set():
        number += 1
        said += [page.say(f"{who} {number}") for page, who in zip(pair, ("resident", "counselor"), strict=True)]
        # A little below the pace that a socket is allowed: who writes faster is sent away for a while.
        await asyncio.sleep(0.2)


async def everything_is_kept_and_shown(pair, said):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(one.kept for one in said))
        upto = max(max(page.acknowledged) for page in pair)
        await asyncio.gather(*(page.shows(upto) for page in pair))
    resident, desk = pair
    assert resident.lines == desk.lines
    assert sorted(line["text"] for line in resident.lines if line["text"]) == sorted(one.text for one in said)
    assert [line["seq"] for line in resident.lines] == list(range(1, len(resident.lines) + 1))
    for page in pair:
        assert not page.found["another line under the same seq"]


@pytest.mark.parametrize("site", ["several processes"], indirect=True)
async def test_people_at_two_processes_talk_while_a_third_comes_and_goes(site, ports, front):
    first, second = site.start(ports[0]), site.start(ports[1])
    await asyncio.to_thread(front.start)
    pair = await open_pair(front)
    assert {await asyncio.to_thread(one.sockets) for one in (first, second)} == {1}, "not one at each"
    stop, said = asyncio.Event(), []
    talking = asyncio.create_task(talk(pair, stop, said))
    await asyncio.gather(*(one.kept for one in said[:4]))

    # A third comes. Who connects now is sent there, since the others have more.
    third = await asyncio.to_thread(site.start, ports[2])
    others = []

    async def one_more():
        visit, _ = await asyncio.to_thread(front.begin)
        others.append(await Page(front.url, "/ws/resident/", visit).opened())
        return await asyncio.to_thread(third.sockets)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await one_more():
                break
            await asyncio.sleep(0.2)

    # The first goes: whom it served comes back elsewhere.
    assert await asyncio.to_thread(first.end) == 0
    await until(lambda: second.sockets() + third.sockets() == 2 + len(others))
    # So does the third, in the middle of it.
    assert await asyncio.to_thread(third.end) == 0
    await until(lambda: second.sockets() == 2 + len(others))
    for page in others:
        said_here = page.say("still here")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await said_here.kept
    stop.set()
    await talking
    await everything_is_kept_and_shown(pair, said)
    told = [page.found for page in (*pair, *others)]
    assert not any(found["closed 1006"] for found in told), f"somebody was cut off without a word: {told}"
    for page in (*pair, *others):
        await page.close()


async def test_pages_come_over_tls_alone_and_files_from_the_disk(site, ports, front):
    site.start(ports[0])
    await asyncio.to_thread(front.start)

    def look():
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        plain = f"http://127.0.0.1:{front.plain_port}/help/"
        with opener.open(plain, timeout=20) as page:
            assert page.url == f"{front.url}/help/"
            assert "max-age" in page.headers["Strict-Transport-Security"]
            assert page.headers["Server"] == "nginx"
            style = re.search(r'href="(/static/[^"]+\.css)"', page.read().decode())[1]
        asked = urllib.request.Request(front.url + style, headers={"Accept-Encoding": "gzip"})
        with opener.open(asked, timeout=20) as file:
            assert file.headers["Content-Encoding"] == "gzip"
            assert file.headers["Cache-Control"].endswith("immutable")
            assert file.headers["X-Content-Type-Options"] == "nosniff"
        for path in ("/metrics", "/readyz", "/static/../hotline.sqlite3", "/static/"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                opener.open(front.url + path, timeout=20)
            with refused.value as answer:
                assert answer.code in {400, 403, 404}

    await asyncio.to_thread(look)


async def test_nobodys_address_is_kept_or_passed_on(site, ports, front):
    process = site.start(ports[0])
    await asyncio.to_thread(front.start)
    visit, _ = await asyncio.to_thread(front.begin)
    context = ssl.create_default_context(cafile=str(front.certificate))
    async with connect(
        front.url.replace("http", "ws") + "/ws/resident/",
        ssl=context,
        local_addr=("127.0.0.77", 0),
        additional_headers={"Cookie": visit},
        origin=front.url,
        proxy=None,
    ) as socket:
        await socket.send('{"type": "hello", "id": 1}')
        assert '"welcome"' in await socket.recv()
    # With nobody behind it nginx has something to complain about.
    assert await asyncio.to_thread(process.end) == 0
    status, _ = await asyncio.to_thread(front.get, "/help/")
    assert status == 502
    assert "127.0.0" not in front.written()
    assert "127.0.0.77" not in process.log


OWN_NUMBERS = '[{"number": "988", "zh": "生命热线", "en": "lifeline"}]'


def fetch(front, path, sent=None):
    """Status, headers and text of a page, or of the form that is sent there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        answer = opener.open(urllib.request.Request(front.url + path, sent), timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


def shows_own_numbers(page):
    """In either language; the status says all the same that nobody was there."""
    status, headers, text = page
    parts = dict(re.findall(r'<section lang="([\w-]+)">(.*?)</section>', text, re.S))
    assert list(parts) == ["zh-Hans", "en"], (status, text)
    assert all('href="tel:988"' in part for part in parts.values())
    assert "生命热线" in parts["zh-Hans"]
    assert "lifeline" in parts["en"]
    assert "12356" not in text
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert "max-age" in headers["Strict-Transport-Security"]
    assert headers["Content-Type"].startswith("text/html")
    return status


def with_own_numbers(site):
    """The page for when nobody answers is written anew, as docs/operations.md tells to when numbers change."""
    site.environment["EMERGENCY_NUMBERS"] = OWN_NUMBERS
    done = site.manage("away_page")
    assert done.returncode == 0, done.stderr


async def test_with_every_process_gone_a_new_page_shows_the_sites_own_numbers(site, ports, front):
    with_own_numbers(site)
    process = await asyncio.to_thread(site.start, ports[0])
    await asyncio.to_thread(front.start)
    status, _, text = await asyncio.to_thread(fetch, front, "/nothing-here/")
    assert status == 404
    assert "<section lang" not in text, "a page of the line's own was put aside"
    await asyncio.to_thread(process.kill)
    for path, sent in (("/", None), ("/talk/", None), ("/staff/", None), ("/begin/", b"script=1")):
        assert shows_own_numbers(await asyncio.to_thread(fetch, front, path, sent)) == 502
    # Whoever leaves in a hurry must not land on a page that tells what they looked at; programs get no page.
    for path, sent in (("/calendar/", None), ("/leave/", b""), ("/ws/resident/", None)):
        status, _, text = await asyncio.to_thread(fetch, front, path, sent)
        assert status == 502
        assert "988" not in text
        assert "lang" not in text
    # And it is no page that anybody could ask for by its name.
    await asyncio.to_thread(site.start, ports[0])
    await until(lambda: fetch(front, "/")[0] == 200)
    assert (await asyncio.to_thread(fetch, front, "/away.html"))[0] == 404


async def test_while_every_process_hangs_a_new_page_shows_the_sites_own_numbers(site, ports, tmp_path, monkeypatch):
    with_own_numbers(site)
    folder = tmp_path / "nginx"
    folder.mkdir()
    front = Front(site, folder, ports, patience="1s")
    monkeypatch.setenv("SSL_CERT_FILE", str(front.certificate))
    # The system takes what comes in, and nobody ever answers it.
    deaf = [socket.create_server(("127.0.0.1", port)) for port in ports]
    try:
        # It is ready once it answers at all: here, that nobody does.
        monkeypatch.setattr(front, "is_ready", lambda: _listens(front.port))
        await asyncio.to_thread(front.start)
        assert shows_own_numbers(await asyncio.to_thread(fetch, front, "/")) == 504
    finally:
        front.stop()
        for one in deaf:
            one.close()


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True
