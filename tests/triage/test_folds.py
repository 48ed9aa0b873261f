"""Figures that training puts into a weights file: what was said of lines and conversations not learned from."""

import json

import numpy as np
import pytest

from triage import exact, figures
from triage.core import scorer
from triage.core.levels import Level
from triage.learning import apart, folds
from triage.learning.model import Example

LOW, MODERATE, HIGH, IMMINENT = Level
THRESHOLDS = (0.3, 0.5, 0.7)


def line(level, *, calm=False, floor=LOW, turn=None):
    return Example("a family", level, calm, (), floor=floor, turn=turn)


def test_lines_are_counted_as_rules_and_model_together_call_them():
    lines = [
        line(IMMINENT),
        line(IMMINENT, floor=IMMINENT),
        line(HIGH),
        line(MODERATE),
        line(LOW, calm=True),
        line(LOW, calm=True, floor=HIGH),
        line(LOW),
    ]
    chances = np.array(
        [[0.9, 0.8, 0.6], [0, 0, 0], [0.4, 0.4, 0.4], [0.9, 0.6, 0], [0.2, 0.2, 0], [0, 0, 0], [0, 0, 0]]
    )
    found = folds.of_lines(lines, chances, THRESHOLDS, 0.2)
    assert found["lines"] == {"low": 3, "moderate": 1, "high": 1, "imminent": 2}
    assert found["crisis found"] == [2, 3]
    assert found["imminent found"] == [2, 2]
    assert found["imminent said"] == [1, 2]
    assert found["right alarms"] == [2, 4]
    assert found["alarms, calm"] == [1, 2]
    assert found["in doubt, calm"] == [1, 2]
    assert found["alarms, all below high"] == [2, 4]


def test_the_probability_is_the_one_that_serving_tells():
    """A floor lifts it: at least to where the model would alarm."""
    lines = [line(IMMINENT, floor=HIGH), line(LOW)]
    found = folds.of_lines(lines, np.zeros((2, 3)), THRESHOLDS, 0.2)
    assert found["AUROC"] == 1.0
    assert found["calibration error"] == pytest.approx((1 - THRESHOLDS[1]) / 2)


def test_a_conversation_is_found_by_any_turn_the_first_by_the_thresholds_of_a_message():
    turns = [line(LOW, turn=0), line(HIGH, turn=1), line(LOW, turn=0), line(LOW, turn=1), line(HIGH, turn=0)]
    first = np.array([[0.6, 0.6, 0], [0, 0, 0], [0.6, 0.4, 0], [0.9, 0.9, 0.9], [0.1, 0.1, 0.1]])
    later = np.array([[0, 0, 0], [0, 0, 0], [0.9, 0.9, 0.9], [0.6, 0.55, 0], [0.9, 0.9, 0.9]])
    found = folds.of_conversations(turns, first, later, (THRESHOLDS, (0.3, 0.6, 0.7)))
    assert found == {
        "conversations": 3,
        "conversations found": [1, 2],
        "conversations alarmed without a crisis": [0, 1],
    }


def test_weights_from_before_have_no_figures_and_those_with_some_show_them(tmp_path):
    """What ships now is of one kind or the other; serving reads both."""
    assert set(figures.read(exact.WEIGHTS)) in (set(), {"zh", "en"})
    path = tmp_path / "weights.json"
    told = folds.of_lines([line(HIGH), line(LOW, calm=True)], np.array([[0.9, 0.9, 0], [0, 0, 0]]), THRESHOLDS, 0.2)
    path.write_text(scorer.dump({"figures": {"zh": told}}), encoding="utf-8")
    [shown] = figures.shown(figures.read(path))
    assert shown.startswith("zh by folds of 2 lines: crisis found 1.000 (1/1); imminent found -;")
    path.write_text(scorer.dump({"version": "x"}), encoding="utf-8")
    assert list(figures.shown(figures.read(path))) == []


def test_figures_are_plain_numbers_that_json_can_hold():
    told = folds.of_lines([line(HIGH)], np.zeros((1, 3)), THRESHOLDS, 0.2)
    assert told["AUROC"] is None
    assert json.loads(json.dumps(told)) == told


def test_no_family_is_on_both_sides_and_every_one_is_judged_once():
    families = [f"zh-{number % 40}" for number in range(200)]
    judged = []
    for seen, unseen in apart.by_family(families):
        assert not {families[place] for place in seen} & {families[place] for place in unseen}
        assert len(seen) + len(unseen) == len(families)
        judged += unseen.tolist()
    assert sorted(judged) == list(range(len(families)))


def test_a_new_family_moves_no_other_into_another_fold():
    def folds_of(families):
        return {
            families[place]: fold for fold, (_seen, unseen) in enumerate(apart.by_family(families)) for place in unseen
        }

    families = [f"en-{number}" for number in range(60)]
    before = folds_of(families)
    after = folds_of(["a new one", *families, "en-3"])
    assert {family: after[family] for family in families} == before
    assert len(set(before.values())) == apart.FOLDS


def test_few_families_are_still_told_apart():
    judged = [unseen.tolist() for _seen, unseen in apart.by_family(["a", "b", "c", "d", "e", "a"])]
    assert sorted(map(len, judged)) == [1, 1, 1, 1, 2]
