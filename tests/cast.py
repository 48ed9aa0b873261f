"""The cast: one who may, one who may partly, one who may not. Imported by the conftest of each folder that plays."""

import pytest
import pytest_asyncio
from channels.layers import channel_layers

from counselors import services as desk
from counselors.roles import Role
from tests import factories
from triage import services as triage
from triage.core.levels import Assessment, Evidence, Level

__all__ = [
    "another_resident",
    "conversation",
    "coordinator",
    "counselor",
    "fresh_layer",
    "other_counselor",
    "pages",
    "plain_triage",
    "supervisor",
    "waiting",
]


@pytest.fixture
def waiting(db):
    """A resident in the queue, who has written nothing yet."""
    return factories.begin()


@pytest.fixture
def counselor(db):
    """The counselor who holds ``conversation``."""
    return factories.staff(alias="小林", username="lin")


@pytest.fixture
def other_counselor(db):
    """A counselor who does not hold it."""
    return factories.staff(alias="阿舟", username="zhou")


@pytest.fixture
def supervisor(db):
    """Reads, helps, decides."""
    return factories.staff(Role.SUPERVISOR, alias="沈老师", username="shen")


@pytest.fixture
def coordinator(db):
    """Runs the service and reads nobody's words."""
    return factories.staff(Role.COORDINATOR, alias="老顾", username="gu")


@pytest.fixture
def conversation(counselor):
    """A resident in conversation with ``counselor``."""
    talk = factories.begin()
    desk.claim(talk.hex, by=counselor)
    return talk


@pytest.fixture
def another_resident(db):
    """Somebody else, with a conversation of their own."""
    return factories.begin()


@pytest.fixture
def plain_triage(monkeypatch):
    """A triage that believes the first word: "high: ..." is high, "fault: ..." raises, anything else is low."""

    def assess(text, *, earlier=(), readings=None):
        best = Assessment(Level.LOW, 0.02, (), "plain")
        for turn, words in enumerate([text, *reversed(earlier)]):
            mark = words.partition(":")[0]
            if mark == "fault" and turn == 0:
                raise RuntimeError("triage is broken")
            if mark in {"moderate", "high", "imminent"} and Level.from_code(mark) > best.level:
                best = Assessment(Level.from_code(mark), 0.9, (Evidence(0, len(mark), "intent", turn),), "plain")
        return best

    monkeypatch.setattr(triage, "assess", assess)


@pytest_asyncio.fixture
async def pages():
    """Opens pages and closes them at the end."""
    opened = []

    async def open_(page):
        opened.append(await page.open())
        return page

    yield open_
    for page in opened:
        if not page.socket.future.done():
            await page.leave()


@pytest.fixture(autouse=True)
def fresh_layer():
    """No hint of one test reaches another."""
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()
