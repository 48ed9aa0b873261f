"""A resident's page in a real browser: the line cut below it, asleep, in the background, two tabs, a clock moved."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from playwright.async_api import BrowserContext, Page, Playwright, async_playwright, expect

from tests.faults.campaign import scenario
from tests.faults.client import Client
from tests.faults.crowd import CURRENT_WITHIN_SECONDS
from tests.faults.figures import Figures
from tests.faults.proxy import Proxy
from tests.faults.scenarios.network import SHOWN, SHOWN_WITHIN_SECONDS
from tests.faults.site import PASSWORD
from tests.faults.stage import Stage
from tests.servers import free_port
from tools.needs import find_chromium
from tools.pictures import FLAGS

MS = 1000
BOTH = ("sqlite", "postgresql+redis")
THROTTLED_AFTER_SECONDS = 2
"""Our browser lets a hidden window's timers go off once a minute after this; by itself it would after five minutes."""
BUBBLES = "#log .bubble .bubble-text"
QUIET_SECONDS = ((5, 60), (3, 5))
"""Nobody says anything for so long before the line is forgotten: in the full form, and in the short one."""
UNTHROTTLED = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
"""What Playwright adds so that pages in the background run like those in front."""
READS = """(text) => new Promise((done) => {
  const look = () => document.body.textContent.includes(text) && done();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  look();
})"""
"""Done once a page has the words, whether it is looked at or not."""
expect.set_options(timeout=60 * MS)
Opening = Callable[[Playwright], AbstractAsyncContextManager[BrowserContext]]


class Phone:
    """A browser of one's own on the far side of a proxy, and the counselor who has its resident.

    Attributes:
        page: the tab that shows the conversation.
        desk: the counselor's socket, which goes straight to the server; of several processes, to another one.
        written: everything either side said.
    """

    def __init__(self, context: BrowserContext, proxy: Proxy, stage: Stage) -> None:
        self.context, self.proxy, self.stage = context, proxy, stage
        self.written: list[str] = []

    async def begin(self) -> None:
        """From the first page to a counselor."""
        processes = await asyncio.to_thread(self.stage.servers)
        self.proxy.target_port, process = processes[0].port, processes[-1]
        self.page = await self.context.new_page()
        await self.page.goto(self.proxy.url + "/")
        await self.page.get_by_test_id("begin").click()
        await self.page.get_by_test_id("agree").click()
        await self.page.get_by_test_id("waiting").wait_for()
        conversation = await self.page.locator("main").get_attribute("data-conversation")
        cookie = await asyncio.to_thread(process.sign_in, "lin")
        self.desk = await Client(process, "/ws/desk/", cookie, conversation).connect()
        await self.desk.ask("duty.set", state="on", capacity=12)
        assert (await self.desk.ask("conversation.claim", conversation=conversation))["type"] == "ack"

    async def write(self, text: str, page: Page | None = None) -> None:
        """Write and press send, in the first tab or another: whoever does that looks at it."""
        page = page or self.page
        # A tab behind another one draws once a second, and a click waits until nothing moves.
        await page.bring_to_front()
        self.written.append(text)
        await page.get_by_test_id("words").fill(text)
        await page.get_by_test_id("send").click()

    async def state(self, text: str, state: str, page: Page | None = None) -> None:
        """Return once what was written is shown in this state."""
        bubble = (page or self.page).get_by_test_id("mine").filter(has_text=text).last
        await expect(bubble).to_have_attribute("data-state", state)

    async def hear(self, text: str, page: Page | None = None) -> None:
        """Return once the counselor's words are shown."""
        await (page or self.page).get_by_test_id("theirs").filter(has_text=text).wait_for(timeout=60 * MS)

    async def sit_down(self) -> Page:
        """The counselor's desk in a tab of its own, beyond the same proxy; it shows the conversation."""
        desk = await self.context.new_page()
        await desk.goto(self.proxy.url + "/staff/sign-in/?next=/staff/desk/")
        await desk.locator("#id_username").fill("lin")
        await desk.locator("#id_password").fill(PASSWORD)
        await desk.get_by_test_id("sign-in").click()
        # A server that scenarios share has people of the ones before, whom this counselor still talks with.
        talk = desk.locator(f'[data-testid="talk"][data-conversation="{self.desk.conversation}"]')
        await talk.wait_for(state="attached")
        if not await talk.is_visible():
            await desk.locator(f'[data-key="{self.desk.conversation}"]').get_by_test_id("talk-tab").click()
        await talk.wait_for()
        return desk

    async def answer(self, text: str) -> None:
        """The counselor says something."""
        self.written.append(text)
        await self.desk.say(text)

    async def shows(self, page: Page | None = None) -> list[str]:
        """All that a tab shows as said, in order."""
        return await (page or self.page).locator(BUBBLES).all_text_contents()

    async def compare(self, figures: Figures) -> None:
        """Every tab against the record, which another page of the same resident reads."""
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in await self.context.cookies())
        fresh = await Client(self.desk.process, "/ws/resident/", cookie).connect()
        await fresh.hold(fresh.welcome["view"]["upto"])
        record = [line["text"] for line in fresh.lines if line["text"]]
        figures.acknowledged += len(self.written)
        figures.lost += sum(text not in record for text in self.written)
        figures.duplicated += len(record) - len(set(record))
        read = time.monotonic()
        for page in self.context.pages:
            with suppress(AssertionError):
                await expect(page.locator(BUBBLES)).to_have_count(len(record))
            figures.page_differs += await self.shows(page) != record
        figures.keeps("every tab shows everything within (s)", time.monotonic() - read, CURRENT_WITHIN_SECONDS)
        await self.desk.drop()


@asynccontextmanager
async def in_front(playwright: Playwright) -> AsyncIterator[BrowserContext]:
    """A phone's browser, whose tabs all believe that they are looked at."""
    browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
    try:
        yield await browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    finally:
        await browser.close()


@asynccontextmanager
async def as_it_comes(playwright: Playwright) -> AsyncIterator[BrowserContext]:
    """A browser in which one tab hides the others, and hidden windows' timers sleep, as at home."""
    port = free_port()
    browser = await playwright.chromium.launch(
        executable_path=chromium(),
        args=[
            *FLAGS,
            f"--remote-debugging-port={port}",
            f"--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/{THROTTLED_AFTER_SECONDS}",
        ],
        ignore_default_args=list(UNTHROTTLED),
    )
    try:
        # Who launched it tells each page that it has the focus; who comes later may leave that out.
        plain = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}", no_defaults=True)
        yield plain.contexts[0]
    finally:
        await browser.close()


def chromium() -> str:
    """Where it is."""
    program = find_chromium()
    assert program, "no Chromium: apt-get install chromium fonts-noto-cjk, or set CHROMIUM"
    return program


@asynccontextmanager
async def phone(stage: Stage, opened: Opening = in_front) -> AsyncIterator[Phone]:
    """Such a browser, begun."""
    proxy = await Proxy(0).start()
    async with async_playwright() as playwright, opened(playwright) as context:
        try:
            context.set_default_timeout(60 * MS)
            one = Phone(context, proxy, stage)
            await one.begin()
            yield one
        finally:
            await context.close()
            await proxy.stop()


Doing = Callable[[Phone, Figures, int], Awaitable[None]]


async def play(stage: Stage, rounds: int, *, what: Sequence[Doing], opened: Opening = in_front) -> Figures:
    """Do something with a page so often, and compare what it shows with the record."""
    figures = Figures(rounds=rounds * len(what))
    async with phone(stage, opened) as one:
        for doing in what:
            await doing(one, figures, rounds)
        await one.compare(figures)
    return figures


async def cut(one: Phone, figures: Figures, rounds: int) -> None:
    """What is written meanwhile is shown as not sent, the numbers to call stay, and all is there after."""
    for number in range(rounds):
        await one.write(f"before {number}")
        await one.state(f"before {number}", "sent")
        await one.proxy.stop()
        began = time.monotonic()
        await one.write(f"into the cut {number}")
        await one.state(f"into the cut {number}", "failed")
        figures.keeps(SHOWN, time.monotonic() - began, SHOWN_WITHIN_SECONDS)
        assert await one.page.locator('a[href^="tel:"]').count(), "no number to call"
        await one.answer(f"meanwhile {number}")
        await asyncio.sleep(1 if one.stage.short else one.stage.chance.uniform(1, 20))
        await one.proxy.start()
        end = time.monotonic()
        await one.state(f"into the cut {number}", "sent")
        await one.hear(f"meanwhile {number}")
        figures.back(time.monotonic() - end, CURRENT_WITHIN_SECONDS)


async def asleep(one: Phone, figures: Figures, rounds: int) -> None:
    """Frozen as browsers freeze pages, its connection forgotten below it; then somebody looks at it again.

    In short it sleeps for seconds, and its clock says that it was ten minutes.
    """
    await one.write("before sleep")
    await one.state("before sleep", "sent")
    tools = await one.context.new_cdp_session(one.page)
    await tools.send("Page.setWebLifecycleState", {"state": "frozen"})
    one.proxy.forget()
    await one.answer("while you slept")
    await asyncio.sleep(2 if one.stage.short else 600)
    await tools.send("Page.setWebLifecycleState", {"state": "active"})
    if one.stage.short:
        await one.page.evaluate("{ const now = Date.now; Date.now = () => now() + 600000; }")
    end = time.monotonic()
    # A phone that wakes says so; a browser without a screen does not.
    await one.page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    await one.hear("while you slept")
    figures.back(time.monotonic() - end, CURRENT_WITHIN_SECONDS)
    await one.write("awake again")
    await one.state("awake again", "sent")


async def two_tabs(one: Phone, figures: Figures, rounds: int) -> None:
    """Both write, the line below them is cut in between, and both show the same."""
    other = await one.context.new_page()
    await other.goto(one.page.url)
    for number in range(rounds):
        await one.write(f"first tab {number}")
        await one.write(f"second tab {number}", other)
        await one.proxy.stop()
        await one.answer(f"to both {number}")
        await one.proxy.start()
        end = time.monotonic()
        for page in (one.page, other):
            await one.hear(f"to both {number}", page)
            for text in (f"first tab {number}", f"second tab {number}"):
                await page.locator(f'#log .bubble:has-text("{text}")[data-state="sent"]').wait_for()
        figures.back(time.monotonic() - end, CURRENT_WITHIN_SECONDS)
    figures.page_differs += await one.shows(other) != await one.shows()
    # In short others follow: a clock that is held still for all tabs would let this one wait for its heartbeat.
    await other.close()


async def clock(one: Phone, figures: Figures, rounds: int) -> None:
    """Forward and back; both sides go on to hear each other."""
    for moved in (timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)):
        await one.page.clock.set_fixed_time(datetime.now(UTC) + moved)
        began = time.monotonic()
        await one.write(f"moved by {moved}")
        await one.state(f"moved by {moved}", "sent")
        await one.answer(f"heard after {moved}")
        await one.hear(f"heard after {moved}")
        figures.keeps("goes on within (s)", time.monotonic() - began, CURRENT_WITHIN_SECONDS)


async def background(one: Phone, figures: Figures, rounds: int) -> None:
    """Another tab is in front and windows' own timers sleep; connections are dead, and the counselor speaks elsewhere.

    The longer nobody said anything, the deeper they sleep: at first to the second, then to the minute.
    """
    behind = [one.page, await one.sit_down()]
    other = await one.context.new_page()
    await other.bring_to_front()
    await one.page.evaluate("{ window.woke = 0; const go = () => { woke += 1; setTimeout(go, 100); }; go(); }")
    for number in range(rounds):
        woke, quiet = await one.page.evaluate("woke"), one.stage.chance.uniform(*QUIET_SECONDS[one.stage.short])
        await asyncio.sleep(quiet)
        woke = await one.page.evaluate("woke") - woke
        for page in behind:
            assert await page.evaluate("document.hidden"), "a tab is not in the background"
        assert woke < 3 * quiet, f"the window's timers do not sleep: {woke} times in {quiet:.0f} s"
        figures.add("seconds of silence", round(quiet))
        figures.add("of ten a second, the window's timers went off", woke)
        one.proxy.forget()
        end = time.monotonic()
        await one.answer(f"can you hear me {number}")
        await asyncio.gather(*(page.evaluate(READS, f"can you hear me {number}") for page in behind))
        figures.back(time.monotonic() - end, CURRENT_WITHIN_SECONDS)
    for page in (behind[1], other):
        await page.close()


for _title, _doing, _full, _minutes in (
    ("the line is cut below it", cut, 10, 15),
    ("the phone sleeps for ten minutes", asleep, 1, 20),
    ("two tabs of one resident", two_tabs, 20, 15),
    ("its clock jumps an hour and a day", clock, 1, 15),
):
    _each = scenario(f"Browser: {_title}", full=_full, short=0, minutes=_minutes, storage=BOTH)
    _each(partial(play, what=[_doing]))
_HIDDEN = partial(play, what=[background], opened=as_it_comes)
scenario("Browser: forgotten below a page in the background", full=8, short=1, minutes=30)(_HIDDEN)
scenario("Browser: forgotten below a page in the background", full=8, short=0, minutes=30, storage=BOTH[1:])(_HIDDEN)
scenario("Browser: each of these once", full=0, short=1)(partial(play, what=[cut, two_tabs, asleep, clock]))
