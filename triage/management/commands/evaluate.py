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
ELSEWHERE = Path(__file__).resolve().parents[4] / "shared" / "eval"
"""Where sets from elsewhere may lie beside the checkout."""


class Command(BaseCommand):
    """Prints tables in Markdown, and writes a page with every row."""

    help = "Measure triage beside its baselines: test families, test conversations, and sets from elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which sets from elsewhere, which weights, and where every row goes."""
        parser.add_argument(
            "--sets", type=Path, help="a folder of *.jsonl sets from elsewhere; default: ../shared/eval where it exists"
        )
        parser.add_argument("--worst", type=int, default=15, help="how many kinds and personas to list, worst first")
        parser.add_argument("--weights", type=Path, default=exact.WEIGHTS, help="default: the shipped ones")
        parser.add_argument(
            "--without", type=Path, help="weights of train --without-background, to be told beside in a table"
        )
        parser.add_argument("--tables", type=Path, help="a page to write with every row (docs/triage-tables.md)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import corpus, tables

        options["sets"] = folder = folder_of(options["sets"])
        weights = _read(options["weights"])
        alone = _read(options["without"]) if options["without"] else None
        lines = corpus.read_lines()
        names = [f"Model {exact.name(version_of(weights))}", f"corpus {corpus.corpus_hash()[:8]}"]
        names.append(f"twins {corpus.corpus_hash(corpus.BESIDE)[:8]}")
        if alone:
            names.insert(1, f"without the open sets {exact.name(version_of(alone))}")
        self.stdout.write(", ".join(names))
        files = {line.text: name for name, some in corpus.read_by_file().items() for line in some}
        found = tables.measure(
            lines,
            corpus.read_conversations(),
            weights,
            twins=corpus.read_twins(),
            alone=alone,
            folder=folder,
            files=files,
        )
        for title, rows in [*tables.by_set(found), *tables.by_writing(found), *tables.by_twin(found)]:
            self.stdout.write(f"\n{title}\n")
            self.stdout.write(tables.table(rows))
        if alone:
            self.stdout.write("\nWith and without the open sets\n")
            self.stdout.write(tables.table(tables.with_and_without(found)))
        for title, shares in tables.worst(found):
            under = sum(share.value < ASKED for _, share in shares)
            self.stdout.write(f"\n{title}, worst first; {under} of {len(shares)} under {ASKED}\n")
            for name, share in shares[: options["worst"]]:
                self.stdout.write(f"  {name}: {share} ({share.hits}/{share.count})")
        if options["tables"]:
            page: Path = options["tables"]
            page.write_text(tables.document(found, _told(options), names), encoding="utf-8")
            self.stdout.write(f"\nEvery row: {page}")


def folder_of(given: Path | None) -> Path | None:
    """Where the sets from elsewhere are, if there are any.

    Raises:
        CommandError: the folder that was given is none.
    """
    if given is None:
        return ELSEWHERE if ELSEWHERE.is_dir() else None
    if not given.is_dir():
        raise CommandError(f"{given} is not a folder")
    return given


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
