"""SQLite: its online copy, while servers read and write."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from hotline.backups import BackupFailed, make_private

SUFFIX = ".sqlite3"


def copy_out(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database as it stands when this begins; writers go on meanwhile.

    All pages in one step: between smaller steps another process's write would let the copy begin anew, without end on
    a busy evening. In WAL mode one long read holds nobody up.

    Raises:
        BackupFailed: the copy could not be written, or is not whole.
    """
    make_private(target)
    try:
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy, pages=-1)
            # One file that needs nothing beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            _check(copy)
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite could not copy: {error}") from None


def copy_in(source: Path, target: Path) -> None:
    """Copy a backup to where it will be worked on.

    Raises:
        BackupFailed: it is not a whole SQLite database, or cannot be copied.
    """
    make_private(target)
    try:
        shutil.copyfile(source, target)
        with closing(sqlite3.connect(target)) as copy:
            _check(copy)
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(f"{source} cannot be used: {error}") from None


def leave_log(path: Path) -> None:
    """Bring what the write-ahead log of a database holds into its file, so that the file can be replaced.

    Raises:
        BackupFailed: another program has it open.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        raise BackupFailed(f"another program has {path} open") from None
    except sqlite3.DatabaseError:
        # Damaged beyond opening: its log is of no use either.
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise BackupFailed("the copy is damaged: PRAGMA integrity_check complains")
