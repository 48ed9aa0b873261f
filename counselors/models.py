"""Staff members, their duty, invitations and reviews."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from counselors.roles import PERMISSIONS, Permission, Role
from hotline.chat.models import Conversation, Flag

ROLES = [(role.value, role.value) for role in Role]


class StaffManager(BaseUserManager["StaffMember"]):
    """Creates accounts with hashed passwords."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> StaffMember:
        """A new account; without a password nobody can sign in to it."""
        member = self.model(username=self.model.normalize_username(username), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> StaffMember:
        """The first account of a site, by `manage.py createsuperuser`: a coordinator, who invites everybody else."""
        return self.create_user(username, password, **{"role": Role.COORDINATOR, **fields})


class StaffMember(AbstractBaseUser):
    """Somebody who works here. ``alias`` is all that residents ever see of them."""

    username = models.CharField(max_length=40, unique=True)
    alias = models.CharField(max_length=20)
    role = models.CharField(max_length=12, choices=ROLES, default=Role.COUNSELOR)
    languages = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    """Codes of hotline.chat.skills; whoever manages the staff keeps them."""
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    last_login = None

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["alias"]

    objects = StaffManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="staff_deactivated_has_time",
                condition=Q(is_active=True, deactivated_at__isnull=True)
                | Q(is_active=False, deactivated_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.username

    def may(self, permission: Permission) -> bool:
        """Whether this account is active and its role allows ``permission``."""
        return self.is_active and permission in PERMISSIONS[Role(self.role)]


class Duty(models.Model):
    """Whether somebody is on duty, for how many conversations, and when their desk was last heard from."""

    ON, PAUSE, OFF = "on", "pause", "off"

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duty")
    state = models.CharField(max_length=5, choices=[(s, s) for s in (ON, PAUSE, OFF)], default=OFF)
    capacity = models.PositiveSmallIntegerField(default=3)
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.staff_id} {self.state}"


class Invitation(models.Model):
    """A one-time code with which somebody may make an account; only its slow hash is kept."""

    code_digest = models.BinaryField(max_length=32, unique=True)
    role = models.CharField(max_length=12, choices=ROLES)
    name = models.CharField(max_length=40)
    skills = models.JSONField(default=list)
    """The skills that the account begins with."""
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations")
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_used_has_both",
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StaffChange(models.Model):
    """What was done to an account, by whom."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="changes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    """joined:<role>, role:<role>, skill_added:<code>, skill_removed:<code>, deactivated, reactivated."""
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.what


class Review(models.Model):
    """A supervisor's decision on a flagged conversation: who, when and what are one row, none without the others."""

    DECISIONS = ("agree", "lower", "raise", "follow_up")
    LEVEL_KEEPING = ("agree", "follow_up")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reviews")
    ref = models.CharField(max_length=32, unique=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=9, choices=[(d, d) for d in DECISIONS])
    record_sealed = models.BinaryField()
    """The level before, the level decided, and the reason."""
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="review_decision_known", condition=Q(decision__in=("agree", "lower", "raise", "follow_up"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.pk}"


class ReviewedFlag(models.Model):
    """Which review answered which flag; a flag without one waits for a decision."""

    flag = models.OneToOneField(Flag, on_delete=models.CASCADE, related_name="answered")
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="answers")

    def __str__(self) -> str:
        return f"flag {self.flag_id} by review {self.review_id}"
