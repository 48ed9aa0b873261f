"""Scores of heads, joined to odds: what is told of them, and what is learned of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core import assess
from triage.core.squares import TERMS, squares
from triage.learning import joining

WIDE = ((-9.0, 9.0),) * 3
score = st.floats(-3, 3)


def test_squares_are_of_each_and_of_each_two():
    assert squares((1.0, 2.0, 3.0), WIDE) == (1, 2, 3, 1, 2, 3, 4, 6, 9)
    assert len(squares((0.0, 0.0, 0.0), WIDE)) == TERMS


@given(st.tuples(score, score, score), st.tuples(score, score, score))
def test_beyond_what_was_seen_nothing_rises_further(scores, more):
    seen = ((-1.0, 2.0),) * 3
    ends = [2.0 + abs(one) for one in more]
    assert squares(ends, seen) == squares((2.0, 2.0, 2.0), WIDE)
    assert all(-2 <= one <= 4 for one in squares(scores, seen))


def drawn(count, seed=3):
    """Texts in one window: all heads alike say how dark, and that the last two are near tells a crisis from it."""
    chance = np.random.default_rng(seed)
    levels = chance.integers(0, 4, count)
    dark = chance.normal(0, 1, count)
    near = np.where(levels >= 2, 0.2, 1.2) + chance.normal(0, 0.3, count)
    scores = np.stack([dark + levels / 4, dark, dark - np.abs(near)], axis=1)
    return [row[None, :] for row in scores], levels


def test_the_heads_together_tell_what_none_tells_alone():
    texts, levels = drawn(900)
    odds = joining.learn(texts, levels).odds(texts)
    crisis = levels >= 2
    alone = [area(np.vstack(texts)[:, head], crisis) for head in range(3)]
    assert area(odds[:, 1], crisis) > max(alone) + 0.1


def test_chances_agree_and_are_right_on_average():
    texts, levels = drawn(900)
    chances = joining.chances_of(joining.learn(texts, levels).odds(texts))
    assert (np.diff(chances, axis=1) <= 0).all()
    assert chances[:, 1].mean() == pytest.approx((levels >= 2).mean(), abs=0.02)


def test_of_a_long_text_the_gravest_window_counts_and_a_little_less():
    texts, levels = drawn(900)
    joined = joining.learn(texts, levels)
    each = joined.odds(texts[:3])
    whole = joined.odds([np.vstack(texts[:3])])
    assert whole[0] == pytest.approx(each.max(axis=0) - assess.LOOKS * math.log(3))


def test_long_texts_teach_nothing_of_how_heads_are_joined():
    texts, levels = drawn(900)
    odd = [np.vstack([one, -one]) for one in texts[:300]]
    assert joining.learn([*texts, *odd], np.append(levels, 3 - levels[:300])) == joining.learn(texts, levels)


def area(scores, truth):
    """Area under the curve."""
    return (scores[truth][:, None] > scores[~truth][None, :]).mean()
