"""The limit in Python: `websockets` passing each message to its room. Nothing is checked, kept or read."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

rooms: dict[str, set[ServerConnection]] = defaultdict(set)


async def attend(connection: ServerConnection) -> None:
    """The first frame names the rooms of this page; each other one is a message."""
    mine: list[str] = []
    try:
        async for raw in connection:
            frame = json.loads(raw)
            if "join" in frame:
                mine = frame["join"]
                for name in mine:
                    rooms[name].add(connection)
                await connection.send('{"ready":true}')
            else:
                broadcast(rooms[frame["room"]], json.dumps(frame, ensure_ascii=False))
    except ConnectionClosed:
        pass
    finally:
        for name in mine:
            rooms[name].discard(connection)


async def main() -> None:
    """Serve until ended."""
    async with serve(attend, "127.0.0.1", int(sys.argv[1]), compression=None, ping_interval=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main())
