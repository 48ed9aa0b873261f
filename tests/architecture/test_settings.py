"""Settings are read strictly: a bad value stops the start and names its variable, and .env.example tells them all."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from hotline.environment import new_key_entry, parse_emergency_numbers, parse_exit_url, parse_keys, secret
from tools.local import ensure_env_file

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def start(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with these variables and no others of ours."""
    surroundings = {"PATH": os.environ["PATH"], "HOTLINE_IGNORE_DOTENV": "1", "VAR_DIR": str(folder), **variables}
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        "import hotline.settings as s; print(s.DATABASES['default']['ENGINE'])",
    ]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)


def read_by_code() -> set[str]:
    """Names of all variables that settings.py and environment.py read."""
    read = re.compile(r"""(?:env\.\w+|environ\.get|secret)\(\s*(?:env, )?"([A-Z0-9_]+)\"""")
    sources = ("hotline/settings.py", "hotline/environment.py")
    return {name for source in sources for name in read.findall((ROOT / source).read_text(encoding="utf-8"))}


def test_the_example_names_every_variable_and_no_other():
    assert set(re.findall(r"^([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)) == read_by_code()


def test_the_examples_values_are_those_that_hold_without_them(tmp_path):
    """Copied as it stands, with its secrets filled in, the example starts and changes nothing."""
    lines = re.findall(r"^([A-Z0-9_]+)=(.+)$", EXAMPLE, re.MULTILINE)
    secrets = {"SECRET_KEY": "s" * 50, "HOTLINE_KEYS": new_key_entry(), "ALLOWED_HOSTS": "line.example.org"}
    names = sorted(read_by_code() - {"VAR_DIR"})
    script = f"import hotline.settings as s; print({{n: repr(getattr(s, n, None)) for n in {names}}})"
    surroundings = {"PATH": os.environ["PATH"], "HOTLINE_IGNORE_DOTENV": "1", **secrets, "VAR_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        for env in (surroundings, dict(lines) | surroundings)
    ]
    assert ast.literal_eval(said[0].stdout) == ast.literal_eval(said[1].stdout)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("HTTPS", "yes please"),
        ("RETENTION_DAYS", "a month"),
        ("RETENTION_DAYS", "0"),
        ("HEARTBEAT_SECONDS", "0"),
        ("VANISHED_AFTER_SECONDS", "-1"),
        ("SWEEP_EVERY_SECONDS", "0"),
        ("REVIEW_WITHIN_HOURS", ""),
        ("ARGON2_MEMORY_KIB", "1"),
        ("LOG_LEVEL", "loud"),
        ("TIME_ZONE", "Moon/Tranquility"),
        ("QUICK_EXIT_URL", "javascript:alert(1)"),
        ("QUICK_EXIT_URL", "//elsewhere.example"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "guess-me"),
        ("METRICS_TOKEN", "with a blank in it, and quite long enough"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://somebody@somewhere/something"),
        ("ORIGINS", "line.example.org"),
        ("ORIGINS", "*"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ""),
        ("EMERGENCY_NUMBERS", "12356"),
        ("EMERGENCY_NUMBERS", "[]"),
        ("EMERGENCY_NUMBERS", '[{"number": "call us", "en": "us"}]'),
        ("HOTLINE_KEYS", "local:short"),
        ("HOTLINE_KEYS", "not-a-key"),
    ],
)
def test_a_bad_value_stops_the_start_and_names_its_variable(tmp_path, name, value):
    done = start(tmp_path, **({"DEBUG": "1"} | {name: value}))
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert name in last


@pytest.mark.parametrize("name", ["SECRET_KEY", "HOTLINE_KEYS", "ALLOWED_HOSTS"])
def test_without_debug_nothing_secret_has_a_default(tmp_path, name):
    given = {"SECRET_KEY": "s" * 50, "HOTLINE_KEYS": new_key_entry(), "ALLOWED_HOSTS": "line.example.org"}
    del given[name]
    done = start(tmp_path, **given)
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_a_bad_key_is_not_repeated_in_the_complaint(tmp_path):
    done = start(tmp_path, DEBUG="1", HOTLINE_KEYS="local:c2VjcmV0LXdvcmRz")
    assert "c2VjcmV0" not in done.stderr


def test_a_bad_token_is_not_repeated_either(tmp_path):
    assert "guess-me" not in start(tmp_path, DEBUG="1", METRICS_TOKEN="guess-me").stderr


@pytest.mark.parametrize(
    ("address", "engine"),
    [
        ("", "sqlite3"),
        ("postgres://lamp@127.0.0.1:5432/lamp", "postgresql"),
        ("sqlite:////tmp/lamp.sqlite3", "sqlite3"),
    ],
)
def test_the_database_is_chosen_by_setting_alone(tmp_path, address, engine):
    assert start(tmp_path, DEBUG="1", DATABASE_URL=address).stdout.strip() == f"django.db.backends.{engine}"


def test_with_debug_a_secret_is_made_once_and_closed_to_others(tmp_path):
    first = secret(Env(), "LAMP", debug=True, var_dir=tmp_path)
    assert secret(Env(), "LAMP", debug=True, var_dir=tmp_path) == first
    assert (tmp_path / "lamp").stat().st_mode & 0o777 == 0o600


def test_the_first_key_is_the_current_one():
    assert list(parse_keys(f"{new_key_entry('new')}, {new_key_entry('old')}")) == ["new", "old"]


def test_a_number_has_a_name_in_every_language_even_an_unknown_one():
    (entry,) = parse_emergency_numbers('[{"number": "12356", "zh": "心理援助热线", "en": "psychological support"}]')
    assert entry.name("zh-hans") == "心理援助热线"
    assert entry.name("en") == "psychological support"
    assert entry.name("uk")


@pytest.mark.parametrize("address", ["/calendar/", "https://example.org/weather"])
def test_the_quick_exit_leads_somewhere(address):
    assert parse_exit_url(address) == address


def test_the_quick_exit_never_leads_nowhere():
    with pytest.raises(ImproperlyConfigured, match="QUICK_EXIT_URL"):
        parse_exit_url("")


def test_make_run_writes_an_env_file_once_and_closed_to_others(tmp_path, monkeypatch):
    for name in ("SECRET_KEY", "DEBUG", "HOTLINE_IGNORE_DOTENV"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / ".env"
    assert ensure_env_file(path)
    first = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert not ensure_env_file(path)
    assert path.read_text(encoding="utf-8") == first
    assert start(tmp_path, **dict(re.findall(r"^([A-Z_]+)=(.+)$", first, re.MULTILINE))).returncode == 0
