"""The staff's pages. Adapters: who may see what is asked of roles and access, what is done is done by services.

What one may not see answers "not found".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from counselors import casefile, insight, selectors, services
from counselors.forms import (
    DecisionForm,
    InviteForm,
    JoinForm,
    MeForm,
    NewPasswordForm,
    RoleForm,
    SignInForm,
    SkillsForm,
    skill_words,
)
from counselors.models import StaffMember
from counselors.reading import open_to_read
from counselors.roles import Permission
from counselors.words import reason_words
from hotline.chat import access, errors, events
from hotline.chat.errors import Refused

View = TypeVar("View", bound=Callable[..., HttpResponse])
MOST_AT_ONCE = 12
"""The protocol's greatest capacity."""


def staff_only(*needed: Permission) -> Callable[[View], View]:
    """Signed in, and allowed all of ``needed``; else the page does not exist. Never kept in a cache."""

    def decorate(view: View) -> View:
        @never_cache
        @login_required
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not all(member_of(request).may(permission) for permission in needed):
                raise Http404
            return view(request, *args, **kwargs)

        return cast(View, checked)

    return decorate


def member_of(request: HttpRequest) -> StaffMember:
    """Whoever is signed in."""
    return cast(StaffMember, request.user)


def show(request: HttpRequest, template: str, page: str, **context: Any) -> HttpResponse:
    """A staff page with what its bar needs."""
    may = {permission.value: member_of(request).may(permission) for permission in Permission}
    return render(request, template, {"page": page, "may": may, **context})


# --- coming and going ------------------------------------------------------------------------------------------------
class SignIn(LoginView):
    """Sign in; who is in already goes straight on."""

    template_name = "counselor/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without the host's name, which would hide the site's own."""
        context = super().get_context_data(**kwargs)
        return {name: value for name, value in context.items() if name not in ("site", "site_name")}


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; the sockets of this session end."""
    if request.user.is_authenticated:
        staff_id = member_of(request).pk
        logout(request)
        events.account_changed(staff_id)
    return redirect("counselors:sign_in")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Make an account from an invitation code."""
    if request.user.is_authenticated:
        return redirect("counselors:home")
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("code", "username", "alias", "password")}
        try:
            member = services.join(**chosen)
        except Refused as refusal:
            _explain_join(form, refusal)
        else:
            login(request, member)
            return redirect("counselors:home")
    return render(request, "counselor/join.html", {"form": form}, status=400 if form.errors else 200)


def _explain_join(form: JoinForm, refusal: Refused) -> None:
    if refusal.code == errors.PASSWORD_WEAK:
        form.add_error("password", refusal.detail)
    elif refusal.code == errors.USERNAME_TAKEN:
        form.add_error("username", _("This name is taken. Choose another."))
    else:
        form.add_error("code", _("This code does not fit: it may have been used, or be older than seven days."))


@staff_only()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each to the page they work on."""
    if member_of(request).may(Permission.WATCH_BOARD):
        return redirect("counselors:board")
    return redirect("counselors:desk")


@staff_only()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """One's own alias, languages and password."""
    member = member_of(request)
    changing = request.POST.get("form", "")
    about = MeForm(request.POST if changing == "about" else None, instance=StaffMember.objects.get(pk=member.pk))
    password = NewPasswordForm(member, request.POST if changing == "password" else None)
    if changing == "about" and about.is_valid():
        about.save()
        events.colleagues_changed()
        messages.success(request, _("Kept."))
        return redirect("counselors:me")
    if changing == "password" and password.is_valid():
        password.save()
        update_session_auth_hash(request, member)
        messages.success(request, _("Your password is changed. Your other pages must sign in again."))
        return redirect("counselors:me")
    return show(request, "counselor/me.html", "me", about=about, password=password, skills=skill_words(member.skills))


# --- desk and board --------------------------------------------------------------------------------------------------
@staff_only(Permission.TAKE, Permission.CONVERSE)
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Who waits, the conversations, the person. Everything live comes over the socket."""
    capacities = range(1, MOST_AT_ONCE + 1)
    return show(request, "counselor/desk.html", "desk", live=True, reasons=reason_words(), capacities=capacities)


@staff_only(Permission.WATCH_BOARD)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Who waits how long, who talks with whom, who is on duty."""
    return show(request, "supervisor/board.html", "board", live=True, reasons=reason_words())


@staff_only(Permission.READ_ANY)
@require_GET
def conversation(request: HttpRequest, conversation_hex: str) -> HttpResponse:
    """One conversation, live. The page holds no words; opening it over the socket is what is recorded."""
    try:
        found = access.readable_by(member_of(request), conversation_hex)
    except Refused:
        raise Http404 from None
    context = {"conversation": found.hex, "reasons": reason_words(), "live": True}
    return show(request, "supervisor/conversation.html", "conversation", **context)


# --- reviews ---------------------------------------------------------------------------------------------------------
@staff_only(Permission.REVIEW)
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Flagged conversations that wait for a decision, or were decided."""
    status = "decided" if request.GET.get("status") == "decided" else "open"
    waiting, overdue = selectors.count_reviews()
    context = {"items": selectors.reviews(status), "status": status, "waiting": waiting, "overdue": overdue}
    return show(request, "supervisor/reviews.html", "reviews", **context)


@staff_only(Permission.REVIEW, Permission.READ_ANY)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, conversation_hex: str) -> HttpResponse:
    """What was said, how the level moved, and the decision."""
    try:
        found = open_to_read(conversation_hex, by=member_of(request))
    except Refused:
        raise Http404 from None
    form = DecisionForm(request.POST or None, erased=found.erased_at is not None)
    if request.method == "POST" and form.is_valid() and _decide(request, conversation_hex, form):
        messages.success(request, _("Decided."))
        return redirect("counselors:reviews")
    case = selectors.review_case(found)
    if case is None:
        raise Http404
    context = {
        "case": case,
        "form": form,
        "lines": casefile.shown_lines(case),
        "models": casefile.models(case.steps),
        "timeline": casefile.timeline(case),
        "chart": casefile.chart(case.steps),
    }
    return show(request, "supervisor/review.html", "reviews", **context)


def _decide(request: HttpRequest, conversation_hex: str, form: DecisionForm) -> bool:
    values = form.cleaned_data
    try:
        services.decide(
            conversation_hex,
            by=member_of(request),
            decision=values["decision"],
            reason=values["reason"],
            level=values.get("level") or None,
        )
    except Refused as refusal:
        if refusal.code == errors.NOT_FOUND:
            raise Http404 from None
        form.add_error(*_why_undecided(refusal))
        return False
    return True


def _why_undecided(refusal: Refused) -> tuple[str | None, str]:
    if refusal.code == errors.REVIEW_LEVEL:
        return "level", _("This level is not lower, or not higher, than the present one.")
    if refusal.code == errors.REASON_MISSING:
        return "reason", _("A few words are needed here.")
    return None, _("A colleague has decided this meanwhile.")


# --- triage and people, side by side ----------------------------------------------------------------------------------
@staff_only(Permission.REVIEW)
@require_GET
def triage(request: HttpRequest) -> HttpResponse:
    """How far triage and people agree, in numbers."""
    return show(request, "supervisor/triage.html", "triage", **insight.page())


# --- people ----------------------------------------------------------------------------------------------------------
@staff_only(Permission.MANAGE_STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Accounts; and an invitation, whose code is shown in this answer and never again."""
    form = InviteForm(request.POST or None)
    code = invited = ""
    if request.method == "POST" and form.is_valid():
        invited = form.cleaned_data["name"]
        chosen = {name: form.cleaned_data[name] for name in ("role", "skills")}
        code = services.invite(by=member_of(request), name=invited, **chosen)
        form = InviteForm()
    members = [(member, skill_words(member.skills), _skills_of(member)) for member in selectors.staff_list()]
    context = {"members": members, "form": form, "code": code, "invited": invited}
    return show(request, "supervisor/people.html", "people", **context)


def _skills_of(member: StaffMember) -> SkillsForm:
    return SkillsForm(initial={"skills": member.skills}, auto_id=f"id_%s_{member.pk}")


@staff_only(Permission.MANAGE_STAFF)
@require_POST
def change_person(request: HttpRequest, member_id: int, what: str) -> HttpResponse:
    """Another role, other skills, deactivate, reactivate."""
    member = StaffMember.objects.filter(pk=member_id).first()
    if member is None:
        raise Http404
    by = member_of(request)
    try:
        match what:
            case "role":
                form = RoleForm(request.POST)
                if form.is_valid():
                    services.set_role(member, by=by, role=form.cleaned_data["role"])
            case "skills":
                skills = SkillsForm(request.POST)
                if skills.is_valid():
                    services.set_skills(member, by=by, skills=skills.cleaned_data["skills"])
            case "deactivate":
                services.deactivate(member, by=by)
            case "reactivate":
                services.reactivate(member, by=by)
            case _:
                raise Http404
    except Refused:
        messages.error(request, _("This cannot be done with this account."))
    else:
        messages.success(request, _("Kept."))
    return redirect("counselors:people")
