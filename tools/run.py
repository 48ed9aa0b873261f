"""`make run` and `make demo`: from a fresh clone to a served page.

Serves as a real site would (DEBUG off, hashed and compressed files), but over plain HTTP on this machine only. On
the first start it writes a .env with secrets of its own; whatever is set there, or in the environment, is kept.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

from tools.local import ROOT, ensure_env_file
from tools.messages import compile_all

READY_WITHIN_SECONDS = 20.0


def main() -> int:
    """Prepare what is missing, then serve until interrupted."""
    arguments = argparse.ArgumentParser(prog="make run")
    arguments.add_argument("--simulate", action="store_true", help="let people talk by themselves")
    simulate = arguments.parse_args().simulate
    os.chdir(ROOT)
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        return _complain(f"PORT={port} is not a port: give a number from 1 to 65535.")
    trouble = _why_not_free(host, int(port))
    if trouble:
        return _complain(trouble)
    if ensure_env_file():
        print("Wrote .env: secrets for this machine. Keep it if you mean to keep the data in var/.")
    compile_all()
    trouble = _prepare()
    if trouble:
        return _complain(trouble)
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    address = f"http://{shown}:{port}/"
    print(f"\n  Residents  {address}\n  Staff      {address}staff/\n  Stop with Ctrl-C.\n", flush=True)
    command = serving(host, port)
    return _serve_and_simulate(command, address.rstrip("/")) if simulate else _become(command)


def _become(command: list[str]) -> NoReturn:
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def serving(host: str, port: str) -> list[str]:
    """The command that serves: one process at ``host``:``port``."""
    return [sys.executable, "-m", "hotline.server", "-b", host, "-p", port]


def _complain(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


def _why_not_free(host: str, port: int) -> str:
    """What keeps us from serving at ``host``:``port``; empty when nothing does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is taken by another program. Choose one: make run PORT={port + 1}"
            if error.errno == errno.EACCES:
                return f"Port {port} needs more rights than you have. Choose one above 1023: make run PORT=8000"
            return f"Cannot serve at {host}, port {port}: {error.strerror}"
    return ""


def _prepare() -> str:
    """Bring the database and the static files up to date; say who can sign in.

    Returns:
        What keeps us from it, in one line; empty when nothing does.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError

    try:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
    except ImproperlyConfigured as error:
        return f"A setting is wrong (.env.example explains them): {error}"
    except DatabaseError as error:
        return f"The database cannot be used (DATABASE_URL, VAR_DIR): {str(error).splitlines()[0]}"
    if not settings.DEBUG:
        _collect_static(Path(settings.STATIC_ROOT))
    try:
        call_command("seed_demo")
    except CommandError as refusal:
        # Its accounts have a known password: it refuses where others than this machine are served.
        print(f"No demo here. {refusal}")
    return ""


def _collect_static(root: Path) -> None:
    """Hash and compress the static files, when any of them changed since the last time."""
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            seen.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = root.with_name("static.stamp")
    if stamp.exists() and stamp.read_text() == seen.hexdigest() and (root / "staticfiles.json").exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(seen.hexdigest())


def _serve_and_simulate(command: list[str], address: str) -> int:
    """Serve; once the server answers, let the simulator talk through its sockets. Both end together."""
    server = subprocess.Popen(command)
    try:
        if not _wait_until_ready(server, f"{address}/healthz"):
            return _complain("The server did not come up.")
        subprocess.run([sys.executable, "manage.py", "simulate", "--url", address], check=False)
        print("The evening is over; the server goes on until Ctrl-C.")
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=15)


def _wait_until_ready(server: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
