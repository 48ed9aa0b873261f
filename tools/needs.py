"""What the tests need beside Python (a browser, Redis, PostgreSQL ...): finds it, installs it, or says how.

    python -m tools.needs            find; install what is missing where that is possible
    python -m tools.needs --look     find only

Nothing of these is skipped: what is missing stops `make test` before it begins. One test alone asks for more than
everybody has (root, systemd, namespaces: tests/faults/test_systemd.py) and says so where it is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POSTGRES_FOLDERS = "/usr/lib/postgresql"
CHINESE_FONT = "fonts-noto-cjk"


@dataclass(frozen=True, slots=True)
class Need:
    """A program, the Debian packages that bring it, and where it was found (empty: nowhere)."""

    name: str
    packages: tuple[str, ...]
    found: str


def find_chromium() -> str:
    """The path of a Chromium or Chrome: $CHROMIUM, the system's, or the one Playwright fetched; empty if none."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return shutil.which(named) or ""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    fetched = sorted(_playwright_folder().glob("chromium-*/chrome-*/chrome"))
    return str(fetched[-1]) if fetched else ""


def find_postgres() -> Path | None:
    """The folder that holds initdb and postgres: Debian keeps them off PATH, a folder for each version."""
    folders = sorted(Path(POSTGRES_FOLDERS).glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def find_redis() -> str:
    """The path of redis-server (or of valkey-server, which speaks the same); empty if none."""
    return shutil.which("redis-server") or shutil.which("valkey-server") or ""


def find_nginx() -> str:
    """The path of nginx, which Debian keeps where only root looks; empty if none."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx") or ""


def find_promtool() -> str:
    """The path of promtool, which comes with Prometheus and plays series against its rules; empty if none."""
    return shutil.which("promtool") or ""


def look() -> list[Need]:
    """Every need, found or not."""
    return [
        Need("Chromium", ("chromium", CHINESE_FONT), find_chromium()),
        Need("Redis", ("redis-server",), find_redis()),
        Need("PostgreSQL", ("postgresql",), str(find_postgres() or "")),
        Need("nginx", ("nginx",), find_nginx()),
        Need("promtool", ("prometheus",), find_promtool()),
    ]


def install(missing: list[Need]) -> None:
    """Bring what is missing: Debian's packages as root, else Playwright's own Chromium for the browser."""
    packages = [package for need in missing for package in need.packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing Debian packages: {' '.join(packages)} ...", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *command], env=quiet, check=False, stdout=subprocess.DEVNULL)
    elif any(need.name == "Chromium" for need in missing):
        print("No Chromium here and no rights to install packages: fetching Playwright's own ...", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Find, install if that is wanted and possible, and report."""
    missing = [need for need in look() if not need.found]
    if missing and "--look" not in sys.argv[1:]:
        install(missing)
    missing = [need for need in look() if not need.found]
    for need in missing:
        print(f"{need.name} is missing. On Debian: apt-get install {' '.join(need.packages)}", file=sys.stderr)
    if any(need.name == "Chromium" for need in missing):
        print("Or name a Chromium: CHROMIUM=/path/to/chrome make test", file=sys.stderr)
    return 1 if missing else 0


def _playwright_folder() -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    return Path(named) if named else Path.home() / ".cache/ms-playwright"


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
