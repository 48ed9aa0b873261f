"""Redis away, empty, hanging or cut off: sending goes on without it, and pages hear each other again soon after."""

import asyncio
import time
from functools import partial
from operator import itemgetter

from tests.faults.campaign import scenario
from tests.faults.crowd import Crowd
from tests.faults.figures import Figures
from tests.faults.machines import Redis
from tests.faults.proxy import Proxy
from tests.faults.stage import Stage

CONVERSATIONS = 2
ACKNOWLEDGED_WITHIN_SECONDS = 1.0
"""Sending goes on without Redis: nobody waits for it."""


async def emptied(redis: Redis, crowd: Crowd, seconds: float) -> None:
    await asyncio.to_thread(redis.do, "FLUSHALL")


async def restarted(redis: Redis, crowd: Crowd, seconds: float) -> None:
    await asyncio.to_thread(redis.stop)
    await crowd.talk(min(seconds, 2))
    await asyncio.to_thread(redis.start)


async def cut_off(redis: Redis, crowd: Crowd, seconds: float) -> None:
    for kind in ("normal", "pubsub"):
        await asyncio.to_thread(redis.do, "CLIENT", "KILL", "TYPE", kind)


async def held(redis: Redis, crowd: Crowd, seconds: float) -> None:
    redis.hold()
    try:
        await crowd.talk(seconds)
    finally:
        redis.let_go()


FAULTS = {"emptied": emptied, "killed and restarted": restarted, "its clients killed": cut_off, "stopped": held}


async def through(stage: Stage, crowd: Crowd, figures: Figures, fault, redis: Redis, seconds: float) -> None:
    """One fault: talk before, in it and after it."""
    await crowd.talk(stage.seconds(0.5, 0.1))
    await crowd.acknowledged()
    before = len(crowd.said)
    await crowd.talk(stage.seconds(0.3, 0.1))
    await fault(redis, crowd, seconds)
    end = time.monotonic()
    await crowd.talk(stage.seconds(0.3, 0.1))
    await crowd.current(figures, end)
    await crowd.after(figures, stage.seconds(1, 0.3))
    slowest, said, page = max(
        ((said.kept.result() - said.at, said, page) for said, page in crowd.said[before:]), key=itemgetter(0)
    )
    if slowest > ACKNOWLEDGED_WITHIN_SECONDS:
        figures.stories += crowd.writer_of(page).story(said.at, 1.0)
    figures.keeps("acknowledged within (s)", slowest, ACKNOWLEDGED_WITHIN_SECONDS)


async def play(stage: Stage, rounds: int, *, fault) -> Figures:
    """Residents on one process, counselors on another, Redis between them."""
    figures = Figures(rounds=rounds)
    processes = stage.serve(stage.site())
    crowd = await Crowd.gather(processes[0], processes[1], CONVERSATIONS)
    for _ in range(rounds):
        await through(stage, crowd, figures, fault, stage.redis, 10)
    await crowd.finish(figures)
    return figures


for _name, _fault in FAULTS.items():
    scenario(f"Redis {_name}", full=5, short=0, storage=("postgresql+redis",))(partial(play, fault=_fault))


@scenario("Redis forgotten: old connections dead, new ones pass", full=10, short=1, storage=("postgresql+redis",))
async def forgotten(stage: Stage, rounds: int) -> Figures:
    """Something between processes and Redis drops their connections, and nobody is told: neither an end nor a byte."""
    figures = Figures(rounds=rounds)
    proxy = await Proxy(stage.redis.port).start()
    address = stage.redis.address.replace(f":{stage.redis.port}/", f":{proxy.port}/")
    site = stage.site(REDIS_URL=address)
    # Not on this loop, which also passes on what they say to Redis.
    processes = await asyncio.to_thread(stage.serve, site)

    async def forgets(redis: Redis, crowd: Crowd, seconds: float) -> None:
        proxy.forget()

    crowd = await Crowd.gather(processes[0], processes[1], CONVERSATIONS)
    for _ in range(rounds):
        await through(stage, crowd, figures, forgets, stage.redis, 0)
    await crowd.finish(figures)
    await proxy.stop()
    return figures


@scenario("Redis absent from the start", full=3, short=0, storage=("postgresql",))
@scenario("Redis absent from the start, then each of these once", full=0, short=1, storage=("postgresql",))
async def absent(stage: Stage, rounds: int) -> Figures:
    """Two processes come up without it, people come and talk; then it comes."""
    figures = Figures(rounds=rounds * (1 + len(FAULTS) * stage.short))
    for _ in range(rounds):
        redis = stage.own(Redis(running=False))
        site = stage.site(REDIS_URL=redis.address)
        processes = stage.serve(site, 2)
        crowd = await Crowd.gather(processes[0], processes[1], CONVERSATIONS)

        async def comes(redis: Redis, crowd: Crowd, seconds: float) -> None:
            await crowd.talk(seconds / 2)
            await asyncio.to_thread(redis.start)

        # Held for less than two seconds, it is not missed by whoever listens to it.
        faults = {comes: 1, **dict.fromkeys(FAULTS.values(), 1), held: 2} if stage.short else {comes: 10}
        for fault, seconds in faults.items():
            await through(stage, crowd, figures, fault, redis, seconds)
        await crowd.finish(figures)
        site.stop()
    return figures
