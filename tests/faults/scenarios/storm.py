"""Everybody comes back at once: a server that was restarted, and pages that lack twenty messages each."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence

from tests.faults.campaign import scenario
from tests.faults.figures import Figures
from tests.faults.page import Page
from tests.faults.site import Process, Site
from tests.faults.stage import Stage

BOTH = ("sqlite", "postgresql+redis")
MISSED = 20
OPENED_AT_ONCE = 20
BEGIN = """
import json
from hotline.chat.services import opening
for _ in range({count}):
    opened = opening.open_conversation(language="en")
    print("RESIDENT", opened.visit_token, opened.conversation.hex)
"""
SAY = """
from hotline.chat.models import Conversation
from hotline.chat.services import messages
for conversation in Conversation.objects.open():
    said = [
        messages.Saying(conversation.hex, conversation.resident_id, f"missed-{{number:08d}}", f"{text} {{number}}")
        for number in range({missed})
    ]
    assert not any(isinstance(answer, Exception) for answer in messages.keep(said).answers)
"""
TEXT = "a line of the length that people usually write when they have something to tell"


def shell(site: Site, code: str) -> list[str]:
    """Run code beside the server; what it printed."""
    done = site.manage("shell", "-v0", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@scenario("500 pages come back, 20 messages each", full=500, short=0, storage=BOTH, alone=True)
@scenario("1,000 pages come back, 20 messages each", full=1000, short=0, storage=BOTH, alone=True)
@scenario("40 pages come back, 20 messages each", full=0, short=40)
async def come_back(stage: Stage, rounds: int) -> Figures:
    """Every server ends without a word; each conversation gets its lines; they start again at the same moment."""
    figures = Figures(rounds=rounds)
    site = stage.site()
    begun = await asyncio.to_thread(shell, site, BEGIN.format(count=rounds))
    visits = [line.split()[1] for line in begun if line.startswith("RESIDENT")]
    assert len(visits) == rounds
    processes = stage.serve(site)
    at = itertools.cycle(process.url for process in processes)
    pages = [Page(next(at), "/ws/resident/", f"visit={visit}") for visit in visits]
    for first in range(0, rounds, OPENED_AT_ONCE):
        await asyncio.gather(*(page.opened() for page in pages[first : first + OPENED_AT_ONCE]))
    for process in processes:
        process.kill()
    await asyncio.to_thread(shell, site, SAY.format(missed=MISSED, text=TEXT))
    processes = await asyncio.gather(*(asyncio.to_thread(site.start, process.port) for process in processes))
    end, failed = time.monotonic(), _failed(pages)
    async with asyncio.timeout(240):
        await asyncio.gather(*(page.shows(1 + MISSED) for page in pages))
    back = max(page.arrived[1 + MISSED] for page in pages) - end
    figures.back(back, 20 if rounds <= 500 else 30)
    figures.keeps("attempts to connect that failed after the start", _failed(pages) - failed, 0)
    after(pages, processes, figures)
    for page in pages:
        await page.close()
    return figures


def after(pages: list[Page], processes: Sequence[Process], figures: Figures) -> None:
    """Nobody was refused or cut off meanwhile, and everybody shows the same."""
    wanted = ["opened", *(f"{TEXT} {number}" for number in range(MISSED))]
    figures.page_differs += sum([line["event"] or line["text"] for line in page.lines] != wanted for page in pages)
    figures.keeps("second breaks", sum(page.found["breaks"] - 1 for page in pages), 0)
    for process in processes:
        assert "Traceback" not in process.log, process.log
        assert " ERROR " not in process.log, process.log
        assert json.loads(process.get("/healthz")[1]) == {"ok": True}


def _failed(pages: list[Page]) -> int:
    """How many attempts to connect have failed so far."""
    return sum(times for page in pages for what, times in page.found.items() if what.startswith("not connected"))
