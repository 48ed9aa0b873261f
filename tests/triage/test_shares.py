"""What fewer or more alarms would find: each share is kept, and more alarms never find less."""

import math
import os
import subprocess
import sys

import pytest

from tools.local import ROOT
from triage.learning import corpus, metrics, shares
from triage.learning.model import Costs


def test_more_alarms_find_more_and_each_share_is_kept():
    """On a tenth of the English corpus, some families of each kind."""
    families = sorted({line.family for line in corpus.read_lines() if line.language == "en" and not line.is_test})
    some = set(families[::10])
    lines = [line for line in corpus.read_lines() if line.family in some]
    few, more = shares.measure(lines, [], "en", shares=(0.01, 0.2))
    assert few.found.value < more.found.value
    assert few.below.value < more.below.value
    assert few.calm.value <= 0.01 < more.calm.value <= 0.2
    assert few.found.count == sum(line.level.is_crisis for line in lines)
    assert few.imminent_found.count < few.found.count


@pytest.mark.parametrize(("command", "words"), [("shares", "fewer or more alarms"), ("curve", "at like alarms")])
def test_the_command_needs_no_site(command, words):
    """As the model card tells it, in a fresh clone: without secrets, settings or database."""
    bare = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    asked = [sys.executable, "manage.py", command, "--help"]
    done = subprocess.run(asked, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def share(asked, found, calm):
    hits = metrics.Rate(round(found * 1000), 1000)
    return shares.Share(asked, hits, hits, metrics.Rate(round(calm * 1000), 1000), hits)


def test_what_a_miss_and_an_alarm_cost_says_which_share_is_best():
    few, some, many = share(0.01, 0.5, 0.01), share(0.02, 0.7, 0.02), share(0.04, 0.72, 0.04)
    assert some.price_after(few) == pytest.approx(20)
    assert many.price_after(some) == pytest.approx(1)
    assert math.isnan(few.price_after(few))
    for costs, best in ((Costs(2, 1, 0.1), some), (Costs(1, 1, 0.01), few), (Costs(20, 1, 0.1), many)):
        assert shares.cheapest([few, some, many], costs) is best
    costs = Costs(2, 1, 0.1)
    assert costs.price == pytest.approx(4.5)
    assert costs.of(0.75, 0.02) == pytest.approx(0.1 * 2 * 0.25 + 0.9 * 0.02)


def test_a_step_is_worth_its_price_where_it_lowers_the_cost():
    costs, fewer = Costs(), share(0.02, 0.7, 0.02)
    for found in (0.72, 0.725):
        more = share(0.025, found, 0.025)
        is_cheaper = costs.of(more.found.value, more.calm.value) < costs.of(fewer.found.value, fewer.calm.value)
        assert is_cheaper == (more.price_after(fewer) > costs.price)
