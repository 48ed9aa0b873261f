"""`manage.py decisions`: which kinds of words stand in conversations that triage got wrong, as humans found them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from triage import feedback, outcomes

MOST = 12
FEW = 30
"""Below so many decisions about conversations differences are mostly chance."""


class Command(BaseCommand):
    """Nothing here is anybody's words; kinds are told from three conversations on."""

    help = "Which kinds of words stand oftener in this site's misses and false alarms than in its other conversations."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many kinds."""
        parser.add_argument("--most", type=int, default=MOST, help="kinds of each, at most")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell."""
        decided = [record for _reference, record in feedback.judged()]
        self.stdout.write(f"{len(decided)} conversations that a human judged{_warning(len(decided))}")
        for language, name, found in outcomes.outcomes(decided):
            self.stdout.write(f"{language or 'not read'}: {found.wrong} {name}, {found.others} others")
            for kind in found.kinds[: options["most"]]:
                self.stdout.write(f"  {kind.name:36} in {kind.wrong} of {found.wrong}, else {kind.others}")


def _warning(count: int) -> str:
    return "; differences between so few are mostly chance" if count < FEW else ""
