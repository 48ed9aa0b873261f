"""The triage application."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class TriageConfig(AppConfig):
    """Levels, evidence and the order of the queue."""

    name = "triage"

    def ready(self) -> None:
        """The database knows which weights speak at this site, its settings what it adds to the lexicon.

        Raises:
            ImproperlyConfigured: something in that lexicon cannot be used.
        """
        # Models cannot be imported before all applications are known.
        from triage import services, site_lexicon, versions

        try:
            site_lexicon.use(settings.TRIAGE_LEXICON)
        except site_lexicon.BadLexicon as error:
            raise ImproperlyConfigured(f"TRIAGE_LEXICON: {error}") from None
        services.weights_are_chosen_by(versions.chosen)
