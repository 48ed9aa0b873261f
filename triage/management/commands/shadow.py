"""Let a version read along."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import versions
from triage.management.commands import _common


class Command(BaseCommand):
    """It decides nothing; only how often which level stood beside which is kept."""

    help = "Let a version read every message after the one that speaks; compare --shadow tells what came of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one, or none."""
        parser.add_argument("version", nargs="?", help="default: the newest candidate")
        parser.add_argument("--off", action="store_true", help="none reads along any more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set, tell."""
        if options["off"] and options["version"]:
            raise CommandError("either a version or --off")
        row = None if options["off"] else _common.found(options["version"])
        try:
            versions.read_along(row)
        except versions.Unfit as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row} reads along; it decides nothing" if row else "none reads along")
