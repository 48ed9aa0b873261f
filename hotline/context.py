"""What every template knows about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from counselors.selectors import count_on_duty


def emergency_numbers() -> list[dict[str, str]]:
    """The site's emergency numbers, named in the reader's language."""
    language = get_language() or settings.LANGUAGE_CODE
    return [{"number": entry.number, "name": entry.name(language)} for entry in settings.EMERGENCY_NUMBERS]


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, operator and emergency numbers, in the reader's language."""
    language = get_language() or settings.LANGUAGE_CODE
    english = language.startswith("en")
    return {
        "site_name": settings.SITE_NAME_EN if english else settings.SITE_NAME_ZH,
        "site_operator": settings.SITE_OPERATOR_EN if english else settings.SITE_OPERATOR_ZH,
        "emergency_numbers": emergency_numbers(),
        "quick_exit_url": settings.QUICK_EXIT_URL,
        "retention_days": settings.RETENTION_DAYS,
        # Asked only where a page shows it.
        "on_duty": count_on_duty,
    }
