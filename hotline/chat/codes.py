"""Codes that people copy by hand, and what is kept of them. Free of the database.

A code is 24 decimal digits, 79.7 bits from the system's random source: digits are typed the same way on every keyboard.
What is kept is Argon2id output under a salt that belongs to the site and lives outside the database: the same code
always gives the same digest (it must be found by it), and a stolen database alone cannot be searched.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

from argon2.low_level import Type, hash_secret_raw
from django.conf import settings

from hotline.chat.keys import site_salt

DIGITS = 24
GROUP = 4
TOKEN_BYTES = 32
VISIT_COOKIE = "visit"
"""The cookie that carries a browser's secret."""


def new_code() -> str:
    """A fresh code, in groups of four digits."""
    digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    return " ".join(digits[i : i + GROUP] for i in range(0, DIGITS, GROUP))


def normalise(typed: str) -> str | None:
    """The digits of what somebody typed, whatever width and gaps they used; None if it cannot be a code."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", typed[:200]) if not c.isspace() and c not in "-–—_.·")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


def digest_code(digits: str, *, purpose: str) -> bytes:
    """32 bytes of Argon2id for a code that :func:`normalise` passed. Takes about a tenth of a second on purpose."""
    return hash_secret_raw(
        secret=digits.encode(),
        salt=site_salt(purpose),
        time_cost=3,
        memory_cost=settings.ARGON2_MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def new_token() -> str:
    """A browser's secret: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_token(token: str) -> bytes:
    """What is kept of it. A plain hash: 256 random bits cannot be guessed, slowly or quickly."""
    return hashlib.sha256(token.encode()).digest()
