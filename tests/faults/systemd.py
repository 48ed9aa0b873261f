"""A real systemd with the very units that sites are given (ops/systemd), on a machine of its own: only ports differ.

The machine is made of namespaces: its processes, mounts, name and groups of processes are its own, and whatever it
changes vanishes with it (systemd_machine.sh). It shares the network, so that tests reach what it serves.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import uuid
from contextlib import suppress
from pathlib import Path

from tests.faults.site import Process, Site
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "/lib/systemd/systemd": "systemd",
    "/lib/systemd/system/dbus.socket": "dbus",
    "/usr/bin/unshare": "util-linux",
}
"""Debian's packages that bring them."""
NAMESPACES = ("--mount", "--uts", "--ipc", "--cgroup", "--propagation", "private")
READY_WITHIN_SECONDS = 120.0
GONE_AFTER_SECONDS = 600
"""Should the tests be killed, their machine ends itself."""
_TRIAL = """set -e; mount -t tmpfs none "$1"; mkdir "$1/upper" "$1/work" "$1/root" "$1/groups"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" none "$1/root"
mount -t proc proc "$1/root/proc"; mount -t cgroup2 none "$1/groups"; mknod "$1/null" c 1 3"""


def what_is_missing(folder: Path) -> str:
    """Why no such machine can be made here, or nothing; ``folder`` is an empty one to try it on."""
    if os.geteuid() != 0:
        return "only root may make a machine of namespaces"
    for path, package in PROGRAMS.items():
        if not Path(path).exists():
            return f"no {path}: apt-get install {package}"
    if _control_groups() is None:
        return "no control groups (version 2) are mounted here for systemd to keep its processes in"
    trial = ["unshare", "--pid", "--fork", "--kill-child", *NAMESPACES, "sh", "-c", _TRIAL, "trial", folder]
    try:
        _control_groups("trial").rmdir()
        done = subprocess.run(trial, capture_output=True, text=True, timeout=30)
    except OSError as error:
        return f"no machine of namespaces can be made here: {error}"
    return f"no machine of namespaces can be made here: {done.stderr.strip()}" if done.returncode else ""


def _control_groups(made: str = "") -> Path | None:
    """Our group of processes, or one that is ``made`` in it."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        root, place = fields.split()[3:5]
        if kind.startswith("cgroup2 "):
            own = next(one[3:] for one in Path("/proc/self/cgroup").read_text().splitlines() if one.startswith("0::"))
            group = Path(place) / os.path.relpath(own, root)
            if made:
                group = group / f"hotline-{made}-{uuid.uuid4().hex[:8]}"
                group.mkdir()
            return group
    return None


class Served(Process):
    """What one instance of hotline@.service serves."""

    def __init__(self, machine: Machine, port: int) -> None:
        self.machine, self.port, self.unit = machine, port, f"hotline@{port}.service"
        self.url = f"http://127.0.0.1:{port}"

    def wait_until_ready(self) -> Served:
        """Returns itself once it answers."""
        self.machine.until(self.is_ready)
        return self

    def pids(self) -> list[int]:
        """Its processes as this machine counts them: the one that serves, and the one that triage reads in."""
        return sorted(int(pid) for pid in (self.group / "cgroup.procs").read_text().split())

    @property
    def group(self) -> Path:
        """Its group of processes."""
        return self.machine.group / self.machine.ask(self.unit, "ControlGroup").lstrip("/")

    def get_state(self) -> str:
        """Such as "active"."""
        return self.machine.ask(self.unit, "ActiveState")


class Machine:
    """systemd, and what it starts. The database has no tables until the units make them."""

    def __init__(self, folder: Path, sockets: Path, settings: dict[str, str], *, instances: int = 2) -> None:
        """Boot it in ``folder``, an empty one.

        ``sockets`` is what /run/postgresql is in it; ``settings`` go into the environment file.
        """
        self.root, self.sockets = folder / "machine", sockets
        self.root.mkdir()
        self.served = [Served(self, free_port()) for _ in range(instances)]
        self._write_units(folder / "machine.units")
        self._write_environment(folder / "machine.environment", settings)
        self.log_path = folder / "log"
        self.group = _control_groups("test")
        assert self.group is not None
        try:
            self._boot()
        except BaseException:
            self.remove()
            raise

    def _write_units(self, folder: Path) -> None:
        shutil.copytree(ROOT / "ops/systemd", folder)
        target = folder / "hotline.target"
        wanted = "Wants=hotline@8001.service hotline@8002.service"
        text = target.read_text(encoding="utf-8")
        assert wanted in text, f"hotline.target has no {wanted!r} any more"
        ours = "Wants=" + " ".join(one.unit for one in self.served)
        target.write_text(text.replace(wanted, ours), encoding="utf-8")

    def _write_environment(self, file: Path, settings: dict[str, str]) -> None:
        secrets = Site(file.parent).environment
        given = {
            "SECRET_KEY": secrets["SECRET_KEY"],
            "HOTLINE_KEYS": secrets["HOTLINE_KEYS"],
            "ALLOWED_HOSTS": "127.0.0.1",
            "ORIGINS": "",
            "HTTPS": "false",
            **settings,
        }
        lines = (ROOT / "ops/environment").read_text(encoding="utf-8").splitlines()
        names = [line.partition("=")[0] for line in lines]
        assert set(given) <= set(names), f"ops/environment lacks some of {sorted(given)}"
        changed = [f"{name}={given[name]}" if name in given else line for name, line in zip(names, lines, strict=True)]
        # A hash in a millisecond.
        file.write_text("\n".join([*changed, "ARGON2_MEMORY_KIB=64", ""]), encoding="utf-8")

    def _boot(self) -> None:
        arguments = [self.root, ROOT, sys.base_prefix, sysconfig.get_path("purelib"), self.sockets]
        script = [Path(__file__).with_name("systemd_machine.sh"), *arguments]
        # It joins the group before it gets a view of groups of its own, so that this group is the topmost it sees.
        into = f'echo 0 > {self.group}/cgroup.procs && exec unshare {" ".join(NAMESPACES)} sh "$@"'
        command = ["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", into, "sh", *script]
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                ["timeout", "-s", "KILL", str(GONE_AFTER_SECONDS), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.until(lambda: self.do("systemctl", "is-active", "--quiet", "multi-user.target").returncode == 0)

    @property
    def pid(self) -> int:
        """systemd's, as this machine counts; 0 before it is there."""
        try:
            unshare = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]
            return int(Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()[0])
        except (OSError, IndexError):
            return 0

    def do(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command inside, as root."""
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--cgroup", "--pid"]
        return subprocess.run(
            [*enter, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
        )

    def systemctl(self, *arguments: str) -> str:
        """A command of systemctl that must succeed; what it says."""
        done = self.do("systemctl", "--no-pager", *arguments)
        assert done.returncode == 0, f"systemctl {' '.join(arguments)}: {done.stderr}\n{self.journal()}"
        return done.stdout

    def ask(self, unit: str, fact: str) -> str:
        """One of the facts that systemd keeps about a unit."""
        return self.systemctl("show", "--value", f"--property={fact}", unit).strip()

    def manage(self, *arguments: str) -> str:
        """manage.py, run as docs/operations.md tells to."""
        surroundings = ("--uid=hotline", "-p", "EnvironmentFile=/etc/hotline/environment")
        done = self.do(
            *("sh", "-c", 'cd /opt/hotline && exec "$@"', "sh"),
            *("systemd-run", "--quiet", "--wait", "--pipe", *surroundings, "-d", ".venv/bin/python", "manage.py"),
            *arguments,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def journal(self, *arguments: str) -> str:
        """What everybody said, or one unit."""
        return self.do("journalctl", "--no-pager", "--output=cat", *arguments).stdout

    def until(self, condition) -> None:
        """Wait until something that systemd or its services do is so."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not condition():
            assert self.process.poll() is None, self.log_path.read_text()
            assert time.monotonic() < deadline, f"{self.log_path.read_text()}\n{self.journal()}"
            time.sleep(0.05)

    def remove(self) -> None:
        """End it for good, with all that runs in it."""
        if hasattr(self, "process"):
            # The end of its first process is the end of all others.
            deadline = time.monotonic() + 30
            while self.process.poll() is None:
                assert time.monotonic() < deadline, "the machine does not end"
                if first := self.pid:
                    with suppress(ProcessLookupError):
                        os.kill(first, signal.SIGKILL)
                time.sleep(0.02)
        for folder, _, _ in os.walk(self.group, topdown=False):
            _remove_group(Path(folder))


def _remove_group(group: Path) -> None:
    """The kernel empties a group a moment after its last process was waited for."""
    deadline = time.monotonic() + 10
    while True:
        try:
            group.rmdir()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
