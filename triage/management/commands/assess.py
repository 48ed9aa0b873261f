"""Assess JSON lines from standard input."""

from __future__ import annotations

import json
import sys
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.jsonlines import FORMAT, BadRow, answer


class Command(BaseCommand):
    """Answers each line in order; triage.jsonlines tells the format."""

    help = FORMAT
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """No argument of its own; the format is printed as it is written."""
        parser.formatter_class = RawDescriptionHelpFormatter

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer line by line; bad lines are told on standard error and make the command fail at the end."""
        bad = 0
        for number, line in enumerate(sys.stdin, start=1):
            if not line.strip():
                continue
            try:
                sys.stdout.write(json.dumps(answer(line), ensure_ascii=False) + "\n")
            except BadRow as error:
                bad += 1
                self.stderr.write(json.dumps({"line": number, "error": str(error)}))
        sys.stdout.flush()
        if bad:
            raise CommandError(f"{bad} lines could not be read")
