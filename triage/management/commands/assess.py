"""Assess JSON lines from standard input."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage.jsonlines import BadRow, answer


class Command(BaseCommand):
    """Reads {"id", "text"} or {"id", "turns": [...]} lines, answers each in order; turns as triage.jsonlines tells."""

    help = "Assess JSON lines from standard input; answers in order on standard output."
    requires_system_checks: list[str] = []

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
