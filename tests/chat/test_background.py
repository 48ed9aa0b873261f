"""What the server does by itself, beside answering."""

import asyncio
import threading

import pytest

from hotline import background
from hotline.background import Awake, WithWatch
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


class Clocks:
    """What measures durations, and the time of day."""

    def __init__(self):
        self.durations, self.day = 100.0, 1_000_000.0

    def monotonic(self):
        return self.durations

    def time(self):
        return self.day

    def pass_by(self, seconds, *, day=None):
        self.durations += seconds
        self.day += seconds if day is None else day


@pytest.fixture
def clocks(monkeypatch):
    found = Clocks()
    monkeypatch.setattr(background, "time", found)
    return found


def test_a_process_that_watched_steadily_may_tell_whose_desk_fell_silent(clocks):
    awake = Awake(5)
    answers = []
    for _ in range(14):
        clocks.pass_by(5)
        answers.append(awake.long_enough(60))
    assert answers == [False] * 12 + [True] * 2


@pytest.mark.parametrize(
    ("seconds", "day"),
    [
        pytest.param(5, 3605, id="the clock was set an hour on"),
        pytest.param(5, -3595, id="and an hour back"),
        pytest.param(5, 905, id="a machine slept whose durations slept with it"),
        pytest.param(900, 900, id="the process was held"),
    ],
)
def test_after_a_jump_desks_get_time_to_be_heard_again(clocks, seconds, day):
    awake = Awake(5)
    for _ in range(20):
        clocks.pass_by(5)
        awake.long_enough(60)
    clocks.pass_by(seconds, day=day)
    assert not awake.long_enough(60)
    answers = []
    for _ in range(14):
        clocks.pass_by(5)
        answers.append(awake.long_enough(60))
    assert answers == [False] * 12 + [True] * 2
