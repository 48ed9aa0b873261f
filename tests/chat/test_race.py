"""However many press at once: one person, one counselor. On both databases, with real connections."""

import json
import os
import subprocess
import sys

ROUNDS, RACERS = 20, 6


def run_race(database, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.chat.racing", str(ROUNDS), str(RACERS)],
        env=os.environ
        | {"DATABASE_URL": database, "VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "hotline.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_of_many_who_press_at_once_exactly_one_gets_the_person(either_database, tmp_path):
    rounds = run_race(either_database, tmp_path)
    assert len(rounds) == ROUNDS
    for one in rounds:
        won = [answer for answer in one["answers"] if answer == "mine"]
        lost = [answer for answer in one["answers"] if answer == f"conversation.taken {one['holder']}"]
        assert (len(won), len(lost)) == (1, RACERS - 1), one["answers"]
        assert (one["moves"], one["joined"], one["seqs"]) == (1, 1, [1, 2])
