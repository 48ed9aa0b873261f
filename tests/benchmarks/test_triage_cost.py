"""What a run says of the bounds on triage's cost: with made-up figures. Nothing is measured here."""

from benchmarks import triage_cost


def test_each_figure_that_has_a_bound_says_whether_it_is_met():
    times = [150.0] * 98 + [900.0, 1500.0]
    told = triage_cost.row("zh", times, triage_cost.CHINESE_MEDIAN, triage_cost.LATE)
    assert "median: asked 200 µs: met" in told
    assert "p99: asked 1000 µs: MISSED, 1.50 times as much" in told
    assert "asked" not in triage_cost.row("zh", times)
    assert "median: asked" not in triage_cost.row("en", times, None, triage_cost.LATE)


def test_loading_weights_is_held_to_its_bound_and_patterns_are_told_apart():
    told = triage_cost.started(0.09, 0.35, 61.0)
    assert "weights load in 0.090 s of CPU, asked 0.3 s: met" in told
    assert "with words and patterns of both languages in 0.350 s" in told
    assert "grows by 61 MB, asked 60 MB: MISSED, 1.02 times as much" in told
