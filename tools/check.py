"""`make check`: what a reviewer would run. Runs all of it, then tells what failed."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import time

from tools.local import ROOT

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy",)),
    ("imports", ("importlinter.cli", "lint-imports")),
    ("templates", ("djlint", "--lint", "--quiet", "templates")),
    ("migrations", ("django", "makemigrations", "--check", "--dry-run")),
    ("deployment", ("django", "check", "--deploy", "--fail-level", "WARNING")),
    ("translations", ("tools.messages", "check")),
)


def main() -> int:
    """Run every step; 1 if any failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="hotline-check-") as folder:
        surroundings = {**os.environ, **_as_deployed(folder), "PYTHONPATH": str(ROOT)}
        for name, arguments in STEPS:
            began = time.monotonic()
            done = subprocess.run(
                _command(arguments), cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
            )
            print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name:13} {time.monotonic() - began:5.1f} s")
            if done.returncode:
                failed.append(name)
                print(done.stdout.rstrip(), done.stderr.rstrip(), sep="\n", flush=True)
    print(f"To mend: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def _as_deployed(folder: str) -> dict[str, str]:
    """Settings of a site that serves people, with secrets for the moment."""
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    return {
        "DJANGO_SETTINGS_MODULE": "hotline.settings",
        "HOTLINE_IGNORE_DOTENV": "1",
        "DEBUG": "0",
        "HTTPS": "1",
        "ALLOWED_HOSTS": "line.example.org",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "HOTLINE_KEYS": f"check:{key}",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "VAR_DIR": folder,
    }


def _command(arguments: tuple[str, ...]) -> list[str]:
    if arguments[0].startswith("importlinter"):
        # lint-imports has no module form: its function is called as its script would.
        return [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())",
        ]
    return [sys.executable, "-m", *arguments]


if __name__ == "__main__":
    sys.exit(main())
