"""What this site's decisions tell without anybody's words: which kinds of words stand where triage was wrong.

Most residents never let triage learn from their words. What is kept of those conversations (feedback.Record) trains
nothing, since a sum over a text's spelling cannot be learned from kinds alone; but it shows a site what its lexicon
lacks, or what raises for nothing here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from triage.core.levels import Level
from triage.feedback import Record

LEAST = 3
"""A kind is told from so many conversations on: what stands in one alone might point at somebody."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of words or a concept with its scope, and in how many conversations it stands.

    Attributes:
        name: as in features.py: ``k:<kind>``, ``c:<concept>:<scope>``.
        wrong: of those that triage got wrong in the way that is told.
        others: of those that it did not.
    """

    name: str
    wrong: int
    others: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one language's decisions come to, of one way to be wrong.

    Attributes:
        wrong: conversations that triage got wrong.
        others: those that it did not.
        kinds: what stands oftener in the first, the greatest difference of shares first.
    """

    wrong: int
    others: int
    kinds: Sequence[Kind]


def is_miss(one: Record) -> bool:
    """Whether a human raised to a crisis what triage had not."""
    return one.said < Level.HIGH <= one.decided


def is_false_alarm(one: Record) -> bool:
    """Whether a human lowered from a crisis what triage had raised."""
    return one.decided < Level.HIGH <= one.said


def outcomes(decided: Collection[Record]) -> Iterator[tuple[str, str, Outcome]]:
    """Language, "misses" or "false alarms", and what came of it; of languages in which anything was decided.

    Args:
        decided: the latest decision about each conversation (feedback.judged).
    """
    for language in sorted({one.language for one in decided}):
        mine = [one for one in decided if one.language == language]
        for name, is_wrong in (("misses", is_miss), ("false alarms", is_false_alarm)):
            wrong = [one for one in mine if is_wrong(one)]
            others = [one for one in mine if not is_wrong(one)]
            yield language, name, Outcome(len(wrong), len(others), _oftener(wrong, others))


def _oftener(wrong: Sequence[Record], others: Sequence[Record]) -> list[Kind]:
    here, there = (Counter(name for one in some for name in one.features) for some in (wrong, others))
    ranked = [
        (count / len(wrong) - there[name] / max(len(others), 1), Kind(name, count, there[name]))
        for name, count in here.items()
        if count >= LEAST
    ]
    return [kind for more, kind in sorted(ranked, key=lambda pair: (-pair[0], pair[1].name)) if more > 0]
