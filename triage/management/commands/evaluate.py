"""Measure triage beside its baselines, on data that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


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
        from triage.learning import corpus, evaluation

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
            some = [one for one in told if one.language == language]
            self.stdout.write(evaluation.table([(language, evaluation.conversations(some))]))
        for language in evaluation.LANGUAGES:
            count, rows = evaluation.blind(lines, ways, language)
            self.stdout.write(f"\nBlind set, {language}, {count} lines\n")
            self.stdout.write(evaluation.table(rows))
        for by in ("kind", "persona"):
            self.stdout.write(f"\nRight alarm or none, by {by}, worst first\n")
            for name, share in list(evaluation.breakdown(lines, by))[: options["worst"]]:
                self.stdout.write(f"  {name}: {share} ({share.hits}/{share.count})")
        for path in sorted(folder.glob("*.jsonl")) if folder else []:
            unseen = path.stem.startswith("ordinary_")
            self.stdout.write(f"\n{path.stem}{' (the half of which nothing was counted)' if unseen else ''}\n")
            self.stdout.write(evaluation.table(list(evaluation.outside(path, ways, unseen=unseen))))
