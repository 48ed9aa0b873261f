"""The service in processes of its own, started with the very command of `make run`, in surroundings of its own."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path

from hotline.environment import new_key_entry
from tests.servers import free_port
from tools.run import serving

ROOT = Path(__file__).parents[2]
READY_WITHIN_SECONDS = 120.0
PASSWORD = "lamplight-demo"
"""The one that seed_demo prints."""
METRICS_TOKEN = "a-token-that-is-long-enough-for-this"
"""For sites whose processes are asked how many sockets they serve."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_here = urllib.request.ProxyHandler({})


class Process:
    """One server process."""

    def __init__(self, site: Site, port: int, *, launcher: str = "", **variables: str) -> None:
        """With ``launcher``, a module that takes the server's place in the command and starts it in its own way."""
        self.site, self.port = site, port
        self.url = f"http://127.0.0.1:{port}"
        self.log_path = site.folder / f"log-{port}-{time.monotonic_ns()}"
        command = serving("127.0.0.1", str(port))
        if launcher:
            command[command.index("-m") + 1] = launcher
        with self.log_path.open("w") as log:
            self.popen = subprocess.Popen(
                command, cwd=ROOT, env={**site.environment, **variables}, stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self.log_path.read_text(errors="replace")

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def wait_until_ready(self) -> Process:
        """Returns itself once it answers."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self.is_ready():
            assert self.popen.poll() is None, self.log
            assert time.monotonic() < deadline, f"not ready after {READY_WITHIN_SECONDS} s: {self.log}"
            time.sleep(0.02)
        return self

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        try:
            with urllib.request.build_opener(_here).open(self.url + path, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def sockets(self) -> int:
        """How many sockets it says it serves."""
        return self.metric("hotline_sockets")

    def metric(self, name: str) -> int:
        """What it says of this, with all labels together. Its site has METRICS_TOKEN."""
        asked = urllib.request.Request(f"{self.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        with urllib.request.build_opener(_here).open(asked, timeout=20) as answer:
            found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", answer.read().decode(), re.MULTILINE)
        return sum(int(float(n)) for n in found)

    def kill(self) -> None:
        """As a power cut does: no warning, no last word."""
        self.popen.kill()
        self.popen.wait(10)

    def end(self, *, within: float = 15.0) -> int:
        """As a service manager does. Returns the exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(within)

    # --- people -----------------------------------------------------------------------------------------------------
    def begin(self) -> tuple[str, str]:
        """A new resident, by the form that residents use. Returns the browser's cookies and the conversation."""
        cookies, page = self._submit("/begin/", {"script": "1"}, "visit")
        return cookies, re.search(r'data-conversation="([0-9a-f]{32})"', page)[1]

    def sign_in(self, username: str) -> str:
        """One of the demo's people, by the form that staff use. Returns the browser's cookies."""
        return self._submit("/staff/sign-in/", {"username": username, "password": PASSWORD, "next": ""}, "desk")[0]

    def _submit(self, path: str, fields: dict[str, str], cookie: str) -> tuple[str, str]:
        jar = CookieJar()
        opener = urllib.request.build_opener(_here, urllib.request.HTTPCookieProcessor(jar))
        with opener.open(self.url + path, timeout=20) as page:
            token = _TOKEN.search(page.read().decode())
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
        # Over HTTPS forms must say which page they come from.
        asked = urllib.request.Request(self.url + path, body, {"Origin": self.url})
        with opener.open(asked, timeout=20) as answer:
            following = answer.read().decode()
        assert any(one.name == cookie for one in jar), f"{path} gave no {cookie}"
        return "; ".join(f"{one.name}={one.value}" for one in jar), following


def wait_for(condition: Callable[[], bool]) -> None:
    """Look again and again, and fail after twenty seconds. Not on an event loop."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Site:
    """One database, one set of secrets, any number of processes."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.processes: list[Process] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOTLINE_IGNORE_DOTENV": "1",
            "PYTHONWARNINGS": "default",
            "HTTPS": "false",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "HOTLINE_KEYS": new_key_entry(),
            "VAR_DIR": str(folder / "var"),
            "ARGON2_MEMORY_KIB": "64",  # a hash in a millisecond
            **variables,
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run manage.py in these surroundings."""
        return self._python("manage.py", *arguments)

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def prepare(self) -> Site:
        """Tables, demo accounts, static files and the page for when nobody answers."""
        return self._manage_all(("migrate",), ("collectstatic", "--noinput"), ("away_page",), ("seed_demo",))

    def _manage_all(self, *commands: tuple[str, ...]) -> Site:
        """Several commands of manage.py in one process: to start it takes longer than most of them."""
        code = f"from manage import main\nimport sys\nfor one in {commands!r}:\n"
        done = self._python("-c", code + "    sys.argv = ['manage.py', *one, '--verbosity', '0']\n    main()")
        assert done.returncode == 0, done.stderr
        return self

    def borrow(self, other: Site) -> Site:
        """Another site's static files and secrets; the database is left to the caller."""
        shutil.copytree(other.folder / "var" / "static", self.folder / "var" / "static", copy_function=os.link)
        for name in ("SECRET_KEY", "HOTLINE_KEYS"):
            self.environment[name] = other.environment[name]
        return self

    def prepare_like(self, other: Site, *, database: bool) -> Site:
        """As :meth:`prepare`, from files that another site made; without its ``database``, tables are made anew."""
        self.borrow(other)
        var = self.folder / "var"
        if database:
            for path in (other.folder / "var").glob("hotline.sqlite3*"):
                shutil.copy(path, var)
            return self
        return self.prepare_tables()

    def prepare_tables(self) -> Site:
        """In an empty database: tables and demo accounts."""
        return self._manage_all(("migrate",), ("seed_demo",))

    def start(self, port: int | None = None, **options: str) -> Process:
        """One more process; with ``port``, where another one was. For ``options`` see :class:`Process`."""
        process = Process(self, port or free_port(), **options)
        self.processes.append(process)
        return process.wait_until_ready()

    def stop(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()


def read_json(process: Process, path: str) -> tuple[int, dict]:
    """Status and facts of a page that answers in JSON."""
    status, text = process.get(path)
    return status, json.loads(text)
