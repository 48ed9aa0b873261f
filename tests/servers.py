"""Real programs for tests, each on a spare port of this machine and in a folder of its own.

A program that is missing fails the test that needs it and says how to get it; `make test` looks for all of them first.
"""

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tools.needs import find_chromium, find_postgres, find_redis

READY_WITHIN_SECONDS = 30.0
PORTS = range(20_000, 32_000)
"""Below the range that outgoing connections use, so that none of them sits on a port we chose."""


def free_port() -> int:
    """A port that nobody listens on now. Another may take it before its owner starts: starting is tried again."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser of the journeys."""
    path = find_chromium()
    if not path:
        pytest.fail("no Chromium: apt-get install chromium fonts-noto-cjk, or set CHROMIUM")
    return path


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis of our own; its address for REDIS_URL."""
    program = find_redis()
    if not program:
        pytest.fail("no Redis: apt-get install redis-server")
    with _folder("redis") as folder:

        def command(port: int) -> list[str]:
            return [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

        with _running(command, folder, _redis_answers) as port:
            yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of our own with an empty database; its address for DATABASE_URL."""
    programs = find_postgres()
    if programs is None:
        pytest.fail("no PostgreSQL: apt-get install postgresql")
    with _folder("postgres") as folder:
        user = unprivileged(folder)
        data = folder / "data"
        locale = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": str(folder)}
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
            capture_output=True,
            text=True,
            cwd=folder,
            env=locale,
            **user,
        )
        if made.returncode:
            pytest.fail(f"initdb failed: {made.stderr}")

        def command(port: int) -> list[str]:
            settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
            settings |= {"synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            return [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]

        with _running(command, folder, _postgres_answers, env=locale, **user) as port:
            yield f"postgres://hotline@127.0.0.1:{port}/postgres"


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """An empty database of the test's own; its address for DATABASE_URL."""
    name = f"site_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """For what must hold on both: an empty database of each; its address for DATABASE_URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'site.sqlite3'}"
    address: str = request.getfixturevalue("postgres")
    return address


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    # Not pytest's tmp_path: that one is closed to every other user, and PostgreSQL must be another than root.
    folder = Path(tempfile.mkdtemp(prefix=f"hotline-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged(folder: Path) -> dict[str, str]:
    """PostgreSQL refuses to run as root: as root, it runs as its package's user, who gets the folder."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres"}


@contextmanager
def _running(
    command: Callable[[int], list[str]], folder: Path, answers: Callable[[int], bool], **options
) -> Iterator[int]:
    """Run a program until the block ends; yields its port once it answers. Tries other ports if one was lost."""
    for _ in range(3):
        port = free_port()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command(port), stdout=log, stderr=log, cwd=folder, **options)
        try:
            if _wait(process, lambda port=port: answers(port)):
                yield port
                return
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
    pytest.fail((folder / "log").read_text(errors="replace"))


def _wait(process: subprocess.Popen, answers: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers():
            return True
        time.sleep(0.05)
    return False


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _postgres_answers(port: int) -> bool:
    import psycopg

    try:
        with psycopg.connect(f"postgres://hotline@127.0.0.1:{port}/postgres", connect_timeout=1):
            return True
    except psycopg.Error:
        return False
