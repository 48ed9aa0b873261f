"""Each alert fires when it should and not when it should not: Prometheus's own tool plays series against the rules."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tools.needs import find_promtool

OPS = Path(__file__).parents[2] / "ops/prometheus"
DASHBOARD = Path(__file__).parents[2] / "ops/grafana/hotline.json"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
FIRST, SECOND = ({"instance": f"127.0.0.1:{port}", "job": "hotline"} for port in (8001, 8002))
EVERY, SELDOM = "15s", "2m"
"""A sample comes as prometheus.yml says, or less often where a day is to pass. The clock begins at 0."""


@dataclass(frozen=True)
class Case:
    """What some series come to.

    Attributes:
        told: in words.
        series: values of each, in the tool's own short form ("0+1x40": 0, 1, ... 40).
        at: when it is looked at.
        alerts: the labels of each alert that fires then, beside its severity.
        every: how often a sample comes, and the rules are looked at.
    """

    told: str
    series: dict[str, str]
    at: str
    alerts: tuple[dict[str, str], ...] = ()
    every: str = EVERY


def sample(name: str, of: dict[str, str] = FIRST, **labels: str) -> str:
    """A series of one process."""
    pairs = ", ".join(f'{label}="{value}"' for label, value in {**of, **labels}.items())
    return f"{name}{{{pairs}}}"


def fires(told: str, series: dict[str, str], at: str, *labels: dict[str, str], every: str = EVERY) -> Case:
    """One that fires, once for each of ``labels``."""
    return Case(told, series, at, labels or ({},), every)


def quiet(told: str, series: dict[str, str], at: str, *, every: str = EVERY) -> Case:
    """One that does not."""
    return Case(told, series, at, every=every)


def slow(name: str, bound: str, beyond: str, share: int, **labels: str) -> dict[str, str]:
    """A histogram in which so many of a hundred are at most ``bound`` seconds, all at most ``beyond``."""
    growing = {bound: f"0+{share}x100", beyond: "0+100x100", "+Inf": "0+100x100"}
    return {sample(f"{name}_bucket", le=le, **labels): values for le, values in growing.items()}


DUTY, WAITING = sample("hotline_counselors_on_duty"), sample("hotline_waiting_people", level="low")
HIGH, LOW = (sample("hotline_longest_wait_seconds", level=level) for level in ("high", "low"))
OVERDUE, NOT_KEPT = sample("hotline_reviews_overdue"), sample("hotline_messages_not_kept_total")
MISSED = sample("hotline_hints_total", outcome="missed")
TOLD, HEARD = (sample("hotline_layer_up", way=way) for way in ("told", "heard"))
NOT_SCORED = sample("hotline_triage_not_scored_total", why="late")
READ = sample("hotline_acknowledgement_seconds_count", author="resident")
RESTARTS, NOT_JOURNALLED = sample("hotline_triage_restarts_total"), sample("hotline_erasures_not_journalled_total")
UP, OTHER_UP = sample("up"), sample("up", SECOND)
DATABASE, OTHER_DATABASE = sample("hotline_database_up"), sample("hotline_database_up", SECOND)
KEPT, STARTED = sample("hotline_watch_kept_timestamp_seconds"), sample("process_start_time_seconds")
OTHER_KEPT, OTHER_STARTED = (
    sample(name, SECOND) for name in ("hotline_watch_kept_timestamp_seconds", "process_start_time_seconds")
)
OPEN, MOST = sample("process_open_fds"), sample("process_max_fds")
BACKUP = sample("hotline_last_backup_timestamp_seconds")

CASES = {
    "HotlineNobodyOnDuty": [
        fires("one waits", {DUTY: "0x40", WAITING: "1x40"}, "5m"),
        quiet("somebody is there", {DUTY: "1x40", WAITING: "1x40"}, "5m"),
        quiet("nobody waits", {DUTY: "0x40", WAITING: "0x40"}, "5m"),
        quiet("not yet two minutes", {DUTY: "1x16 0x40", WAITING: "1x40"}, "5m"),
    ],
    "HotlineCrisisWaits": [
        fires("beyond two minutes", {HIGH: "0+15x40"}, "5m"),
        quiet("at another level", {HIGH: "0x40", LOW: "0+15x40"}, "5m"),
        quiet("taken in time", {HIGH: "0+15x7 0x40"}, "5m"),
    ],
    "HotlineLongWait": [
        fires("beyond half an hour", {LOW: "1500+15x40"}, "10m"),
        quiet("a quarter of an hour", {LOW: "300+15x40"}, "10m"),
    ],
    "HotlineReviewsOverdue": [
        fires("for over an hour", {OVERDUE: "1x1000"}, "90m"),
        quiet("done within the hour", {OVERDUE: "1x120 0x1000"}, "90m"),
    ],
    "HotlineWordsNotKept": [
        fires("two were not kept", {NOT_KEPT: "0x10 2x40"}, "5m"),
        quiet("long ago", {NOT_KEPT: "0x10 2x100"}, "20m"),
    ],
    "HotlineHintsMissed": [
        fires("people talk", {MISSED: "0x4 0+7x200", TOLD: "1x4 0x200", HEARD: "1x4 0x200"}, "45m"),
        # All that the counter told of an outage before each hint was counted: it was quiet again by the seventh minute.
        fires("nobody talks", {MISSED: "0x4 1x200", TOLD: "1x4 0x200", HEARD: "1x4 0x200"}, "45m"),
        fires("nothing is told and nothing missed", {MISSED: "0x200", TOLD: "1x200", HEARD: "1x4 0x200"}, "45m"),
        fires(
            "one process of two",
            {TOLD: "1x200", HEARD: "0x200", sample("hotline_layer_up", SECOND, way="heard"): "1x200"},
            "45m",
        ),
        quiet("it came back", {MISSED: "0x4 1x200", TOLD: "1x4 0x4 1x200", HEARD: "1x4 0x4 1x200"}, "10m"),
    ],
    "HotlineSlowToAcknowledge": [
        fires("two in a hundred", slow("hotline_acknowledgement_seconds", "0.5", "1.0", 98, author="resident"), "15m"),
        quiet("none", slow("hotline_acknowledgement_seconds", "0.2", "0.5", 98, author="resident"), "15m"),
    ],
    "HotlineTriageNotScoring": [
        fires("one in ten", {NOT_SCORED: "0+1x100", READ: "0+10x100"}, "20m"),
        quiet("one in a hundred", {NOT_SCORED: "0+1x100", READ: "0+100x100"}, "20m"),
        quiet("nobody writes", {NOT_SCORED: "5x100", READ: "50x100"}, "20m"),
    ],
    "HotlineTriageRestarts": [
        fires("five times", {RESTARTS: "0x8 1x8 2x8 3x8 4x8 5x40"}, "14m"),
        quiet("twice", {RESTARTS: "0x8 1x8 2x60"}, "14m"),
    ],
    "HotlineErasureNotJournalled": [
        fires("one", {NOT_JOURNALLED: "0x10 1x100"}, "10m"),
        quiet("hours ago", {NOT_JOURNALLED: "0x2 1x100"}, "3h", every=SELDOM),
    ],
    "HotlineDown": [
        fires("both", {UP: "0x40", OTHER_UP: "0x40"}, "5m"),
        fires("nobody is asked", {sample("up", {"job": "another"}): "1x40"}, "5m", {"job": "hotline"}),
        quiet("one answers", {UP: "0x40", OTHER_UP: "1x40"}, "5m"),
    ],
    "HotlineProcessDown": [
        fires("one of two", {UP: "1x40", OTHER_UP: "1x4 0x40"}, "5m", SECOND),
        quiet("a restart", {UP: "1x40", OTHER_UP: "1x4 0x4 1x40"}, "5m"),
    ],
    "HotlineDatabaseAway": [
        fires("for one of them", {DATABASE: "0x40", OTHER_DATABASE: "1x40"}, "5m"),
        quiet("it answers", {DATABASE: "1x40", OTHER_DATABASE: "1x40"}, "5m"),
    ],
    "HotlineWatchStopped": [
        fires("it stopped", {KEPT: "15+15x8 135x400", STARTED: "1x400"}, "10m"),
        fires("no round since the start", {KEPT: "0x400", STARTED: "1x400"}, "90m"),
        fires(
            "neither of two",
            {KEPT: "0x400", STARTED: "1x400", OTHER_KEPT: "15+15x8 135x400", OTHER_STARTED: "1x400"},
            "90m",
        ),
        quiet("it goes on", {KEPT: "0+15x400", STARTED: "1x400"}, "90m"),
        quiet("one of two keeps it", {KEPT: "0x400", STARTED: "1x400", OTHER_KEPT: "0+15x400"}, "90m"),
        quiet("just started", {KEPT: "15+15x340 0x20", STARTED: "1x340 5100x20"}, "86m"),
    ],
    "HotlineLoopLags": [
        fires(
            "two in a hundred",
            slow("hotline_event_loop_lag_seconds", "0.2", "0.5", 98),
            "15m",
            {"instance": FIRST["instance"]},
        ),
        quiet("none", slow("hotline_event_loop_lag_seconds", "0.1", "0.2", 98), "15m"),
    ],
    "HotlineFilesRunOut": [
        fires("five in six", {OPEN: "55000x40", MOST: "65536x40"}, "5m", FIRST),
        quiet("half", {OPEN: "33000x40", MOST: "65536x40"}, "5m"),
    ],
    "HotlineNoBackup": [
        fires("since yesterday's", {BACKUP: "3600x900"}, "28h", every=SELDOM),
        fires("never", {BACKUP: "0x900"}, "28h", every=SELDOM),
        quiet("last night's", {BACKUP: "36000x900"}, "28h", every=SELDOM),
    ],
}
EVERY_CASE = [(alert, case) for alert, cases in CASES.items() for case in cases]
WELL = {
    DUTY: "2x100",
    WAITING: "1x100",
    LOW: "60x100",
    HIGH: "20x100",
    OVERDUE: "0x100",
    NOT_KEPT: "0x100",
    MISSED: "0x100",
    TOLD: "1x100",
    HEARD: "1x100",
    NOT_SCORED: "0x100",
    READ: "0+10x100",
    RESTARTS: "0x100",
    NOT_JOURNALLED: "0x100",
    UP: "1x100",
    OTHER_UP: "1x100",
    DATABASE: "1x100",
    KEPT: "0+15x100",
    STARTED: "1x100",
    OPEN: "300x100",
    MOST: "65536x100",
    BACKUP: "1x100",
    **slow("hotline_acknowledgement_seconds", "0.01", "0.025", 98, author="resident"),
    **slow("hotline_event_loop_lag_seconds", "0.01", "0.025", 98),
}
"""A line on which all is well."""


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([find_promtool(), *map(str, arguments)], capture_output=True, text=True, timeout=60)


def play(folder: Path, case: Case, expected: dict[str, tuple[dict[str, str], ...]]) -> str:
    """Returns what the tool finds wrong; empty where each alert stands as expected then."""
    shutil.copy(OPS / "alerts.yml", folder)
    tests = [
        {
            "eval_time": case.at,
            "alertname": alert,
            "exp_alerts": [
                {
                    "exp_labels": {**RULES[alert]["labels"], **labels},
                    "exp_annotations": RULES[alert]["annotations"],
                }
                for labels in alerts
            ],
        }
        for alert, alerts in expected.items()
    ]
    given = [{"series": name, "values": values} for name, values in case.series.items()]
    group = {"interval": case.every, "input_series": given, "alert_rule_test": tests}
    asked = {"rule_files": ["alerts.yml"], "evaluation_interval": case.every, "tests": [group]}
    # JSON is YAML.
    (folder / "asked.yml").write_text(json.dumps(asked), encoding="utf-8")
    done = promtool("test", "rules", folder / "asked.yml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(("alert", "case"), EVERY_CASE, ids=[f"{alert}: {case.told}" for alert, case in EVERY_CASE])
def test_it_fires_when_it_should(alert, case, tmp_path):
    assert play(tmp_path, case, {alert: case.alerts}) == ""


def test_every_alert_is_seen_to_fire_and_to_be_quiet():
    assert set(CASES) == set(RULES)
    for alert, cases in CASES.items():
        assert {bool(case.alerts) for case in cases} == {True, False}, alert


def test_where_all_is_well_nothing_fires(tmp_path):
    assert play(tmp_path, quiet("all", WELL, "20m"), dict.fromkeys(RULES, ())) == ""


def test_prometheus_takes_the_configuration(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret", encoding="utf-8")
    text = (OPS / "prometheus.yml").read_text(encoding="utf-8")
    assert text.count("/etc/prometheus/hotline-token") == 1
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/hotline-token", str(token)))
    shutil.copy(OPS / "alerts.yml", tmp_path)
    done = promtool("check", "config", "--lint=all", "--lint-fatal", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


def test_prometheus_understands_what_the_dashboard_asks(tmp_path):
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout
