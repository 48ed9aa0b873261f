"""`make run` says plainly what keeps it from serving, before it changes anything."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_port

ROOT = Path(__file__).parents[2]


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hotline.settings", **variables},
        capture_output=True,
        text=True,
        timeout=60,
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HEARTBEAT_SECONDS", "soon", "HEARTBEAT_SECONDS"),
        ("DATABASE_URL", "postgres://lamp:a-secret-password@127.0.0.1:1/lamp", "The database cannot be used"),
        ("VAR_DIR", "/proc/nowhere", "VAR_DIR"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(tmp_path, name, value, said):
    done = run(**{"PORT": str(free_port()), "VAR_DIR": str(tmp_path), "HOTLINE_IGNORE_DOTENV": "1", name: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "a-secret-password" not in done.stderr


def test_the_server_itself_says_a_wrong_setting_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hotline.server", "-b", "127.0.0.1", "-p", str(free_port())],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "hotline.settings",
            "VAR_DIR": str(tmp_path),
            "SWEEP_EVERY_SECONDS": "0",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    [said] = done.stderr.strip().splitlines()
    assert said.startswith('Not started: Environment variable "SWEEP_EVERY_SECONDS" invalid')
