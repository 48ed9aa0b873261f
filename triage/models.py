"""What triage keeps to learn from: sealed examples without words, and counts by day. Of people it knows nothing."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from triage.core.levels import Level

LEVELS = [(int(level), level.code) for level in Level]


class Example(models.Model):
    """A human's decision beside what triage had said: a labelled example. See :class:`triage.feedback.Record`.

    Level and kinds of words are as telling as a flag's kind, so they are sealed as that is: by whoever made the
    example, with the key of what it came from.
    """

    reference = models.CharField(max_length=32, db_index=True)
    """Random; the maker's name for where it came from, by which it can be opened and forgotten."""
    ref = models.CharField(max_length=32, unique=True)
    record_sealed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"example {self.pk}"


class Tally(models.Model):
    """How often something happened on a day. It outlives what it counted, and leads back to nothing.

    ``what`` is one of:
        decision: a human decided; ``other`` tells whose decision and which ("supervisor:lower").
        outcome: the latest human decision about a conversation; counted once for each.
        read: triage read a message; ``other`` is "unscored" where it could not.
        alarm: triage raised a conversation to a crisis.
        shadow: a message was read by two models; ``other`` names the one in the shadow, ``beside`` is its level.
    """

    day = models.DateField()
    what = models.CharField(max_length=8)
    model_version = models.CharField(max_length=64)
    other = models.CharField(max_length=64, blank=True)
    said = models.PositiveSmallIntegerField(choices=LEVELS)
    beside = models.PositiveSmallIntegerField(choices=LEVELS)
    """The level beside it: the one decided, or the shadow's; low where there is none."""
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="tally_once", fields=["day", "what", "model_version", "other", "said", "beside"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.day}"


class ModelVersion(models.Model):
    """Weights that were made at this site. The shipped ones have no row: they are version zero everywhere.

    The weights themselves are in VAR_DIR/models/<checksum>.json.
    """

    CANDIDATE, SHADOW, ACTIVE, RETIRED = "candidate", "shadow", "active", "retired"
    ROLES = (CANDIDATE, SHADOW, ACTIVE, RETIRED)

    version = models.CharField(max_length=48, unique=True)
    checksum = models.CharField(max_length=64, unique=True)
    corpus = models.CharField(max_length=64)
    """SHA-256 of all it was taught: the shipped corpus and the site's examples."""
    rules = models.CharField(max_length=64)
    """Digest of the rules it was taught with; with other ones it does not speak."""
    examples = models.PositiveIntegerField()
    """How many conversations of this site it was taught with."""
    metrics = models.JSONField(default=dict, blank=True)
    """What ``manage.py compare`` measured last; see triage.versions.Comparison."""
    made_at = models.DateTimeField(default=timezone.now)
    role = models.CharField(max_length=9, choices=[(role, role) for role in ROLES], default=CANDIDATE)
    activated_at = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=40, blank=True)
    """Who activated it last: a name given on the command line."""

    class Meta:
        constraints = [
            models.UniqueConstraint(name=f"model_one_{role}", fields=["role"], condition=models.Q(role=role))
            for role in ("shadow", "active")
        ]

    def __str__(self) -> str:
        return self.version


class Activation(models.Model):
    """From when on which weights spoke, by whose hand, and why they spoke although they measured worse."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="activations")
    """None: the shipped weights."""
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=40)
    forced = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                name="activation_forced_has_reason", condition=models.Q(forced=False) | ~models.Q(reason="")
            )
        ]

    def __str__(self) -> str:
        return f"activation {self.pk}"
