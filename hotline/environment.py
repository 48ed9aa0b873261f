"""Strict reading of the environment: a bad value stops the start and names its variable."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env

KEY_BYTES = 32
"""AES-256: length of every key, in bytes."""


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number shown to people in danger, with its name in each language the site speaks."""

    number: str
    names: dict[str, str]

    def name(self, language: str) -> str:
        """The name in ``language``, else in the closest one there is."""
        short = language.split("-", maxsplit=1)[0]
        return self.names.get(language) or self.names.get(short) or next(iter(self.names.values()))


def parse_emergency_numbers(text: str) -> tuple[EmergencyNumber, ...]:
    """Read EMERGENCY_NUMBERS: a JSON list of {"number": "12356", "zh": "...", "en": "..."}.

    Raises:
        ImproperlyConfigured: not such a list, an empty one, or a number that cannot be dialled.
    """
    try:
        rows = json.loads(text)
        numbers = tuple(
            EmergencyNumber(row["number"], {key: str(row[key]) for key in row if key != "number"}) for row in rows
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
        var_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(make or secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def new_key_entry(name: str = "local") -> str:
    """A fresh entry for HOTLINE_KEYS."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
