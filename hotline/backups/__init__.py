"""Copies of a database that is in use, and the way back. Knows databases and files, nothing of ours."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

STAMP = "last-backup"
"""In VAR_DIR; its time is that of the last backup, and is told to monitors."""
SERVING = "serving"
"""In VAR_DIR: a file that servers hold together, and a restore alone. The system lets go of it with the process."""
UNFINISHED = "restore.unfinished"
"""In VAR_DIR while a restore goes on: no server starts, since what was erased may be there again."""


class BackupFailed(Exception):
    """A copy could not be made or read; the message says why, without words or secrets."""


def serve_from(var_dir: Path) -> IO[bytes]:
    """Hold the database for serving; released when the file that is returned is closed, or the process ends.

    Raises:
        BackupFailed: a restore is under way on this machine, or was begun and not finished.
    """
    file = _lock(var_dir, fcntl.LOCK_SH, refusal="a restore is under way")
    if (var_dir / UNFINISHED).exists():
        file.close()
        raise BackupFailed("a restore was begun and not finished; run `manage.py restore` again, to its end")
    return file


@contextmanager
def alone(var_dir: Path) -> Iterator[None]:
    """While the block runs, no server of this machine serves from this folder's database.

    Raises:
        BackupFailed: one does.
    """
    with _lock(var_dir, fcntl.LOCK_EX, refusal="a server is running. Stop the servers first"):
        yield


def _lock(var_dir: Path, how: int, *, refusal: str) -> IO[bytes]:
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        file = (var_dir / SERVING).open("ab")
    except OSError as error:
        raise BackupFailed(f"{var_dir} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BackupFailed(refusal) from None
    return file


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read.

    Raises:
        BackupFailed: there is one already, or it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"{path} cannot be made: {error.strerror}") from None


def settle(part: Path, target: Path) -> None:
    """Give a finished file its name, so that the name never stands for half a copy, not even after a power cut."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
