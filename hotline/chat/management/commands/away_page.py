"""`python manage.py away_page`: the page that nginx gives while no process answers, with the site's own numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hotline import away


class Command(BaseCommand):
    """Writes one file beside the static ones; run it again when EMERGENCY_NUMBERS or the site's name changes."""

    help = "Write the page that nginx gives while no process answers, with the site's own emergency numbers."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell where it is."""
        try:
            path = away.write(Path(settings.STATIC_ROOT))
        except OSError as error:
            raise CommandError(f"The page was not written: {error}") from None
        if options["verbosity"]:
            self.stdout.write(str(path))
