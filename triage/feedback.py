"""What people decide, kept as examples to learn from. The other door to triage beside ``triage.services``.

A caller hands over what was said and what a human decided, under a reference of its own. The words are read here for
the kinds of words they hold, and dropped. They stay with the caller, who also seals each example with the key of what
it came from, and opens words again for ``manage.py retrain`` where their writer agreed: see
docs/adr/0007-learning-without-keeping-words.md.
"""

from __future__ import annotations

import logging
import tomllib
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Literal, Protocol, TypeAlias

import msgspec
from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from triage import services, tallies
from triage.core import assess
from triage.core.concepts import CONCEPTS, LEXICON
from triage.core.features import features
from triage.core.levels import Assessment, Level
from triage.models import Example

log = logging.getLogger(__name__)

Source: TypeAlias = Literal["counselor", "supervisor"]
Decision: TypeAlias = Literal["override", "agree", "lower", "raise", "follow_up"]
_SCOPES = frozenset({"idiom", "framed", "negated", "past", "third", "now"})
_PAIRS = ("p:", "n:")
_keeper: Keeper | None = None
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="triage-shadow")
_room = BoundedSemaphore(64)
"""Messages that wait for the shadow; on a busy evening it leaves some out."""


def prepare() -> None:
    """Read the rules now, for the kinds of words that examples hold: 200 ms that the first decision would wait for."""
    for words in ("我不想活了", "I want to die"):
        assess.read(words)


class Keeper(Protocol):
    """Whoever makes examples: seals them with the key of what they came from, and keeps the words."""

    def seal(self, reference: str, ref: str, plain: bytes) -> bytes:
        """``plain``, sealed for the example ``ref``."""

    def unseal(self, reference: str, ref: str, sealed: bytes) -> bytes | None:
        """The inverse; None where the key is gone."""

    def words(self, reference: str, part: str) -> Sequence[str] | None:
        """The words that an example rests on; None where they may not be learned from, or are gone."""


class Record(Struct, frozen=True, kw_only=True):
    """What an example holds, sealed.

    Attributes:
        part: what the keeper needs to find the words again; triage does not read it.
        source: whose decision.
        decision: override, agree, lower, raise or follow_up.
        said: the highest level that triage had said; ``scored``, ``probability`` and ``model_version`` belong to it.
        decided: the level that the human decided, or let stand.
        language: zh, en, or "" where triage cannot read it.
        features: kinds of words and concepts with how often they stand there: nothing that spells the text.
        day: of the decision, by the site's clock: by it the decision is counted.
    """

    part: str
    source: Source
    decision: Decision
    said: int
    scored: bool
    probability: float
    model_version: str
    decided: int
    language: str
    features: dict[str, int]
    day: date

    @property
    def judges(self) -> bool:
        """Whether a human said something about the level; following somebody up does not."""
        return self.decision != "follow_up"


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


def examples_are_kept_by(keeper: Keeper) -> None:
    """Say who seals examples and keeps their words. Called once, when the application that makes them starts."""
    global _keeper
    _keeper = keeper


def record(
    *,
    reference: str,
    part: str,
    turns: Sequence[str],
    said: Said,
    decided: Level,
    decision: str,
    source: str,
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
    if _keeper is None:
        return
    try:
        language, found = gist(turns)
        made = Record(
            part=part,
            source=msgspec.convert(source, Source),
            decision=msgspec.convert(decision, Decision),
            said=int(said.level),
            scored=said.scored,
            probability=round(said.probability, 4),
            model_version=said.model_version,
            decided=int(decided),
            language=language,
            features=found,
            day=timezone.localdate(),
        )
        with transaction.atomic():
            _count(made, "decision")
            if made.judges:
                _count_outcome(made, reference)
            ref = uuid.uuid4().hex
            sealed = _keeper.seal(reference, ref, msgspec.json.encode(made))
            Example.objects.create(reference=reference, ref=ref, record_sealed=sealed)
    except Exception as error:  # noqa: BLE001 - a person was just judged to be in danger, or not: that must stand
        log.error("a decision was not kept as an example fault=%s", type(error).__name__)


def _count_outcome(made: Record, reference: str) -> None:
    """One conversation counts once, by the latest word about it."""
    earlier = [
        one for example in Example.objects.filter(reference=reference) if (one := opened(example)) and one.judges
    ]
    if earlier:
        _count(earlier[-1], "outcome", -1)
    _count(made, "outcome")


def _count(one: Record, what: str, count: int = 1) -> None:
    other = f"{one.source}:{one.decision}" if what == "decision" else ""
    tallies.add(tallies.Key(one.day, what, one.model_version, one.said, one.decided, other), count)


def opened(example: Example) -> Record | None:
    """What an example holds; None where its key is gone."""
    if _keeper is None:
        return None
    plain = _keeper.unseal(example.reference, example.ref, bytes(example.record_sealed))
    return msgspec.json.decode(plain, type=Record) if plain else None


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
def words_of(reference: str, record: Record) -> tuple[str, ...]:
    """The words of an example, oldest first; nothing where they may not be learned from, or are gone."""
    return tuple((_keeper.words(reference, record.part) if _keeper else None) or ())


def judged() -> list[tuple[str, Record]]:
    """The latest decision about the level of each conversation, with its reference; words or none."""
    latest: dict[str, Record] = {}
    for example in Example.objects.order_by("pk"):
        one = opened(example)
        if one and one.judges:
            latest[example.reference] = one
    return list(latest.items())


def lessons() -> Iterator[tuple[Record, tuple[str, ...]]]:
    """The latest decision about each conversation whose words may be learned from, with these words."""
    for reference, one in judged():
        words = words_of(reference, one)
        if words:
            yield one, words
