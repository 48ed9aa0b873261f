"""A Redis and a PostgreSQL that a scenario may stop, hold, cut and start again, each always at the same address.

A program that is missing raises and says how to get it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
import redis

from tests.servers import free_port, unprivileged
from tools.needs import find_postgres, find_redis

READY_WITHIN_SECONDS = 60.0
PASSWORD = "a-secret-password"


class Machine:
    """One program on one port."""

    process: subprocess.Popen

    def __init__(self) -> None:
        self.port = free_port()

    def start(self) -> None:
        """Start it, and return once it answers; where it runs already, nothing happens."""
        raise NotImplementedError

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self.process.poll() is None

    def stop(self, sign: int = signal.SIGKILL) -> None:
        """End it at once, or as ``sign`` does."""
        if self.runs:
            self.process.send_signal(sign)
            self.process.wait(30)

    def hold(self) -> None:
        """It goes on to exist and does nothing: no answer, no refusal."""
        self.process.send_signal(signal.SIGSTOP)

    def let_go(self) -> None:
        """The end of :meth:`hold`."""
        if self.runs:
            self.process.send_signal(signal.SIGCONT)

    def _wait(self, answers) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not answers():
            if not self.runs or time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} did not start on port {self.port}")
            time.sleep(0.02)


class Redis(Machine):
    """A Redis with a password, which no log may show."""

    def __init__(self, *, running: bool = True) -> None:
        super().__init__()
        self.address = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-redis-"))
        if running:
            self.start()

    def start(self) -> None:
        program = find_redis()
        if not program:
            raise RuntimeError("no Redis: apt-get install redis-server")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([*command, "--requirepass", PASSWORD], stdout=subprocess.DEVNULL)
        self._wait(self._answers)

    def do(self, *words: str):
        """A command, by itself."""
        with redis.Redis.from_url(self.address, socket_timeout=5) as client:
            return client.execute_command(*words)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.address, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def remove(self) -> None:
        """End it for good."""
        if hasattr(self, "process"):
            self.let_go()
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Machine):
    """A PostgreSQL whose commits survive its own crash (the machine itself never crashes here: no fsync)."""

    SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": 200, "listen_addresses": "127.0.0.1"}

    def __init__(self, **settings: str) -> None:
        super().__init__()
        self.programs = find_postgres()
        if self.programs is None:
            raise RuntimeError("no PostgreSQL: apt-get install postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-postgres-"))
        self.data = self.folder / "data"
        self.settings = {**self.SETTINGS, "unix_socket_directories": self.folder, **settings}
        self.environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": str(self.folder)}
        self.user = unprivileged(self.folder)
        self.make()
        self.start()

    def make(self) -> None:
        """Its files."""
        self.run("initdb", "-D", self.data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")

    def run(self, program: str, *arguments) -> None:
        """One of PostgreSQL's own programs, as the user whom the files belong to."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            **self.user,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def start(self) -> None:
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [self.programs / "postgres", "-D", self.data, "-p", str(self.port), *options]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env=self.environment, **self.user
            )
        self._wait(self._answers)

    def crash(self) -> None:
        """Every process of it ends without a word, and what was committed is recovered at the next start."""
        self.stop(signal.SIGQUIT)

    def address(self, database: str = "postgres") -> str:
        """For DATABASE_URL."""
        return f"postgres://hotline@127.0.0.1:{self.port}/{database}"

    def connect(self) -> psycopg.Connection:
        """An administrator's connection."""
        return psycopg.connect(self.address(), autocommit=True, connect_timeout=2)

    def new_database(self, template: str = "template1") -> str:
        """An empty database, or a copy of ``template``; its name."""
        name = f"site_{uuid.uuid4().hex[:12]}"
        with self.connect() as connection:
            # Copied through the log, sequences hand out numbers that a crash forgets: ids would come twice after it.
            how = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}{how}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def copy_of(self, other: Postgres, name: str) -> str:
        """A database like one of ``other``; its name."""
        copy, made = self.folder / "copy", self.new_database()
        self.run("pg_dump", "-f", copy, other.address(name))
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", copy, self.address(made))
        return made

    def start_alone(self) -> None:
        """Start it, and let no commit wait for a standby any more."""
        if not self.runs:
            self.start()
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")

    def cut_connections(self, database: str) -> int:
        """End every connection to a database; how many there were."""
        with self.connect() as connection:
            return connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", [database]
            ).fetchone()[0]

    def _answers(self) -> bool:
        try:
            with self.connect():
                return True
        except psycopg.Error:
            return False

    def remove(self) -> None:
        """End it for good."""
        self.let_go()
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


class Standby(Postgres):
    """A second PostgreSQL that has every commit of the first before it is acknowledged."""

    def __init__(self, first: Postgres) -> None:
        self.first_one = first
        super().__init__(synchronous_standby_names="")
        with first.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def make(self) -> None:
        """A copy of the first one's files, which follows it."""
        copy = (
            "-D",
            self.data,
            "-h",
            "127.0.0.1",
            "-p",
            str(self.first_one.port),
            "-U",
            "hotline",
            "-R",
            "-X",
            "stream",
        )
        self.run("pg_basebackup", *copy, "-c", "fast")

    def promote(self) -> None:
        """It is the first one now; it waits for no other."""
        with self.connect() as connection:
            connection.execute("SELECT pg_promote()")


class OnSmallDisk(Postgres):
    """A PostgreSQL with a disk of its own that is soon full. Only root may mount one."""

    SIZE_MB = 120

    def make(self) -> None:
        """Its files, on that disk. A log of small pieces: the next one is soon wanted."""
        self.data.mkdir()
        options = f"size={self.SIZE_MB}m,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.data], check=True)
        shutil.chown(self.data, "postgres", "postgres")
        self.settings |= {"min_wal_size": "2MB", "max_wal_size": "4MB"}
        self.run(
            "initdb",
            *("-D", self.data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"),
            "--wal-segsize=1",
        )

    def use_up_log(self) -> None:
        """Begin new pieces of the log until there is no room for another."""
        for _ in range(self.SIZE_MB):
            try:
                with self.connect() as connection:
                    connection.execute("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 100000))")
                    connection.execute("SELECT pg_switch_wal()")
            except psycopg.Error:
                return

    def start_again(self) -> None:
        """It may have ended for want of room, or stand there without a log to write to."""
        if self.runs:
            self.crash()
        self.start()

    def remove(self) -> None:
        """End it for good; its disk goes too."""
        self.crash()
        subprocess.run(["umount", self.data], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)
