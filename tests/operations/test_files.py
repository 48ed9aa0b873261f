"""The files under ops/ say what the product says: settings that exist, the command that serves, units without fault."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.settings import HEARTBEAT_SECONDS
from tools.run import serving

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "ops/systemd").iterdir())


def test_the_environment_file_names_only_settings_that_exist():
    known = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    given = re.findall(r"^([A-Z0-9_]+)=", (ROOT / "ops/environment").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(given) == len(set(given)) > 5
    assert set(given) <= known


def test_the_environment_file_holds_no_secret():
    text = (ROOT / "ops/environment").read_text(encoding="utf-8")
    for name in ("SECRET_KEY", "HOTLINE_KEYS", "METRICS_TOKEN"):
        assert f"\n{name}=\n" in text


def test_the_unit_serves_with_the_very_command_of_make_run():
    unit = (ROOT / "ops/systemd/hotline@.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1].split()
    assert command[1:] == serving("127.0.0.1", "%i")[1:]


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_commands_of_units_exist(unit):
    for line in re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
        if " manage.py " in line:
            name = line.split(" manage.py ")[1].split()[0]
            done = subprocess.run(
                [sys.executable, "manage.py", name, "--help"], cwd=ROOT, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr


def test_nginx_waits_longer_than_a_heartbeat_takes():
    text = (ROOT / "ops/nginx/nginx.conf").read_text(encoding="utf-8")
    sockets = text.partition("location /ws/")[2].partition("}")[0]
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        assert int(re.search(rf"{name} (\d+)s;", sockets)[1]) >= 3 * HEARTBEAT_SECONDS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here: its own check of the units")
def test_systemd_finds_no_fault_in_the_units(tmp_path):
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/hotline/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("/opt/hotline", str(ROOT)), encoding="utf-8")
    for number in ("8001", "8002"):
        shutil.copy(tmp_path / "hotline@.service", tmp_path / f"hotline@{number}.service")
    files = [tmp_path / name for name in ("hotline.target", "hotline@8001.service", "hotline-backup.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, cwd=tmp_path)
    complaints = [line for line in done.stderr.splitlines() if "hotline" in line]
    assert (done.returncode, complaints) == (0, [])
