"""Figures say what they are known to say, and their intervals hold what they should."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from triage.learning import metrics


def _numbers(told):
    return [float(one) for one in told.replace("[", "").replace("]", "").replace(",", "").split()]


@pytest.fixture
def drawn():
    chance = np.random.default_rng(1)
    chances = np.round(chance.random(600), 2)
    return chances, chance.random(600) < chances


def test_the_area_is_that_of_scikit_learn_with_ties(drawn):
    value, low, high = _numbers(metrics.auroc(*drawn))
    assert value == round(roc_auc_score(drawn[1], drawn[0]), 3)
    assert low < value < high


def test_where_all_are_of_one_side_there_is_no_area(drawn):
    assert metrics.auroc(drawn[0], np.zeros(600, dtype=bool)) == "–"


def test_one_of_each_side_is_enough_for_an_area_though_draws_lack_one():
    assert metrics.auroc(np.array([0.2, 0.9]), np.array([False, True])).startswith("1.000")


def test_an_honest_probability_has_an_interval_that_holds_the_figure_and_reaches_zero(drawn):
    value, low, high = _numbers(metrics.calibration(*drawn))
    assert low == 0.0 < value < high < 0.1


def test_a_probability_that_says_too_much_has_an_interval_above_zero(drawn):
    value, low, high = _numbers(metrics.calibration(np.sqrt(drawn[0]), drawn[1]))
    assert 0.1 < low < value < high < 0.3


def test_the_same_lines_have_the_same_interval(drawn):
    assert metrics.calibration(*drawn) == metrics.calibration(*drawn)


def test_calibration_error_is_the_gap_weighted_by_bins():
    chances = np.array([0.1, 0.1, 0.1, 0.9])
    assert metrics.calibration_error(chances, np.array([True, False, False, True])) == pytest.approx(0.2)
    assert metrics.calibration(np.array([]), np.array([], dtype=bool)) == "–"


def test_a_gap_between_two_areas_is_drawn_together(drawn):
    chances, truth = drawn
    worse = np.where(np.arange(600) % 3, chances, 0.5)
    value, low, high = _numbers(metrics.auroc_gap(chances, worse, truth))
    assert value == pytest.approx(roc_auc_score(truth, chances) - roc_auc_score(truth, worse), abs=6e-4)
    assert 0 < low < value < high
    first, second = (_numbers(metrics.auroc(one, truth)) for one in (chances, worse))
    assert high - low < first[2] - first[1] + second[2] - second[1], "what both share is no doubt about the difference"
    assert metrics.auroc_gap(chances, chances, truth) == "+0.000 [+0.000, +0.000]"


def test_what_is_found_at_like_alarms_has_a_threshold_that_spares_enough_others():
    chances = np.array([0.9, 0.8, 0.5, 0.5, 0.5, 0.2, 0.1])
    truth = np.array([True, True, True, False, False, False, False])
    # A quarter of four others may alarm: not at .5, where two of them stand.
    assert str(metrics.found_at(chances, truth, ~truth, 0.25))[:5] == "0.667"
    assert str(metrics.found_at(chances, truth, ~truth, 0.5))[:5] == "1.000"
    assert str(metrics.found_at(chances, truth, ~truth, 1.0))[:5] == "1.000"
    assert str(metrics.found_at(np.zeros(7), truth, ~truth, 0.5))[:5] == "0.000"
