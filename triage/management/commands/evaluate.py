"""Measure triage beside its baselines, on data that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import exact
from triage.core.assess import version_of
from triage.core.scorer import BadWeights, Weights

ASKED = 0.85
"""No kind is to be right less often."""


class Command(BaseCommand):
    """Prints tables in Markdown, and writes a page with every row."""

    help = "Measure triage beside its baselines: test families, test conversations, and sets from elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which sets from elsewhere, which weights, and where every row goes."""
        parser.add_argument("--sets", type=Path, help="a folder of *.jsonl sets from elsewhere")
        parser.add_argument("--worst", type=int, default=15, help="how many kinds and personas to list, worst first")
        parser.add_argument("--weights", type=Path, default=exact.WEIGHTS, help="default: the shipped ones")
        parser.add_argument(
            "--without", type=Path, help="weights of train --without-background, to be told beside in a table"
        )
        parser.add_argument("--tables", type=Path, help="a page to write with every row (docs/triage-tables.md)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import corpus, evaluation, tables

        folder: Path | None = options["sets"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        weights = _read(options["weights"])
        alone = _read(options["without"]) if options["without"] else None
        lines = corpus.read_lines()
        names = [f"Model {exact.name(version_of(weights))}", f"corpus {corpus.corpus_hash()[:8]}"]
        if alone:
            names.insert(1, f"without the open sets {exact.name(version_of(alone))}")
        self.stdout.write(", ".join(names))
        found = tables.measure(lines, corpus.read_conversations(), weights, alone=alone, folder=folder)
        for title, rows in tables.by_set(found):
            self.stdout.write(f"\n{title}\n")
            self.stdout.write(tables.table(rows))
        if alone:
            self.stdout.write("\nWith and without the open sets\n")
            self.stdout.write(tables.table(tables.with_and_without(found)))
        for by in tables.GROUPS:
            shares = list(evaluation.breakdown(list(found.families.items()), by))
            under = sum(share.value < ASKED for _, share in shares)
            self.stdout.write(f"\nRight alarm or none, by {by}, worst first; {under} of {len(shares)} under {ASKED}\n")
            for name, share in shares[: options["worst"]]:
                self.stdout.write(f"  {name}: {share} ({share.hits}/{share.count})")
        if options["tables"]:
            page: Path = options["tables"]
            page.write_text(tables.document(found, _told(options), names), encoding="utf-8")
            self.stdout.write(f"\nEvery row: {page}")


def _read(path: Path) -> Weights:
    try:
        return exact.read(path)
    except BadWeights as error:
        raise CommandError(f"{path}: the weights cannot be used: {error}") from error


def _told(options: dict[str, Any]) -> str:
    """The command as one would give it again; folders of this machine are nobody's business."""
    given = ["--sets FOLDER"] if options["sets"] else []
    given += ["--weights FILE"] if options["weights"] != exact.WEIGHTS else []
    given += ["--without FILE"] if options["without"] else []
    return f"make evaluate ARGS='{' '.join([*given, '--tables FILE'])}'"
