"""The chat application."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages and what residents see."""

    name = "hotline.chat"
    label = "chat"

    def ready(self) -> None:
        """Triage learns from words that are kept here, where their writer agreed."""
        # Models cannot be imported before all applications are known.
        from hotline.chat.services import learning
        from triage import feedback

        feedback.words_are_opened_by(learning.words_of)
