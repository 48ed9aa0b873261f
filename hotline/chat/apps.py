"""The chat application."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages and what residents see."""

    name = "hotline.chat"
    label = "chat"

    def ready(self) -> None:
        """Examples that triage learns from are sealed here; so are words, opened only where their writer agreed.

        And connections that can only read are let go.
        """
        # Models cannot be imported before all applications are known.
        from hotline.chat import connections
        from hotline.chat.services import learning
        from triage import feedback

        connections.watch()
        feedback.examples_are_kept_by(learning.Examples())
