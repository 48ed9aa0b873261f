"""Let a version speak."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import versions
from triage.management.commands import _common


class Command(BaseCommand):
    """Servers notice within seconds, without a restart."""

    help = "Let a version speak that was compared and is not worse; 'shipped' for the weights that came along."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one, and why in spite of everything."""
        parser.add_argument("version", help="as manage.py models lists it, or 'shipped'")
        parser.add_argument("--force", action="store_true", help="although it is worse, or was not compared")
        parser.add_argument("--reason", default="", help="why; recorded")
        _common.add_by(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Activate, tell."""
        name = options["version"]
        row = None if name == versions.SHIPPED else _common.found(name)
        try:
            versions.activate(
                row,
                corpus=_common.corpus_hash(),
                by=_common.who(options["by"]),
                force=options["force"],
                reason=options["reason"],
            )
        except versions.Unfit as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row or versions.SHIPPED} speaks from now on; manage.py rollback takes that back")
