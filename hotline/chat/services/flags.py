"""Flags: why a conversation must be reviewed. Facts of their own, not states."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from hotline.chat.keys import seal_text, unseal_text
from hotline.chat.models import Conversation, Flag

KINDS = ("high", "imminent", "declared", "overridden", "asked")


def raise_flag(conversation: Conversation, kind: str, *, again: bool = False) -> Flag | None:
    """Flag ``conversation``. The same kind is raised once, or each time with ``again``.

    Returns:
        The new flag, or None where one of this kind stands already.
    """
    if not again and kind in kinds_of(conversation):
        return None
    ref = uuid.uuid4().hex
    return Flag.objects.create(
        conversation=conversation,
        ref=ref,
        kind_sealed=seal_text(conversation, f"flag:{ref}", kind),
        due_at=timezone.now() + timedelta(hours=settings.REVIEW_WITHIN_HOURS),
    )


def kinds_of(conversation: Conversation) -> set[str]:
    """The kinds of flags that were ever raised."""
    return {unseal_text(conversation, f"flag:{flag.ref}", flag.kind_sealed) for flag in conversation.flags.all()}
