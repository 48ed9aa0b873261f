"""What the rules do by themselves, without a model: how often they are right, and how much they find.

Told on the training part of the corpus, on which rules are written; the test part stays for `make evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triage.core import assess, conversation
from triage.core.levels import Level
from triage.learning import attacks
from triage.learning.corpus import Conversation, Line, calm_lines
from triage.learning.metrics import Rate


@dataclass(frozen=True, slots=True)
class Floors:
    """Figures of the rules of one language.

    Attributes:
        right_at_high: of messages that a rule raises to high or imminent, those in a crisis.
        right_at_imminent: of messages that a rule raises to imminent, those in a crisis.
        found: of messages in a crisis, those that a rule raises to high or imminent.
        calm: of calm messages, those raised so.
        twins: of harmless twins (corpus.read_twins), those raised so.
        attacks: of sentences of danger that were written against silencers (attacks.read), those raised so.
        conversations_found: of conversations in a crisis, those raised so by any turn.
        conversations_calm: of those that never are in one, those raised so.
    """

    right_at_high: Rate
    right_at_imminent: Rate
    found: Rate
    calm: Rate
    twins: Rate
    attacks: Rate
    conversations_found: Rate
    conversations_calm: Rate


def measure(
    lines: Sequence[Line], conversations: Iterable[Conversation], language: str, twins: Iterable[Line] = ()
) -> Floors:
    """The figures on the training part of ``lines``, ``conversations`` and ``twins``."""
    kept = [line for line in lines if line.language == language and not line.is_test]
    said = [assess.read(line.text).floor.level for line in kept]
    crisis = [line.level.is_crisis for line in kept]
    rows = [row for row in conversations if row.language == language and not row.is_test]
    raised = [
        any(conversation.floor_of(row.turns[:end]).is_crisis for end in range(1, len(row.turns) + 1)) for row in rows
    ]
    grave = [any(level.is_crisis for level in row.levels) for row in rows]
    beside = [line for line in twins if line.language == language and not line.is_test and not line.level.is_crisis]
    return Floors(
        right_at_high=_share(crisis, [level.is_crisis for level in said]),
        right_at_imminent=_share(crisis, [level is Level.IMMINENT for level in said]),
        found=_share([level.is_crisis for level in said], crisis),
        calm=_share([level.is_crisis for level in said], calm_lines(kept)),
        twins=_raised(line.text for line in beside),
        attacks=_raised(one.text for one in attacks.read(language)),
        conversations_found=_share(raised, grave),
        conversations_calm=_share(raised, [not one for one in grave]),
    )


def _raised(texts: Iterable[str]) -> Rate:
    said = [assess.read(text).floor.level.is_crisis for text in texts]
    return Rate(sum(said), len(said))


def _share(true: Sequence[bool], among: Sequence[bool]) -> Rate:
    some = [value for value, counted in zip(true, among, strict=True) if counted]
    return Rate(sum(some), len(some))
