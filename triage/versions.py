"""Weights made at this site: kept, compared, activated, taken back. What serves reads here which ones speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from triage import exact
from triage.core.scorer import BadWeights, Weights, parse
from triage.models import Activation, ModelVersion, Tally
from triage.services import Choices, Chosen

SHIPPED = "shipped"
"""What the shipped weights are called on the command line."""


class Unfit(Exception):
    """It may not be done; the message says why, to the person at the command line."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured, of what, against what.

    Attributes:
        figures: of the candidate, by language and kind.
        against: exact version of the weights that spoke then.
        corpus: hash of the safety set's corpus.
        rules: digest of the rules, and of what this site added to them.
        worse: in words, each figure that is worse beyond tolerance.
    """

    figures: Mapping[str, Any]
    against: str
    corpus: str
    rules: str
    worse: Sequence[str]


@dataclass(slots=True)
class ShadowCounts:
    """Messages by (level of what spoke, level of its shadow), from the first day to the last."""

    active: str
    shadow: str
    first: date
    last: date
    counts: dict[tuple[int, int], int]


def folder() -> Path:
    """Where this site's weights are."""
    return Path(settings.VAR_DIR) / "models"


def path_of(row: ModelVersion) -> Path:
    """The file of a version."""
    return folder() / f"{row.checksum}.json"


def keep(text: str, *, corpus: str, examples: int) -> tuple[ModelVersion, bool]:
    """Keep a weights file as a candidate.

    Returns:
        Its row, and whether it is new; the same file again is the same version.
    """
    checksum = text.partition("\n")[0]
    version = exact.version(parse(text.encode()), checksum)
    folder().mkdir(parents=True, exist_ok=True)
    fresh = folder() / f"{checksum}.new"
    fresh.write_text(text, encoding="utf-8")
    # Whoever reads it meanwhile finds all of it or none. It was learned from words: nobody else's business.
    fresh.chmod(0o600)
    fresh.replace(folder() / f"{checksum}.json")
    return ModelVersion.objects.get_or_create(
        checksum=checksum,
        defaults={"version": version, "corpus": corpus, "rules": exact.rules_digest(), "examples": examples},
    )


def load(row: ModelVersion) -> Weights:
    """The weights of a version.

    Raises:
        BadWeights: the file is missing or altered, or was learned with other rules than these.
    """
    return _chosen(row).load()


def _chosen(row: ModelVersion) -> Chosen:
    return Chosen(row.version, row.checksum, str(path_of(row).absolute()), row.rules)


def active() -> ModelVersion | None:
    """The version that speaks; None where the shipped weights do."""
    return ModelVersion.objects.filter(role=ModelVersion.ACTIVE).first()


def chosen() -> Choices:
    """What triage.services asks every few seconds: which weights speak here, and which read along."""
    roles = (ModelVersion.ACTIVE, ModelVersion.SHADOW)
    found = {row.role: _chosen(row) for row in ModelVersion.objects.filter(role__in=roles)}
    return found.get(ModelVersion.ACTIVE), found.get(ModelVersion.SHADOW)


def speaking(row: ModelVersion | None) -> Weights:
    """The weights of a version, or the shipped ones.

    Raises:
        BadWeights: see :func:`load`.
    """
    return load(row) if row else exact.read(exact.WEIGHTS)


def speaking_now() -> Weights:
    """The weights that speak: the active version's or, where these cannot be used, the shipped ones."""
    try:
        return speaking(active())
    except BadWeights:
        return speaking(None)


def find(name: str) -> ModelVersion:
    """The version whose name, or checksum, begins or ends so.

    Raises:
        Unfit: none, or several.
    """
    rows = [
        row
        for row in ModelVersion.objects.order_by("-pk")
        if row.version == name or row.version.endswith(f".{name}") or (len(name) >= 4 and row.checksum.startswith(name))
    ]
    if len(rows) != 1:
        raise Unfit(f"{len(rows)} versions are called {name}; manage.py models lists them")
    return rows[0]


def newest_candidate() -> ModelVersion:
    """The version made last that never spoke.

    Raises:
        Unfit: there is none.
    """
    waiting = ModelVersion.objects.filter(role__in=(ModelVersion.CANDIDATE, ModelVersion.SHADOW))
    row = waiting.order_by("-pk").first()
    if row is None:
        raise Unfit("there is no candidate; manage.py retrain makes one")
    return row


def compared(row: ModelVersion, comparison: Comparison) -> None:
    """Keep what was measured."""
    row.metrics = {
        "figures": dict(comparison.figures),
        "against": comparison.against,
        "corpus": comparison.corpus,
        "rules": comparison.rules,
        "worse": list(comparison.worse),
        "at": timezone.now().isoformat(timespec="seconds"),
    }
    row.save(update_fields=["metrics"])


def why_not(row: ModelVersion, *, corpus: str) -> list[str]:
    """What speaks against activating a version; nothing where it was compared with what speaks now and is not worse.

    Args:
        row: the version.
        corpus: hash of the corpus whose test part is the safety set now.
    """
    told = row.metrics
    if not told:
        return ["it was not compared; manage.py compare does that"]
    now = {"against": speaking_now().version, "rules": exact.reading_digest(), "corpus": corpus}
    if any(told.get(name) != value for name, value in now.items()):
        return [f"it was compared with {told.get('against')}, by the rules and the safety set of then; compare it anew"]
    return [str(one) for one in told.get("worse", [])]


@transaction.atomic
def activate(row: ModelVersion | None, *, corpus: str, by: str, force: bool = False, reason: str = "") -> None:
    """Let a version speak, or (None) the shipped weights.

    Args:
        row: the version.
        corpus: see :func:`why_not`.
        by: who does it.
        force: although something speaks against it; then with a reason, which is recorded.
        reason: why.

    Raises:
        Unfit: it speaks already, something speaks against it, or its file is not what it was.
    """
    now = active()
    if row is not None:
        _check_file(row)
    if (now.pk if now else None) == (row.pk if row else None):
        raise Unfit("it speaks already")
    against = why_not(row, corpus=corpus) if row else []
    if against and not force:
        raise Unfit("not activated: " + "; ".join(against))
    if force and not reason.strip():
        raise Unfit("--force needs a --reason")
    _switch(row, by=by, forced=force and bool(against), reason=reason)


@transaction.atomic
def rollback(*, by: str, reason: str = "") -> ModelVersion | None:
    """Let the weights speak again that spoke before the present ones.

    Returns:
        Their version; None for the shipped ones.

    Raises:
        Unfit: nothing was ever activated, what spoke before did so although something spoke against it, or the file of
            then is not what it was.
    """
    last_two = list(Activation.objects.select_related("version").order_by("-pk")[:2])
    if not last_two:
        raise Unfit("nothing was activated here: the shipped weights speak")
    before = last_two[1].version if len(last_two) == 2 else None
    if before is not None and last_two[1].forced:
        # Whoever rolls back is in a hurry, and wants what was right: not what was known to be worse.
        raise Unfit(f"{before} spoke by force; activate it by its name, or 'shipped'")
    if before is not None:
        _check_file(before)
    _switch(before, by=by, forced=False, reason=reason or "rollback")
    return before


@transaction.atomic
def read_along(row: ModelVersion | None) -> None:
    """Let a version read every message in the shadow of the one that speaks; None: let none.

    Raises:
        Unfit: it speaks, or its file is not what it was.
    """
    if row is not None:
        if row.role == ModelVersion.ACTIVE:
            raise Unfit("it speaks already: there is no shadow of itself")
        _check_file(row)
    _out_of_shadow()
    if row is not None:
        row.role = ModelVersion.SHADOW
        row.save(update_fields=["role"])


def _out_of_shadow() -> None:
    shadow = ModelVersion.objects.filter(role=ModelVersion.SHADOW)
    shadow.filter(activated_at__isnull=True).update(role=ModelVersion.CANDIDATE)
    shadow.update(role=ModelVersion.RETIRED)


def beside(version: str = "") -> list[ShadowCounts]:
    """How often which level stood beside which, for each version that read along; the latest first.

    Args:
        version: only this one.
    """
    rows = Tally.objects.filter(what="shadow", other__endswith=f"+{version}" if version else "").order_by("day")
    found: dict[tuple[str, str], ShadowCounts] = {}
    for row in rows:
        one = found.setdefault(
            (row.model_version, row.other), ShadowCounts(row.model_version, row.other, row.day, row.day, {})
        )
        one.last = row.day
        one.counts[row.said, row.beside] = one.counts.get((row.said, row.beside), 0) + row.count
    return sorted(found.values(), key=lambda one: one.last, reverse=True)


def _check_file(row: ModelVersion) -> None:
    try:
        load(row)
    except BadWeights as error:
        raise Unfit(f"the weights of {row} cannot be used: {error}") from error


def _switch(row: ModelVersion | None, *, by: str, forced: bool, reason: str) -> None:
    now = timezone.now()
    ModelVersion.objects.filter(role=ModelVersion.ACTIVE).update(role=ModelVersion.RETIRED)
    if row is not None:
        row.role, row.activated_at, row.by = ModelVersion.ACTIVE, now, by
        row.save(update_fields=["role", "activated_at", "by"])
    Activation.objects.create(version=row, at=now, by=by, forced=forced, reason=reason.strip()[:400])
