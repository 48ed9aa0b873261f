"""What parts of the corpus would find: like alarms at every point, and the lines that a goal would ask."""

import math

import pytest

from triage.learning import corpus, curve
from triage.learning.metrics import Rate


def test_a_larger_part_learns_more_lines_at_like_alarms():
    """On a tenth of the English families, of both parts."""
    lines = [one for one in corpus.read_lines() if one.language == "en" and corpus.fold_of(one.family, 10) == 3]
    few, all_of_them = curve.measure(lines, "en", parts=(0.25, 1.0))
    assert all_of_them.lines == sum(not one.is_test for one in lines)
    assert 0.15 < few.lines / all_of_them.lines < 0.35
    for point in (few, all_of_them):
        assert 0 < point.calm.value <= curve.CALM_SHARE
        assert point.found.count == sum(one.is_test and one.level.is_crisis for one in lines)
        assert point.imminent_found.count < point.found.count
    assert few.found.value < all_of_them.found.value


def point(lines, found):
    hits = Rate(round(found * 1000), 1000)
    return curve.Point(lines, hits, hits, Rate(20, 1000))


def test_a_goal_asks_as_many_doublings_as_the_last_one_says():
    points = [point(1000, 0.5), point(2000, 0.6), point(8000, 0.7)]
    assert curve.gain(points) == pytest.approx(0.05)
    assert curve.needed(points, 0.8) == pytest.approx(32000)
    assert curve.needed([*points, point(16000, 0.7)], 0.8) == math.inf
    assert curve.needed([*points, point(16000, 0.70001)], 0.8) == math.inf
