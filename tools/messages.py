"""Translations: merge fragments, compile without gettext, and check that nothing is missing.

English is the source and shown as it stands; Chinese is in locale/zh_Hans/LC_MESSAGES/django.po. A larger change may
bring its strings in a file of its own below locale/fragments; `make messages` merges it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
FRAGMENTS = ROOT / "locale/fragments"
SOURCES = ("counselors", "hotline", "templates", "triage")
HEADER = {
    "Project-Id-Version": "hotline",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
Key = tuple[str, str]


class Trouble(Exception):
    """Translations that cannot be used as they are; each argument is one line to print."""


def key_of(entry: polib.POEntry) -> Key:
    """What makes an entry the same: its context and its source string."""
    return (entry.msgctxt or "", entry.msgid)


def merge() -> None:
    """Write the catalogue anew from itself and all fragments; a fragment wins over what was there.

    Raises:
        Trouble: two fragments say different things for one string.
    """
    found = {key_of(entry): entry for entry in _read(CATALOGUE)} if CATALOGUE.exists() else {}
    found.update(_from_fragments())
    used = extracted() if shutil.which("xgettext") else None
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = HEADER
    for key in sorted(found):
        entry = found[key]
        if used is not None and key not in used:
            print(f"left out, nothing shows it: {entry.msgid[:90]!r}")
            continue
        entry.occurrences, entry.comment, entry.flags = [], "", [flag for flag in entry.flags if flag != "fuzzy"]
        catalogue.append(entry)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    missing = [] if used is None else [key for key in sorted(used) if key not in found]
    for _, msgid in missing:
        print(f"no Chinese yet: {msgid!r}")
    print(f"{len(catalogue)} strings in {CATALOGUE.relative_to(ROOT)}, {len(missing)} without Chinese.")


def compile_all() -> None:
    """Make each .mo that is older than its .po."""
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            # Written beside and moved: a server that starts meanwhile never reads half a file.
            fresh = target.with_suffix(".new")
            polib.pofile(str(source)).save_as_mofile(str(fresh))
            fresh.replace(target)


def check() -> None:
    """See that every string has its Chinese, with the same placeholders, and that nothing is left over.

    Raises:
        Trouble: with one line for each thing to mend.
    """
    if not shutil.which("xgettext"):
        raise Trouble("xgettext is missing, so strings cannot be collected. On Debian: apt-get install gettext")
    if not CATALOGUE.exists():
        raise Trouble(f"{CATALOGUE.relative_to(ROOT)} is missing: run make messages")
    entries = {key_of(entry): entry for entry in _read(CATALOGUE)}
    used = extracted()
    lines = [f"no entry: {msgid!r}" for _, msgid in sorted(used.keys() - entries.keys())]
    lines += [f"nothing shows it any more: {msgid!r}" for _, msgid in sorted(entries.keys() - used.keys())]
    lines += [f"not merged from its fragment: {key[1]!r}" for key in _not_merged(entries)]
    for entry in entries.values():
        lines += _faults(entry)
    if lines:
        raise Trouble(*lines, f"{len(lines)} faults in the translations; make messages merges what is there.")


def extracted() -> dict[Key, polib.POEntry]:
    """Every string that Django's makemessages finds in templates and Python, collected outside the tree."""
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            if (ROOT / source).exists():
                shutil.copytree(ROOT / source, Path(folder, source), ignore=shutil.ignore_patterns("*.pyc"))
        Path(folder, "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--keep-pot", "--no-location", "-l", "zh_Hans"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Trouble(f"makemessages failed: {done.stderr.strip()}")
        pot = Path(folder, "locale/django.pot")
        return {key_of(entry): entry for entry in _read(pot)} if pot.exists() else {}


def _read(path: Path) -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]


def _from_fragments() -> dict[Key, polib.POEntry]:
    found: dict[Key, polib.POEntry] = {}
    clashes = []
    for path in sorted(FRAGMENTS.glob("*.po")):
        for entry in _read(path):
            earlier = found.setdefault(key_of(entry), entry)
            if _said(earlier) != _said(entry):
                clashes.append(f"{path.name}: {entry.msgid!r} is {_said(entry)} here and {_said(earlier)} elsewhere")
    if clashes:
        raise Trouble(*clashes)
    return found


def _said(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _not_merged(entries: dict[Key, polib.POEntry]) -> list[Key]:
    merged = {key: _said(entry) for key, entry in entries.items()}
    return [key for key, entry in _from_fragments().items() if merged.get(key, _said(entry)) != _said(entry)]


def _faults(entry: polib.POEntry) -> Iterable[str]:
    """What is wrong with one entry."""
    said = _said(entry)
    if entry.fuzzy:
        yield f"fuzzy: {entry.msgid!r}"
    if not said or not all(text.strip() for text in said):
        yield f"no Chinese: {entry.msgid!r}"
        return
    # A plural's only Chinese form may name what either English form names.
    wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural or ""))
    for text in said:
        if set(PLACEHOLDER.findall(text)) != wanted:
            yield f"other placeholders: {entry.msgid!r} -> {text!r}"
    if entry.msgid.startswith("\n") != said[0].startswith("\n") or entry.msgid.endswith("\n") != said[0].endswith("\n"):
        yield f"begins or ends otherwise: {entry.msgid!r}"


def main() -> int:
    """Run one of the three; print what is to be mended."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    parser.add_argument("what", choices=["merge", "compile", "check"])
    actions = {"merge": merge, "compile": compile_all, "check": check}
    try:
        actions[parser.parse_args().what]()
    except Trouble as trouble:
        print("\n".join(map(str, trouble.args)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
