"""Small facts read off a conversation's row, shared by services and selectors."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from hotline.chat.keys import unseal_text
from hotline.chat.models import Conversation


def nickname_of(conversation: Conversation) -> str:
    """The nickname a resident chose, or ""."""
    return unseal_text(conversation, "nickname", conversation.nickname_sealed)


def is_present(conversation: Conversation) -> bool:
    """Whether the resident's page was heard from within three heartbeats."""
    return is_present_at(conversation.seen_at)


def is_present_at(seen_at: datetime | None) -> bool:
    """The same, by when the page was last heard from."""
    return seen_at is not None and timezone.now() - seen_at < timedelta(seconds=3 * settings.HEARTBEAT_SECONDS)
