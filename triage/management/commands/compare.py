"""Compare a version with the one that speaks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage import exact, versions
from triage.core.levels import Level
from triage.core.scorer import BadWeights
from triage.management.commands import _common


class Command(BaseCommand):
    """Prints both side by side; fails where the version is worse beyond tolerance."""

    help = "Measure a version on the fixed safety set beside the active one; exit code 1 where it is worse."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one."""
        parser.add_argument("version", nargs="?", help="default: the newest candidate")
        parser.add_argument("--shadow", action="store_true", help="instead, what came of reading along")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, keep, tell."""
        if options["shadow"]:
            self._tell_shadow(options["version"])
            return
        # Learning brings scikit-learn along; nothing that serves may import it.
        from triage.learning import corpus, safety, tables

        row = _common.found(options["version"])
        try:
            ours, theirs = versions.load(row), versions.speaking_now()
        except BadWeights as error:
            raise CommandError(f"the weights cannot be used: {error}") from error
        lines, conversations = corpus.read_lines(), corpus.read_conversations()
        new = safety.measure(ours, lines, conversations)
        old = safety.measure(theirs, lines, conversations)
        for language, figures in new.items():
            self.stdout.write(f"\n{language}\n")
            shown = [
                (str(name), {key: safety.shown(figure) for key, figure in told.items()})
                for name, told in ((f"active {theirs.version}", old[language]), (f"{row.role} {ours.version}", figures))
            ]
            self.stdout.write(tables.table(shown))
        worse = safety.worse(new, old)
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
        if worse:
            raise CommandError("REFUSED. Worse beyond tolerance:\n  " + "\n  ".join(worse))
        self.stdout.write(f"\nNot worse. Next: manage.py activate {row.version}")

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
