"""Count neighbours in openly licensed ordinary dialogues; keeps counts, never text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Reads JSON lines {"id", "lang", "text"} and writes counts of neighbours for each language."""

    help = "Count neighbouring characters or words in half of the rows of ordinary sets from elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which sets."""
        parser.add_argument("sets", nargs="+", type=Path, help="*.jsonl whose licence allows figures learned from them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, keep, tell."""
        from triage.core import assess
        from triage.core.levels import Level
        from triage.learning import background

        texts: dict[str, list[str]] = {}
        for path in options["sets"]:
            if not path.exists():
                raise CommandError(f"{path} is not there")
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                # What a rule finds in an "ordinary" row is left out: it may well be danger that its makers overlooked.
                if background.is_counted(str(row["id"])) and assess.read(row["text"]).floor.level is Level.LOW:
                    texts.setdefault("en" if row["lang"].startswith("en") else "zh", []).append(row["text"])
        for language, found in sorted(texts.items()):
            pairs = background.count_pairs(found, language)
            path = background.write_pairs(pairs, language)
            self.stdout.write(f"{language}: {len(found)} texts, {len(pairs)} pairs in {path.name}")
