"""Waits by the order of the queue: a site's own plan is told and drawn beside what the docs show."""

import pytest

from tools import simulate_queue


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Plays one night with so many slots; what was printed, and the exit code in ``codes``."""
    codes = []

    def play(*arguments):
        codes.clear()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["simulate_queue", "--nights", "1", *arguments])
        lines = []
        codes.append(simulate_queue.main(lines.append))
        return "\n".join(lines)

    play.codes = codes
    return play


def test_a_sites_own_plan_does_not_draw_over_the_docs(said, tmp_path):
    assert "drawn: build/queue.svg" in said("--slots", "6")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.svg")] == ["build/queue.svg"]


def test_a_night_in_which_nobody_of_a_level_is_answered_is_told(said):
    """One counselor for one person at a time: some levels are answered by nobody in one night, and that is no fault."""
    told = said("--slots", "1")
    assert simulate_queue.NOBODY in told
    assert "nobody waited, or nobody was answered" in told


def test_both_surges_tell_the_longest_wait_beside_the_bound(said):
    told = [line for line in said("--slots", "6").splitlines() if line.startswith("longest wait")]
    assert len(told) == 2, "an ordinary night has no bound"
    for line in told:
        assert f"bound {simulate_queue.BOUND:g}" in line
    assert said.codes == [int(any("MISSED" in line for line in told))]


@pytest.mark.parametrize(("triage", "kept"), [(150.0, True), (150.4, False), (151.0, False), (80.0, True)])
def test_who_waits_longer_than_the_bound_makes_the_run_fail(said, monkeypatch, triage, kept):
    told, is_kept = simulate_queue.bounded({"first come": 100.0, "triage": triage, "perfect": 90.0})
    assert is_kept is kept
    assert f"{triage / 100:.2f} times" in told
    monkeypatch.setattr(simulate_queue, "bounded", lambda _longest: (told, is_kept))
    said("--slots", "6")
    assert said.codes == [0 if kept else 1]
