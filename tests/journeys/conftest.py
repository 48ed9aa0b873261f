"""One server and one browser for all journeys of a worker; a browser of one's own for each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.journeys.house import House, Visitor
from tools.local import ROOT
from tools.pictures import FLAGS

HERE = Path(__file__).parent
BEGAN = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
"""When the pages of a bench are opened, by their own clock."""


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.journey)
            # A file stays with one worker, whose journeys share a server and a browser.
            item.add_marker(pytest.mark.xdist_group(f"journeys-{item.path.stem}"))


@pytest.fixture(scope="session")
def browser(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house")).open()
    yield house
    house.close()


@pytest.fixture
def house(shared_house):
    shared_house.empty()
    return shared_house


@pytest.fixture
def quick_house(tmp_path):
    """A server whose patience is short, and which may be killed."""
    house = House(tmp_path, {"VANISHED_AFTER_SECONDS": "4", "HEARTBEAT_SECONDS": "2"}).open()
    yield house
    house.close()


@pytest.fixture
def bench(browser):
    """An empty page that may import our modules as they lie in static/."""
    context = browser.new_context()
    context.route(
        "**/*",
        lambda route: (
            route.fulfill(path=ROOT / "static" / route.request.url.split("/", 3)[3], content_type="text/javascript")
            if route.request.url.endswith(".js")
            else route.fulfill(body="<!doctype html><title>bench</title>", content_type="text/html")
        ),
    )
    page = context.new_page()
    # Stopped: a clock that runs on by itself between two steps is ahead of them on a busy machine.
    page.clock.install(time=BEGAN)
    page.clock.pause_at(BEGAN + timedelta(seconds=1))
    page.goto("http://localhost/")
    yield page
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def _visitor(browser, house, request):
    one = Visitor(browser, house)
    yield one
    failed = getattr(request.node, "report_call", None)
    if failed is not None and failed.failed:
        folder = ROOT / "build/journeys"
        folder.mkdir(parents=True, exist_ok=True)
        for number, context in enumerate(one.contexts):
            for page in context.pages:
                page.screenshot(path=folder / f"{request.node.name[:80].replace('/', '-')}-{number}.png")
    for context in one.contexts:
        context.close()
    one.check()
    assert one.house.complaints() == []


@pytest.fixture
def visitor(browser, house, request):
    yield from _visitor(browser, house, request)


@pytest.fixture
def quick_visitor(browser, quick_house, request):
    yield from _visitor(browser, quick_house, request)
