"""`make simulate-skills`: who meets a counselor who knows their language and their matter, by how long they are kept.

The nights of :mod:`tools.simulate_queue`, where some residents write English and some call for a skill, and each
counselor knows some of it. The shares are assumptions: nobody publishes them. The tables decide how long somebody is
kept.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from hotline.chat.skills import SKILLS
from tools.simulate_queue import NIGHTS, SLOTS, SURGE, Person, people_of, quantile, run
from triage.core.ordering import POLICY, Desk, Policy

EACH = 3
"""Conversations that one counselor holds at once."""
CHINESE, ENGLISH = "zh-hans", "en"
TRIED = (0, 5, 10, 20, 30, 60)
"""Minutes for which somebody is kept."""
SITUATIONS = (
    ("An ordinary night", False, False),
    ("The surge; people may leave", True, False),
    ("The surge; nobody leaves", True, True),
)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many residents call for what, and how many counselors know it.

    Attributes:
        english: of residents, who write English; all others write Chinese.
        bilingual: of counselors, who speak both; all others speak Chinese alone.
        calling: of residents, whose topic or age calls for a skill, each skill as often.
        skilled: of counselors, who have learned one skill, for each of them anew.
    """

    english: float
    bilingual: float
    calling: float
    skilled: float


def desks_of(seed: int, slots: int, shares: Shares) -> list[Desk]:
    """What is known at each slot of one night; a counselor's slots know the same."""
    chance = random.Random(f"desks {seed}")  # noqa: S311 - a simulation
    known = []
    for _ in range(0, slots, EACH):
        both = chance.random() < shares.bilingual
        skills = frozenset(skill for skill in SKILLS if chance.random() < shares.skilled)
        known.append((frozenset({CHINESE, ENGLISH} if both else {CHINESE}), skills))
    on_duty = frozenset().union(*(skills for _, skills in known))
    spoken = frozenset().union(*(languages for languages, _ in known))
    scarce = spoken - frozenset.intersection(*(languages for languages, _ in known))
    return [
        Desk(languages=languages, skills=skills, on_duty=on_duty, spoken=spoken, scarce=scarce)
        for languages, skills in (known[slot // EACH] for slot in range(slots))
    ]


def give_needs(seed: int, people: Iterable[Person], shares: Shares) -> None:
    """Say who writes what, and whose matter calls for which skill. The people of a night stay who they were."""
    chance = random.Random(f"needs {seed}")  # noqa: S311 - a simulation
    for person in people:
        person.language = ENGLISH if chance.random() < shares.english else CHINESE
        person.skill = chance.choice(SKILLS) if chance.random() < shares.calling else ""


Met = tuple[Person, Sequence[Desk]]


def meet(policy: Policy, shares: Shares, *, nights: int, slots: int, surge: bool, stay: bool) -> list[Met]:
    """Everybody of these nights with the desks of theirs; of a surge only those who came in it."""
    found: list[Met] = []
    for seed in range(nights):
        people, desks = people_of(seed, slots=slots, surge=surge, stay=stay), desks_of(seed, slots, shares)
        give_needs(seed, people, shares)
        run("triage", people, slots=slots, desks=desks, policy=policy)
        found.extend((one, desks) for one in people if not surge or SURGE[0] <= one.arrives < SURGE[1])
    return found


def _share_met(some: Iterable[Met], knows: Callable[[Desk, Person], bool]) -> str:
    """Of those answered for whom somebody on duty knew enough: the share who met one who did."""
    met = [
        knows(desks[one.by], one)
        for one, desks in some
        if one.by is not None and any(knows(desk, one) for desk in desks)
    ]
    return f"{statistics.mean(met):.0%}" if met else "–"


def _waits(some: Iterable[Met]) -> str:
    waits = [one.waited for one, _ in some if one.answered is not None]
    return f"{statistics.median(waits):.1f} | {quantile(waits, 0.9):.1f}" if waits else "– | –"


def _row(kept: int, met: Sequence[Met], *, english: bool) -> str:
    calm = [one for one in met if not one[0].level.is_crisis]
    if english:
        needing = [one for one in calm if one[0].language == ENGLISH]
        share = _share_met(needing, lambda desk, one: one.language in desk.languages)
    else:
        needing = [one for one in calm if one[0].skill]
        share = _share_met(needing, lambda desk, one: one.skill in desk.skills)
    others = _rest(calm, needing)
    crisis = [one for one in met if one[0].level.is_crisis]
    longest = max(one.waited for one, _ in met)
    return f"| {kept} | {share} | {_waits(needing)} | {_waits(others)} | {_waits(crisis)} | {longest:.0f} |"


def _rest(calm: Iterable[Met], needing: Iterable[Met]) -> list[Met]:
    theirs = {id(one) for one, _ in needing}
    return [one for one in calm if id(one[0]) not in theirs]


def table(meets: Callable[[Policy], Sequence[Met]], policy: Policy, tried: Iterable[int], *, english: bool) -> str:
    """One row for each time of keeping, for a language or else for a skill, in Markdown; waits in minutes."""
    who = "write English" if english else "call for a skill"
    heads = ["kept, minutes", "met one who knows", f"{who}: median", "90 %", "others: median", "90 %"]
    heads += ["in a crisis: median", "90 %", "longest of all"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for minutes in tried:
        kept = timedelta(minutes=minutes)
        other = replace(policy, overflow_after=kept) if english else replace(policy, skill_overflow_after=kept)
        lines.append(_row(minutes, meets(other), english=english))
    return "\n".join(lines)


def main(report: Callable[[str], None] = print) -> None:
    """Print, for skills and for languages, a table of each situation."""
    arguments = argparse.ArgumentParser(prog="make simulate-skills")
    arguments.add_argument("--nights", type=int, default=NIGHTS)
    arguments.add_argument("--slots", type=int, default=SLOTS, help=f"conversations at once, {EACH} for each counselor")
    arguments.add_argument("--english", type=float, default=0.1, help="share of residents who write English")
    arguments.add_argument("--bilingual", type=float, default=0.5, help="share of counselors who speak both")
    arguments.add_argument("--calling", type=float, default=0.4, help="share of residents who call for a skill")
    arguments.add_argument("--skilled", type=float, default=0.3, help="share of counselors who have any one skill")
    arguments.add_argument("--kept", type=int, nargs="+", default=TRIED, help="minutes for which somebody is kept")
    arguments.add_argument("--head-start", type=float, help="minutes that a scarce language counts")
    told = arguments.parse_args()
    policy = POLICY
    if told.head_start is not None:
        policy = replace(POLICY, language_head_start=timedelta(minutes=told.head_start))
    shares = Shares(told.english, told.bilingual, told.calling, told.skilled)
    for title, surge, stay in SITUATIONS:
        meets = partial(meet, shares=shares, nights=told.nights, slots=told.slots, surge=surge, stay=stay)
        for english in (False, True):
            of_what = "languages" if english else "skills"
            report(f"\n{title}, {of_what}: {told.nights} nights, {told.slots} conversations at once\n")
            report(table(meets, policy, told.kept, english=english))


if __name__ == "__main__":
    main()
