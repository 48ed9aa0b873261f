"""The settings of the tests: the product's own, in surroundings of their own.

The environment is set before hotline.settings reads it, and inherited by every server that a test starts.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_owner = os.getpid()
_folder = Path(tempfile.mkdtemp(prefix="hotline-test-"))
(_folder / "static").mkdir()


@atexit.register
def _tidy() -> None:
    if os.getpid() == _owner:
        shutil.rmtree(_folder, ignore_errors=True)


for _name in (
    "METRICS_TOKEN",
    "ORIGINS",
    "QUICK_EXIT_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "HOTLINE_KEYS",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "TRIAGE_PROCESS",
    "TRIAGE_LEXICON",
):
    os.environ.pop(_name, None)
os.environ.update(
    HOTLINE_IGNORE_DOTENV="1",
    DEBUG="1",
    VAR_DIR=str(_folder),
    ARGON2_MEMORY_KIB="64",  # a hash in a millisecond
)
if os.environ.get("TEST_DATABASE_URL"):  # `make faults` plays its schedules on PostgreSQL as well
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from hotline.settings import *  # noqa: E402, F403
from hotline.settings import DATABASES, STORAGES  # noqa: E402

# Tests put a triage of their own in place of ours, in this process; tests/triage/test_process.py starts real ones.
TRIAGE_PROCESS = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: tests cross threads and start servers as the product does. Nothing here outlives a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = DATABASES["default"]["OPTIONS"]["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )
# Names without hashes: pages are rendered without collecting files first. tests/architecture/test_static.py collects.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
