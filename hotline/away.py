"""The page that stands in for the line while no process of it answers: nginx gives it, from the disk.

It needs nothing but itself: no server, no database, no other file and no script. So the site's emergency numbers can be
called when all else is gone.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

NAME = "away.html"
"""Of the file, in STATIC_ROOT: what else there is in VAR_DIR nginx may not read."""
_STYLES = ("css/variables.css", "css/base.css", "css/components/page.css")
"""Those of the page of an error."""
_LANGUAGES = (("zh-hans", "zh-Hans"), ("en", "en"))
"""As Django calls them and as HTML does, in the order in which they stand on the page."""


def render() -> str:
    """The page in both languages, with the numbers and names that the settings say now."""
    style = "".join(_read(name) for name in _STYLES)
    parts = [
        {
            "code": code,
            "lang": lang,
            "site_name": settings.SITE_NAME_EN if code == "en" else settings.SITE_NAME_ZH,
            "emergency_numbers": [
                {"number": entry.number, "name": entry.name(code)} for entry in settings.EMERGENCY_NUMBERS
            ],
        }
        for code, lang in _LANGUAGES
    ]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Our own files, as they stand: a quotation mark in them must stay one.
    facts = {"parts": parts, "style": mark_safe(style), "style_hash": mark_safe(f"sha256-{digest}")}  # noqa: S308
    return render_to_string("away.html", facts)


def write(folder: Path) -> Path:
    """Put the page into ``folder``, readable to everybody; who asks meanwhile gets the old one or the new one, whole.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    part = folder / f".{NAME}.{os.getpid()}"
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(render())
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _read(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_text(encoding="utf-8")
