"""What the server does by itself, beside answering."""

import asyncio
import threading

import pytest

from hotline.background import WithWatch
from triage import feedback


@pytest.mark.django_db(transaction=True)
async def test_rules_are_read_before_the_first_decision_and_not_in_the_loop(monkeypatch):
    read, by = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def prepare():
        by.append(threading.current_thread())
        loop.call_soon_threadsafe(read.set)

    monkeypatch.setattr(feedback, "prepare", prepare)

    async def application(scope, receive, send):
        """Nobody is served."""

    server = WithWatch(application)
    await server({}, None, None)
    await server({}, None, None)
    await asyncio.wait_for(read.wait(), 10)
    for task in (server.task, server.lag, server.tidying):
        task.cancel()
    assert len(by) == 1
    assert by[0] is not threading.current_thread()
