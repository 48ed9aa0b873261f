"""What `make faults ARGS=--docs` writes: everything with a bound beside it, between the markers and nowhere else."""

import json
import sys

import pytest

from tests.faults import campaign, delivery_page
from tests.faults.figures import Figures

BEFORE = "# Delivery\n\n**A promise.** Of old.\n\n<!-- faults: written by a command -->\n"
AFTER = "<!-- /faults -->\n\nAn earlier run held **as well**.\n"
RUN = {
    "date": "2026-05-04 09:10 UTC",
    "commit": "0123abc",
    "seed": 7,
    "jobs": 3,
    "load": 2.5,
    "forms": 2,
    "whole": True,
    "seconds": 4560,
}


def played(title="Line cut for 1 s", storage="postgresql+redis", **figures):
    one = campaign.Scenario(title, storage, 5, 1, 15, alone=False, run=None)
    return campaign.result(one, Figures(rounds=1000, acknowledged=2400, **figures), seed=7, seconds=100)


def late():
    figures = Figures(
        rounds=5, acknowledged=60, lost=2, page_differs=1, notes={"breaks": 0, "longest start (s)": 2.246}
    )
    figures.back(1.0, 5)
    figures.back(5.75, 5)
    figures.keeps("shown as not sent within (s)", 5.5, 6.0)
    figures.keeps("memory grows by (MB)", 16.04, 50)
    one = campaign.Scenario("kill -9 in replay", "sqlite", 5, 1, 15, alone=False, run=None)
    return campaign.result(one, figures, seed=7, seconds=100)


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "delivery.md"
    path.write_text(f"{BEFORE}An old table.\n{AFTER}")
    return path


def written(page, found):
    delivery_page.write(found, page)
    text = page.read_text()
    assert text.startswith(BEFORE)
    assert text.endswith(AFTER)
    part = text.removeprefix(BEFORE).removesuffix(AFTER)
    assert all(len(line) <= delivery_page.WIDTH for line in part.splitlines() if not line.startswith("|"))
    return part


def on_one_line(part):
    return " ".join(part.split())


def test_a_run_stands_between_the_markers_and_all_else_stays(page):
    part = written(page, {"run": RUN, "results": [played(), late()]})
    assert "old table" not in part
    for fact in ("2026-05-04 09:10 UTC", "`0123abc`", "seed 7", "jobs 3", "began 2.5", "2 full forms in 1 h 16 min"):
        assert fact in on_one_line(part)
    assert "1 kept every promise, 1 missed one, 0 broke off, 0 were not done" in on_one_line(part)
    assert "Acknowledged 2,460; lost 2, doubled 0, out of order 0, pages that differ 1." in on_one_line(part)
    assert written(page, {"run": RUN, "results": [played(), late()]}) == part


def test_a_row_tells_every_figure_with_its_bound_and_what_was_missed():
    assert delivery_page.row(late()) == (
        "| `kill -9` in replay | SQLite | 5 | 60 | 2 lost, 1 pages that differ | median 3.38, most 5.75 |"
        " back 5.75 s of 5 (missed); shown as not sent 5.50 s of 6; memory grows by 16.04 MB of 50 |"
        " longest start 2.25 s |"
    )


def test_rows_have_as_many_cells_as_the_head(page):
    part = written(page, {"run": RUN, "results": [played(), late()]})
    rows = [line for line in part.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {9}


def test_a_form_that_broke_off_has_no_counts_and_its_error_makes_neither_bold_nor_cells(page):
    broken = played()
    broken |= {"notes": {"broke off": "ValueError: **all** | of\nit"}, "acknowledged": 0, "passed": False}
    part = written(page, {"run": RUN, "results": [broken]})
    assert "1 of 2 full forms, then it ended," in on_one_line(part)
    assert "0 missed one, 1 broke off" in on_one_line(part)
    assert "**" not in part
    assert r"| Line cut for 1 s | PostgreSQL, Redis | | | | | | broke off: ValueError: \*\*all\*\* \| of it |" in part


def test_results_of_before_say_what_they_do_not_know(page):
    older = [{name: value for name, value in played().items() if name != "done"}]
    part = written(page, older)
    assert "Date unknown, commit unknown, seed 7, jobs unknown, load average when it began unknown" in on_one_line(part)
    assert "1 full forms in a time that is unknown (2 min, one after the other)" in on_one_line(part)


def test_a_run_of_some_forms_is_refused(page):
    before = page.read_text()
    with pytest.raises(ValueError, match="whole runs"):
        delivery_page.write({"run": {**RUN, "whole": False}, "results": [played()]}, page)
    assert page.read_text() == before


def test_a_page_without_markers_is_left_alone(tmp_path):
    path = tmp_path / "delivery.md"
    path.write_text("# Delivery\n")
    with pytest.raises(ValueError, match="0 places"):
        delivery_page.write([played()], path)


def test_the_page_of_this_project_has_the_markers():
    assert len(delivery_page.PART.findall(delivery_page.PAGE.read_text(encoding="utf-8"))) == 1


def test_what_a_run_writes_can_be_put_into_the_page_without_playing_again(page, tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "RESULTS", tmp_path / "build" / "faults.json")
    monkeypatch.setattr(campaign, "collect", lambda: [campaign.Scenario("A fault", "sqlite", 1, 1, 1, False, None)])
    monkeypatch.setattr(campaign, "run_all", lambda chosen, **_: iter([played()]))
    monkeypatch.setattr(sys, "argv", ["campaign", "--seed", "7", "--jobs", "2"])
    assert campaign.main() == 0
    part = written(page, json.loads(campaign.RESULTS.read_text()))
    assert "seed 7, jobs 2" in on_one_line(part)
    assert "1 full forms in 0 s" in on_one_line(part)
    monkeypatch.setattr(campaign, "run_all", lambda *_, **__: pytest.fail("played again"))
    monkeypatch.setattr(delivery_page, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["campaign", "--docs", str(campaign.RESULTS)])
    page.write_text(f"{BEFORE}{AFTER}")
    assert campaign.main() == 0
    assert "| Line cut for 1 s |" in page.read_text()


def test_results_that_are_not_there_are_told_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["campaign", "--docs", str(tmp_path / "faults.json")])
    with pytest.raises(SystemExit):
        campaign.main()
    assert "No such file" in capsys.readouterr().err
