"""Train the triage model anew from its corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.services import WEIGHTS


class Command(BaseCommand):
    """Writes the weights file that is served; the same corpus gives the same file."""

    help = "Train the triage model from the corpus in the repository; prints the checksum of the weights."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to write."""
        parser.add_argument(
            "--output", type=Path, default=WEIGHTS, help="where the weights go (default: the served ones)"
        )

        parser.add_argument(
            "--without-background",
            action="store_true",
            help="learn from the corpus alone, nothing of the open sets: to be compared (evaluate --without)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, write, tell."""
        output: Path = options["output"]
        if options["without_background"] and output.resolve() == WEIGHTS.resolve():
            raise CommandError("weights without the open sets are for comparing: say where they go (--output)")
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import steady

        steady.choose()
        from triage import figures
        from triage.learning import corpus, errors, training

        try:
            lines, conversations = corpus.read_lines(), corpus.read_conversations()
        except corpus.BadCorpus as error:
            raise CommandError(str(error)) from error
        text, weights, erred, told_of = training.build(
            lines,
            conversations,
            corpus=corpus.corpus_hash(),
            with_background=not options["without_background"],
            report=self.stdout.write,
        )
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
        beside = errors.beside(output)
        errors.write(beside, version=weights.version, corpus=corpus.corpus_hash(), counts=erred)
        told = text.partition("\n")[0]
        self.stdout.write(f"{output}: {weights.version}, {len(text) / 1e6:.1f} MB, sha256 {told}")
        for line in figures.shown(told_of):
            self.stdout.write(line)
        self.stdout.write(f"\n{beside}: what is said of lines not learned from, mean of the languages\n")
        self.stdout.write(errors.table(errors.read(beside)))
