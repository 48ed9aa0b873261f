"""What `make soak` makes of its samples: a leak is told with its rate, and what only goes up and down is none."""

import random

import pytest

from tests.faults.soak import BOUNDS, CONSOLES, Soak, growth, told

CHANCE = random.Random(7)


def samples(**per_hour):
    return [
        {"at": at, **{name: 100 + per_hour.get(name, 0) * at / 3600 + CHANCE.uniform(-2, 2) for name in BOUNDS}}
        for at in range(0, 1200, 5)
    ]


def soak(**per_hour):
    made = Soak(None, 20, CHANCE)
    made.samples = samples(**per_hour)
    made.found.update({"live at the end": 2 * CONSOLES, "renewals": 50})
    return made


def test_what_only_goes_up_and_down_does_not_grow():
    assert growth(samples(), "files") == pytest.approx(0, abs=5)
    assert told(soak())["missed"] == []


def test_a_leak_is_told_with_its_rate():
    assert growth(samples(tasks=300), "tasks") == pytest.approx(300, rel=0.1)
    assert [one.split()[0] for one in told(soak(tasks=300))["missed"]] == ["tasks"]


def test_what_grows_only_while_it_warms_up_is_no_leak():
    warm = [{"at": at, "rss_mib": min(150, 100 + at)} for at in range(0, 1200, 5)]
    assert growth(warm, "rss_mib") == 0


@pytest.mark.parametrize(("name", "count"), [("live at the end", 5), ("renewals", 1), ("lost", 1)])
def test_consoles_that_are_deaf_or_were_never_renewed_and_lost_words_are_told(name, count):
    made = soak()
    made.found[name] = count
    assert len(told(made)["missed"]) == 1
