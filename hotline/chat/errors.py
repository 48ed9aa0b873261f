"""Refusals that people meet: each has a dotted code that frames and pages carry. Free of Django."""

from __future__ import annotations


class Refused(Exception):
    """Something was asked that cannot be done; ``code`` says what, in the protocol's words (docs/protocol.md)."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


NOT_FOUND = "conversation.not_found"
"""It does not exist, or is not yours: the same answer, so that existence does not leak."""
TAKEN = "conversation.taken"
CLOSED = "conversation.closed"
MOVED = "conversation.moved"
NOBODY_WAITING = "queue.empty"
NOT_ALLOWED = "staff.not_allowed"
NOT_ON_DUTY = "duty.off"
FULL = "duty.full"
TEXT_EMPTY = "message.empty"
TEXT_TOO_LONG = "message.too_long"
CLIENT_ID_REUSED = "message.id_reused"
TOO_FAST = "frame.too_fast"
BAD_FRAME = "frame.invalid"
UNKNOWN_FRAME = "frame.unknown_type"
TOO_BIG = "frame.too_big"
NOT_KEPT = "storage.unavailable"
"""The database did not take it: nothing was acknowledged, the page keeps the words."""
REASON_MISSING = "reason.missing"
HANDOVER_GONE = "handover.gone"
HANDOVER_UNKNOWN = "handover.no_such_colleague"
CODE_WRONG = "return_code.wrong"
SIGNED_OUT = "session.ended"
FAULT = "server.fault"
NOTHING_TO_REVIEW = "review.nothing_open"
REVIEW_LEVEL = "review.level_wrong"
INVITATION_WRONG = "invitation.wrong"
USERNAME_TAKEN = "account.username_taken"
PASSWORD_WEAK = "account.password_weak"  # noqa: S105 - a code, not a password
