"""Measure triage beside its baselines, on data that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

ASKED = 0.85
"""No kind is to be right less often."""


class Command(BaseCommand):
    """Prints tables in Markdown."""

    help = "Measure triage beside its baselines: test families, test conversations, and sets from elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which sets from elsewhere."""
        parser.add_argument("--sets", type=Path, help="a folder of *.jsonl sets from elsewhere")
        parser.add_argument("--worst", type=int, default=15, help="how many kinds and personas to list, worst first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage import services
        from triage.learning import blind_set, corpus, evaluation

        folder: Path | None = options["sets"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        lines = corpus.read_lines()
        ways = evaluation.methods(lines)
        self.stdout.write(f"Model {services.model_version()}, corpus {corpus.corpus_hash()[:8]}\n")
        for language in evaluation.LANGUAGES:
            self.stdout.write(f"\nTest families, {language}\n")
            rows = [(name, evaluation.held_out(lines, way, language)) for name, way in ways.items()]
            self.stdout.write(evaluation.table(rows))
        self.stdout.write("\nTest conversations\n")
        told = corpus.read_conversations()
        for language in evaluation.LANGUAGES:
            some = [one for one in told if one.language == language and one.is_test]
            self.stdout.write(evaluation.table([(language, evaluation.conversations(some))]))
        for language in evaluation.LANGUAGES:
            for whose, count, rows in evaluation.blind(lines, ways, language):
                self.stdout.write(f"\nBlind set, {language}, {whose}, {count} lines\n")
                self.stdout.write(evaluation.table(rows))
        self.stdout.write("\nBlind conversations\n")
        for language in evaluation.LANGUAGES:
            some = blind_set.told_apart(blind_set.read_conversations(language), told)
            self.stdout.write(evaluation.table([(language, evaluation.conversations(some))]))
        for by in ("kind", "persona"):
            shares = list(evaluation.breakdown(lines, by))
            under = sum(share.value < ASKED for _, share in shares)
            self.stdout.write(f"\nRight alarm or none, by {by}, worst first; {under} of {len(shares)} under {ASKED}\n")
            for name, share in shares[: options["worst"]]:
                self.stdout.write(f"  {name}: {share} ({share.hits}/{share.count})")
        for path in sorted(folder.glob("*.jsonl")) if folder else []:
            unseen = path.stem.startswith("ordinary_")
            self.stdout.write(f"\n{path.stem}{' (the half of which nothing was counted)' if unseen else ''}\n")
            self.stdout.write(evaluation.table(list(evaluation.outside(path, ways, unseen=unseen))))
