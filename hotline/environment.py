"""Strict reading of the environment: a bad value stops the start and names its variable."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, ValidationError

KEY_BYTES = 32
"""AES-256: length of every key, in bytes."""
LEAST_TOKEN_CHARACTERS = 32
"""Of the token that opens /metrics: 24 random bytes, in base64."""


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number shown to people in danger, with its name in each language the site speaks."""

    number: str
    names: dict[str, str]

    def name(self, language: str) -> str:
        """The name in ``language``, else in the closest one there is."""
        short = language.split("-", maxsplit=1)[0]
        return self.names.get(language) or self.names.get(short) or next(iter(self.names.values()))


def at_least(least: float) -> Callable[[float], None]:
    """A check for environs: not below ``least``. The variable's name is put before the message by environs."""

    def check(value: float) -> None:
        if value < least:
            raise ValidationError(f"must be at least {least}")

    return check


def one_of(*words: str) -> Callable[[str], None]:
    """A check for environs: one of these words."""

    def check(value: str) -> None:
        if value not in words:
            raise ValidationError(f"must be one of {', '.join(words)}")

    return check


def parse_exit_url(text: str) -> str:
    """Read QUICK_EXIT_URL: a path of this site, or a page elsewhere.

    Raises:
        ImproperlyConfigured: it is neither; a person in a hurry must never meet an error page.
    """
    if (text.startswith("/") and not text.startswith("//")) or text.startswith(("https://", "http://")):
        return text
    raise ImproperlyConfigured("QUICK_EXIT_URL must begin with / or https://")


def parse_metrics_token(text: str) -> str:
    """Read METRICS_TOKEN: nothing, or something that cannot be guessed.

    Raises:
        ImproperlyConfigured: it is short, or no header could carry it. The value is never repeated.
    """
    if text and (len(text) < LEAST_TOKEN_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text):
        raise ImproperlyConfigured(
            f"METRICS_TOKEN must be at least {LEAST_TOKEN_CHARACTERS} visible ASCII characters, or empty for no metrics"
        )
    return text


def parse_time_zone(text: str) -> str:
    """Read TIME_ZONE: a name such as Asia/Shanghai.

    Raises:
        ImproperlyConfigured: no zone is called so.
    """
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"TIME_ZONE: there is no zone {text!r}") from error
    return text


def database(env: Env, *, default: str) -> dict[str, Any]:
    """Read DATABASE_URL; ``default`` when it is not set or empty.

    Raises:
        ImproperlyConfigured: neither SQLite nor PostgreSQL. The value is never repeated: it may hold a password.
    """
    given = env.str("DATABASE_URL", "")
    found: dict[str, Any] = env.dj_db_url("DATABASE_URL") if given else dict(dj_database_url.parse(default))
    if found["ENGINE"] not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL")
    return found


def parse_emergency_numbers(text: str) -> tuple[EmergencyNumber, ...]:
    """Read EMERGENCY_NUMBERS: a JSON list of {"number": "12356", "zh": "...", "en": "..."}.

    Raises:
        ImproperlyConfigured: not such a list, an empty one, or a number that cannot be dialled.
    """
    try:
        rows = json.loads(text)
        numbers = tuple(
            EmergencyNumber(str(row["number"]), {key: str(row[key]) for key in row if key != "number"}) for row in rows
        )
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(f"EMERGENCY_NUMBERS is not a list of numbers with names: {error}") from error
    for entry in numbers:
        if not entry.number.replace("-", "").replace("+", "").replace(" ", "").isdigit() or not entry.names:
            raise ImproperlyConfigured(f"EMERGENCY_NUMBERS holds an entry that nobody can dial: {entry.number!r}")
    if not numbers:
        raise ImproperlyConfigured("EMERGENCY_NUMBERS is empty: the page must never be without one")
    return numbers


def parse_keys(text: str) -> dict[str, bytes]:
    """Read HOTLINE_KEYS: "name:base64,name:base64", the first one wraps new conversation keys.

    Raises:
        ImproperlyConfigured: an entry without a name, not base64, or not 32 bytes long. The value is never repeated.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured("HOTLINE_KEYS has an entry that is not name:base64") from error
        if not name or len(name) > 32 or len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"HOTLINE_KEYS: each entry is name:base64 of {KEY_BYTES} bytes")
        keys[name] = key
    if not keys:
        raise ImproperlyConfigured("HOTLINE_KEYS is empty")
    return keys


def secret(env: Env, name: str, *, debug: bool, var_dir: Path, make: str | None = None) -> str:
    """The secret called ``name``; in debug a missing one is made once and kept in ``var_dir``.

    Raises:
        ImproperlyConfigured: it is missing and this is not a debug start.
    """
    value: str = env.str(name, "")
    if value:
        return value
    if not debug:
        raise ImproperlyConfigured(f"{name} is not set")
    path = var_dir / name.lower()
    if not path.exists():
        ensure_folder(var_dir)
        path.touch(mode=0o600)
        path.write_text(make or secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def ensure_folder(folder: Path) -> None:
    """Make the folder in which the service writes, if there is none.

    Raises:
        ImproperlyConfigured: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"VAR_DIR: there is no folder {folder}: {error.strerror}") from None


def new_key_entry(name: str = "local") -> str:
    """A fresh entry for HOTLINE_KEYS."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
