"""`manage.py lexicon`: what this site adds to the lexicon, and what that changes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from triage import exact
from triage.core import additions
from triage.learning import corpus, moved

SHOWN = 5


class Command(BaseCommand):
    """Names the lexicon and prints which lines of the corpus it moves; fails where one in a crisis is heard less."""

    help = "What TRIAGE_LEXICON changes on the training part of the corpus; exit code 1 where it hides risk."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print. The lexicon was checked before: with a broken one no command starts."""
        if not exact.lexicon():
            self.stdout.write("TRIAGE_LEXICON is empty: the shipped lexicon alone.")
            return
        self.stdout.write(f"{exact.lexicon()}: {additions.current().count} entries, from {settings.TRIAGE_LEXICON}")
        found = moved.measure(corpus.read_lines())
        for title, some in (
            ("raised", [one for one in found if one.now > one.shipped]),
            ("lowered", [one for one in found if one.now < one.shipped]),
        ):
            crisis = sum(one.line.level.is_crisis for one in some)
            self.stdout.write(f"{title}: {len(some)} lines of the training part, {crisis} of them in a crisis")
            for one in sorted(some, key=lambda one: not one.is_lost)[:SHOWN]:
                self.stdout.write(
                    f"  {one.shipped.code} -> {one.now.code}, is {one.line.level.code}: {one.line.text[:80]!r}"
                )
        lost = sum(one.is_lost for one in found)
        if lost:
            raise CommandError(f"{lost} lines in a crisis are heard less with it; narrow what lies over them")
