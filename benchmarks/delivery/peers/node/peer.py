"""Node with `ws` and `better-sqlite3` as a peer."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from benchmarks.delivery.peers.base import ROOT, Missing, Server, Shape, free_port, plain_environment
from benchmarks.delivery.peers.relay import PlainPeer

HERE = Path(__file__).parent
INSTALLED = ROOT / "build" / "bench-node"
"""Installed once: without a ready-made binary, better-sqlite3 is compiled, which takes minutes."""
INSTALL_SECONDS = 600


class Node(PlainPeer):
    """A relay that keeps each message; nobody signs in, nothing is read."""

    name = "node"
    what = "Node, ws and better-sqlite3: an insert per message, no triage, nobody signs in"
    synchronous = "NORMAL"

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Install what package-lock.json says, once."""
        super().prepare(folder, shapes)
        if not shutil.which("node") or not shutil.which("npm"):
            raise Missing("no node and npm here (on Debian: apt-get install nodejs npm; Node 20 or newer)")
        stamp = INSTALLED / "stamp"
        files = [HERE / "package.json", HERE / "package-lock.json"]
        seen = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        if stamp.exists() and stamp.read_text() == seen:
            return
        shutil.rmtree(INSTALLED, ignore_errors=True)
        INSTALLED.mkdir(parents=True)
        for path in files:
            shutil.copy(path, INSTALLED)
        print("Installing ws and better-sqlite3 into build/bench-node (once, up to some minutes) ...", flush=True)
        try:
            done = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund"],
                cwd=INSTALLED,
                capture_output=True,
                text=True,
                check=False,
                timeout=INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Missing(f"npm ci took longer than {INSTALL_SECONDS} s") from None
        if done.returncode:
            raise Missing(f"npm ci failed: {done.stderr.strip().splitlines()[-1:]}")
        stamp.write_text(seen)

    def start(self, folder: Path, shape: str) -> Server:
        """A fresh one."""
        port = free_port()
        command = ["node", str(HERE / "server.js"), str(port), str(folder / "db.sqlite3"), self.synchronous]
        environment = {**plain_environment(), "NODE_PATH": str(INSTALLED / "node_modules")}
        return Server(command, port, folder, environment).wait_until_ready()


class DurableNode(Node):
    """The same, as durable as this product."""

    name = "node-durable"
    what = "the same, where a power cut loses nothing that was passed on"
    synchronous = "FULL"
