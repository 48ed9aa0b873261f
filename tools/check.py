"""`make check`: what a reviewer would run. Runs all of it, then tells what failed."""

from __future__ import annotations

import os
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
    ("deploy", ("django", "check", "--fail-level", "WARNING")),
    ("translations", ("tools.messages", "check")),
)


def main() -> int:
    """Run every step; 1 if any failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="hotline-check-") as folder:
        surroundings = {**os.environ, "HOTLINE_IGNORE_DOTENV": "1", "DEBUG": "1", "VAR_DIR": folder}
        surroundings |= {"DJANGO_SETTINGS_MODULE": "hotline.settings", "PYTHONPATH": str(ROOT)}
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
