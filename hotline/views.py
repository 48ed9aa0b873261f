"""Pages of the site itself: health, and forms that were refused."""

from __future__ import annotations

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from triage import services as triage


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether people can be served: 503 when the database does not answer.

    Redis away or triage without its model are told and do not turn people away: messages are kept and delivered
    without the one, and a human looks first without the other.
    """
    found = {"database": _database_answers(), "triage": triage.model_version()}
    if settings.REDIS_URL:
        found["layer"] = _redis_answers()
    return JsonResponse(found, status=200 if found["database"] else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping()) and get_channel_layer() is not None
    except redis.RedisError:
        return False


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: an old page, or cookies are off."""
    return render(request, "403.html", {"csrf": True}, status=403)
