"""What evidence is called, in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language

from triage.services import REASONS


def reason_word(code: str) -> str:
    """The words for one reason; the code itself where triage knows no words for it."""
    zh, en = REASONS.get(code, (code, code))
    return en if (get_language() or "").startswith("en") else zh


def reason_words() -> dict[str, str]:
    """All reasons, for scripts."""
    return {code: reason_word(code) for code in REASONS}
