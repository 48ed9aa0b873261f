"""`make run` says plainly what keeps it from serving, before it changes anything."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_a_taken_port_is_named_with_another_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.strip() == f"Port {port} is taken by another program. Choose one: make run PORT={port + 1}"


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(port):
    done = run(PORT=port)
    assert done.returncode == 1
    assert f"PORT={port}" in done.stderr


def test_an_address_of_another_machine_is_refused():
    done = run(HOST="203.0.113.7", PORT="23999")
    assert done.returncode == 1
    assert "203.0.113.7" in done.stderr
