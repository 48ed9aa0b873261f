"""Let the weights speak again that spoke before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import versions
from triage.management.commands import _common


class Command(BaseCommand):
    """Servers notice within seconds, without a restart."""

    help = "Let the weights speak again that spoke before the present ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Why."""
        parser.add_argument("--reason", default="", help="why; recorded")
        _common.add_by(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Roll back, tell."""
        try:
            row = versions.rollback(by=_common.who(options["by"]), reason=options["reason"])
        except versions.Unfit as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row or versions.SHIPPED} speaks from now on")
