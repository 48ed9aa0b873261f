"""The order of the queue: pure functions of level, wait and fairness. No clock inside; ``now`` is given.

The constants of :class:`Policy` were settled by ``make simulate-queue`` and ``make simulate-skills``; docs/queue.md
shows their figures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from triage.core.levels import Level


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be chosen about the order. Nothing in it can put anybody before an imminent.

    Attributes:
        moderate_head_start: a moderate counts as having waited this much longer than a low. Bounded: a low that came
            this much earlier goes first, so that below a crisis nobody is overtaken for ever.
        doubt_head_start: the same for somebody whose low level the model would not vouch for.
        crises_in_a_row: after this many people of a crisis were taken one after another, the next one of level HIGH
            lets whoever waits longest below pass: reserved attention.
        reserve_after: only who has waited this long is let pass.
        overflow_after: a person whose language a desk does not speak is offered to it after this wait; in a crisis,
            and where one may be unread, at once.
        skill_overflow_after: somebody below a crisis whose matter calls for a skill is kept for so long for those on
            duty who have it: other desks are offered those of the same level first. At a desk with the skill they count
            as having waited so much longer than others of their level.
        language_head_start: so does somebody below a crisis at a desk that answers in their language, where not all on
            duty do. The longer of both counts, not their sum.
    """

    moderate_head_start: timedelta = timedelta(minutes=20)
    doubt_head_start: timedelta = timedelta(minutes=10)
    crises_in_a_row: int = 4
    reserve_after: timedelta = timedelta(minutes=30)
    overflow_after: timedelta = timedelta(minutes=30)
    skill_overflow_after: timedelta = timedelta(minutes=10)
    language_head_start: timedelta = timedelta(minutes=10)


POLICY = Policy()
MODERATE_HEAD_START = POLICY.moderate_head_start


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue.

    Attributes:
        key: whatever the caller knows them by.
        level: how urgent.
        since: when they began to wait (timezone-aware); kept when a counselor gave them back.
        scored: false when triage could not read them: a human first, right behind a crisis.
        given_back: they had a counselor and lost them: on top of their band.
        doubtful: the model would not vouch for a level below a crisis.
        language: what they write in ("zh-hans", "en"); empty when it does not matter.
        skill: what their matter calls for, by whatever code the caller has for it; empty for anybody.
    """

    key: str
    level: Level
    since: datetime
    scored: bool = True
    given_back: bool = False
    doubtful: bool = False
    language: str = ""
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who takes the next person.

    Attributes:
        languages: what they speak; empty for any.
        crises_in_a_row: how many of those taken last, by anybody, were in a crisis.
        skills: what they have learned to help with.
        on_duty: the skills of all who are on duty now; nobody is kept for a skill that is not among them.
        spoken: the languages of all who are on duty now, likewise; empty when they are not known.
        scarce: of these, those in which not everybody on duty answers.
    """

    languages: frozenset[str] = frozenset()
    crises_in_a_row: int = 0
    skills: frozenset[str] = frozenset()
    on_duty: frozenset[str] = frozenset()
    spoken: frozenset[str] = frozenset()
    scarce: frozenset[str] = frozenset()


WhyKept: TypeAlias = Literal["", "language", "skill"]
Priority = tuple[int, bool, datetime, datetime, str]


def priority(entry: Waiting, policy: Policy = POLICY) -> Priority:
    """Sort key; smaller is served sooner. It does not depend on the time: whoever waits, waits on equally.

    Bands: imminent, high, not scored, all others. In a band those given back come first, then who waited longest, the
    moderate and the doubtful with their head start.
    """
    if entry.level is Level.IMMINENT:
        band = 0
    elif entry.level is Level.HIGH:
        band = 1
    else:
        band = 3 if entry.scored else 2
    head_start = timedelta(0)
    if band == 3 and entry.level is Level.MODERATE:
        head_start = policy.moderate_head_start
    elif band == 3 and entry.doubtful:
        head_start = policy.doubt_head_start
    return band, not entry.given_back, entry.since - head_start, entry.since, entry.key


def order_queue(entries: Iterable[Waiting], *, policy: Policy = POLICY) -> list[Waiting]:
    """Everyone who waits, first to be served first."""
    return sorted(entries, key=lambda entry: priority(entry, policy))


def longest_below(entries: Iterable[Waiting]) -> Waiting | None:
    """Whoever waits longest of those below a crisis."""
    return min((one for one in entries if not one.level.is_crisis), key=lambda one: (one.since, one.key), default=None)


def order_for(
    desk: Desk, ordered: Iterable[Waiting], *, now: datetime, longest: Waiting | None, policy: Policy = POLICY
) -> Iterator[Waiting]:
    """The queue as one desk should take from it: by languages, skills, and attention kept for those below a crisis.

    Languages come first: who writes in none of the desk's goes behind everybody else for a while. What else a desk
    knows moves people among those of their own level alone, so that the levels follow each other as if nobody knew
    more than others. Nobody is left out, and a desk that finds nobody else is offered whoever there is.

    Lazy: it looks no further into the queue than it must.

    Args:
        desk: who takes.
        ordered: the queue in the order of :func:`order_queue`.
        now: the time, timezone-aware.
        longest: whoever waits longest below a crisis.
        policy: the constants.
    """
    reserved = desk.crises_in_a_row >= policy.crises_in_a_row
    passes = longest if reserved and longest is not None and now - longest.since >= policy.reserve_after else None
    strangers: list[Waiting] = []

    def understood() -> Iterator[Waiting]:
        for one in _with_passing(ordered, passes):
            if one.level is Level.IMMINENT or _speaks(desk, one, now, policy):
                yield one
            else:
                strangers.append(one)

    if desk.skills or desk.on_duty or desk.scarce:
        yield from _ByKnowledge(desk, understood(), passes, now, policy)
    else:
        yield from understood()
    yield from strangers


def why_kept(desk: Desk, entry: Waiting, *, now: datetime, policy: Policy = POLICY) -> WhyKept:
    """Why a desk is offered others before somebody, for now: "language", "skill", or "" when it is not."""
    if not _speaks(desk, entry, now, policy):
        return "language"
    return "skill" if _moves(entry) and _is_kept(desk, entry, now, policy) else ""


def _with_passing(ordered: Iterable[Waiting], passes: Waiting | None) -> Iterator[Waiting]:
    """The queue, with somebody let pass to right behind the imminent."""
    waits = passes
    for one in ordered:
        if waits is not None and one.level is not Level.IMMINENT:
            yield waits
            waits = None
        if one is not passes:
            yield one


def _speaks(desk: Desk, entry: Waiting, now: datetime, policy: Policy) -> bool:
    if not desk.languages or not entry.language or entry.language in desk.languages:
        return True
    if entry.level.is_crisis or not entry.scored:
        return True
    if desk.spoken and entry.language not in desk.spoken:
        return True
    return now - entry.since >= policy.overflow_after


def _moves(entry: Waiting) -> bool:
    """Whether what a desk knows matters: in no crisis, nor where one may be unread, nor for who lost a counselor."""
    return entry.scored and not entry.level.is_crisis and not entry.given_back


def _is_kept(desk: Desk, entry: Waiting, now: datetime, policy: Policy) -> bool:
    """Whether somebody is kept for a colleague of this desk who has the skill."""
    if entry.skill in desk.skills or entry.skill not in desk.on_duty:
        return False
    return now - entry.since < policy.skill_overflow_after


class _ByKnowledge:
    """People of each level change places among themselves: those whom the desk knows to help sooner, those kept later.

    A place in the queue belongs to a level. It goes to whoever of that level comes first at this desk; of those further
    back only as many are looked at as might still come before them.
    """

    def __init__(
        self, desk: Desk, people: Iterator[Waiting], passes: Waiting | None, now: datetime, policy: Policy
    ) -> None:
        self.desk, self.people, self.passes, self.now, self.policy = desk, people, passes, now, policy
        self.places: deque[Waiting] = deque()
        """Read ahead, in order of the queue: whose places are next."""
        self.open: dict[Level, list[Waiting]] = {level: [] for level in Level}
        """Read and not yet offered, by level."""
        self.reach = max(
            policy.skill_overflow_after if desk.skills else timedelta(0),
            policy.language_head_start if desk.scarce & desk.languages else timedelta(0),
        )
        """So much later in the queue somebody may stand and still come first here."""

    def __iter__(self) -> Iterator[Waiting]:
        while self.places or self._read():
            place = self.places.popleft()
            yield self._first_of(place.level) if self._is_free(place) else place

    def _is_free(self, entry: Waiting) -> bool:
        return _moves(entry) and entry is not self.passes

    def _read(self) -> bool:
        """Read one more; false at the end."""
        one = next(self.people, None)
        if one is None:
            return False
        self.places.append(one)
        if self._is_free(one):
            self.open[one.level].append(one)
        return True

    def _first_of(self, level: Level) -> Waiting:
        there = self.open[level]
        best = min(there, key=self._rank)
        read = len(there)
        while self._may_be_passed(best) and self._read():
            if len(there) > read:
                read = len(there)
                best = min(best, there[-1], key=self._rank)
        there.remove(best)
        return best

    def _may_be_passed(self, best: Waiting) -> bool:
        """Whether somebody not yet read might come before ``best``."""
        kept, as_if_since = self._rank(best)[:2]
        last = self.places[-1] if self.places else best
        return kept or self._as_if_since(last) - self.reach < as_if_since

    def _as_if_since(self, entry: Waiting) -> datetime:
        return priority(entry, self.policy)[2]

    def _rank(self, entry: Waiting) -> tuple[bool, datetime, Priority]:
        as_if_since = self._as_if_since(entry) - self._head_start(entry)
        return _is_kept(self.desk, entry, self.now, self.policy), as_if_since, priority(entry, self.policy)

    def _head_start(self, entry: Waiting) -> timedelta:
        desk, policy = self.desk, self.policy
        writes = entry.language in desk.scarce and entry.language in desk.languages
        return max(
            policy.skill_overflow_after if entry.skill in desk.skills else timedelta(0),
            policy.language_head_start if writes else timedelta(0),
        )
