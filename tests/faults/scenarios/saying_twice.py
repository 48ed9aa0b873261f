"""Everything is said three times over two sockets: one row each, one place each."""

import asyncio
import secrets
from collections import defaultdict

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.figures import Figures
from tests.faults.record import Place, begin, count
from tests.faults.stage import Stage

AT_ONCE = 15
"""A socket may send 60 frames at once: after so many messages, two new sockets go on."""


@scenario("Said three times over two sockets", full=500, short=30)
@scenario("Said three times over two sockets", full=500, short=0, storage=("postgresql+redis",))
async def thrice(stage: Stage, rounds: int) -> Figures:
    """Both sides write; of several processes each serves one of the two sockets."""
    figures = Figures(rounds=rounds)
    processes = stage.servers()
    [place] = await begin(processes[0], processes[-1], 1)
    seqs: dict[str, set[int]] = defaultdict(set)
    for first in range(0, rounds, AT_ONCE):
        number = min(AT_ONCE, rounds - first)
        for path, cookie, conversation in sides(place):
            two = [await Client(one, path, cookie, conversation).connect() for one in (processes[0], processes[-1])]
            texts = {secrets.token_urlsafe(16): f"{path} says {first + one}" for one in range(number)}
            await asyncio.gather(*(say_all(page, texts, times, seqs) for page, times in zip(two, (2, 1), strict=True)))
            for page in two:
                await page.drop()
    fresh = await Client(processes[0], "/ws/resident/", place.visit).connect()
    await fresh.hold(fresh.welcome["view"]["upto"])
    figures.acknowledged = len(seqs)
    figures.lost = sum(text not in {line["text"] for line in fresh.lines} for text in seqs)
    figures.duplicated = sum(len(found) - 1 for found in seqs.values())
    count(fresh.lines, [], figures)
    assert len(seqs) == 2 * rounds
    return figures


def sides(place: Place) -> list[tuple[str, str, str]]:
    """How each of the two reaches the conversation."""
    return [("/ws/resident/", place.visit, ""), ("/ws/desk/", place.desk, place.conversation)]


async def say_all(page: Client, texts: dict[str, str], times: int, seqs: dict[str, set[int]]) -> None:
    """Send everything so many times, without waiting; then read the acknowledgements."""
    which = {"conversation": page.conversation} if page.conversation else {}
    sent = {}
    for client_id, text in texts.items():
        for _ in range(times):
            sent[await page.send("message.send", client_id=client_id, text=text, **which)] = text
    while sent:
        frame = await page.until(lambda frame: frame.get("id") in sent)
        assert frame["type"] == "ack", frame
        seqs[sent.pop(frame["id"])].add(frame["seq"])
