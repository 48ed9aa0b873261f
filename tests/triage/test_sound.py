"""Whatever a scorer answers: what is believed of it can be kept, sent and put in order; nobody looks less urgent."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.levels import Assessment, Evidence, Level
from triage.core.sound import sound

TEXTS = ["昨天", "我不想活了"]
GOOD = Assessment(Level.HIGH, 0.9, (Evidence(0, 5, "intent"),), "2026.1")


def changed(**fields):
    return Assessment(**{name: getattr(GOOD, name) for name in GOOD.__slots__} | fields)


def test_an_honest_answer_is_believed_as_it_is():
    assert sound(GOOD, TEXTS) == GOOD


@pytest.mark.parametrize("probability", [math.nan, math.inf, -math.inf, -0.1, 1.1, None, "0.9", True])
def test_a_probability_that_is_none_counts_as_not_scored(probability):
    calm = sound(changed(level=Level.LOW, probability=probability), TEXTS)
    assert (calm.level, calm.probability, calm.scored) == (Level.MODERATE, 0.5, False)
    alarmed = sound(changed(level=Level.IMMINENT, probability=probability), TEXTS)
    assert (alarmed.level, alarmed.scored) == (Level.IMMINENT, False)


@pytest.mark.parametrize(
    "answer",
    [None, "high", 0.9, changed(level=7), changed(level="high"), changed(level=None), changed(model_version=3)],
)
def test_what_is_no_answer_is_not_believed(answer):
    assert sound(answer, TEXTS) is None


@pytest.mark.parametrize(
    "piece",
    [
        *(Evidence(start, end, "intent", turn) for start, end, turn in [(0, 6, 0), (-5, 2, 0), (3, 3, 0), (4, 2, 0)]),
        *(Evidence(0, 1, "intent", turn) for turn in (2, -1, 10**9)),
        Evidence(0, 1, None),
        Evidence(0.0, 1.0, "intent"),
        Evidence(0, math.nan, "intent"),
        "不想活",
        None,
    ],
)
def test_evidence_that_points_nowhere_is_left_out_and_the_level_stays(piece):
    found = sound(changed(evidence=(piece, *GOOD.evidence)), TEXTS)
    assert (found.level, found.evidence) == (Level.HIGH, GOOD.evidence)


numbers = st.none() | st.booleans() | st.integers(-3, 8) | st.floats() | st.text(max_size=3)
anything = st.one_of(
    numbers,
    st.builds(
        Assessment,
        st.sampled_from(Level) | numbers,
        numbers,
        st.lists(st.builds(Evidence, numbers, numbers, numbers | st.just("intent"), numbers), max_size=3).map(tuple)
        | numbers,
        numbers | st.just("2026.1"),
        numbers,
        numbers,
    ),
)


@given(anything)
def test_what_is_believed_can_be_sent_and_ordered(answer):
    found = sound(answer, TEXTS)
    if found is None:
        return
    assert found.level >= answer.level
    assert 0 <= found.probability <= 1
    assert msgspec.json.decode(msgspec.json.encode(found))["level"] in range(4)
    for piece in found.evidence:
        assert TEXTS[-1 - piece.turn][piece.start : piece.end]
