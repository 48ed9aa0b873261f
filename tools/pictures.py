"""`make pictures`: every page as pictures, at night and by day, on phones and desks, in both languages.

Starts the real server with the demo's evening in a folder of its own, lets people write to each other through real
pages, and writes build/pictures; the few that the READMEs show go to docs/pictures.

    python -m tools.pictures             all of them
    python -m tools.pictures board       only those whose name holds "board"
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tools.local import ROOT
from tools.needs import find_chromium

Language = Literal["zh", "en"]
PASSWORD = "lamplight-demo"  # noqa: S105 - the one that seed_demo prints
OUT = ROOT / "build/pictures"
SHOWN = ROOT / "docs/pictures"
MOST_BYTES = 120_000
"""No picture of the READMEs may weigh more."""
PORTS = range(20_000, 32_000)
"""Below the range that outgoing connections use."""
READY_WITHIN_SECONDS = 60.0
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES: dict[str, ViewportSize] = {
    "small": {"width": 320, "height": 640},
    "phone": {"width": 360, "height": 740},
    "tablet": {"width": 1024, "height": 768},
    "desk": {"width": 1280, "height": 800},
}
PHONES, DESKS, BOTH = ("small", "phone"), ("desk", "tablet", "phone"), ("desk", "phone")
LOCALES: dict[Language, str] = {"zh": "zh-CN", "en": "en-GB"}
README = {
    "home-phone-{}-light": "home-phone-{}.png",
    "talk-phone-{}-light": "talk-phone-{}.png",
    "desk-desk-{}-light": "desk-{}.png",
    "board-desk-{}-light": "board-{}.png",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said while the pictures are taken, in one language. Written for this project; nobody said these words."""

    counselor: str
    nickname: str
    said: tuple[str, ...]
    answers: tuple[str, ...]
    then: tuple[str, ...]
    later: str
    also_take: tuple[str, ...]
    greeting: str
    question: str
    danger: str


SCENES: dict[Language, Scene] = {
    "zh": Scene(
        counselor="zhou",
        nickname="小雨",
        said=("睡不着，也不知道该跟谁说", "我爸上周住院了，我请了假在这边陪着，单位又一直催我回去"),
        answers=(
            "你好，我是阿舟，我在。医院的夜很长，你能写过来真好。爸爸现在怎么样？",
            "那你呢，这一周你自己睡过几个整觉？",
        ),
        then=("刚睡着。医生说还要观察几天", "没有整觉。我不敢睡，怕他叫我"),
        later="我好像一直没想过自己累不累",
        also_take=("阿渡", "老周"),
        greeting="你好，我是阿舟。你写的每一句我都看了，现在我在这里陪着你。",
        question="他把猫托付了，信也写好了，说今晚。我正在问他现在在哪里、身边有什么。要不要请一位同事同时守着？",
        danger="我站在楼顶，风很大",
    ),
    "en": Scene(
        counselor="lin",
        nickname="Ash",
        said=(
            "can't sleep, and I don't know who to say this to",
            "my dad's in hospital. I took leave to be here and work keeps calling",
        ),
        answers=(
            "Hello, I'm Lin, and I'm here. Nights in a hospital are long. How is your dad just now?",
            "And you? How many whole nights have you slept this week?",
        ),
        then=(
            "asleep at last. they want to keep an eye on him a few more days",
            "none. I'm afraid he'll call and I won't hear",
        ),
        later="I don't think I've asked myself once if I'm tired",
        also_take=("June", "Tomás"),
        greeting="Hello, I'm Lin. I have read everything you wrote, and I'm here with you now.",
        question="Under eighteen, hurting herself again since this week, nobody at home knows. How would you go on?",
        danger="I'm on the roof. it's windy up here",
    ),
}


@dataclass(slots=True)
class Camera:
    """Takes a page in several sizes and lights; keeps only what was asked for."""

    wanted: str
    taken: list[str] = field(default_factory=list)

    def take(self, page: Page, name: str, language: Language, sizes: tuple[str, ...], *, whole: bool = True) -> None:
        """One picture for each size and light. ``whole``: the page to its end, not only what the screen holds."""
        for size in sizes:
            for light in ("light", "dark"):
                title = f"{name}-{size}-{language}-{light}"
                if self.wanted not in title:
                    continue
                page.set_viewport_size(SIZES[size])
                page.emulate_media(color_scheme="light" if light == "light" else "dark", reduced_motion="reduce")
                page.wait_for_timeout(150)
                page.screenshot(path=OUT / f"{title}.png", full_page=whole)
                self.taken.append(title)
        page.set_viewport_size(SIZES[sizes[0]])


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages are opened: the browser, the server, and the zone in which it is evening now."""

    browser: Browser
    address: str
    zone: str

    def page(self, language: Language, size: str, *, fine: bool = False) -> Page:
        """A browser of one's own. ``fine``: two dots for each pixel, as phones have."""
        context = self.browser.new_context(
            base_url=self.address,
            locale=LOCALES[language],
            timezone_id=self.zone,
            viewport=SIZES[size],
            device_scale_factor=2 if fine else 1,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        return context.new_page()

    def staff(self, language: Language, username: str, path: str) -> Page:
        """Signed in, at ``path``."""
        page = self.page(language, "desk")
        page.goto(f"/staff/sign-in/?next={path}")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_test_id("sign-in").click()
        page.wait_for_url(f"**{path}")
        return page


# --- the pages ------------------------------------------------------------------------------------------------------
def resident_pages(camera: Camera, place: Place, language: Language) -> None:
    """What can be read before anything is said."""
    page = place.page(language, "phone", fine=True)
    for name, path in (
        ("home", "/"),
        ("begin", "/begin/"),
        ("help", "/help/"),
        ("privacy", "/privacy/"),
        ("return", "/return/"),
        ("neutral", "/calendar/"),
        ("404", "/nothing-here/"),
    ):
        page.goto(path)
        camera.take(page, name, language, ("phone", "small", "desk"))
    page.goto("/begin/")
    page.get_by_test_id("more").click()
    camera.take(page, "begin-more", language, ("phone",))
    page.goto("/return/")
    page.get_by_test_id("code-field").fill("1234 5678")
    page.get_by_test_id("redeem").click()
    camera.take(page, "return-wrong", language, ("phone",))
    page.context.close()


def say(page: Page, *lines: str) -> None:
    """Write as a resident, and wait until it is kept."""
    for line in lines:
        page.get_by_test_id("words").fill(line)
        page.get_by_test_id("send").click()
        expect(page.get_by_test_id("mine").last).to_have_attribute("data-state", "sent")


def write_to_us(camera: Camera, place: Place, language: Language) -> Page:
    """Begin as a resident and wait."""
    scene = SCENES[language]
    page = place.page(language, "phone", fine=True)
    page.goto("/begin/")
    page.get_by_test_id("more").click()
    page.locator("#id_nickname").fill(scene.nickname)
    page.get_by_test_id("agree").click()
    page.wait_for_url("**/talk/")
    camera.take(page, "talk-empty", language, (*PHONES, "desk"), whole=False)
    say(page, *scene.said)
    camera.take(page, "talk-waiting", language, (*PHONES, "desk"), whole=False)
    page.locator("#waiting summary").click()
    page.locator("#waiting details").scroll_into_view_if_needed()
    camera.take(page, "talk-meanwhile", language, ("phone", "desk"), whole=False)
    page.locator("#waiting summary").click()
    return page


def in_danger(camera: Camera, place: Place, language: Language) -> None:
    """Somebody who says so, and what their page brings forward; they erase it again."""
    page = place.page(language, "phone", fine=True)
    page.goto("/begin/")
    page.get_by_test_id("danger").check()
    page.get_by_test_id("agree").click()
    page.wait_for_url("**/talk/")
    say(page, SCENES[language].danger)
    camera.take(page, "talk-danger", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("more-open").click()
    camera.take(page, "talk-more", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("code-open").click()
    page.get_by_test_id("code-make").click()
    page.get_by_test_id("code-digits").wait_for()
    camera.take(page, "talk-code", language, PHONES, whole=False)
    page.get_by_test_id("code-close").click()
    page.get_by_test_id("more-open").click()
    page.get_by_test_id("erase-open").click()
    camera.take(page, "talk-erase", language, ("phone",), whole=False)
    page.get_by_test_id("erase-yes").click()
    page.get_by_test_id("gone").wait_for()
    camera.take(page, "talk-gone", language, ("phone",), whole=False)
    page.context.close()


def open_desk(camera: Camera, place: Place, language: Language) -> Page:
    """Sign in and go on duty."""
    desk = place.staff(language, SCENES[language].counselor, "/staff/desk/")
    desk.locator('#link[data-link="open"]').wait_for()
    camera.take(desk, "desk-empty", language, BOTH, whole=False)
    desk.get_by_test_id("duty-on").check(force=True)
    desk.get_by_test_id("take-next").and_(desk.locator('[aria-disabled="false"]')).wait_for()
    desk.evaluate("document.activeElement.blur()")
    return desk


def take_person(desk: Page, label: str) -> None:
    """Take the one called ``label`` from the queue, and leave the field for a reply."""
    row = desk.get_by_test_id("queue-row").filter(has_text=label)
    row.get_by_test_id("queue-claim").click()
    desk.get_by_test_id("talk-label").filter(has_text=label).wait_for()


def answer(desk: Page, label: str, *lines: str) -> None:
    """Reply to the one called ``label``."""
    talk = desk.get_by_test_id("talk").filter(has=desk.get_by_test_id("talk-label").filter(has_text=label))
    if not talk.is_visible():
        desk.get_by_test_id("talk-tab").filter(has_text=label).click()
    for line in lines:
        talk.get_by_test_id("talk-field").fill(line)
        talk.get_by_test_id("talk-send").click()
        talk.get_by_test_id("line-staff").filter(has_text=line).wait_for()


def converse(camera: Camera, place: Place, language: Language) -> tuple[Page, Page]:
    """The counselor takes three people; with one of them they talk."""
    scene = SCENES[language]
    desk = open_desk(camera, place, language)
    resident = write_to_us(camera, place, language)
    camera.take(desk, "desk-queue", language, DESKS, whole=False)
    take_person(desk, scene.nickname)
    for reply, line in zip(scene.answers, scene.then, strict=True):
        answer(desk, scene.nickname, reply)
        resident.get_by_test_id("theirs").filter(has_text=reply).wait_for()
        say(resident, line)
    camera.take(resident, "talk", language, (*PHONES, "desk"), whole=False)
    for label in scene.also_take:
        take_person(desk, label)
    answer(desk, scene.also_take[0], scene.greeting)
    say(resident, scene.later)
    desk.get_by_test_id("tab-unread").filter(has_text="1").wait_for()
    return desk, resident


DIALOGS = {"override": "Alt+o", "help": "Alt+s", "handover": "Alt+h", "give-back": "Alt+b", "end": "Alt+e", "keys": "?"}


def desk_pages(camera: Camera, desk: Page, language: Language) -> None:
    """The desk with three conversations, its places on a phone, and everything it asks."""
    desk.get_by_test_id("talk-field").first.focus()
    desk.get_by_test_id("talk-field").nth(1).focus()
    desk.keyboard.press("Escape")
    camera.take(desk, "desk", language, ("desk", "tablet"), whole=False)
    for name in ("queue", "talks", "person"):
        desk.set_viewport_size(SIZES["phone"])
        desk.locator(f'#places-nav [data-place="{name}"]').click()
        camera.take(desk, f"desk-{name}", language, ("phone",), whole=False)
    desk.locator('#places-nav [data-place="talks"]').click()
    for name, key in DIALOGS.items():
        desk.set_viewport_size(SIZES["desk"])
        desk.keyboard.press(key)
        desk.locator(f"#dialog-{name}[open]").wait_for()
        camera.take(desk, f"dialog-{name}", language, BOTH, whole=False)
        desk.keyboard.press("Escape")
        desk.evaluate("document.activeElement.blur()")


def end_it(camera: Camera, desk: Page, resident: Page, language: Language) -> None:
    """Ask a supervisor about one; end the other."""
    scene = SCENES[language]
    desk.keyboard.press("Alt+s")
    desk.locator("#help-question").fill(scene.question)
    desk.get_by_test_id("help-send").click()
    desk.get_by_test_id("help-asked").wait_for()
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+e")
    desk.locator('#dialog-end input[value="helped"]').check()
    desk.get_by_test_id("end-send").click()
    resident.get_by_test_id("ending").wait_for()
    resident.wait_for_timeout(300)
    camera.take(resident, "talk-ended", language, (*PHONES, "desk"), whole=False)
    camera.take(desk, "desk-ended", language, ("desk",), whole=False)


def supervisor_pages(camera: Camera, place: Place, language: Language) -> None:
    """Board, reading along, reviews, people."""
    page = place.staff(language, "shen", "/staff/board/")
    page.get_by_test_id("board-row").first.wait_for()
    camera.take(page, "board", language, DESKS, whole=False)
    page.get_by_test_id("board-talking").get_by_test_id("board-open").filter(has_text="Y").first.click()
    page.get_by_test_id("line-resident").first.wait_for()
    camera.take(page, "conversation", language, DESKS, whole=False)
    page.goto("/staff/reviews/?status=decided")
    camera.take(page, "reviews-decided", language, BOTH)
    page.goto("/staff/reviews/")
    camera.take(page, "reviews", language, DESKS)
    page.get_by_test_id("review-open").first.click()
    page.get_by_test_id("review-lines").wait_for()
    camera.take(page, "review", language, DESKS)
    page.goto("/staff/triage/")
    camera.take(page, "triage", language, DESKS)
    page.goto("/staff/board/")
    page.get_by_test_id("board-waiting").get_by_test_id("board-open").first.click()
    page.get_by_test_id("line-resident").first.wait_for()
    if page.get_by_test_id("act-close").is_visible():
        page.get_by_test_id("act-close").click()
        camera.take(page, "dialog-close", language, BOTH, whole=False)
    page.context.close()
    page = place.staff(language, "gu", "/staff/people/")
    camera.take(page, "people", language, DESKS)
    page.context.close()


def doors(camera: Camera, place: Place, language: Language) -> None:
    """Sign in, join, one's own page."""
    page = place.page(language, "desk")
    for name, path in (("sign-in", "/staff/sign-in/"), ("join", "/staff/join/")):
        page.goto(path)
        camera.take(page, name, language, BOTH)
    page.goto("/staff/sign-in/")
    page.locator("#id_username").fill("lin")
    page.locator("#id_password").fill("not this one")
    page.get_by_test_id("sign-in").click()
    camera.take(page, "sign-in-wrong", language, BOTH)
    page.context.close()
    page = place.staff(language, SCENES[language].counselor, "/staff/me/")
    camera.take(page, "me", language, BOTH)
    page.context.close()


def style_page(camera: Camera, place: Place) -> None:
    """Only with DEBUG."""
    for language in LOCALES:
        page = place.page(language, "desk")
        page.goto("/style/")
        camera.take(page, "style", language, BOTH)
        page.context.close()


# --- the server -----------------------------------------------------------------------------------------------------
def evening_zone(now: datetime) -> str:
    """The time zone in which it is past nine in the evening ``now``: the demo tells of an evening."""
    ahead = (21 - now.astimezone(UTC).hour) % 24
    # The signs of these names are the other way round: Etc/GMT-8 is eight hours ahead.
    return f"Etc/GMT-{ahead}" if ahead <= 14 else f"Etc/GMT+{24 - ahead}"


@contextmanager
def served(folder: str, zone: str, *, debug: bool) -> Iterator[str]:
    """The service as `make run` starts it, in ``folder``; its address once it answers."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    surroundings = {
        **os.environ,
        "HOTLINE_IGNORE_DOTENV": "1",
        "DEBUG": "1" if debug else "0",
        "HTTPS": "0",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "HOTLINE_KEYS": f"pictures:{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}",
        "VAR_DIR": folder,
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "TIME_ZONE": zone,
    }
    process = subprocess.Popen([sys.executable, "-m", "tools.run"], cwd=ROOT, env=surroundings)
    try:
        _wait(process, f"{address}/healthz")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("The server did not come up.")


# --- what the READMEs show ------------------------------------------------------------------------------------------
def publish() -> None:
    """Put the READMEs' pictures into docs/pictures, small."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    for source, target in README.items():
        for language in LOCALES:
            found = OUT / f"{source.format(language)}.png"
            if found.exists():
                _compress(found, SHOWN / target.format(language))


def _compress(source: Path, target: Path) -> None:
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    for colours in (128, 96, 64, 48, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{target.name} is larger than {MOST_BYTES} bytes, even with few colours")


def everything(camera: Camera, browser: Browser, address: str, zone: str) -> None:
    """All pages of a served evening."""
    place = Place(browser, address, zone)
    for language in LOCALES:
        resident_pages(camera, place, language)
        doors(camera, place, language)
    for language in LOCALES:
        desk, resident = converse(camera, place, language)
        in_danger(camera, place, language)
        desk_pages(camera, desk, language)
        supervisor_pages(camera, place, language)
        end_it(camera, desk, resident, language)
        desk.context.close()
        resident.context.close()


def main() -> int:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="make pictures", description="Every page as pictures, in build/pictures.")
    parser.add_argument("wanted", nargs="?", default="", help="only pictures whose name holds this")
    wanted = parser.parse_args().wanted
    program = find_chromium()
    if not program:
        print("No Chromium here. On Debian: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    if not wanted:
        shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    camera, zone = Camera(wanted), evening_zone(datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="hotline-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        with served(folder, zone, debug=False) as address:
            everything(camera, browser, address, zone)
        with served(f"{folder}/debug", zone, debug=True) as address:
            style_page(camera, Place(browser, address, zone))
        browser.close()
    publish()
    print(f"{len(camera.taken)} pictures in {OUT.relative_to(ROOT)}; the READMEs' in {SHOWN.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
