"""The chat application."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages and what residents see."""

    name = "hotline.chat"
    label = "chat"
