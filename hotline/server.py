"""`python -m hotline.server -b 127.0.0.1 -p 8000`: Daphne as this service needs it, with a gentle end.

Daphne's own end cuts every socket without a word, in the middle of a frame; pages then find out by themselves. Here
SIGTERM and SIGINT let each socket finish what it is at, and tell its page when to come back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from twisted.internet.defer import Deferred

from hotline import wire
from hotline.backpressure import FlowingProtocol
from hotline.backups import BackupFailed, serve_from
from triage import reading

ENDS_WITHIN_SECONDS = 5.0
"""After this long whatever is still busy is cut off. Service managers usually wait ten seconds before they kill."""
CUT_OFF_WITHIN_SECONDS = 1.0
"""How long what was cut off may take to notice."""
TRIAGE_ENDS_WITHIN_SECONDS = 1.0
THREADS_END_WITHIN_SECONDS = 1.5
"""How long threads may go on once nobody is served any more. All in all some nine seconds and a half."""
WAITING_AT_THE_DOOR = 2048
"""So many connections the kernel takes in until we look at them. Beyond Twisted's own 50 it drops them, and where
everybody comes back at once a browser tries again only after one, three and seven seconds."""
OPTIONS = (
    # No address and no path is printed.
    *("-v", "0", "--no-server-name"),
    # Frames over 64 KiB end the socket before they take memory.
    *("--websocket-max-frame-size", "65536", "--websocket-max-message-size", "65536"),
    # How long a socket may live is the socket's own affair.
    *("--websocket_timeout", "-1", "--application-close-timeout", "5"),
    # Of whom everybody comes at once, the last is answered later than Daphne's own 5 s allow; pages wait up to 40.
    *("--websocket_connect_timeout", "40"),
)


class GentleServer(Server):
    """Takes nobody new, lets sockets say goodbye, waits for answers under way; then Daphne's own end."""

    def __init__(self, *args: Any, endpoints: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, endpoints=[_roomy(one) for one in endpoints], **kwargs)
        self.ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        """Remember what listens: Daphne does not."""
        self.ports.append(port)
        super().listen_success(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Offer a WebSocket's own end to whoever serves it, see :mod:`hotline.wire`."""
        if scope["type"] == "websocket":
            scope["extensions"] = {**scope.get("extensions", {}), wire.EXTENSION: protocol}
        return super().create_application(protocol, scope)

    def kill_all_applications(self) -> Deferred[None]:
        """Called by the reactor before it stops; it waits for the result."""
        return Deferred.fromFuture(asyncio.ensure_future(self._end(), loop=asyncio.get_event_loop()))

    async def _end(self) -> None:
        # Models must be ready before this is imported.
        from hotline.chat import sockets

        for port in self.ports:
            port.stopListening()
        goodbyes = asyncio.ensure_future(sockets.end_all())
        await asyncio.wait([goodbyes, *self._busy()], timeout=ENDS_WITHIN_SECONDS)
        late = self._busy()
        for application in late:
            application.cancel()
        if late:
            # Not for as long as they like: a thread that waits for a database which another holds goes on waiting.
            await asyncio.wait(late, timeout=CUT_OFF_WITHIN_SECONDS)
        await reading.reader().end(TRIAGE_ENDS_WITHIN_SECONDS)

    def _busy(self) -> list[asyncio.Future[Any]]:
        found = (details.get("application_instance") for details in self.connections.values())
        return [one for one in found if one is not None and not one.done()]


def _roomy(endpoint: str) -> str:
    """Where to listen, with room for everybody who comes at one moment."""
    if endpoint.startswith(("tcp:", "unix:")) and "backlog=" not in endpoint:
        return f"{endpoint}:backlog={WAITING_AT_THE_DOOR}"
    return endpoint


class CommandLine(CommandLineInterface):
    """Daphne's command line around our server."""

    server_class = GentleServer


# Daphne offers no setting for it.
WebSocketFactory.protocol = FlowingProtocol


def main() -> None:
    """Serve, with Daphne's options; those given last win."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    try:
        with serve_from(settings.VAR_DIR):
            CommandLine().run([*OPTIONS, *sys.argv[1:], "hotline.asgi:application"])
    except (ImproperlyConfigured, BackupFailed) as trouble:
        sys.exit(f"Not started: {trouble}")
    if not reading.reader().stop(TRIAGE_ENDS_WITHIN_SECONDS):
        # Only where triage reads in threads, see TRIAGE_PROCESS.
        logging.getLogger(__name__).error("triage hangs; ended without it")
    leave_without_waiting(THREADS_END_WITHIN_SECONDS)


def leave_without_waiting(within: float) -> None:
    """End this process within so many seconds, however many threads are still at something.

    Python itself waits for every thread, and for all that is put down for it: for ever where triage hangs, and where
    somebody else holds the database as many seconds for each word under way. Nothing is lost by leaving: what was
    acknowledged is committed, what is half written the database takes back, and what triage has not read is found by
    the watch.
    """

    def leave() -> None:
        time.sleep(within)
        logging.getLogger(__name__).error("threads still busy; ended without them")
        logging.shutdown()
        os._exit(0)

    threading.Thread(target=leave, name="leave", daemon=True).start()


if __name__ == "__main__":
    main()
