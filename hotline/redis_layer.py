"""The channel layer between several processes: each tells its own sockets itself, and the others through Redis.

One channel of Redis carries everybody's hints, and each process listens to it once: joining a group costs no round
trip, and a batch of hints is one PUBLISH, however many groups it is for. Redis forgets what it publishes, so a process
that was cut off never hears what was told meanwhile: each time that it begins to listen, its sockets look at the
database. While Redis is away, the sockets of one process hear each other as ever.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError

from hotline import metrics
from hotline.layer import Hint, Message, ProcessLayer, together

log = logging.getLogger(__name__)

CONNECTS_WITHIN_SECONDS = 2.0
TRIES_AGAIN_SECONDS = 0.1
"""redis-py would wait longer from try to try: hints would stay away long after Redis is back."""
KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 3}
"""A line that went dead without a word counts as cut after 14 seconds; names as the system has them."""
SPEAKS_EVERY_SECONDS = 0.75
"""So often a process says a word to itself through Redis. Who does not hear their own is deaf to the others."""
DEAF_AFTER_WORDS = 2

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, dict[str, str | int | bool]]]).decode


class RedisLayer(ProcessLayer):
    """Groups reach every process; a channel is heard in its own process only.

    Attributes:
        began: called, on the event loop, each time that this process begins to hear the others.
        prepare: awaited with hints of the others before the sockets of this process hear them.
    """

    has_others = True
    began: Callable[[], None] | None = None
    prepare: Callable[[Sequence[Hint]], Awaitable[None]] | None = None

    def __init__(self, *, url: str, prefix: str = "hotline", **options: Any) -> None:
        super().__init__(**options)
        self.url, self.channel = url, f"{prefix}.hints"
        self.name = uuid.uuid4().bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Redis | None = None
        self._ear: asyncio.Task[None] | None = None
        self._arrived: dict[tuple[Any, ...], Hint] = {}
        self._passing: asyncio.Task[None] | None = None
        self._heard_anything = False

    # --- telling ----------------------------------------------------------------------------------------------------
    async def group_send(self, group: str, message: Message) -> None:
        """Tell a group in every process."""
        self.tell(group, message)
        await self.tell_others([(group, message)])

    async def tell_others(self, hints: Sequence[Hint]) -> None:
        """Tell the other processes.

        Raises:
            RedisError, OSError: Redis did not take it.
        """
        data = self.name + _encode(hints)
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.publish(self.channel, data)
            return
        # Nobody is served on this loop: a command, or a form of a process that has no socket yet.
        async with self._connect() as client:
            await client.publish(self.channel, data)

    def _connect(self) -> Redis:
        options: dict[str, Any] = {
            "retry": Retry(ConstantBackoff(TRIES_AGAIN_SECONDS), 1),
            "socket_connect_timeout": CONNECTS_WITHIN_SECONDS,
        }
        if not self.url.startswith("unix:"):
            known = {getattr(socket, name): count for name, count in KEEPALIVE.items() if hasattr(socket, name)}
            options |= {"socket_keepalive": True, "socket_keepalive_options": known}
        found: Redis = Redis.from_url(self.url, **options)
        return found

    # --- hearing ----------------------------------------------------------------------------------------------------
    def listen(self) -> None:
        """Hear the other processes from now on, on the running event loop."""
        loop = asyncio.get_running_loop()
        if self._ear is None or self._ear.done() or self._loop is not loop:
            self._loop, self._client = loop, self._connect()
            self._ear = loop.create_task(self._listen(self._client))

    async def _listen(self, client: Redis) -> None:
        cut = False
        try:
            while True:
                try:
                    async with client.pubsub() as ear:
                        async with asyncio.timeout(CONNECTS_WITHIN_SECONDS):
                            await ear.subscribe(self.channel)
                        await self._hear_or_notice(ear)
                except (RedisError, OSError) as error:
                    if not cut:
                        log.warning("the other processes are not heard fault=%s", type(error).__name__)
                    cut = True
                    metrics.layer_up("heard", False)
                await asyncio.sleep(TRIES_AGAIN_SECONDS)
        finally:
            with suppress(RedisError, OSError):
                await client.aclose()

    async def _hear_or_notice(self, ear: PubSub) -> None:
        """Hear until the line breaks, or until it is found to be dead. Raises why."""
        both = [asyncio.create_task(one) for one in (self._hear(ear), self._notice())]
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        for one in ended:
            one.result()

    async def _hear(self, ear: PubSub) -> None:
        async for message in ear.listen():
            self._heard_anything = True
            if message["type"] == "subscribe":
                metrics.layer_up("heard", True)
                # Also when redis-py itself has connected anew.
                if self.began is not None:
                    self.began()
            elif message["type"] == "message":
                self._take(message["data"])

    async def _notice(self) -> None:
        """Say a word to oneself now and then.

        A line that something on its way forgot (a firewall, a machine that is gone) brings nothing and never ends: TCP
        asks only after a while, and not at all where a proxy answers for the other end.

        Raises:
            TimeoutError: several words in a row were not heard, though this process had the time to hear them.
        """
        loop, unheard = asyncio.get_running_loop(), 0
        while unheard < DEAF_AFTER_WORDS:
            self._heard_anything, said_at = False, loop.time()
            with suppress(RedisError, OSError):
                async with asyncio.timeout(SPEAKS_EVERY_SECONDS):
                    await self.tell_others([])
            await asyncio.sleep(said_at + SPEAKS_EVERY_SECONDS - loop.time())
            was_busy = loop.time() - said_at > 1.5 * SPEAKS_EVERY_SECONDS
            unheard = 0 if self._heard_anything or was_busy else unheard + 1
        raise TimeoutError("the line to Redis is dead")

    def _take(self, data: bytes) -> None:
        """Note what another process told; what is told again before it was passed on is passed on once."""
        if data.startswith(self.name):
            return
        try:
            hints = _decode(data[len(self.name) :])
        except msgspec.MsgspecError:
            log.warning("something was told that is no hint")
            return
        for group, message in hints:
            # Whatever came through Redis: no type but this selects anything.
            message["type"] = "hint"
            key = (group, message.get("kind"), message.get("conversation"), message.get("author"))
            _, waiting = self._arrived.pop(key, (group, None))
            self._arrived[key] = (group, together(waiting, message))
        if self._passing is None or self._passing.done():
            self._passing = asyncio.get_running_loop().create_task(self._pass_on())

    async def _pass_on(self) -> None:
        while self._arrived:
            hints, self._arrived = list(self._arrived.values()), {}
            if self.prepare is not None:
                try:
                    await self.prepare(hints)
                except Exception as error:  # noqa: BLE001 - sockets look for themselves at what was not prepared
                    log.warning("hints not prepared fault=%s", type(error).__name__)
            for group, message in hints:
                self.tell(group, message)

    async def close(self) -> None:
        """Hear no more."""
        if self._ear is not None and self._loop is asyncio.get_running_loop():
            self._ear.cancel()
            with suppress(asyncio.CancelledError):
                await self._ear
        self._ear = self._client = None
