"""What tests need is found, or named with the way to get it; nothing is skipped for want of it."""

import sys

import pytest

from tools import needs


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """A machine with none of the programs, and a user who may not install any."""
    monkeypatch.setattr(needs.shutil, "which", lambda _: None)
    monkeypatch.setattr(needs, "POSTGRES_FOLDERS", str(tmp_path))
    monkeypatch.setattr(needs.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(sys, "argv", ["needs"])
    ran: list[list[str]] = []
    monkeypatch.setattr(needs.subprocess, "run", lambda command, **_: ran.append(command))
    return ran


def test_what_is_missing_stops_the_tests_and_is_named(bare_machine, capsys):
    assert needs.main() == 1
    told = capsys.readouterr().err
    for packages in ("chromium fonts-noto-cjk", "redis-server", "postgresql", "nginx", "prometheus"):
        assert f"apt-get install {packages}" in told


def test_without_rights_only_the_browser_is_fetched(bare_machine):
    needs.main()
    assert [command[1:] for command in bare_machine] == [["-m", "playwright", "install", "chromium"]]


def test_root_on_debian_installs_all_of_it(bare_machine, monkeypatch):
    monkeypatch.setattr(needs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(needs.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    needs.main()
    assert [command[:2] for command in bare_machine] == [["apt-get", "update"], ["apt-get", "install"]]
    assert {"chromium", "fonts-noto-cjk", "redis-server", "postgresql", "nginx", "prometheus"} <= set(bare_machine[1])


def test_only_looking_installs_nothing(bare_machine, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["needs", "--look"])
    assert needs.main() == 1
    assert bare_machine == []


def test_a_browser_that_playwright_fetched_is_found(bare_machine, tmp_path):
    for build in ("chromium-1100", "chromium-1200"):
        program = tmp_path / build / "chrome-linux/chrome"
        program.parent.mkdir(parents=True)
        program.touch()
    assert needs.find_chromium().endswith("chromium-1200/chrome-linux/chrome")


def test_the_newest_postgresql_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "POSTGRES_FOLDERS", str(tmp_path))
    monkeypatch.setattr(needs.shutil, "which", lambda _: None)
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        for program in ("initdb", "postgres"):
            (tmp_path / version / "bin" / program).touch()
    assert needs.find_postgres() == tmp_path / "17/bin"
