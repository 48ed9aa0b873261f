"""Taking pages in several sizes and lights, and the browsers in which they are opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebSocketRoute

from tools.local import ROOT
from tools.pictures.scenes import LOCALES, Language
from tools.pictures.server import Server

PASSWORD = "lamplight-demo"  # noqa: S105 - the one that seed_demo prints
OUT = ROOT / "build/pictures"
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
PHONE, DESK = ("phone",), ("desk",)
PHONES, DESKS, BOTH = ("small", "phone"), ("desk", "tablet", "phone"), ("desk", "phone")
EVERYWHERE = ("phone", "small", "desk")


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
                if whole:
                    # A head that stays on top is drawn where one has scrolled to.
                    page.evaluate("window.scrollTo(0, 0)")
                page.screenshot(path=OUT / f"{title}.png", full_page=whole)
                self.taken.append(title)
        page.set_viewport_size(SIZES[sizes[0]])


class Line:
    """A page's socket, which can be cut: the page then finds nobody, however often it tries."""

    def __init__(self) -> None:
        self.is_cut = False
        self._ends: list[WebSocketRoute] = []

    def open(self, end: WebSocketRoute) -> None:
        """Put a new socket of the page through, or hang up."""
        if self.is_cut:
            end.close()
            return
        end.connect_to_server()
        self._ends.append(end)

    def cut(self) -> None:
        """Hang up, and leave it so."""
        self.is_cut = True
        for end in self._ends:
            end.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages are opened: the browser, the server, and the zone in which it is evening now."""

    browser: Browser
    server: Server
    zone: str

    def page(
        self, language: Language, size: str, *, fine: bool = False, scripts: bool = True, line: Line | None = None
    ) -> Page:
        """A browser of one's own. ``fine``: two dots for each pixel, as phones have; ``line``: its sockets go there."""
        context = self._context(language, size, fine=fine, scripts=scripts)
        if line is not None:
            context.route_web_socket("**/ws/**", line.open)
        return context.new_page()

    def _context(self, language: Language, size: str, *, fine: bool, scripts: bool) -> BrowserContext:
        context = self.browser.new_context(
            base_url=self.server.address,
            locale=LOCALES[language],
            timezone_id=self.zone,
            viewport=SIZES[size],
            device_scale_factor=2 if fine else 1,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(15_000)
        return context

    def staff(
        self, language: Language, username: str, path: str, *, scripts: bool = True, line: Line | None = None
    ) -> Page:
        """Signed in, at ``path``."""
        page = self.page(language, "desk", scripts=scripts, line=line)
        page.goto(f"/staff/sign-in/?next={path}")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_test_id("sign-in").click()
        page.wait_for_url(f"**{path}")
        return page
