"""`manage.py curve`: what parts of the corpus would find, and what more lines of its kind would bring."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

GOAL = 0.97
"""Of crisis lines; asked of the product."""


class Command(BaseCommand):
    """Print, for each part of the training lines, what a model that learned it finds in the test part."""

    help = "What parts of the training lines find in the test part, at like alarms (some minutes)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        # Learning brings scikit-learn along, which must find its kernels chosen.
        from triage.learning import steady

        steady.choose()
        from triage.learning import corpus, curve

        lines = corpus.read_lines()
        for language in ("zh", "en"):
            points = curve.measure(lines, language)
            for one in points:
                self.stdout.write(
                    f"{language}  {one.lines:6} lines  found {one.found}  imminent found {one.imminent_found}"
                    f"  calm {one.calm}"
                )
            self.stdout.write(
                f"{language}  twice as many lines: {curve.gain(points):+.3f} found;"
                f" {GOAL} at {curve.needed(points, GOAL):.3g} lines, were it to go on so"
            )
