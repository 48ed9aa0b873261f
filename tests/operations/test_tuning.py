"""When a server that somebody waits for looks for garbage."""

import asyncio
import gc

import pytest

from hotline import tuning


@pytest.fixture
def collections(monkeypatch):
    """How often everything was looked through, while so many small collections were waiting."""
    done, waiting = [], [0]
    monkeypatch.setattr(gc, "collect", lambda: done.append(waiting[0]))
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, waiting[0]))
    return done, waiting


async def rounds(collections, waiting, *, busy, monkeypatch):
    """Some rounds with so many small collections waiting, the process busy or not; returns how often it collected."""
    done, now = collections
    done.clear()
    now[0], used, slept = waiting, [0.0], [0]

    async def sleep(seconds):
        slept[0] += 1
        used[0] += seconds if busy else 0.0
        if slept[0] > 3:
            raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(tuning.time, "process_time", lambda: used[0])
        patch.setattr(tuning.asyncio, "sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await tuning.collect_when_quiet()
    return len(done)


async def test_garbage_is_looked_for_in_quiet_moments_once_enough_has_come(collections, monkeypatch):
    assert await rounds(collections, tuning.DUE - 1, busy=False, monkeypatch=monkeypatch) == 0
    assert await rounds(collections, tuning.DUE, busy=False, monkeypatch=monkeypatch) == 3
    assert await rounds(collections, tuning.DUE, busy=True, monkeypatch=monkeypatch) == 0


async def test_in_a_surge_that_does_not_end_garbage_is_looked_for_all_the_same(collections, monkeypatch):
    assert await rounds(collections, tuning.OVERDUE, busy=True, monkeypatch=monkeypatch) == 3


def test_python_itself_never_looks_through_everything(monkeypatch):
    before = gc.get_threshold()
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(tuning.sys, "setswitchinterval", lambda seconds: None)
    try:
        tuning.tune()
        assert gc.get_threshold() == (*before[:2], tuning.NEVER)
    finally:
        gc.set_threshold(*before)
