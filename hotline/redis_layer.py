"""The channel layer between several processes: Redis's publish and subscribe, with what happens when Redis is away.

Redis forgets what it publishes: whoever was cut off at that moment never hears of it. So a connection that was made
anew tells its process, whose sockets then look at the database; and while Redis does not answer, hints still reach the
sockets of the process that sends them.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

CONNECTS_WITHIN_SECONDS = 2.0
MOST_CONNECTIONS = 10_000
"""redis-py allows 100 otherwise, and raises beyond."""


def hosts(url: str) -> list[dict[str, Any]]:
    """What the layer is told about the Redis at ``url``."""
    # redis-py would wait longer from try to try, up to ten seconds: hints would stay away long after Redis is back.
    once_more = Retry(ConstantBackoff(0.1), 1)
    connecting = {"socket_connect_timeout": CONNECTS_WITHIN_SECONDS, "retry": once_more}
    return [{"address": url, "max_connections": MOST_CONNECTIONS, **connecting}]


class RedisLayer(RedisPubSubChannelLayer):
    """Groups reach every process; a channel is heard in its own process only.

    Attributes:
        reconnected: called, on the event loop, when a lost connection has subscribed again.
    """

    reconnected: Callable[[], None] | None = None

    def _get_layer(self) -> _LoopLayer:
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            super()._get_layer()  # which also sees to it that connections end with the loop
            self._layers[loop] = _LoopLayer(*self._args, **self._kwargs, channel_layer=self)
        found: _LoopLayer = self._layers[loop]
        return found

    def send_here(self, group: str, message: dict[str, Any]) -> None:
        """Let the sockets of this process hear a hint without Redis."""
        self._get_layer().put_here(group, self.serialize(message))


class _LoopLayer(RedisPubSubLoopLayer):
    def __init__(self, *args: Any, hosts: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, hosts=hosts, **kwargs)
        self._shards = [_Shard(host, self) for host in hosts]

    async def new_channel(self, prefix: str = "specific.") -> str:
        # Hints go to groups: a socket's own channel needs no subscription, and can be had while Redis is away.
        channel = f"{self.prefix}{prefix}{uuid.uuid4().hex}"
        self.channels[channel] = asyncio.Queue()
        return channel

    def put_here(self, group: str, data: bytes) -> None:
        for channel in self.groups.get(self._get_group_channel_name(group), ()):
            if channel in self.channels:
                self.channels[channel].put_nowait(data)


class _Shard(RedisSingleShardConnection):
    def _ensure_redis(self) -> None:
        if self._redis is None:
            super()._ensure_redis()
            pool = self._redis.connection_pool  # type: ignore[attr-defined]
            self._pubsub = _TellingPubSub(pool, told=self._reconnected)

    def _reconnected(self) -> None:
        if self.channel_layer.channel_layer.reconnected is not None:
            self.channel_layer.channel_layer.reconnected()


class _TellingPubSub(PubSub):
    def __init__(self, *args: Any, told: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told = told

    async def on_connect(self, connection: Any) -> None:
        anew = self.subscribed
        await super().on_connect(connection)
        if anew:
            self.told()
