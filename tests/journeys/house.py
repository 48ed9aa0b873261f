"""The house of the journeys: a real server as a site runs it, its staff, and browsers of one's own."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocketRoute, expect

from tests.servers import free_port
from tools.local import ROOT
from tools.run import serving

Language = Literal["zh", "en"]
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
PASSWORD = "a quiet room 7"
READY_WITHIN_SECONDS = 40.0
expect.set_options(timeout=15_000)  # milliseconds; nothing waits this long when all is well
STAFF = """
from counselors.models import StaffMember
new = StaffMember.objects.create_user
both = ["zh-hans", "en"]
for number in range(1, 7):
    new(f"c{number}", "{password}", alias=f"小林{number}", role="counselor", languages=both)
for number in range(1, 4):
    new(f"s{number}", "{password}", alias=f"沈老师{number}", role="supervisor", languages=both)
new("gu", "{password}", alias="老顾", role="coordinator", languages=both)
"""
TABLES = (
    "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' AND name <> 'django_migrations'"
)


@dataclass
class House:
    """One server on one port, with a database of its own; it can be killed and started again."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None
    counselors: itertools.count = field(default_factory=lambda: itertools.count(1))
    supervisors: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.surroundings = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "HOTLINE_IGNORE_DOTENV": "1",
            "DEBUG": "0",
            "HTTPS": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "HOTLINE_KEYS": f"journeys:{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "ARGON2_MEMORY_KIB": "64",
            "TIME_ZONE": "Asia/Shanghai",
            "SWEEP_EVERY_SECONDS": "0.5",
            **self.more,
        }
        for arguments in (["migrate", "-v0"], ["collectstatic", "-v0", "--no-input"]):
            self.manage(*arguments)
        self.manage("shell", "-v0", "-c", STAFF.replace("{password}", PASSWORD))
        shutil.copy(self.database, self.fresh)

    @property
    def database(self) -> Path:
        return self.folder / "hotline.sqlite3"

    @property
    def fresh(self) -> Path:
        """The database as it was before anybody came."""
        return self.folder / "fresh.sqlite3"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.surroundings, check=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> House:
        with self.log.open("a") as log:
            command = serving("127.0.0.1", str(self.port))
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.surroundings, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=1):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server did not come up: {self.log.read_text()}")

    def kill(self) -> None:
        """As a power cut does: no goodbye."""
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def empty(self) -> None:
        """Between journeys: nobody ever came, and the staff is as it was on the first day."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            database.execute("ATTACH ? AS fresh", (str(self.fresh),))
            # Ids already given are not given again: sqlite_sequence stays as it is.
            for (name,) in database.execute(TABLES).fetchall():
                database.execute(f'DELETE FROM main."{name}"')
                database.execute(f'INSERT INTO main."{name}" SELECT * FROM fresh."{name}"')
        self.counselors, self.supervisors = itertools.count(1), itertools.count(1)
        self.log.write_text("")

    def complaints(self) -> list[str]:
        """What the server wrote down as wrong."""
        lines = self.log.read_text(errors="replace").splitlines()
        wrong = [line for line in lines if " ERROR " in line or line.startswith("Traceback")]
        # A busy machine may outlast triage's patience; and a page of the journey before may ask for what is emptied.
        passing = ("triage gave no answer", "fault=DoesNotExist", "fault=Refused")
        return [line for line in wrong if not any(piece in line for piece in passing)]

    def next_counselor(self) -> str:
        return f"c{next(self.counselors)}"

    def next_supervisor(self) -> str:
        return f"s{next(self.supervisors)}"


class Trouble(AssertionError):
    """A page complained, or asked somebody else."""


class Cable:
    """Between a page and the server: what the server says can be lost, and the line can be cut."""

    def __init__(self) -> None:
        self.deaf = False
        self.lost: list[str] = []
        self.sockets: list[WebSocketRoute] = []

    def plug(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda frame: self.lost.append(str(frame)) if self.deaf else socket.send(frame))
        self.sockets.append(socket)

    def cut(self) -> None:
        """End the line without a word; the next one works."""
        self.deaf = False
        self.sockets[-1].close(code=4000)


@dataclass
class Visitor:
    """A browser of one's own, which fails its journey when a page complains or asks another host."""

    browser: Browser
    house: House
    troubles: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Pieces of complaints that belong to the journey (a network that is cut)."""

    def page(self, language: Language = "zh", size: dict[str, int] = PHONE, **options) -> Page:
        context = self.browser.new_context(
            base_url=self.house.address,
            locale=LOCALES[language],
            timezone_id="Asia/Shanghai",
            viewport=size,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", self._watch)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.house.address, "data:", self.house.address.replace("http", "ws"), "blob:")):
            self.troubles.append(f"asked {request.url}")

    def check(self) -> None:
        left = [one for one in self.troubles if not any(piece in one for piece in self.expected)]
        if left:
            raise Trouble("; ".join(left))

    # --- what residents do ---
    def resident(
        self,
        language: Language = "zh",
        *,
        size: dict[str, int] = PHONE,
        nickname: str = "",
        danger: bool = False,
        cable: Cable | None = None,
        **options,
    ) -> Page:
        """From the first page to the first empty line."""
        page = self.page(language, size, **options)
        if cable:
            page.route_web_socket("**/ws/resident/", cable.plug)
        page.goto("/")
        page.get_by_test_id("begin").click()
        page.wait_for_url("**/begin/")
        if nickname:
            page.get_by_test_id("more").click()
            page.locator("#id_nickname").fill(nickname)
        if danger:
            page.get_by_test_id("danger").check()
        page.get_by_test_id("agree").click()
        page.wait_for_url("**/talk/")
        page.get_by_test_id("waiting").wait_for()
        return page

    # --- what the staff does ---
    def signed_in(
        self,
        username: str,
        path: str,
        language: Language = "zh",
        *,
        size: dict[str, int] = DESK,
        cable: Cable | None = None,
    ) -> Page:
        page = self.page(language, size)
        if cable:
            page.route_web_socket("**/ws/desk/", cable.plug)
        page.goto(f"/staff/sign-in/?next={path}")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_test_id("sign-in").click()
        page.wait_for_url(f"**{path}")
        return page

    def desk(
        self, username: str, language: Language = "zh", *, size: dict[str, int] = DESK, cable: Cable | None = None
    ) -> Page:
        """At the desk, on duty."""
        page = self.signed_in(username, "/staff/desk/", language, size=size, cable=cable)
        page.locator('#link[data-link="open"]').wait_for()
        page.get_by_test_id("duty-on").check(force=True)
        expect(page.get_by_test_id("off-duty")).to_be_hidden()
        page.evaluate("document.activeElement.blur()")
        return page


def say(page: Page, *lines: str) -> None:
    """Write as a resident, and wait until it is kept."""
    for line in lines:
        page.get_by_test_id("words").fill(line)
        page.get_by_test_id("send").click()
        expect(page.get_by_test_id("mine").filter(has_text=line).last).to_have_attribute("data-state", "sent")


def row(desk: Page, label: str):
    return desk.get_by_test_id("queue-row").filter(has_text=label)


def take(desk: Page, label: str):
    """Take the one called ``label``; their conversation at the desk."""
    row(desk, label).get_by_test_id("queue-claim").click()
    return talk(desk, label)


def talk(desk: Page, label: str):
    found = desk.get_by_test_id("talk").filter(has=desk.get_by_test_id("talk-label").filter(has_text=label))
    found.wait_for()
    return found


def answer(desk: Page, label: str, words: str) -> None:
    """Reply, and wait until it is kept."""
    one = talk(desk, label)
    one.get_by_test_id("talk-field").fill(words)
    one.get_by_test_id("talk-send").click()
    expect(one.get_by_test_id("line-staff").filter(has_text=words).last).to_have_attribute("data-status", "sent")


def heard(page: Page, words: str) -> None:
    """The resident sees an answer."""
    page.get_by_test_id("theirs").filter(has_text=words).wait_for()


def texts(page: Page) -> list[str]:
    """All that a resident's page shows as said, in order."""
    return page.locator("#log .bubble .bubble-text").all_text_contents()
