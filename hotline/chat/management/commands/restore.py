"""`python manage.py restore SOURCE`: a backup in the place of the database, without what was erased since."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from hotline.backups import UNFINISHED, BackupFailed, alone, postgres, settle, sqlite
from hotline.chat import journal
from hotline.chat.journal import Erased
from hotline.chat.models import Conversation
from hotline.chat.services import erasure


class Command(BaseCommand):
    """Puts a backup in the place of the database, then erases again whatever was erased after it was made."""

    help = "Put a backup in the place of the database. Stop the servers first. What was erased since stays erased."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One argument, two options."""
        parser.add_argument("source", type=Path, help="a file that `manage.py backup` made")
        parser.add_argument("--force", action="store_true", help="also where there are conversations: they are lost")
        parser.add_argument(
            "--erased",
            type=Path,
            action="append",
            default=[],
            metavar="JOURNAL",
            help="a journal of erasures (erased.log) of another machine or an earlier VAR_DIR; may be given again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse what cannot be undone by mistake; then all of it, or nothing."""
        source: Path = options["source"].absolute()
        if not source.is_file():
            raise CommandError(f"There is no file {source}.")
        try:
            with alone(Path(settings.VAR_DIR)):
                known = _erased_by_journals(options["erased"]) | self._present(force=options["force"])
                with _instead(source):
                    self._finish(known)
        except BackupFailed as error:
            raise CommandError(f"Not restored: {error}.") from None
        self.stdout.write(
            "Everybody on the staff signs in anew. Accounts and roles are as they were then: look through"
        )
        self.stdout.write("them. Who let triage learn from their words is asked again.")

    def _present(self, *, force: bool) -> Erased:
        """What the database now in place knows to be erased; refuses where it is in use or holds conversations."""
        try:
            if Conversation._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001
                return Erased()
            count = Conversation.objects.count()
            erased = erasure.erased_so_far()
        except DatabaseError:
            # Of another version, or damaged: that is what backups are for.
            count, erased = -1, Erased()
        if count and not force:
            told = f"{count} conversations" if count > 0 else "tables that cannot be read"
            raise CommandError(f"The database in place holds {told}. --force replaces them; back them up first.")
        return erased

    def _finish(self, known: Erased) -> None:
        """On the restored database, before anybody is served from it."""
        call_command("migrate", verbosity=0, interactive=False)
        again = erasure.erase_again(known)
        Session.objects.all().delete()
        # Who took it back since must not be asked for nothing.
        Conversation.objects.filter(may_learn=True).update(may_learn=False)
        rows = Conversation.objects.count()
        self.stdout.write(f"Restored {rows} conversations; {again} of them had been erased since, and are again.")


def _erased_by_journals(others: list[Path]) -> Erased:
    """What this machine's journal and the ``others`` tell; the others' entries are kept in this one from now on."""
    own, found = journal.read(journal.own_path()), Erased()
    for path in others:
        if not path.is_file():
            raise CommandError(f"There is no journal {path}.")
        found |= journal.read(path)
    new = found - own
    journal.write(conversations=new.conversations, residents=new.residents)
    return own | found


@contextmanager
def _instead(source: Path) -> Iterator[None]:
    """The block works on what ``source`` holds; when it is through, that is the database."""
    with _instead_of_sqlite(source) if connection.vendor == "sqlite" else _instead_of_postgres(source):
        _refuse_what_we_cannot_use()
        yield


@contextmanager
def _instead_of_sqlite(source: Path) -> Iterator[None]:
    """A file beside the database, which takes its place once it is finished."""
    live = Path(connection.settings_dict["NAME"])
    connection.close()
    sqlite.leave_log(live)
    beside = live.with_name(live.name + ".restoring")
    _remove(beside)
    try:
        sqlite.copy_in(source, beside)
        connection.settings_dict["NAME"] = str(beside)
        yield
        connection.close()
        settle(beside, live)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(live)
        _remove(beside)


@contextmanager
def _instead_of_postgres(source: Path) -> Iterator[None]:
    """In one transaction; should what follows not be finished, the server does not start."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise BackupFailed(f"{others} other connections use the database. Stop the servers first, on all machines")
    tables = connection.introspection.table_names()
    connection.close()
    unfinished = Path(settings.VAR_DIR) / UNFINISHED
    earlier = unfinished.exists()
    unfinished.touch()
    try:
        postgres.load(connection.settings_dict, source, instead_of=tables)
    except BackupFailed:
        if not earlier:
            unfinished.unlink()
        raise
    try:
        yield
    except BackupFailed as error:
        raise BackupFailed(
            f"{error}. The backup is in place, but no server starts before a restore is through"
        ) from None
    unfinished.unlink()


def _refuse_what_we_cannot_use() -> None:
    """A backup of a later version of this software, or one whose keys are not here.

    Raises:
        BackupFailed: it is one of these.
    """
    loader = MigrationLoader(connection)
    unknown = set(loader.applied_migrations) - set(loader.disk_migrations)
    ours = {name for name in unknown if name[0] in {"chat", "counselors", "triage"}}
    if ours or not loader.applied_migrations:
        raise BackupFailed("it was made by a later version of this software, or by another one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT substr(wrapped_key, 1, 33) FROM chat_conversation")
        names = {bytes(row[0]).partition(b"\0")[0].decode(errors="replace") for row in cursor.fetchall() if row[0]}
    missing = sorted(names - set(settings.HOTLINE_KEYS))
    if missing:
        raise BackupFailed(f"HOTLINE_KEYS lacks {', '.join(missing)}: without them its conversations stay closed")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
