"""Opening a conversation to read: allowed by the one door, and recorded when it is not one's own."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from counselors.models import StaffMember
from hotline.chat import access
from hotline.chat.models import Conversation, Reading

SAME_READING = timedelta(minutes=10)
"""Opened again within this time it is the same reading: a page whose line was cut opens it again by itself."""


def open_to_read(conversation_hex: str, *, by: StaffMember) -> Conversation:
    """The conversation, and a row that says who opened it.

    Raises:
        Refused: conversation.not_found, as :func:`hotline.chat.access.readable_by`.
    """
    conversation = access.readable_by(by, conversation_hex)
    if not access.is_own(by, conversation) and not _reads_already(by, conversation):
        Reading.objects.create(conversation=conversation, staff=by)
    return conversation


def _reads_already(by: StaffMember, conversation: Conversation) -> bool:
    since = timezone.now() - SAME_READING
    return Reading.objects.filter(conversation=conversation, staff=by, at__gte=since).exists()
