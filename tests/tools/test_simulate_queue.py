"""Waits by the order of the queue: a site's own plan is told and drawn beside what the docs show."""

import pytest

from tools import simulate_queue


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Plays one night with so many slots; what was printed, and the folder it ran in."""

    def play(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["simulate_queue", "--nights", "1", *arguments])
        lines = []
        simulate_queue.main(lines.append)
        return "\n".join(lines)

    return play


def test_a_sites_own_plan_does_not_draw_over_the_docs(said, tmp_path):
    assert "drawn: build/queue.svg" in said("--slots", "6")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.svg")] == ["build/queue.svg"]


def test_a_night_in_which_nobody_of_a_level_is_answered_is_told(said):
    """One counselor for one person at a time: some levels are answered by nobody in one night, and that is no fault."""
    told = said("--slots", "1")
    assert simulate_queue.NOBODY in told
    assert "nobody waited, or nobody was answered" in told
