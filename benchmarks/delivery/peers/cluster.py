"""The product on PostgreSQL: one process, and two with Redis behind nginx, as docs/operations.md sets them up.

nginx gets the very file that sites are given (ops/nginx/nginx.conf), without TLS: the load speaks none, and what TLS
costs is not the product's.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.delivery import machine
from benchmarks.delivery.peers.base import (
    READY_WITHIN_SECONDS,
    ROOT,
    Broken,
    Missing,
    Server,
    Shape,
    free_port,
    plain_environment,
)
from benchmarks.delivery.peers.product import Counted, Product
from tools.needs import find_postgres, find_redis

NGINX_FILE = ROOT / "ops" / "nginx" / "nginx.conf"
OTHER_UPSTREAMS = re.compile(r"^ *server 127\.0\.0\.1:800[3-9] .*$", re.MULTILINE)


class Together:
    """Several processes that are one server; ``port`` is where people come in."""

    def __init__(self, port: int, popens: list[subprocess.Popen[bytes]], stack: ExitStack) -> None:
        self.port, self.popens, self.stack = port, popens, stack

    @property
    def pids(self) -> list[int]:
        """Of the first process of each tree."""
        return [popen.pid for popen in self.popens]

    def cpu(self) -> float:
        """Seconds of CPU of all of them."""
        return machine.cpu_seconds(*self.pids)

    def memory(self) -> int:
        """Bytes that all of them hold."""
        return machine.resident_bytes(*self.pids)

    def stop(self) -> None:
        """End them, in the opposite order."""
        self.stack.close()


@contextmanager
def program(
    command: list[str], folder: Path, is_ready: Callable[[], bool], *, ending: int = signal.SIGTERM, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the block ends.

    Raises:
        Broken: it did not become ready.
    """
    log = folder / f"log-{Path(command[0]).name}"
    with log.open("ab") as out:
        popen = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, **options)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not is_ready():
            if popen.poll() is not None or time.monotonic() > deadline:
                raise Broken(log.read_text(errors="replace")[-3000:])
            time.sleep(0.05)
        yield popen
    finally:
        if popen.poll() is None:
            popen.send_signal(ending)
            try:
                popen.wait(15)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait(5)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ProductOnPostgres(Product):
    """One process, its own layer, PostgreSQL as Debian sets it up (fsync and all)."""

    name = "product-postgres"
    what = "this product on PostgreSQL, one process"
    sits_idle = False
    processes = 1

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """A database for each shape, in a cluster of our own."""
        programs = find_postgres()
        if programs is None:
            raise Missing("no PostgreSQL here (on Debian: apt-get install postgresql)")
        self.programs, self.data = programs, folder / "postgres" / "data"
        self.data.parent.mkdir()
        self.user = _unprivileged(self.data.parent)
        self._as_owner("initdb", "-D", str(self.data), "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.shapes = {name: shape for name, shape in shapes.items() if name in {"pairs", "crowd"}}
        with self._postgres() as (port, _):
            for name, shape in self.shapes.items():
                self._sql(port, f"CREATE DATABASE {name}")
                var = folder / name
                var.mkdir()
                self.environment["DATABASE_URL"] = self._url(port, name)
                self._run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], var)
                self._fill(name, shape, var)

    def start(self, folder: Path, shape: str) -> Server:
        """PostgreSQL on a copy of the shape's database, and whatever stands before it."""
        with ExitStack() as stack:
            port, postgres = stack.enter_context(self._postgres())
            self._sql(port, "DROP DATABASE IF EXISTS run")
            self._sql(port, f"CREATE DATABASE run TEMPLATE {shape}")
            where = {"DATABASE_URL": self._url(port, "run"), "VAR_DIR": str(folder)}
            environment = {**self.environment, **where, **self.variables}
            popens, front = self._serve(folder, environment, stack)
            return Together(front, [postgres, *popens], stack.pop_all())  # type: ignore[return-value]

    def _serve(
        self, folder: Path, environment: dict[str, str], stack: ExitStack
    ) -> tuple[list[subprocess.Popen[bytes]], int]:
        """Start the product's processes. Returns them, and the port where people come in."""
        server = self._process(folder, environment)
        stack.callback(server.stop)
        return [server.popen], server.port

    def _process(self, folder: Path, environment: dict[str, str]) -> Server:
        port = free_port()
        return Server(self.command(port), port, folder, environment).wait_until_ready()

    # --- PostgreSQL -------------------------------------------------------------------------------------------------
    @contextmanager
    def _postgres(self) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
        port, folder = free_port(), self.data.parent
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200")
        options = [part for setting in settings for part in ("-c", setting)]
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(port), *options]
        # SIGINT: PostgreSQL cuts those who are still connected, and ends in order.
        with program(
            command, folder, lambda: self._answers(port), ending=signal.SIGINT, env=_locale(folder), **self.user
        ) as popen:
            yield port, popen

    def _as_owner(self, name: str, *arguments: str) -> None:
        folder = self.data.parent
        command = [str(self.programs / name), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, env=_locale(folder), check=False, **self.user
        )
        if done.returncode:
            raise Broken(done.stderr[-3000:])

    def _url(self, port: int, name: str) -> str:
        return f"postgres://hotline@127.0.0.1:{port}/{name}"

    def _answers(self, port: int) -> bool:
        import psycopg

        try:
            with psycopg.connect(self._url(port, "postgres"), connect_timeout=2):
                return True
        except psycopg.Error:
            return False

    def _sql(self, port: int, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._url(port, "postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


class TwoProcesses(ProductOnPostgres):
    """Two processes, joined by PostgreSQL and Redis, behind nginx."""

    name = "product-two"
    what = "two processes on PostgreSQL and Redis behind nginx, all of them counted"
    processes = 2

    def prepare(self, folder: Path, shapes: dict[str, Shape]) -> None:
        """Find what is needed."""
        if not find_redis():
            raise Missing("no Redis here (on Debian: apt-get install redis-server)")
        if not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
            raise Missing("no nginx here (on Debian: apt-get install nginx)")
        super().prepare(folder, shapes)

    def _serve(
        self, folder: Path, environment: dict[str, str], stack: ExitStack
    ) -> tuple[list[subprocess.Popen[bytes]], int]:
        redis_port = free_port()
        where = ["--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        redis = stack.enter_context(program([find_redis(), *where], folder, lambda: listens(redis_port)))
        environment = {**environment, "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
        servers = []
        for _ in range(self.processes):
            servers.append(self._process(folder, environment))
            stack.callback(servers[-1].stop)
        nginx, port = self._nginx(folder, [server.port for server in servers], stack)
        return [redis, nginx, *(server.popen for server in servers)], port

    def _nginx(self, folder: Path, upstreams: list[int], stack: ExitStack) -> tuple[subprocess.Popen[bytes], int]:
        import getpass

        port, plain = free_port(), free_port()
        text = OTHER_UPSTREAMS.sub("", NGINX_FILE.read_text(encoding="utf-8"))
        text = re.sub(r"^ *(ssl_|listen \[::\]).*$", "", text, flags=re.MULTILINE)
        for old, new in {
            "user www-data;": f"user {getpass.getuser()};",
            "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
            "/var/log/nginx/": f"{folder}/",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port};",
            "server_name line.example.org;": "server_name 127.0.0.1;",
            **{f"127.0.0.1:{8001 + number} ": f"127.0.0.1:{one} " for number, one in enumerate(upstreams)},
        }.items():
            if old not in text:
                raise Broken(f"{NGINX_FILE} has no {old!r} any more")
            text = text.replace(old, new)
        file = folder / "nginx.conf"
        file.write_text(text, encoding="utf-8")
        found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
        command = [found, "-c", str(file), "-p", str(folder), "-e", str(folder / "error.log"), "-g", "daemon off;"]
        return stack.enter_context(program(command, folder, lambda: listens(port))), port


def _locale(folder: Path) -> dict[str, str]:
    return {**plain_environment(), "LC_ALL": "C.UTF-8", "HOME": str(folder)}


def _unprivileged(folder: Path) -> dict[str, str]:
    """PostgreSQL refuses to run as root: as root, it runs as its package's user, who gets the folder."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    for one in folder.parents[:2]:  # the way there
        one.chmod(0o711)
    return {"user": "postgres", "group": "postgres"}


class CountedOnPostgres(Counted, ProductOnPostgres):
    """One process on PostgreSQL, counted."""

    name = "product-postgres-counted"
    what = "one process on PostgreSQL, counted"


class CountedTwoProcesses(Counted, TwoProcesses):
    """Two processes, counted: what is told of a message is of both together."""

    name = "product-two-counted"
    what = "two processes, counted"
