"""What a run says of what was asked: with made-up figures. Nothing is measured here."""

import asyncio
from types import SimpleNamespace

import pytest

from benchmarks.delivery import __main__ as bench
from benchmarks.delivery import goals, machine, page, tables
from benchmarks.delivery.peers.base import Broken, Missing


def talk(cpu_us: float, p99_ms: float, ratio: float, **more: float) -> dict:
    kept = {"messages": 100, "lost": 0, "late": 0, "unacknowledged": 0, "repeated": 0}
    return {"cpu_us": cpu_us, "p50_ms": p99_ms / 2, "p99_ms": p99_ms, "ratio_to_relay": ratio, **kept, **more}


def results() -> dict:
    """A run that meets everything."""
    return {
        "amounts": {"crowd": 500, "rate": 500.0},
        "cost": {
            "relay": talk(100, 2, 1),
            "product": talk(390, 20, 3.9),
            "product-uvicorn": talk(380, 20, 3.8),
            "product-two": talk(600, 40, 6),
            "ejabberd": talk(400, 20, 4),
        },
        "latency": {
            "relay": talk(100, 1, 1),
            "product": talk(390, 9, 4),
            "product-uvicorn": talk(390, 8, 4),
            "ejabberd": talk(400, 9, 4),
        },
        "idle": {
            "product": {"kib_per_socket": 36, "connected": 5000, "connected_within_seconds": 6.0},
            "ejabberd": {"kib_per_socket": 96, "connected": 5000, "connected_within_seconds": 6.0},
        },
        "start": {"product": {"cpu_seconds": 0.5, "cpu_seconds_at_rest": 0.8}},
        "queue": {
            "ratios": {"claim": 1.1, "reorder": 1.1, "page": 1.0},
            "long": {"claim_cpu_us": 11, "reorder_cpu_us": 11, "page_cpu_us": 10},
            "short": {"claim_cpu_us": 10, "reorder_cpu_us": 10, "page_cpu_us": 10},
        },
        "skipped": {},
        "broke": {},
    }


def verdicts(figures: dict) -> dict[str, str]:
    return {row["asked"]: row["verdict"] for row in goals.judged(figures)}


def told(figures: dict, asked: str) -> dict:
    return next(row for row in goals.judged(figures) if row["asked"] == asked)


def test_a_run_that_meets_every_bound_is_told_so():
    assert set(verdicts(results()).values()) == {"met"}


@pytest.mark.parametrize(
    ("part", "peer", "changes", "asked"),
    [
        ("latency", "product", {"p99_ms": 10.2}, "p99 at most 10 ms at 500 messages a second, behind Daphne"),
        ("latency", "product-uvicorn", {"p99_ms": 10.1}, "the same behind uvicorn"),
        ("latency", "product", {"lost": 1}, "none lost, late, unacknowledged or repeated then"),
        ("latency", "product", {"unacknowledged": 1}, "none lost, late, unacknowledged or repeated then"),
        ("latency", "product-uvicorn", {"repeated": 1}, "none lost, late, unacknowledged or repeated then"),
        ("latency", "ejabberd", {"cpu_us": 300}, "ahead of ejabberd: CPU at 500 messages a second"),
        ("latency", "ejabberd", {"p99_ms": 1.3}, "ahead of ejabberd: p99 then"),
        ("cost", "ejabberd", {"cpu_us": 300}, "ahead of ejabberd: CPU per message at saturation"),
        ("cost", "product-two", {"cpu_us": 700}, "two processes behind nginx at most 1.6 times one"),
        ("idle", "product", {"connected": 4999}, "5,000 idle sockets on one process"),
        ("idle", "product", {"kib_per_socket": 40.5}, "idle socket at most 40 KiB"),
        ("idle", "ejabberd", {"kib_per_socket": 30}, "ahead of ejabberd: memory of an idle page"),
        ("start", "product", {"cpu_seconds_at_rest": 1.3}, "start at most 1.2 s of CPU"),
        ("queue", "ratios", {"claim": 2.1}, "with 10,000 waiting a claim at most twice as dear as with 100"),
    ],
)
def test_each_bound_that_is_overstepped_is_the_only_one_missed(part, peer, changes, asked):
    figures = results()
    figures[part][peer] |= changes
    assert [name for name, verdict in verdicts(figures).items() if verdict != "met"] == [asked]


def test_what_is_missed_is_told_with_how_much():
    figures = results()
    figures["latency"]["product"]["p99_ms"] = 10.5
    row = told(figures, "p99 at most 10 ms at 500 messages a second, behind Daphne")
    assert row["text"] == "missed by 0.5 ms, 5 %"
    assert row["shown"].startswith("10.5 ms")
    figures["cost"]["product-two"]["cpu_us"] = 780
    assert told(figures, "two processes behind nginx at most 1.6 times one")["text"] == "missed by 25 %"
    figures["idle"]["product"]["connected"] = 4000
    assert told(figures, "5,000 idle sockets on one process")["text"] == "missed by 1,000 sockets, 20 %"


def test_the_fastest_server_counts_and_daphne_stands_beside_it():
    figures = results()
    figures["cost"]["product"]["ratio_to_relay"] = 19.0
    row = told(figures, "CPU per message at most 4 times the bare relay's")
    assert row["verdict"] == "met"
    assert row["measured"] == 3.8
    assert "product 19.0" in row["shown"]


def test_ratios_are_of_the_same_round_where_rounds_are_told():
    figures = results()
    # The medians of both are 200 and 150; round by round the ratios are 0.5, 2 and 0.5.
    figures["cost"]["product"] |= {"cpu_us": 200, "each_round": [{"cpu_us": one} for one in (100, 300, 200)]}
    figures["cost"]["product-two"] |= {"cpu_us": 150, "each_round": [{"cpu_us": one} for one in (50, 600, 100)]}
    assert told(figures, "two processes behind nginx at most 1.6 times one")["measured"] == 0.5


def test_who_is_not_here_is_named_and_its_goals_are_neither_met_nor_missed():
    figures = results()
    for part in ("cost", "latency", "idle"):
        del figures[part]["ejabberd"]
    figures["skipped"]["ejabberd"] = "no ejabberd here (on Debian: apt-get install ejabberd)"
    unmeasured = [row for row in goals.judged(figures) if row["verdict"] == "not measured"]
    assert len(unmeasured) == 4
    assert all("apt-get install ejabberd" in row["text"] for row in unmeasured)


def test_latency_is_not_judged_where_the_relay_itself_is_slow():
    figures = results()
    figures["latency"]["relay"]["p99_ms"] = 3.5
    row = told(figures, "the same behind uvicorn")
    assert row["verdict"] == "not measured"
    assert "3.5 ms" in row["text"]


def test_nothing_measured_is_nothing_met():
    assert set(verdicts({"skipped": {}, "broke": {}}).values()) == {"not measured"}


def test_goals_missed_fail_nothing_but_who_broke_or_was_named_and_is_not_here_does():
    assert bench.exit_code({"skipped": {}, "broke": {}, "goals": [{"verdict": "missed"}]}, set()) == 0
    assert bench.exit_code({"skipped": {"ejabberd": "not here"}, "broke": {}}, set()) == 0
    assert bench.exit_code({"skipped": {"ejabberd": "not here"}, "broke": {}}, {"ejabberd"}) == 1
    assert bench.exit_code({"skipped": {}, "broke": {"node": "it ended"}}, set()) == 1


def test_a_run_is_whole_without_a_peer_but_not_without_the_product_or_a_part():
    figures = {part: {"relay": {}, "product": {}} for part in bench.PARTS}
    assert bench.is_whole(figures)
    assert not bench.is_whole({**figures, "cost": {"relay": {}}})
    assert not bench.is_whole({part: row for part, row in figures.items() if part != "queue"})


def test_a_peer_that_breaks_is_named_and_the_others_rounds_go_on(tmp_path):
    asked = SimpleNamespace(rounds=2, only="cost", peers="", short=True)
    run = bench.Bench(asked, tmp_path)
    peers = [SimpleNamespace(name="relay"), SimpleNamespace(name="node")]

    async def measure(peer, *_):
        if peer.name == "node":
            raise Broken("it ended")
        return {**talk(100, 2, 1), "seconds": 1.0, "cpu_share": 0.1, "part: triage": 5.0}

    found = asyncio.run(run._in_turns("cost", measure, peers))
    assert set(found) == {"relay"}
    assert found["relay"]["messages"] == 200
    assert found["relay"]["parts"] == {"triage": 5.0}
    assert "it ended" in run.figures["broke"]["node"]


def test_a_machine_that_allows_too_few_files_is_named_and_everything_else_is_measured(tmp_path, monkeypatch):
    run = bench.Bench(SimpleNamespace(rounds=2, only="idle", peers="", short=True), tmp_path)

    async def idle(peer):
        raise Missing("only 1024 open files are allowed here")

    monkeypatch.setattr(bench.upkeep, "idle", idle)
    run.figures["idle"] = asyncio.run(run._idle([SimpleNamespace(name="relay"), SimpleNamespace(name="product")]))
    assert run.figures["idle"] == {}
    assert not run.figures["broke"]
    assert "only 1024 open files" in run.figures["skipped"]["idle of relay"]
    assert "only 1024 open files" in told(run.figures, "idle socket at most 40 KiB")["text"]


def test_tables_show_what_was_not_acknowledged_and_what_came_twice():
    figures = {**results(), "rounds": 1}
    figures["cost"]["product"] |= {"unacknowledged": 17, "repeated": 23, "parts": {"triage": 190.0, "nginx": 1.0}}
    figures["cost"]["product-two"]["parts"] = {"triage": 200.0, "postgres": 300.0}
    for name in ("product-uvicorn",):
        figures["cost"][name]["parts"] = {}
    figures["latency"] = {name: {**row, "parts": {}} for name, row in figures["latency"].items()}
    shown = page._cost(figures)
    assert "| lost | not acknowledged | repeated | late |" in shown
    assert "| 0 | 17 | 23 | 0 of 100 |" in shown
    split = tables.split(figures, "cost")
    assert split["product-two"] == {"triage": 200.0, "postgres": 300.0, "nginx": 0.0}


def test_counts_of_several_set_ups_stand_beside_each_other():
    runs = {name: {"transactions": 1.0} for name in ("alone", "saturated", "steady")}
    figures = {**results(), "counts": {"product": runs}}
    assert list(tables.counted(figures)) == [""]
    figures["counts"]["product-two"] = {**runs, "saturated": {"transactions": 0.5, "redis_commands": 2.0}}
    found = tables.counted(figures)
    assert list(found) == ["", ", saturated", ", at 500 a second"]
    assert set(found[""]) == {"alone", "saturated", "at 500 a second"}
    shown = page._counts(figures)
    assert "| what | product | product-two |" in shown
    assert "| redis commands | 0.00 | 2.00 |" in shown.replace("_", " ")


def test_the_busiest_thread_beside_the_main_one_is_the_databases():
    before = {("server", 10, 10): 1.0, ("server", 10, 11): 1.0, ("server", 10, 12): 5.0, ("postgres", 20, 20): 2.0}
    after = {
        ("server", 10, 10): 2.0,
        ("server", 10, 11): 4.0,
        ("server", 10, 12): 5.5,
        ("triage", 13, 13): 0.25,
        ("postgres", 20, 20): 2.5,
        ("postgres", 21, 21): 0.5,
    }
    assert machine.parts(before, after) == {
        "main threads": 1.0,
        "database threads": 3.0,
        "other threads": 0.5,
        "triage": 0.25,
        "postgres": 1.0,
    }
