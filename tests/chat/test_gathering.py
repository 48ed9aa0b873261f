"""What many sockets ask at one moment is answered in one crossing."""

import asyncio

import pytest

from hotline.chat.gathering import Gathering

pytestmark = pytest.mark.django_db(transaction=True)  # a crossing looks after connections
PATIENCE_SECONDS = 10.0


class Service:
    """Doubles numbers, refuses odd ones, and remembers which came together."""

    def __init__(self):
        self.batches = []

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        if 13 in numbers:
            raise ValueError("all of them")
        return [KeyError(one) if one % 2 else 2 * one for one in numbers]


async def test_what_is_asked_at_one_moment_shares_crossings_and_everybody_gets_their_own_answer():
    service = Service()
    gathering = Gathering(service, at_once=32)
    answers = await asyncio.gather(*(gathering.ask(2 * number) for number in range(64)))
    assert answers == [4 * number for number in range(64)]
    assert [len(batch) for batch in service.batches] == [32, 32]


async def test_one_that_is_refused_takes_no_other_with_it():
    gathering = Gathering(Service(), at_once=32)
    answers = await asyncio.gather(*(gathering.ask(number) for number in (2, 3, 4)), return_exceptions=True)
    assert answers[0::2] == [4, 8]
    assert isinstance(answers[1], KeyError)


async def test_a_service_that_fails_is_told_to_everybody_and_asked_again_by_the_next():
    service = Service()
    gathering = Gathering(service, at_once=32)
    answers = await asyncio.gather(gathering.ask(2), gathering.ask(13), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError]
    assert await gathering.ask(2) == 4


async def test_who_can_wait_goes_with_whoever_cannot():
    service = Service()
    gathering = Gathering(service, at_once=32, apart_seconds=3600.0)
    await gathering.ask(0)
    waiting = [asyncio.create_task(gathering.ask(2, can_wait=True)) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in waiting)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await gathering.ask(4) == 8
        assert [await task for task in waiting] == [4, 4, 4]
    assert service.batches == [[0], [2, 2, 2, 4]]


async def test_who_can_wait_waits_no_longer_than_told_and_the_first_not_at_all():
    service = Service()
    gathering = Gathering(service, at_once=32, apart_seconds=0.05)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert [await gathering.ask(2, can_wait=True) for _ in range(3)] == [4, 4, 4]
    assert service.batches == [[2], [2], [2]]


async def test_a_socket_that_goes_away_meanwhile_disturbs_nobody():
    gathering = Gathering(Service(), at_once=32)
    gone, stays = asyncio.create_task(gathering.ask(2)), asyncio.create_task(gathering.ask(4))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await stays == 8
    with pytest.raises(asyncio.CancelledError):
        await gone
