"""What the commands about model versions share."""

from __future__ import annotations

import getpass

from django.core.management.base import CommandError, CommandParser

from triage import versions
from triage.models import ModelVersion
from triage.versions import Unfit


def add_by(parser: CommandParser) -> None:
    """Who does it."""
    parser.add_argument("--by", default="", help="your name, for the record (default: the account of this machine)")


def who(given: str) -> str:
    """The name given, else the account's."""
    if given.strip():
        return given.strip()[:40]
    try:
        return getpass.getuser()[:40]
    except (KeyError, OSError):
        return "unknown"


def found(name: str | None) -> ModelVersion:
    """The version called so; without a name the newest candidate."""
    try:
        return versions.find(name) if name else versions.newest_candidate()
    except Unfit as error:
        raise CommandError(str(error)) from error


def corpus_hash() -> str:
    """Which corpus' test part is the safety set now."""
    # Nothing that serves may import learning.
    from triage.learning import corpus

    return corpus.corpus_hash()
