"""An ASGI extension: a server that takes a socket's frames as they are, past the layers that pass messages on."""

from __future__ import annotations

from typing import Any, Protocol

EXTENSION = "hotline.wire"


class Wire(Protocol):
    """The server's end of one WebSocket."""

    def say(self, text: bytes) -> None:
        """Send a text message, together with what else is said at this moment; nothing once it closes."""

    async def written(self) -> bool:
        """Returns once the client can take more: True; or once the connection is gone: False."""


def wire_of(scope: dict[str, Any]) -> Wire | None:
    """What the server offers for the socket of ``scope``."""
    found: Wire | None = scope.get("extensions", {}).get(EXTENSION)
    return found
