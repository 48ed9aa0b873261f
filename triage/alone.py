"""Settings for the commands of triage that need neither a database nor secrets."""

from __future__ import annotations

import os
from pathlib import Path

from environs import Env

SECRET_KEY = "unused: these commands sign nothing"  # noqa: S105 - no secret
INSTALLED_APPS = ["triage"]
DATABASES: dict[str, object] = {}
USE_TZ = True
_env = Env()
if not os.environ.get("HOTLINE_IGNORE_DOTENV"):
    _env.read_env(Path(__file__).resolve().parent.parent / ".env", recurse=False)
TRIAGE_LEXICON: str = _env.str("TRIAGE_LEXICON", "")
