"""Staff accounts: invite, join, role, deactivate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from counselors.models import Duty, Invitation, StaffChange, StaffMember
from counselors.roles import Permission, Role
from hotline.chat import codes, errors, events
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation
from hotline.chat.services import moves
from hotline.chat.skills import SKILLS

INVITATION_DAYS = 7
PURPOSE = "invitation"


def _must_manage(by: StaffMember) -> None:
    if not by.may(Permission.MANAGE_STAFF):
        raise Refused(errors.NOT_ALLOWED)


def _known_skills(codes: Iterable[str]) -> list[str]:
    chosen = set(codes)
    if not chosen <= set(SKILLS):
        raise Refused(errors.BAD_FRAME, "skills")
    return [code for code in SKILLS if code in chosen]


def invite(*, by: StaffMember, role: str, name: str, skills: Iterable[str] = ()) -> str:
    """Make a one-time invitation; ``skills`` are those that the account begins with.

    Returns:
        The code, to be shown this once; it works for seven days.

    Raises:
        Refused: staff.not_allowed; frame.invalid for a role or a skill that does not exist.
    """
    _must_manage(by)
    if role not in list(Role) or not name.strip():
        raise Refused(errors.BAD_FRAME, "role" if name.strip() else "name")
    code = codes.new_code()
    Invitation.objects.create(
        code_digest=codes.digest_code(codes.normalise(code) or "", purpose=PURPOSE),
        role=role,
        name=name.strip()[:40],
        skills=_known_skills(skills),
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    return code


def join(*, code: str, username: str, alias: str, password: str) -> StaffMember:
    """Make an account from an invitation.

    Raises:
        Refused: invitation.wrong (unknown, used or expired: the same answer), account.username_taken,
            account.password_weak (detail: why, in the reader's language).
    """
    digits = codes.normalise(code)
    if digits is None:
        raise Refused(errors.INVITATION_WRONG)
    digest = codes.digest_code(digits, purpose=PURPOSE)
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update()
            .filter(code_digest=digest, used_at__isnull=True, expires_at__gt=timezone.now())
            .first()
        )
        if invitation is None:
            raise Refused(errors.INVITATION_WRONG)
        username, alias = username.strip(), alias.strip()[:20]
        if not username or not alias or StaffMember.objects.filter(username__iexact=username).exists():
            raise Refused(errors.USERNAME_TAKEN)
        check_password_strength(password, StaffMember(username=username, alias=alias))
        about = {"role": invitation.role, "languages": ["zh-hans"], "skills": invitation.skills}
        member = StaffMember.objects.create_user(username, password, alias=alias, **about)
        Invitation.objects.filter(pk=invitation.pk).update(used_at=timezone.now(), used_by=member)
        StaffChange.objects.create(staff=member, by=invitation.invited_by, what=f"joined:{member.role}")
        return member


def check_password_strength(password: str, member: StaffMember) -> None:
    """Refuse a weak password.

    Raises:
        Refused: account.password_weak.
    """
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise Refused(errors.PASSWORD_WEAK, " ".join(error.messages)) from error


@transaction.atomic
def set_role(member: StaffMember, *, by: StaffMember, role: str) -> None:
    """Give another role; open pages of theirs look again at once.

    Raises:
        Refused: staff.not_allowed, also for one's own account; frame.invalid for a role that does not exist.
    """
    _must_manage(by)
    if member.pk == by.pk:
        raise Refused(errors.NOT_ALLOWED)
    if role not in list(Role):
        raise Refused(errors.BAD_FRAME, "role")
    StaffMember.objects.filter(pk=member.pk).update(role=role)
    member.refresh_from_db()
    StaffChange.objects.create(staff=member, by=by, what=f"role:{role}")
    if not member.may(Permission.CONVERSE):
        _release_all(member)
    events.account_changed(member.pk)
    events.colleagues_changed()


@transaction.atomic
def set_skills(member: StaffMember, *, by: StaffMember, skills: Iterable[str]) -> None:
    """Say what somebody has learned to help with; the next person they take is chosen by it.

    Raises:
        Refused: staff.not_allowed; frame.invalid for a skill that does not exist.
    """
    _must_manage(by)
    chosen = _known_skills(skills)
    before = StaffMember.objects.select_for_update().get(pk=member.pk).skills
    StaffMember.objects.filter(pk=member.pk).update(skills=chosen)
    member.refresh_from_db()
    added = [f"skill_added:{code}" for code in chosen if code not in before]
    removed = [f"skill_removed:{code}" for code in before if code not in chosen]
    StaffChange.objects.bulk_create(StaffChange(staff=member, by=by, what=what) for what in [*added, *removed])
    events.colleagues_changed()
    events.queue_changed()


@transaction.atomic
def deactivate(member: StaffMember, *, by: StaffMember) -> None:
    """Close an account: their sockets end, and the people they hold go back to the top of the queue.

    Raises:
        Refused: staff.not_allowed, also for one's own account.
    """
    _must_manage(by)
    if member.pk == by.pk:
        raise Refused(errors.NOT_ALLOWED)
    StaffMember.objects.filter(pk=member.pk).update(is_active=False, deactivated_at=timezone.now())
    Duty.objects.filter(staff=member).update(state=Duty.OFF, since=timezone.now())
    StaffChange.objects.create(staff=member, by=by, what="deactivated")
    _release_all(member)
    member.refresh_from_db()
    events.account_changed(member.pk)
    events.colleagues_changed()


@transaction.atomic
def reactivate(member: StaffMember, *, by: StaffMember) -> None:
    """Open an account again.

    Raises:
        Refused: staff.not_allowed.
    """
    _must_manage(by)
    StaffMember.objects.filter(pk=member.pk).update(is_active=True, deactivated_at=None)
    StaffChange.objects.create(staff=member, by=by, what="reactivated")
    member.refresh_from_db()
    events.colleagues_changed()


def _release_all(member: StaffMember) -> None:
    for held in Conversation.objects.held_by(member.pk):
        moves.release_vanished(held.hex, holder_id=member.pk, cause="deactivated")
