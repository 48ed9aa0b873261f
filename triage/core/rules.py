"""The safety floor: plain rules that only raise. Whatever a score says, the level is never below what stands here."""

from __future__ import annotations

from dataclasses import dataclass

from triage.core.levels import Level
from triage.core.scope import Scoped

ACTS = frozenset({"intent", "plan", "method", "coded"})
"""Concepts that say: active thoughts of dying, with or without a way. A coded word is one only where it is wished for:
by itself it may be a teapot, a name or a game, and is a hint."""
HARMS = frozenset({"self_harm", "violence_suffered", "violence_intended"})
PASSIVE = frozenset({"wish", "hopeless", "burden", "hint"})


@dataclass(frozen=True, slots=True)
class Floor:
    """A minimum level, the name of the rule that sets it, and the mentions it rests on."""

    level: Level
    rule: str
    because: tuple[Scoped, ...] = ()


NEAR = 24
"""Characters within which a time and an act belong together."""
SEVERAL, APART = 3, 3
"""So many goodbyes, this many characters from each other, are a goodbye that is meant."""
NONE = Floor(Level.LOW, "")


def floor_of(scoped: list[Scoped]) -> Floor:
    """The highest floor that any rule sets for one message."""
    if not scoped:
        return NONE
    return max((rule(scoped) for rule in _RULES), key=lambda floor: floor.level, default=NONE)


def _of(scoped: list[Scoped], *names: str) -> tuple[Scoped, ...]:
    return tuple(one for one in scoped if one.mention.concept in names)


def _near(one: Scoped, other: Scoped) -> bool:
    gap = max(one.mention.start, other.mention.start) - min(one.mention.end, other.mention.end)
    return gap <= NEAR


def _act_begun(scoped: list[Scoped]) -> Floor:
    """Something has begun: pills taken, a cut that bleeds, standing on the edge, somebody attacking now."""
    begun = tuple(one for one in _of(scoped, "underway") if one.stands and not one.past)
    return Floor(Level.IMMINENT, "underway", begun) if begun else NONE


def _means_with_time(scoped: list[Scoped]) -> Floor:
    """First-person means, place or way, together with intent or a time that is near."""
    ways = tuple(one for one in _of(scoped, "means", "place") if one.now_self)
    acts = tuple(one for one in scoped if one.mention.concept in ACTS and one.now_self)
    times = tuple(time for time in _of(scoped, "time") if not time.negated and any(_near(time, act) for act in acts))
    if ways and acts:
        return Floor(Level.IMMINENT, "means_and_intent", ways + acts)
    if acts and times:
        return Floor(Level.IMMINENT, "intent_and_time", acts + times)
    return NONE


def _goodbye(scoped: list[Scoped]) -> Floor:
    """Goodbye or putting affairs in order: with intent, or a way at hand, imminent; with hopelessness high."""
    goodbye = tuple(one for one in _of(scoped, "farewell") if one.now_self)
    ways = tuple(one for one in _of(scoped, "means", "place") if one.now_self)
    if goodbye and ways:
        return Floor(Level.IMMINENT, "farewell_and_way", goodbye + ways)
    acts = tuple(one for one in scoped if one.mention.concept in ACTS | {"wish"} and one.now_self)
    if goodbye and acts:
        return Floor(Level.IMMINENT, "farewell_and_intent", goodbye + acts)
    if len({one.mention.start // APART for one in goodbye}) >= SEVERAL:
        return Floor(Level.IMMINENT, "farewells", goodbye)
    dark = tuple(one for one in _of(scoped, "hopeless", "burden") if one.now_self)
    if goodbye and (dark or len(goodbye) > 1):
        return Floor(Level.HIGH, "farewell", goodbye + dark)
    return NONE


def _way_at_hand(scoped: list[Scoped]) -> Floor:
    """Means that lie ready, for the writer or somebody they speak of, without a chore that explains them."""
    ready = tuple(one for one in _of(scoped, "means") if one.stands and not one.past)
    return Floor(Level.HIGH, "way_at_hand", ready) if ready else NONE


def _active_thoughts(scoped: list[Scoped]) -> Floor:
    """Active thoughts, of the writer or of somebody they speak of."""
    acts = tuple(one for one in scoped if one.mention.concept in ACTS and one.stands and not one.past)
    meant = tuple(one for one in acts if not one.named)
    if meant:
        return Floor(Level.HIGH, "active_thoughts", meant)
    return Floor(Level.MODERATE, "named", acts) if acts else NONE


def _continuing_harm(scoped: list[Scoped]) -> Floor:
    """Self-harm or violence that goes on, is recent, grave or intended; violence of which nothing says so is less."""
    harms = tuple(one for one in scoped if one.mention.concept in HARMS and one.stands and not one.past)
    goes_on = tuple(one for one in harms if one.still or one.recent or one.mention.concept != "violence_suffered")
    if goes_on:
        return Floor(Level.HIGH, "continuing_harm", goes_on)
    return Floor(Level.MODERATE, "violence", harms) if harms else NONE


def _recent_attempt(scoped: list[Scoped]) -> Floor:
    """An attempt of these days or weeks: the next one is likeliest now."""
    lately = tuple(one for one in _of(scoped, "attempt") if one.stands and one.recent and not one.past)
    return Floor(Level.HIGH, "recent_attempt", lately) if lately else NONE


def _relapse(scoped: list[Scoped]) -> Floor:
    """Self-harm or an attempt of long ago, of which the writer says that it has begun again."""
    again = tuple(
        one for one in scoped if one.mention.concept in {"attempt", "self_harm", "method"} and one.stands and one.again
    )
    return Floor(Level.HIGH, "relapse", again) if again else NONE


def _there_again(scoped: list[Scoped]) -> Floor:
    """At a place of danger, by somebody who tells of an attempt of theirs in the same message."""
    places = tuple(one for one in _of(scoped, "place") if one.now_self)
    before = tuple(one for one in _of(scoped, "attempt") if one.stands and not one.third)
    return Floor(Level.HIGH, "there_again", places + before) if places and before else NONE


def _laughed_at(scoped: list[Scoped]) -> Floor:
    """An explicit word for what the writer is going to do, with laughter: hardly a manner of speaking, so in doubt."""
    plain = tuple(
        one for one in scoped if one.joked and one.explicit and not (one.negated or one.idiom or one.third or one.past)
    )
    return Floor(Level.MODERATE, "laughed_at", plain) if plain else NONE


def _past_attempt(scoped: list[Scoped]) -> Floor:
    """An attempt, self-harm or active thoughts that are over."""
    over = tuple(
        one for one in scoped if one.mention.concept in ACTS | {"attempt", "self_harm"} and one.stands and not one.third
    )
    return Floor(Level.MODERATE, "past_attempt", over) if over else NONE


def _passive(scoped: list[Scoped]) -> Floor:
    """A passive wish to be dead, hopelessness, feeling a burden; a word that may stand for another."""
    passive = tuple(one for one in scoped if one.mention.concept in PASSIVE and one.now_self)
    return Floor(Level.MODERATE, "passive", passive) if passive else NONE


_RULES = (
    _act_begun,
    _means_with_time,
    _goodbye,
    _way_at_hand,
    _active_thoughts,
    _continuing_harm,
    _recent_attempt,
    _relapse,
    _there_again,
    _laughed_at,
    _past_attempt,
    _passive,
)
