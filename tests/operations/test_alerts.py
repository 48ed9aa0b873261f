"""Dashboard and alerts speak of metrics that exist, with labels that exist, and every alert is explained."""

import json
import re
from pathlib import Path

import pytest
import yaml

from hotline import metrics

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load((OPS / "prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
PANELS = json.loads((OPS / "grafana/hotline.json").read_text(encoding="utf-8"))["panels"]
EXPRESSIONS = {name: rule["expr"] for name, rule in ALERTS.items()} | {
    f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]
}
METRIC = re.compile(r"\b((?:hotline|process)_[a-z_]+)(?:\{([^}]*)\})?")


def exposed():
    """Name of each sample -> its labels' values: all that there can be, since labels are fixed words."""
    found = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            for label, value in {**sample.labels, "job": "hotline"}.items():
                found.setdefault(sample.name, {}).setdefault(label, set()).add(value)
    levels = {"low", "moderate", "high", "imminent"}
    # These have no sample before somebody asked for the first time.
    return found | {f"hotline_{name}": {"level": levels} for name in ("waiting_people", "longest_wait_seconds")}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_it_asks_for_what_is_there(name):
    known = exposed()
    asked = METRIC.findall(EXPRESSIONS[name])
    assert asked or "up{" in EXPRESSIONS[name]
    for metric, matchers in asked:
        assert metric in known, f"{metric} is not told by any process"
        for label, sign, value in re.findall(r'([a-z_]+)(=~?)"([^"]*)"', matchers):
            values = known[metric].get(label, set())
            for wanted in value.split("|") if sign == "=~" else [value]:
                assert wanted in values, f"{metric} never has {label}={wanted}"


def test_what_the_database_says_is_not_added_up_over_processes():
    shared = r"hotline_(?:waiting_people|longest_wait_seconds|active_conversations|counselors_on_duty|reviews_\w+)"
    for expression in EXPRESSIONS.values():
        for before in re.findall(rf"(\w+(?: by \(level\))? ?\()\s*{shared}", expression):
            assert before.startswith("max"), expression
        assert len(re.findall(shared, expression)) == len(re.findall(rf"max(?: by \(level\))? ?\({shared}", expression))


def test_whatever_counts_about_the_line_is_on_the_dashboard():
    shown = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    missing = [family.name for family in metrics.registry.collect() if family.name.startswith("hotline_")]
    assert [name for name in missing if name not in shown] == []


@pytest.mark.parametrize("page", ["operations.md", "operations.zh.md"])
def test_every_alert_is_explained_and_no_other(page):
    rows = re.findall(
        r"^\| `(Hotline\w+)` \| (\S+) \|", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    wakes = {"page": {"yes", "是"}, "look": {"no", "否"}}
    assert {name for name, _ in rows} == set(ALERTS)
    for name, told in rows:
        assert told in wakes[ALERTS[name]["labels"]["severity"]], name


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in PANELS:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
