"""PostgreSQL: pg_dump while servers run, and back through pg_restore and psql in one transaction."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from hotline.backups import BackupFailed, make_private

SUFFIX = ".dump"
_LONGEST_COMPLAINT = 300


def dump(database: Mapping[str, Any], target: Path) -> None:
    """Write a dump of the database as it stands when this begins.

    Args:
        database: Django's settings of it.
        target: a file that is not there yet.

    Raises:
        BackupFailed: pg_dump is missing, failed, or could not write.
    """
    make_private(target)
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run([*command, f"--dbname={_address(database)}"], database)


def load(database: Mapping[str, Any], source: Path, *, instead_of: Sequence[str]) -> None:
    """Put what a dump holds in the place of these tables: all of it or nothing.

    Raises:
        BackupFailed: a program is missing or failed; then nothing has changed.
    """
    read = [_program("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(source)]
    write = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    if instead_of:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in instead_of)
        write.append(f"--command=DROP TABLE IF EXISTS {names} CASCADE")
    write += ["--file=-", f"--dbname={_address(database)}", "--output=/dev/null"]
    with tempfile.TemporaryFile() as script:
        # Written to its end first: psql would commit what it got from a pg_restore that broke off.
        _run(read, database, output=script)
        script.seek(0)
        _run(write, database, given=script)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"{name} is missing. On Debian: apt-get install postgresql-client")
    return found


def _address(database: Mapping[str, Any]) -> str:
    """How programs reach the database, without the password: command lines can be read by everybody on a machine."""
    from psycopg import conninfo, pq

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    options = {name: value for name, value in database.get("OPTIONS", {}).items() if name in known}
    parts = {"host": database["HOST"], "port": database["PORT"], "user": database["USER"], "dbname": database["NAME"]}
    return conninfo.make_conninfo(**options, **{name: str(value) for name, value in parts.items() if value})


def _run(
    command: list[str], database: Mapping[str, Any], *, given: IO[bytes] | None = None, output: IO[bytes] | None = None
) -> None:
    surroundings = dict(os.environ)
    if database["PASSWORD"]:
        surroundings["PGPASSWORD"] = database["PASSWORD"]
    done = subprocess.run(  # noqa: S603 - found by name, and no shell
        command,
        env=surroundings,
        stdin=given or subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip()[:_LONGEST_COMPLAINT]
        raise BackupFailed(f"{Path(command[0]).name} failed: {complaint}")
