"""The service as `make run` starts it, in a folder of its own, on an evening."""

from __future__ import annotations

import base64
import os
import random
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tools.local import ROOT

PORTS = range(20_000, 32_000)
"""Below the range that outgoing connections use."""
READY_WITHIN_SECONDS = 60.0
BROKEN = """
from django.utils import translation
from hotline.views import broken
translation.activate("{locale}")
print(broken(None).content.decode())
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where it answers, and the surroundings in which it runs."""

    address: str
    surroundings: dict[str, str]

    def broken_page(self, locale: str) -> str:
        """What it says when something broke: nothing breaks by itself while pictures are taken."""
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", BROKEN.format(locale=locale)]
        told = subprocess.run(
            command, cwd=ROOT, env=self.surroundings, check=True, capture_output=True, encoding="utf-8"
        )
        return told.stdout


def evening_zone(now: datetime) -> str:
    """The time zone in which it is past nine in the evening ``now``: the demo tells of an evening."""
    ahead = (21 - now.astimezone(UTC).hour) % 24
    # The signs of these names are the other way round: Etc/GMT-8 is eight hours ahead.
    return f"Etc/GMT-{ahead}" if ahead <= 14 else f"Etc/GMT+{24 - ahead}"


@contextmanager
def served(folder: str, zone: str, *, debug: bool) -> Iterator[Server]:
    """The service in ``folder``, once it answers."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    surroundings = {
        **os.environ,
        "HOTLINE_IGNORE_DOTENV": "1",
        "DEBUG": "1" if debug else "0",
        "HTTPS": "0",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "HOTLINE_KEYS": f"pictures:{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}",
        "VAR_DIR": folder,
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "TIME_ZONE": zone,
    }
    process = subprocess.Popen([sys.executable, "-m", "tools.run"], cwd=ROOT, env=surroundings)
    try:
        _wait(process, f"{address}/healthz")
        yield Server(address, surroundings)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("The server did not come up.")
