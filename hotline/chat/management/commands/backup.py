"""`python manage.py backup TARGET`: a copy of the database, while the servers run."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hotline.backups import STAMP, BackupFailed, postgres, settle, sqlite


class Command(BaseCommand):
    """Copies the database as it stands when the command begins: whatever was acknowledged by then is in it."""

    help = "Copy the database while servers run: to a file, or into a folder, where copies past RETENTION_DAYS go."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One argument."""
        parser.add_argument(
            "target",
            type=Path,
            help="a file that is not there yet; or a folder: a new file in it, and those older than RETENTION_DAYS go",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write to a file beside it first, so that the name never stands for half a copy."""
        target: Path = options["target"].absolute()
        suffix = sqlite.SUFFIX if connection.vendor == "sqlite" else postgres.SUFFIX
        folder = target if target.is_dir() else None
        if folder:
            target = folder / f"hotline-{datetime.now(UTC):%Y%m%d-%H%M%S}{suffix}"
        if target.exists():
            raise CommandError(f"{target} is there already; nothing was written.")
        began = time.monotonic()
        part = target.with_name(target.name + ".part")
        try:
            part.unlink(missing_ok=True)
            _copy(part)
            settle(part, target)
        except (BackupFailed, OSError) as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"No backup was made: {error}") from None
        (Path(settings.VAR_DIR) / STAMP).touch()
        gone = _forget_old(folder, suffix) if folder else 0
        size = target.stat().st_size / 1024 / 1024
        self.stdout.write(f"{target}: {size:.1f} MiB in {time.monotonic() - began:.1f} s. Removed {gone} old ones.")


def _copy(part: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        sqlite.copy_out(connection.connection, part)
    else:
        postgres.dump(connection.settings_dict, part)


def _forget_old(folder: Path, suffix: str) -> int:
    """Remove copies that outlived what residents were promised: each still holds what was erased since."""
    before = datetime.now(UTC) - timedelta(days=settings.RETENTION_DAYS)
    old = [
        path for path in folder.glob(f"hotline-*{suffix}") if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    for path in old:
        path.unlink()
    return len(old)
