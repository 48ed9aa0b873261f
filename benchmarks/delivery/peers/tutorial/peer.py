"""The tutorials' product as a peer."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.delivery.peers.base import ROOT, Broken, Server, Shape, free_port, plain_environment, python
from benchmarks.delivery.peers.relay import PlainPeer


class Tutorial(PlainPeer):
    """Stores and classifies, in the clear; nobody signs in, nothing is acknowledged beside its delivery."""

    name = "tutorial"
    what = "as tutorials build it: Daphne, in-memory layer, an insert and a Pipeline.predict per message"

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Model and table."""
        super().prepare(folder, shapes)
        self.folder = folder
        self.environment = {**plain_environment(), "SECRET_KEY": secrets.token_urlsafe(48), "MODEL": f"{folder}/model"}
        done = subprocess.run(
            python("benchmarks.delivery.peers.tutorial.prepare"),
            cwd=ROOT,
            env={**self.environment, "DATABASE": f"{folder}/made.sqlite3"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(done.stderr[-3000:])

    def start(self, folder: Path, shape: str) -> Server:
        """On a copy of the table."""
        shutil.copy(self.folder / "made.sqlite3", folder / "db.sqlite3")
        port = free_port()
        where = ("-v", "0", "-b", "127.0.0.1", "-p", str(port))
        command = [sys.executable, "-m", "daphne", *where, "benchmarks.delivery.peers.tutorial.asgi:application"]
        environment = {**self.environment, "DATABASE": f"{folder}/db.sqlite3"}
        return Server(command, port, folder, environment).wait_until_ready()
