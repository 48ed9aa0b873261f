"""The residents' pages. Thin: whatever changes something is a service."""

from __future__ import annotations

import calendar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hotline.chat import access, forms, selectors, wording
from hotline.chat.codes import VISIT_COOKIE
from hotline.chat.errors import Refused
from hotline.chat.models import Visit
from hotline.chat.services import opening
from hotline.chat.states import State

OUR_COOKIES = (VISIT_COOKIE, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME)


def _visit(request: HttpRequest) -> Visit | None:
    return opening.visit_for(request.COOKIES.get(VISIT_COOKIE, ""))


def _with_visit(response: HttpResponse, token: str) -> HttpResponse:
    """Let the browser keep the visit until it is closed, out of reach of scripts."""
    response.set_cookie(VISIT_COOKIE, token, httponly=True, samesite="Lax", secure=settings.HTTPS, path="/")
    return response


@require_GET
@never_cache
@ensure_csrf_cookie
def home(request: HttpRequest) -> HttpResponse:
    """Help before anything loads: who answers, the numbers, one button."""
    visit = _visit(request)
    open_now = visit is not None and visit.resident.conversations.exclude(state=State.CLOSED).exists()
    return render(request, "resident/home.html", {"has_conversation": open_now})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Consent and what one may tell, then straight to the conversation."""
    if request.method != "POST":
        return render(request, "resident/begin.html", {"form": forms.BeginForm()})
    if not request.POST.get("script"):
        # Without scripts nobody could write or read in the conversation: a place in the queue would be for nobody.
        return render(request, "resident/begin.html", {"form": forms.BeginForm(), "scriptless": True}, status=422)
    told = forms.BeginForm(request.POST).told()
    visit = _visit(request)
    language = get_language() or settings.LANGUAGE_CODE
    opened = opening.open_conversation(language=language, resident=visit.resident if visit else None, **told)
    return _with_visit(redirect("chat:talk"), opened.visit_token)


@require_GET
@never_cache
@ensure_csrf_cookie
def talk(request: HttpRequest) -> HttpResponse:
    """The conversation."""
    visit = _visit(request)
    if visit is None:
        return redirect("chat:home")
    try:
        conversation = access.current_of(visit.resident)
    except Refused:
        return redirect("chat:home")
    return render(
        request,
        "resident/talk.html",
        {
            "conversation": conversation.hex,
            "words": wording.for_page(),
            "form": forms.BeginForm(),
            "earlier": wording.shown(selectors.earlier_stories(conversation)),
        },
    )


@require_GET
@never_cache
def transcript(request: HttpRequest) -> HttpResponse:
    """All that was said, as a text file to keep."""
    visit = _visit(request)
    if visit is None:
        raise Http404
    body = wording.as_text(selectors.transcript(visit.resident))
    # The mark at the beginning tells editors on every system that this is UTF-8.
    response = HttpResponse("\ufeff" + body, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="transcript.txt"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def come_back(request: HttpRequest) -> HttpResponse:
    """Return by code, on this device or another."""
    problem = ""
    if request.method == "POST":
        try:
            return _with_visit(redirect("chat:talk"), opening.redeem_code(request.POST.get("code", "")))
        except Refused:
            problem = _("That code opens nothing. Look at each digit once more, or begin anew.")
    return render(request, "resident/return.html", {"problem": problem}, status=422 if problem else 200)


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """Quick exit: this browser forgets us. The conversation keeps its place."""
    token = request.COOKIES.get(VISIT_COOKIE, "")
    if token:
        opening.end_visit(token)
    response = HttpResponse(status=303, headers={"Location": settings.QUICK_EXIT_URL})
    for name in OUR_COOKIES:
        response.delete_cookie(name)
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@require_GET
def neutral(request: HttpRequest) -> HttpResponse:
    """A calendar of this month, which says nothing about where one has been."""
    today = timezone.localdate()
    weeks = calendar.Calendar(firstweekday=calendar.MONDAY).monthdayscalendar(today.year, today.month)
    weekdays = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    return render(
        request,
        "resident/neutral.html",
        {"title": date_format(today, "YEAR_MONTH_FORMAT"), "weeks": weeks, "weekdays": weekdays, "today": today.day},
    )


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Short self-help to read, without JavaScript."""
    return render(request, "resident/help.html")


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, who reads it, and where secrecy ends."""
    return render(request, "resident/privacy.html")


@require_GET
def style(request: HttpRequest) -> HttpResponseBase:
    """Every colour, size and part on one page, for whoever changes them."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "resident/style.html", {"form": forms.BeginForm()})
