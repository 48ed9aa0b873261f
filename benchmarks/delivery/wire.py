"""The client's end of a WebSocket, as lean as it can be.

A client that costs as much as the server it loads measures itself. `websockets`, our client everywhere else, needs
several times the work for each frame (it keeps flow control, extensions and keepalive, which no load here wants).
Frames go out under a mask of zeros: the server has its whole work with them, the client none.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable, Mapping

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASKED = 0x80
NO_MASK = b"\0\0\0\0"


class Wire(asyncio.Protocol):
    """One connection.

    Args:
        path: what is asked for.
        headers: what is sent beside the handshake's own.
        hear: called with each text.
        ended: called once when the connection is gone, with the close code if one came, else 0.
    """

    def __init__(
        self, path: str, headers: Mapping[str, str], hear: Callable[[bytes], None], ended: Callable[[int], None]
    ) -> None:
        self.path, self.headers, self.hear, self.ended = path, headers, hear, ended
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.parts: list[bytes] = []
        self.is_open = False
        self.code = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport
        host, port = transport.get_extra_info("peername")[:2]
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Origin: http://{host}:{port}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """Take what came apart."""
        self.buffer += data
        if not self.is_open and not self._accepted():
            return
        while self._frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever cares."""
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed during the handshake"))
        self.ended(self.code)

    def send(self, text: bytes) -> None:
        """Send a text of less than 64 KiB."""
        if self.transport is None or not self.is_open:
            return
        size = len(text)
        head = bytes((0x81, MASKED | size)) if size < 126 else bytes((0x81, MASKED | 126, size >> 8, size & 255))
        self.transport.write(head + NO_MASK + text)

    def close(self) -> None:
        """Go away as a page does that is closed."""
        if self.transport is not None and self.is_open:
            self.transport.write(bytes((0x88, MASKED | 2)) + NO_MASK + b"\x03\xe9")
            self.transport.close()

    def _accepted(self) -> bool:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self.buffer[: self.buffer.find(b"\r\n")])
        del self.buffer[: end + 4]
        if b" 101 " not in status:
            if not self.opened.done():
                self.opened.set_exception(ConnectionError(status.decode("latin-1")))
            if self.transport is not None:
                self.transport.abort()
            return False
        if self.opened.done():  # whoever wanted it has given up
            if self.transport is not None:
                self.transport.abort()
            return False
        self.is_open = True
        self.opened.set_result(None)
        return True

    def _frame(self) -> bool:
        """Handle the first frame of the buffer; false when it is not complete."""
        buffer = self.buffer
        if len(buffer) < 2:
            return False
        size, at = buffer[1] & 127, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            if len(buffer) < at:
                return False
            size = int.from_bytes(buffer[2:at], "big")
        if len(buffer) < at + size:
            return False
        kind, is_last = buffer[0] & 15, buffer[0] & 128
        body = bytes(buffer[at : at + size])
        del buffer[: at + size]
        self._take(kind, body, is_last=bool(is_last))
        return True

    def _take(self, kind: int, body: bytes, *, is_last: bool) -> None:
        if kind == CLOSE:
            self.code = int.from_bytes(body[:2], "big") if len(body) >= 2 else 1005
            if self.transport is not None:
                self.transport.close()
        elif kind == PING:
            if self.transport is not None:
                self.transport.write(bytes((0x80 | PONG, MASKED | len(body))) + NO_MASK + body)
        elif kind != PONG:
            self.parts.append(body)
            if is_last:
                whole, self.parts = b"".join(self.parts), []
                self.hear(whole)


async def open_wire(
    port: int,
    path: str,
    headers: Mapping[str, str],
    hear: Callable[[bytes], None],
    ended: Callable[[int], None],
    *,
    within: float = 60.0,
) -> Wire:
    """Connect to a port of this machine.

    Raises:
        ConnectionError: refused, or it was no WebSocket.
        TimeoutError: not in ``within`` seconds.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(within):
        _, wire = await loop.create_connection(lambda: Wire(path, headers, hear, ended), "127.0.0.1", port)
        await wire.opened
    return wire
