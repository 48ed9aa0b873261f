"""Pages of the site itself: health, and forms that were refused."""

from __future__ import annotations

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from hotline.chat.models import Visit
from hotline.context import emergency_numbers
from triage import services as triage


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """For monitors: 503 and what is missing, so that somebody is called.

    Not for balancers: while Redis is away messages are kept all the same, and pages find them at their heartbeat;
    taking every process out at once would turn everybody away. Triage without its model is told and misses nothing: a
    human looks first.
    """
    missing = [] if _database_answers() else ["database"]
    if settings.REDIS_URL and not _redis_answers():
        missing.append("redis")
    found = {"ready": not missing, "missing": missing, "triage": triage.model_version()}
    return JsonResponse(found, status=503 if missing else 200)


def _database_answers() -> bool:
    """Whether our tables can be read: an empty database, too, serves nobody."""
    try:
        Visit.objects.exists()
    except DatabaseProblem:
        return False
    return True


def _redis_answers() -> bool:
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=None) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: an old page, or cookies are off."""
    return render(request, "403.html", {"csrf": True}, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Something broke on our side: the numbers all the same, from the settings alone; nothing else may be needed."""
    page = render_to_string("500.html", {"emergency_numbers": emergency_numbers()})
    return HttpResponse(page, status=500)
