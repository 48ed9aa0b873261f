"""`manage.py rules`: what the rules do by themselves on the corpus's training part."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from triage import exact
from triage.learning import corpus, floors


class Command(BaseCommand):
    """Print how often the rules of each language are right, and how much they find."""

    help = "How often the rules alone are right on the training part of the corpus, and how much they find."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        if exact.lexicon():
            self.stdout.write(f"with this site's {exact.lexicon()}")
        lines, conversations, twins = corpus.read_lines(), corpus.read_conversations(), corpus.read_twins()
        for language in ("zh", "en"):
            found = floors.measure(lines, conversations, language, twins)
            for name in asdict(found):
                self.stdout.write(f"{language}  {name.replace('_', ' '):22} {getattr(found, name)}")
