"""What may be believed of an answer: numbers are numbers, levels are levels, evidence lies in the words.

Weights that were damaged, or a scorer of the future, may answer NaN, a level that does not exist or evidence from
nowhere. None of that may reach a queue, a frame or the database, and none of it may make somebody look less urgent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triage.core.levels import Assessment, Evidence, Level

LONGEST_NAME = 64
"""Of a version or a reason, in characters."""


def sound(found: object, texts: Sequence[str]) -> Assessment | None:
    """What may be believed of ``found``.

    Args:
        found: what a scorer answered.
        texts: what it was given, the newest last.

    Returns:
        The same, without evidence that points nowhere; with a probability that is none, not scored and at least
        moderate, though never below the level that it told; None where nothing can be believed.
    """
    if not isinstance(found, Assessment) or not isinstance(found.level, Level):
        return None
    if not _is_name(found.model_version):
        return None
    given: object = found.evidence
    pieces = given if isinstance(given, tuple) else ()
    evidence = tuple(piece for piece in pieces if _lies_in(piece, texts))
    found = replace(found, evidence=evidence, scored=found.scored is True, doubtful=found.doubtful is True)
    if _is_probability(found.probability):
        return found
    return replace(found, level=max(found.level, Level.MODERATE), probability=0.5, scored=False)


def _is_probability(value: object) -> bool:
    # NaN lies nowhere, so neither comparison holds.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _lies_in(piece: object, texts: Sequence[str]) -> bool:
    if not isinstance(piece, Evidence) or not _is_name(piece.reason):
        return False
    if not all(type(number) is int for number in (piece.start, piece.end, piece.turn)):
        return False
    return 0 <= piece.turn < len(texts) and 0 <= piece.start < piece.end <= len(texts[-1 - piece.turn])
