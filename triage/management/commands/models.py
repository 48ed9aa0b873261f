"""List the versions of this site."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from triage import exact, figures, versions
from triage.core import additions
from triage.core.scorer import BadWeights
from triage.management.commands import _common
from triage.models import Activation, ModelVersion


class Command(BaseCommand):
    """What there is, what speaks, and who decided that."""

    help = "List the model versions of this site and what was activated when."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell."""
        if exact.lexicon():
            added = additions.current()
            self.stdout.write(f"{exact.lexicon()}: {added.count} entries of this site, from {settings.TRIAGE_LEXICON}")
        active = versions.active()
        self.stdout.write(f"{'shipped':9} {exact.read(exact.WEIGHTS).version}{'' if active else '  speaks'}")
        self._tell_figures(exact.WEIGHTS)
        for row in ModelVersion.objects.order_by("pk"):
            made = timezone.localtime(row.made_at).strftime("%Y-%m-%d %H:%M")
            self.stdout.write(
                f"{row.role:9} {row.version}  made {made}, {row.examples} conversations of this site; {_state(row)}"
            )
            self._tell_figures(versions.path_of(row))
        for one in Activation.objects.select_related("version"):
            at = timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M")
            why = f": {one.reason}" if one.reason else ""
            self.stdout.write(
                f"{at} {one.version or versions.SHIPPED} by {one.by}{' (forced)' if one.forced else ''}{why}"
            )

    def _tell_figures(self, path: Path) -> None:
        """What training said of the weights in a file; nothing where it cannot be read, which is told elsewhere."""
        with suppress(OSError, ValueError, KeyError, AttributeError):
            for line in figures.shown(figures.read(path)):
                self.stdout.write(f"{'':9} {line}")


def _state(row: ModelVersion) -> str:
    try:
        versions.load(row)
    except BadWeights as error:
        return f"cannot be used ({error})"
    if row.role == ModelVersion.ACTIVE:
        return "speaks"
    return "; ".join(versions.why_not(row, corpus=_common.corpus_hash())) or "may be activated"
