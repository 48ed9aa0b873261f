"""Pages that never read: what is on its way to them must not fill the server, and nobody else may notice."""

import asyncio
import re
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.client import connect

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.record import begin, count
from tests.faults.site import Process
from tests.faults.stage import Stage

GROWS_AT_MOST_MB = 50.0
OTHERS_WAIT_AT_MOST_SECONDS = 1.0
WORDS = "long " * 780
"""Just below the 4,000 characters that a message may have."""
RETURN_AT_ONCE = 5
"""All of them come back and read everything, so many at a time; each reads four megabytes."""
AT_ONCE = 100
"""A socket may send 120 frames at once: after so many messages another one goes on."""


def memory_mb(processes: Sequence[Process]) -> float:
    """What the processes and what reads for them hold, in MB."""
    pids = [process.popen.pid for process in processes]
    pids += [int(child) for pid in pids for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return sum(_resident_kb(pid) for pid in pids) / 1024


def _resident_kb(pid: int) -> int:
    """Of what reads for a server and has ended meanwhile: nothing."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
        return int(found[1]) if found else 0
    return 0


class Stalled:
    """A resident's page that says hello and reads nothing any more; with the smallest buffer that the kernel allows."""

    def __init__(self, process: Process, visit: str) -> None:
        self.process, self.visit = process, visit

    async def open(self) -> None:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", self.process.port))
        self.socket = await connect(
            self.process.url.replace("http", "ws") + "/ws/resident/",
            sock=narrow,
            additional_headers={"Cookie": self.visit},
            origin=self.process.url,
            proxy=None,
            ping_interval=None,
        )
        await self.socket.send('{"type": "hello", "id": 1, "after": 0}')
        await self.socket.recv()
        self.socket.transport.pause_reading()

    def drop(self) -> None:
        self.socket.transport.abort()


class Writer(Client):
    """Keeps nothing of what comes, and asks for nothing."""

    async def _apply(self, lines: list[dict], upto: int) -> None:
        pass


@scenario("Pages that never read, and 1,000 messages to each", full=100, short=8, alone=True)
@scenario(
    "Pages that never read, and 1,000 messages to each", full=100, short=0, storage=("postgresql+redis",), alone=True
)
async def never_read(stage: Stage, rounds: int) -> Figures:
    """So many pages of one person read nothing, while long words come; two others talk as if nothing was.

    Of several processes the first has the pages that do not read, and the words are said at the last.
    """
    figures = Figures(rounds=rounds)
    messages = 100 if stage.short else 1000
    processes = stage.servers()
    process, other = processes[0], processes[-1]
    [place] = await begin(process, other, 1)
    crowd = await Crowd.gather(process, other, 2)
    stalled = [Stalled(process, place.visit) for _ in range(rounds)]
    for one in stalled:
        await one.open()
    before = memory_mb(processes)
    highest, number = before, 0
    texts: dict[int, str] = {}
    async with crowd.talking(every=0.5):
        while number < messages:
            writer = await Writer(other, "/ws/resident/", place.visit).connect()
            for _ in range(min(AT_ONCE, messages - number)):
                number += 1
                text = f"{number} {WORDS}"
                answer = await writer.ask("message.send", client_id=f"stalled-{number:08d}", text=text)
                assert answer["type"] == "ack", answer
                texts[answer["seq"]] = text
                highest = max(highest, memory_mb(processes))
            await writer.drop()
    await crowd.acknowledged()
    slowest = max(said.kept.result() - said.at for said, _ in crowd.said)
    figures.keeps("memory grows by (MB)", highest - before, GROWS_AT_MOST_MB)
    figures.keeps("others wait for an acknowledgement (s)", slowest, OTHERS_WAIT_AT_MOST_SECONDS)
    for one in stalled:
        one.drop()
    began = time.monotonic()
    record: list[dict] = []
    worst = 0
    for first in range(0, rounds, RETURN_AT_ONCE):
        returned = [Client(process, "/ws/resident/", place.visit) for _ in range(min(RETURN_AT_ONCE, rounds - first))]
        await asyncio.gather(*(_reads_all(page) for page in returned))
        record = record or returned[0].lines
        figures.page_differs += sum(page.lines != record for page in returned)
        for page in returned:
            shown = {line["seq"]: line["text"] for line in page.lines}
            worst = max(worst, sum(shown.get(seq) != text for seq, text in texts.items()))
    figures.acknowledged += len(texts)
    figures.lost += worst
    figures.notes["those who came back had read everything after (s)"] = round(time.monotonic() - began, 2)
    count(record, [], figures)
    await crowd.finish(figures)
    return figures


async def _reads_all(page: Client) -> None:
    """Come back with nothing, read everything, and leave."""
    await page.connect()
    await page.hold(page.welcome["view"]["upto"])
    await page.drop()
