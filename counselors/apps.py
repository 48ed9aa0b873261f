"""The staff application."""

from __future__ import annotations

from django.apps import AppConfig


class CounselorsConfig(AppConfig):
    """Counselors, supervisors and coordinators at work."""

    name = "counselors"
