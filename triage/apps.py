"""The triage application."""

from __future__ import annotations

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Levels, evidence and the order of the queue."""

    name = "triage"
