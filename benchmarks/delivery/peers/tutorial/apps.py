"""The application."""

from django.apps import AppConfig


class TutorialConfig(AppConfig):
    """Its name."""

    name = "benchmarks.delivery.peers.tutorial"
    label = "tutorial"
