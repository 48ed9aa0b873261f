"""Opening a conversation to read on a page: allowed by the one door, and recorded when it is not one's own."""

from __future__ import annotations

from counselors.models import StaffMember
from hotline.chat import access
from hotline.chat.models import Conversation, Reading


def open_to_read(conversation_hex: str, *, by: StaffMember) -> Conversation:
    """The conversation, and a row that says who opened it.

    Raises:
        Refused: conversation.not_found, as :func:`hotline.chat.access.readable_by`.
    """
    conversation = access.readable_by(by, conversation_hex)
    if not access.is_own(by, conversation):
        Reading.objects.create(conversation=conversation, staff=by)
    return conversation
