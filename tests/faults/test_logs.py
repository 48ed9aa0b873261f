"""What a server writes of a whole conversation, with every fault on its way: not a word of it, and nobody's address."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from websockets.asyncio.client import connect

from tests.faults.client import Client

ADDRESS, AGENT = "127.0.0.77", "Curious/9.9"
SAID = ("moonlight-over-the-pier", "an-answer-like-a-lamp", "a-private-note", "postman-of-moons", "why-i-am-sorry")


class Visitor(Client):
    """A client at an address of its own, with a browser's name."""

    async def connect(self):
        await self.drop()
        Client.opened.append(self)
        self.socket = await connect(
            self.process.url.replace("http", "ws") + self.path,
            additional_headers={"Cookie": self.cookie},
            user_agent_header=AGENT,
            local_addr=(ADDRESS, 0),
            origin=self.process.url,
            proxy=None,
        )
        held = {"held": {}} if self.path == "/ws/desk/" else {"after": 0}
        self.welcome = await self.ask("hello", **held)
        return self


@pytest.fixture(params=["plain", "json"])
def site(request, make_site):
    """It writes as much as it can."""
    return make_site(LOG_FORMAT=request.param, LOG_LEVEL="DEBUG")


def break_table(site, name):
    rename = f"c.cursor().execute('ALTER TABLE {name} RENAME TO {name}_gone')"
    done = site.manage("shell", "-c", f"from django.db import connection as c; {rename}")
    assert done.returncode == 0, done.stderr


def ask(process, path, sent=None):
    """The status of a page that a browser asks for."""
    asked = urllib.request.Request(process.url + path, sent, {"User-Agent": AGENT})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


async def test_a_journey_leaves_no_word_and_no_address(site):
    process = site.start()
    visit, conversation = await asyncio.to_thread(process.begin)
    cookie = await asyncio.to_thread(process.sign_in, "lin")
    resident = await Visitor(process, "/ws/resident/", visit).connect()
    desk = await Visitor(process, "/ws/desk/", cookie).connect()
    await desk.ask("duty.set", state="on", capacity=3)
    assert (await desk.ask("conversation.claim", conversation=conversation))["type"] == "ack"
    await resident.ask("about", topic="sleep", nickname=SAID[3])
    await resident.say(SAID[0])
    answer = {"conversation": conversation, "client_id": "a-client-id-of-its-own"}
    assert (await desk.ask("message.send", text=SAID[1], **answer))["type"] == "ack"
    await desk.ask("note.add", conversation=conversation, text=SAID[2])
    # What cannot be read, what is not there, and what no form may be sent from.
    await resident.socket.send(json.dumps({"type": "message.send", "id": 99, "text": SAID[0], "extra": SAID[1]}))
    await resident.until("error")
    await resident.socket.send(f"{SAID[0]} is not JSON")
    await resident.until("error")
    body = urllib.parse.urlencode({"code": SAID[0]}).encode()
    assert await asyncio.to_thread(ask, process, f"/{SAID[0][:4]}-nowhere/") == 404
    assert await asyncio.to_thread(ask, process, "/return/", body) == 403
    # The database breaks under a message, under a note and under a page.
    await asyncio.to_thread(break_table, site, "chat_message")
    refusal = await resident.ask("message.send", client_id="one-more-client-id", text=SAID[4])
    assert refusal["code"] == "storage.unavailable"
    assert (await resident.ask("danger"))["code"] == "storage.unavailable"
    await asyncio.to_thread(break_table, site, "chat_visit")
    assert await asyncio.to_thread(ask, process, "/readyz") == 503
    assert await asyncio.to_thread(process.end) == 0

    log = process.log
    assert "not kept" in log
    for piece in (*SAID, ADDRESS, AGENT, visit.partition("visit=")[2][:20], cookie[-20:]):
        assert piece not in log
    assert "127.0.0.1" not in log
    if site.environment["LOG_FORMAT"] == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        assert {"time", "level", "logger", "message"} <= set.intersection(*(set(line) for line in lines))
        assert any(line.get("fault") == "OperationalError" for line in lines)
