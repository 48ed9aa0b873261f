"""A line of our own between pages and server, on which every fault of a network can be made. It knows only bytes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.servers import free_port

CHUNK = 4096
UP, DOWN = "up", "down"
"""From pages to the server, and from the server to pages."""


class Line:
    """One connection through the proxy."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = writers
        self.dead = False
        """Nothing of it passes any more, and nobody is told."""

    def abort(self) -> None:
        """Both ends are reset."""
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """Listens on a port of its own and passes bytes on to the server's, as long as it is let.

    Attributes:
        bytes_per_second: of each connection and direction; 0: as fast as it goes.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port, self.port = target_port, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server: asyncio.Server | None = None
        self.lines: set[Line] = set()
        self.serving: set[asyncio.Task] = set()
        self.gates = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        self.bytes_per_second = 0.0
        for gate in self.gates.values():
            gate.set()

    async def start(self) -> Proxy:
        """Listen."""
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def stop(self) -> None:
        """Listen no more, and end every connection: a cut line."""
        if self.server is not None:
            self.server.close()
            self.server = None
        for line in list(self.lines):
            line.abort()
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)

    def hold(self, *directions: str) -> None:
        """Accept, and pass nothing on: what is under way waits, as with packets that are sent again and again."""
        for direction in directions or self.gates:
            self.gates[direction].clear()

    def let_go(self) -> None:
        """What was held flows on."""
        for gate in self.gates.values():
            gate.set()

    def forget(self) -> None:
        """Connections that are there now pass nothing any more and are told nothing; new ones pass."""
        for line in self.lines:
            line.dead = True

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            further_reader, further_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        line = Line(writer, further_writer)
        self.lines.add(line)
        pumps = [
            asyncio.create_task(self._pump(reader, further_writer, UP, line)),
            asyncio.create_task(self._pump(further_reader, writer, DOWN, line)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            line.abort()
            self.lines.discard(line)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str, line: Line) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self.gates[way].wait()
                if line.dead:
                    await asyncio.Event().wait()
                if self.bytes_per_second:
                    await asyncio.sleep(len(data) / self.bytes_per_second)
                writer.write(data)
                await writer.drain()
