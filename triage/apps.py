"""The triage application."""

from __future__ import annotations

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Levels, evidence and the order of the queue."""

    name = "triage"

    def ready(self) -> None:
        """The database knows which weights speak at this site."""
        # Models cannot be imported before all applications are known.
        from triage import services, versions

        services.weights_are_chosen_by(versions.chosen)
