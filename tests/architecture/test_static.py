"""Static files as a real site serves them: every name carries its content's hash, imports between modules too."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORT = re.compile(r"""(?:^|[;}\n])\s*(?:import|export)\b[^;'"()]*?(?:from\s*)?["']([./][^"']+)["']""")
WORKER = re.compile(r"""new URL\("([./][^"]+)", import\.meta\.url\)""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """The folder that `collectstatic` fills, as `make run` calls it."""
    folder = tmp_path_factory.mktemp("collected")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hotline.settings", "VAR_DIR": str(folder)},
        check=True,
    )
    return folder / "static"


@pytest.fixture(scope="module")
def names(collected) -> dict[str, str]:
    """Name in templates -> name that is served."""
    return json.loads((collected / "staticfiles.json").read_text(encoding="utf-8"))["paths"]


def test_every_served_name_carries_its_contents_hash(names):
    assert names
    assert [served for served in names.values() if not HASHED.search(served)] == []


def test_every_import_between_modules_leads_to_a_hashed_file_that_exists(collected, names):
    modules = [collected / served for name, served in names.items() if name.endswith(".js")]
    wrong = [
        f"{module.name} imports {target}"
        for module in modules
        for target in IMPORT.findall(module.read_text(encoding="utf-8"))
        if not HASHED.search(target) or not _target(collected, module, target).exists()
    ]
    assert wrong == []


def test_the_script_of_a_worker_is_a_hashed_file_that_exists(collected, names):
    module = collected / names["js/lib/clock.js"]
    [target] = WORKER.findall(module.read_text(encoding="utf-8"))
    assert HASHED.search(target)
    assert _target(collected, module, target).exists()


def test_every_import_ends_with_a_semicolon():
    """Without one, the rewriting of names passes it over."""
    loose = [
        f"{path.name}: {line}"
        for path in (ROOT / "static/js").rglob("*.js")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"(import\b(?!\()|export\b.*\bfrom\b).*[\"']\s*$", line)
    ]
    assert loose == []


def test_every_address_in_a_style_sheet_leads_to_a_file_that_exists(collected, names):
    missing = [
        f"{name}: {address}"
        for name, served in names.items()
        if name.endswith(".css")
        for address in re.findall(r"url\([\"']?([^\"')]+)", (collected / served).read_text(encoding="utf-8"))
        if not address.startswith(("data:", "#")) and not _target(collected, collected / served, address).exists()
    ]
    assert missing == []


def test_larger_texts_are_kept_compressed_too(collected, names):
    bare = [
        served
        for name, served in names.items()
        if name.endswith((".js", ".css")) and (collected / served).stat().st_size > 1500
        if not (collected / f"{served}.gz").exists()
    ]
    assert bare == []


def test_nothing_is_fetched_from_elsewhere():
    """No address of another site in any script, style or template; names of standards (SVG) are no addresses."""
    named = re.compile(r"""["'(]\s*((?:https?:)?//[\w.-]+\.[a-z]{2,}[^"')\s]*)""")
    found = [
        f"{path.relative_to(ROOT)}: {address}"
        for folder in ("static", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".js", ".css", ".html", ".svg", ".webmanifest"}
        for address in named.findall(path.read_text(encoding="utf-8"))
        if not address.startswith("http://www.w3.org/")
    ]
    assert found == []


def _target(collected: Path, source: Path, address: str) -> Path:
    if address.startswith("/static/"):
        return collected / address.removeprefix("/static/")
    return (source.parent / address.partition("#")[0].partition("?")[0]).resolve()
