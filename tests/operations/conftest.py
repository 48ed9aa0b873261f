"""The cast plays here, and their pages are closed after each act."""

import pytest
import pytest_asyncio
from channels.layers import channel_layers

from tests.cast import *  # noqa: F403


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
