"""Compare a version with the one that speaks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import exact, versions
from triage.core.levels import Level
from triage.core.scorer import BadWeights, Weights
from triage.management.commands import _common

if TYPE_CHECKING:
    from triage.learning import safety


class Command(BaseCommand):
    """Prints both side by side; fails where the version is worse beyond tolerance."""

    help = "Measure a version on the fixed safety set beside the active one; exit code 1 where it is worse."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one."""
        parser.add_argument("version", nargs="?", help="default: the newest candidate")
        parser.add_argument("--shadow", action="store_true", help="instead, what came of reading along")
        parser.add_argument(
            "--release",
            type=Path,
            metavar="FILE",
            help="instead, the shipped weights beside those of FILE, shipped before",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, keep, tell."""
        if options["shadow"]:
            self._tell_shadow(options["version"])
            return
        if options["release"]:
            self._compare_release(options["release"])
            return
        from triage.learning import corpus

        row = _common.found(options["version"])
        try:
            ours, theirs = versions.load(row), versions.speaking_now()
        except BadWeights as error:
            raise CommandError(f"the weights cannot be used: {error}") from error
        new, worse = self._measured((f"{row.role} {ours.version}", ours), (f"active {theirs.version}", theirs))
        versions.compared(
            row,
            versions.Comparison(
                figures=new,
                against=theirs.version,
                corpus=corpus.corpus_hash(),
                rules=exact.reading_digest(),
                worse=worse,
            ),
        )
        self._refuse(worse)
        self.stdout.write(f"\nNot worse. Next: manage.py activate {row.version}")

    def _compare_release(self, before: Path) -> None:
        """What whoever changes the shipped weights looks at: the gate of a site's own, and nothing is kept of it."""
        try:
            ours, theirs = exact.read(exact.WEIGHTS), exact.read(before)
        except BadWeights as error:
            raise CommandError(f"the weights cannot be used: {error}") from error
        _, worse = self._measured((f"shipped {ours.version}", ours), (f"before {theirs.version}", theirs))
        self._refuse(worse)
        self.stdout.write("\nNot worse.")

    def _measured(self, new: tuple[str, Weights], old: tuple[str, Weights]) -> tuple[safety.Figures, list[str]]:
        """The figures of the first, and in what it is worse than the second; both told side by side."""
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import corpus, safety, tables

        lines, conversations = corpus.read_lines(), corpus.read_conversations()
        (name, ours), (other, theirs) = ((name, safety.measure(one, lines, conversations)) for name, one in (new, old))
        for language, figures in ours.items():
            self.stdout.write(f"\n{language}\n")
            rows = ((other, theirs[language]), (name, figures))
            self.stdout.write(
                tables.table([(who, {key: safety.shown(one) for key, one in told.items()}) for who, told in rows])
            )
        return ours, safety.worse(ours, theirs)

    def _refuse(self, worse: Sequence[str]) -> None:
        if worse:
            raise CommandError("REFUSED. Worse beyond tolerance:\n  " + "\n  ".join(worse))

    def _tell_shadow(self, version: str | None) -> None:
        found = versions.beside(_common.found(version).version if version else "")
        if not found:
            self.stdout.write("Nothing was read along. manage.py shadow VERSION begins.")
        for one in found:
            self.stdout.write(f"\n{one.first} to {one.last}: {one.active} spoke, {one.shadow} read along")
            self.stdout.write("| spoke, read along: | " + " | ".join(level.code for level in Level) + " |")
            self.stdout.write("|---|" + "---|" * len(Level))
            for said in Level:
                row = [str(one.counts.get((said, shadow), 0)) for shadow in Level]
                self.stdout.write(f"| {said.code} | " + " | ".join(row) + " |")
            more = sum(count for (said, shadow), count in one.counts.items() if said < Level.HIGH <= shadow)
            fewer = sum(count for (said, shadow), count in one.counts.items() if shadow < Level.HIGH <= said)
            self.stdout.write(
                f"Alarms it would add: {more}, leave out: {fewer}, of {sum(one.counts.values())} messages"
            )
