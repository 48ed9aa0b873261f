"""`manage.py count_corpus`: write into the corpus' README how much of what it holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Counts, writes, prints."""

    help = "Count the corpus by level, hands, kind, persona, language and twins, into its README."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Count and write."""
        # What serves never imports learning.
        from triage.learning import corpus_counts

        counts = corpus_counts.section()
        text = corpus_counts.README.read_text(encoding="utf-8")
        corpus_counts.README.write_text(corpus_counts.replaced(text, counts), encoding="utf-8")
        self.stdout.write(counts)
