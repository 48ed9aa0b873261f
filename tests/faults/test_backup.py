"""Backup while people write, and back: nothing acknowledged before it is missing, nothing erased comes back."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from hotline.backups import UNFINISHED, alone
from tests.faults.figures import Figures
from tests.faults.restoring import a_resident, manage, refused, rows, there_and_back


@pytest.fixture(params=["sqlite", "postgres"])
def either(request, make_site):
    """A site on each database."""
    if request.param == "sqlite":
        return make_site()
    return make_site(DATABASE_URL=request.getfixturevalue("postgres"))


async def test_what_was_acknowledged_comes_back_and_what_was_erased_does_not(either, tmp_path):
    figures = Figures()
    await there_and_back(either, either.start(), tmp_path / "copy", figures)
    assert figures.acknowledged >= 20
    assert figures.wrong == {}
    assert figures.missed() == []


async def test_what_was_erased_is_nowhere_in_the_restored_file(site, tmp_path):
    process = site.start()
    resident = await a_resident(process)
    await resident.say("to be forgotten")
    manage(site, "backup", str(tmp_path / "copy"))
    sealed = [
        row[0] for row in rows(site, "SELECT text_sealed FROM chat_message m WHERE conversation_id = ?", resident.where)
    ]
    assert len(sealed) == 2
    assert all(piece in (tmp_path / "copy").read_bytes() for piece in sealed)
    await resident.ask("erase")
    await asyncio.to_thread(process.end)
    manage(site, "restore", str(tmp_path / "copy"), "--force")
    var = site.folder / "var"
    left = [path.name for path in var.glob("hotline.sqlite3*") if any(piece in path.read_bytes() for piece in sealed)]
    assert left == []
    assert not list(var.glob("*.restoring*"))


async def test_another_machine_needs_the_journal_and_keeps_it(make_site, tmp_path):
    old, new, copy = make_site(), make_site(), tmp_path / "copy"
    process = old.start()
    resident = await a_resident(process)
    await resident.say("erased later")
    manage(old, "backup", str(copy))
    await resident.ask("erase")
    journal = old.folder / "var" / "erased.log"
    assert journal.stat().st_mode & 0o777 == 0o600
    assert "erased later" not in journal.read_text()
    told = manage(new, "restore", str(copy), "--force", "--erased", str(journal))
    assert "1 of them had been erased since" in told
    # The same backup once more, now without the other machine.
    assert "1 of them had been erased since" in manage(new, "restore", str(copy), "--force")


async def test_a_database_in_use_is_not_replaced(either, tmp_path):
    process = either.start()
    resident = await a_resident(process)
    manage(either, "backup", str(tmp_path / "copy"))
    await resident.say("after the backup")
    assert "Stop the servers" in refused(either, "restore", str(tmp_path / "copy"), "--force")
    await resident.say("and still here")
    await resident.hold(3)
    assert [line["text"] for line in resident.lines if line["text"]] == ["after the backup", "and still here"]


def test_what_cannot_be_used_changes_nothing(site, tmp_path):
    manage(site, "backup", str(tmp_path / "whole"))
    before = rows(site, "SELECT id, last_seq FROM chat_conversation ORDER BY id")
    assert before
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other").write_text("something else altogether")
    for name in ("cut", "other", "nowhere"):
        assert name in refused(site, "restore", str(tmp_path / name), "--force")
    site.environment["HOTLINE_KEYS"] = site.environment["HOTLINE_KEYS"].replace("local:", "another:")
    assert "HOTLINE_KEYS lacks local" in refused(site, "restore", str(tmp_path / "whole"), "--force")
    assert rows(site, "SELECT id, last_seq FROM chat_conversation ORDER BY id") == before


def test_a_backup_of_a_later_version_is_refused(site, tmp_path):
    manage(site, "backup", str(tmp_path / "copy"))
    with closing(sqlite3.connect(tmp_path / "copy")) as copy, copy:
        copy.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '9999_later', '2030-01-01')")
    assert "later version" in refused(site, "restore", str(tmp_path / "copy"), "--force")


def test_a_backup_writes_over_nothing_and_leaves_no_half(site, tmp_path):
    (tmp_path / "copy").write_text("an earlier one")
    assert "is there already" in refused(site, "backup", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == "an earlier one"
    assert "No backup was made" in refused(site, "backup", str(tmp_path / "no folder" / "copy"))
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy"]


def test_a_folder_keeps_backups_as_long_as_words_are_kept(site, tmp_path):
    import os
    import time

    folder = tmp_path / "copies"
    folder.mkdir()
    for name, days in (("hotline-old.sqlite3", 31), ("hotline-young.sqlite3", 29), ("somebody-elses.sqlite3", 400)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86400,) * 2)
    manage(site, "backup", str(folder))
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 3
    assert names[1:] == ["hotline-young.sqlite3", "somebody-elses.sqlite3"]


def test_no_server_starts_on_half_a_restore(site):
    (site.folder / "var" / UNFINISHED).touch()
    with pytest.raises(AssertionError, match="Not started: a restore was begun and not finished"):
        site.start()


def test_no_server_starts_into_a_restore(site):
    with alone(site.folder / "var"), pytest.raises(AssertionError, match="Not started: a restore is under way"):
        site.start()
    site.start()
