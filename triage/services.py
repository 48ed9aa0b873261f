"""The one door to triage for other applications. Nothing here raises: a fault means "not scored, a human first"."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeAlias

from triage import exact
from triage.core import conversation
from triage.core.assess import version_of
from triage.core.conversation import Readings, follow
from triage.core.levels import Assessment, Level
from triage.core.ordering import Desk, Waiting
from triage.core.scorer import BadWeights, Weights
from triage.core.sound import sound
from triage.core.waitlist import Waitlist

__all__ = [
    "NOT_SCORED",
    "REASONS",
    "Choices",
    "Chosen",
    "Desk",
    "Elsewhere",
    "Readings",
    "Waiting",
    "Waitlist",
    "assess",
    "assess_in_shadow",
    "assess_turns",
    "believed",
    "follow",
    "has_shadow",
    "in_answer",
    "look",
    "look_at_once",
    "model_version",
    "prepare",
    "read_elsewhere",
    "weights_are_chosen_by",
]

log = logging.getLogger(__name__)
WEIGHTS = exact.WEIGHTS
NOT_SCORED = Assessment(level=Level.MODERATE, probability=0.5, evidence=(), model_version="none", scored=False)
"""What counts where triage gave no answer that can be believed."""
LOOK_EVERY_SECONDS = 3.0
"""How soon an activation is noticed."""
LOOK_AGAIN_SECONDS = 60.0
"""After weights of this site could not be used: how soon they are tried again."""

_CONCEPTS: Mapping[str, tuple[str, str]] = {
    "underway": ("正在发生", "under way"),
    "intent": ("想死", "wants to die"),
    "plan": ("有计划", "has a plan"),
    "method": ("说到方式", "names a way"),
    "means": ("手边有工具", "means at hand"),
    "place": ("在危险的地方", "in a dangerous place"),
    "time": ("时间就在眼前", "the time is near"),
    "farewell": ("告别、托付", "goodbye, affairs in order"),
    "attempt": ("有过尝试", "earlier attempt"),
    "self_harm": ("自伤", "self-harm"),
    "violence_suffered": ("正受伤害", "is being hurt"),
    "violence_intended": ("想伤害别人", "may hurt others"),
    "third_person": ("说的是别人", "about somebody else"),
    "wish": ("不想醒来", "passive wish to be dead"),
    "hopeless": ("看不到希望", "hopeless"),
    "burden": ("觉得自己是拖累", "feels a burden"),
    "coded": ("隐晦说法", "coded words"),
    "hint": ("可能是隐语", "may be a coded word"),
    "protective": ("有牵挂", "something holds them"),
}
REASONS: Mapping[str, tuple[str, str]] = {
    **_CONCEPTS,
    "model": ("措辞（模型）", "wording (model)"),
    **{f"asked_{name}": (f"被问到后承认：{zh}", f"asked, says yes: {en}") for name, (zh, en) in _CONCEPTS.items()},
    "asked_unclear": ("被问到后没有说清", "asked, the answer is not clear"),
}
"""What evidence is called at the desks: reason -> (Chinese, English). ``asked_``: the answer to a counselor."""


@lru_cache(maxsize=1)
def _weights() -> Weights | None:
    """The shipped weights, read once. Missing or altered ones leave the rules to speak alone."""
    try:
        return exact.read(WEIGHTS)
    except BadWeights as error:
        log.error("triage weights cannot be used fault=%s; every message counts as not scored", error)
        return None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Weights that this site chose, not yet read.

    Attributes:
        version: what they are called.
        checksum: of their file.
        path: their file.
        rules: digest of the rules they were learned with.
    """

    version: str
    checksum: str
    path: str
    rules: str

    def load(self) -> Weights:
        """Read them.

        Raises:
            BadWeights: the file is missing or altered, or was learned with other rules than these.
        """
        if self.rules != exact.rules_digest():
            raise BadWeights("learned with other rules")
        return exact.read(Path(self.path), checksum=self.checksum)


@dataclass(frozen=True, slots=True)
class _Speaking:
    """What this site chose, as this process knows it. Replaced whole: readers need no lock."""

    weights: Weights | None = None
    checksum: str = ""
    """Of the version they belong to; "" for the shipped weights."""


Choices: TypeAlias = "tuple[Chosen | None, Chosen | None]"
"""What speaks (None: the shipped weights), and what reads along in its shadow."""


class Elsewhere(Protocol):
    """A process of its own that reads for this one, and has the weights for it. See triage.process."""

    def choose(self, choices: Choices) -> None:
        """Let these weights speak, and read along, from the next message on."""

    def has_shadow(self) -> bool:
        """Whether other weights read along there."""

    def assess_in_shadow(self, turns: Sequence[str]) -> Assessment | None:
        """What they make of the last of ``turns``; None where there are none. May raise, waits for the answer."""

    def model_version(self) -> str:
        """Which rules and weights speak there."""


_elsewhere: Elsewhere | None = None
_chooser: Callable[[], Choices] | None = None
_site, _behind = _Speaking(), _Speaking()
_look_at = 0.0
"""When to look again, by the monotonic clock."""


def weights_are_chosen_by(chooser: Callable[[], Choices]) -> None:
    """Say who knows which weights speak. Called once, at the start."""
    global _chooser
    _chooser = chooser


def read_elsewhere(other: Elsewhere | None) -> None:
    """Say that another process reads for this one: this one then needs no weights. None: it reads by itself."""
    global _elsewhere
    _elsewhere = other


def look_at_once() -> None:
    """As :func:`look`, however recent the last one."""
    global _look_at
    _look_at = 0.0
    look()


def look() -> None:
    """Notice when other weights were activated: a small query every few seconds. Where one may use the database.

    Weights that are missing or altered leave the shipped ones to speak, and that is logged.
    """
    global _look_at, _site, _behind
    now = time.monotonic()
    if _chooser is None or now < _look_at:
        return
    _look_at = now + LOOK_EVERY_SECONDS
    try:
        speaking, shadow = _chooser()
        if _elsewhere is not None:
            _elsewhere.choose((speaking, shadow))
            return
        _site, _behind = _read(speaking, _site), _read(shadow, _behind)
    except Exception as error:  # noqa: BLE001 - whoever speaks now goes on speaking
        log.error("which triage weights are active is not known fault=%s", type(error).__name__)


def _read(chosen: Chosen | None, known: _Speaking) -> _Speaking:
    global _look_at
    if (chosen.checksum if chosen else "") == known.checksum:
        return known
    if chosen is None:
        return _Speaking()
    try:
        return _Speaking(chosen.load(), chosen.checksum)
    except BadWeights as error:
        _look_at = time.monotonic() + LOOK_AGAIN_SECONDS
        log.error("triage weights %s cannot be used fault=%s; others speak", chosen.version, error)
        return _Speaking()


def _speaking() -> Weights | None:
    return _site.weights or _weights()


def prepare() -> None:
    """Read weights and rules now: else the first message after a start outlasts its time and counts as not scored.

    Each language brings rules of its own, and each alarm its evidence.
    """
    for words in ("我不想活了", "I want to die"):
        assess(words)


def assess(text: str, *, earlier: Sequence[str] = (), readings: Readings | None = None) -> Assessment:
    """What triage makes of ``text``.

    Args:
        text: the newest message; beyond 4,000 characters its head and tail are read.
        earlier: the resident's earlier messages, oldest first.
        readings: what is remembered of them from one message to the next; begins empty, belongs to the caller, and
            holds words: it goes when they go.

    Returns:
        The assessment; evidence points into the original messages, ``turn`` counted back from the newest.
    """
    try:
        found = conversation.assess([*earlier, text], _speaking(), readings)
        return replace(found, model_version=exact.name(found.model_version))
    except Exception as error:  # noqa: BLE001 - whatever it is, a human comes first
        log.error("triage failed fault=%s; counted as not scored", type(error).__name__)
        return NOT_SCORED


def believed(texts: Sequence[str], readings: Readings | None = None, before: Sequence[str] = ()) -> Assessment:
    """What may be believed of what triage makes of the last of ``texts`` (triage.core.sound). Never raises.

    Args:
        texts: the resident's messages, oldest first.
        readings: see :func:`assess`.
        before: what the staff said before each of the latest of them; see :func:`in_answer`.
    """
    readings = {} if readings is None else readings
    try:
        found = sound(assess(texts[-1], earlier=tuple(texts[:-1]), readings=readings), texts)
    except Exception as error:  # noqa: BLE001 - whatever it is, a human comes first
        log.error("triage failed fault=%s; counted as not scored", type(error).__name__)
        return NOT_SCORED
    if found is None:
        log.error("triage answered what cannot be; counted as not scored")
    return in_answer(found or NOT_SCORED, texts, before, readings)


def in_answer(
    found: Assessment, texts: Sequence[str], before: Sequence[str], readings: Readings | None = None
) -> Assessment:
    """The assessment of the last of ``texts``, raised where it is a bare answer to what a counselor asked.

    Whatever is wrong with what was asked, the resident's own words stand as they were read. Nothing of ``before`` is
    kept.
    """
    if not before:
        return found
    try:
        return conversation.answered(found, texts, before, _speaking(), readings)
    except Exception as error:  # noqa: BLE001 - the answer was read by itself
        log.error("what was asked before an answer could not be read fault=%s", type(error).__name__)
        return found


def has_shadow() -> bool:
    """Whether other weights read along, as this process last saw."""
    if _elsewhere is not None:
        return _elsewhere.has_shadow()
    return _behind.weights is not None


def assess_in_shadow(turns: Sequence[str]) -> Assessment | None:
    """What the weights that read along make of the last of ``turns``; None where there are none. May raise."""
    if _elsewhere is not None:
        return _elsewhere.assess_in_shadow(turns)
    weights = _behind.weights
    if weights is None:
        return None
    found = conversation.assess(turns, weights)
    return replace(found, model_version=exact.name(found.model_version))


def assess_turns(turns: Sequence[str], before: Sequence[str] = ()) -> tuple[Assessment, ...]:
    """An assessment after each of a resident's turns; ``before``: what the staff said before each, or nothing."""
    alone = (assess(turn, earlier=turns[:i]) for i, turn in enumerate(turns))
    if not before:
        return tuple(alone)
    return tuple(in_answer(found, turns[: i + 1], before[: i + 1]) for i, found in enumerate(alone))


def model_version() -> str:
    """Which rules and weights speak now, as this process last saw."""
    if _elsewhere is not None:
        return _elsewhere.model_version()
    return exact.name(version_of(_speaking()))
