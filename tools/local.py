"""The .env of a developer's machine."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TEMPLATE = """\
# Made by `make run` for this machine. Every setting is explained in .env.example.
# HOTLINE_KEYS opens what is in the database: lose it, and the words are lost.
HTTPS=false
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
SECRET_KEY={secret}
HOTLINE_KEYS=local:{key}
"""


def ensure_env_file(path: Path = ROOT / ".env") -> bool:
    """Write a .env with fresh secrets, unless there is one or the environment already brings the secrets.

    Returns:
        Whether a file was written.
    """
    brought = os.environ.get("SECRET_KEY") or os.environ.get("DEBUG") or os.environ.get("HOTLINE_IGNORE_DOTENV")
    if brought or path.exists():
        return False
    text = TEMPLATE.format(
        secret=secrets.token_urlsafe(48), key=base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True
