"""What people decide, kept as examples to learn from. The other door to triage beside ``triage.services``.

A caller hands over what was said and what a human decided, under a reference of its own. The words are read here for
the kinds of words they hold, and dropped. They stay with the caller, who opens them again for ``manage.py retrain``
where their writer agreed: see docs/adr/0007-learning-without-keeping-words.md.
"""

from __future__ import annotations

import logging
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Literal, TypeAlias

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from triage import services, tallies
from triage.core import assess
from triage.core.concepts import CONCEPTS, LEXICON
from triage.core.features import features
from triage.core.levels import Assessment, Level
from triage.models import Example

log = logging.getLogger(__name__)

Opener: TypeAlias = "Callable[[str, str], Sequence[str] | None]"
"""From an example's reference and part to the words it rests on, or None where they may not be learned from."""
_SCOPES = frozenset({"idiom", "framed", "negated", "past", "third", "now"})
_PAIRS = ("p:", "n:")
_opener: Opener | None = None
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="triage-shadow")
_room = BoundedSemaphore(64)
"""Messages that wait for the shadow; on a busy evening it leaves some out."""


@dataclass(frozen=True, slots=True)
class Said:
    """What triage had said before a human decided.

    Attributes:
        level: the highest.
        scored: whether it could read all of it.
        probability: P(level >= HIGH) that went with it.
        model_version: which rules and weights spoke.
    """

    level: Level
    scored: bool
    probability: float
    model_version: str


def record(
    *,
    reference: str,
    part: str,
    turns: Sequence[str],
    said: Said,
    decided: Level,
    decision: str,
    source: Literal["counselor", "supervisor"],
) -> None:
    """Keep a human's decision as an example. Never raises: no decision fails because nothing was learned from it.

    Args:
        reference: random, the caller's; the same one for all decisions about one conversation.
        part: what the caller needs to find ``turns`` again.
        turns: the words that were judged, oldest first; only their kinds are kept.
        said: what triage had made of them.
        decided: the level a human set or confirmed.
        decision: override, agree, lower, raise or follow_up.
        source: whose decision.
    """
    try:
        with transaction.atomic():
            _record(Example(
                reference=reference,
                part=part,
                source=source,
                decision=decision,
                said=said.level,
                scored=said.scored,
                probability=round(said.probability, 4),
                model_version=said.model_version,
                decided=decided,
                day=timezone.localdate(),
            ), turns)  # fmt: skip
    except Exception as error:  # noqa: BLE001 - a person was just judged to be in danger, or not: that must stand
        log.error("a decision was not kept as an example fault=%s", type(error).__name__)


def _record(example: Example, turns: Sequence[str]) -> None:
    example.language, example.features = gist(turns)
    _count(example, "decision")
    if example.decision != "follow_up":
        # Following somebody up says nothing about the level.
        earlier = judged().filter(reference=example.reference).order_by("-pk").first()
        if earlier:
            _count(earlier, "outcome", -1)
        _count(example, "outcome")
    example.save()


def _count(example: Example, what: str, count: int = 1) -> None:
    other = f"{example.source}:{example.decision}" if what == "decision" else ""
    key = tallies.Key(example.day, what, example.model_version, int(example.said), int(example.decided), other)
    tallies.add(key, count)


def seen(assessment: Assessment, *, alarmed: bool, turns: Sequence[str] = ()) -> None:
    """Count what triage made of a message. In memory; never raises.

    Args:
        assessment: what it made of it.
        alarmed: whether that raised the conversation to a crisis.
        turns: what was read, the newest last; weights in the shadow read it too, afterwards and in a thread of their
            own, and nothing of it is kept but their level.
    """
    today, said = timezone.localdate(), int(assessment.level)
    other = "" if assessment.scored else "unscored"
    tallies.note(tallies.Key(today, "read", assessment.model_version, said, other=other))
    if alarmed:
        tallies.note(tallies.Key(today, "alarm", assessment.model_version, said))
    if turns and services.has_shadow() and _room.acquire(blocking=False):
        _reader.submit(_read_along, assessment, tuple(turns), today)


def _read_along(assessment: Assessment, turns: Sequence[str], today: date) -> None:
    try:
        found = services.assess_in_shadow(turns)
        if found:
            tallies.note(
                tallies.Key(
                    today,
                    "shadow",
                    assessment.model_version,
                    int(assessment.level),
                    int(found.level),
                    found.model_version,
                )
            )
    except Exception as error:  # noqa: BLE001 - nobody waits for the shadow
        log.error("triage in the shadow failed fault=%s", type(error).__name__)
    finally:
        _room.release()


def judged() -> QuerySet[Example]:
    """Examples in which a human said something about the level."""
    return Example.objects.exclude(decision="follow_up")


def forget(reference: str) -> None:
    """Remove every example with this reference. What was counted stays counted."""
    if reference:
        Example.objects.filter(reference=reference).delete()


def gist(turns: Sequence[str]) -> tuple[str, dict[str, int]]:
    """The language of ``turns`` and the kinds of words in them: nothing that spells them.

    Each name is checked against what triage itself may call a kind, and not by its beginning alone: "k:我" could be
    three signs of the text.
    """
    language, found = "", Counter[str]()
    for turn in turns:
        reading = assess.read(turn)
        if reading.language is None:
            continue
        language = reading.language
        found.update(
            name for name in features(reading.normal.text, reading.language, reading.scoped) if _is_kind(name, language)
        )
    return language, dict(sorted(found.items()))


def _is_kind(name: str, language: str) -> bool:
    kinds = _kinds(language)
    if name.startswith("k:"):
        return name[2:].removesuffix("-") in kinds
    if name.startswith(_PAIRS):
        first, plus, second = name[2:].partition("+")
        return bool(plus) and {first.removesuffix("-"), second.removesuffix("-")} <= kinds
    mark, _, rest = name.partition(":")
    concept, _, scope = rest.partition(":")
    return mark == "c" and concept in CONCEPTS and scope in _SCOPES


@lru_cache(maxsize=4)
def _kinds(language: str) -> frozenset[str]:
    """Names of the kinds of words of one language; one sign alone is none, it could be the text's."""
    with (LEXICON / f"words.{language}.toml").open("rb") as file:
        return frozenset(name for name in tomllib.load(file) if len(name) > 2)


# --- the words, where their writer agreed --------------------------------------------------------------------------
def words_are_opened_by(opener: Opener) -> None:
    """Say who keeps the words of examples. Called once, when the application that makes them starts."""
    global _opener
    _opener = opener


def words_of(example: Example) -> tuple[str, ...]:
    """The words of an example, oldest first; nothing where they may not be learned from, or are gone."""
    found = _opener(example.reference, example.part) if _opener else None
    return tuple(found or ())


def lessons() -> Iterator[tuple[Example, tuple[str, ...]]]:
    """The latest decision about each conversation whose words may be learned from, with these words."""
    latest: dict[str, Example] = {}
    for example in judged().order_by("pk"):
        latest[example.reference] = example
    for example in latest.values():
        words = words_of(example)
        if words:
            yield example, words
