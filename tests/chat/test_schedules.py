"""Whatever people do, in whatever order: the record is as it ought to be, and every page shows the record.

SCHEDULES says how many are played (25 here, 1,000 in `make faults`). SCHEDULE_SEED makes other ones; a failure prints
its steps, and SCHEDULE_SHRINK=1 looks for fewer. SCHEDULE_SAY=1 prints what was done.
"""

import json
import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.engine import ConjectureRunner
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from counselors import consumers as desk
from hotline.chat import sockets
from tests.chat.schedules.machine import Schedules
from tests.chat.schedules.stage import Cast

COUNT = int(os.environ.get("SCHEDULES", "25"))
SEED = os.environ.get("SCHEDULE_SEED", "")
SHRINK = bool(os.environ.get("SCHEDULE_SHRINK"))
STEPS = int(os.environ.get("SCHEDULE_STEPS", "16"))
SAY = bool(os.environ.get("SCHEDULE_SAY"))
MUST_HAPPEN = {
    "messages acknowledged",
    "messages refused",
    "pages compared with a fresh read",
    "joined",
    "handed",
    "answered: decline",
    "answered: withdraw",
    "left",
    "closed",
    "returned",
    "erased",
    "danger",
}
"""The schedules that are always the same hold each of these at least once."""


@pytest.mark.django_db(transaction=True)
def test_no_schedule_loses_doubles_or_shows_what_it_must_not(plain_triage, monkeypatch):
    # Bursts of hints are gathered for a moment; here nobody waits for the moment.
    monkeypatch.setattr(desk, "QUEUE_EVERY_SECONDS", 0.0)
    # And these pages are quicker than any thumb.
    monkeypatch.setattr(sockets, "FRAMES_AT_ONCE", 100_000)
    monkeypatch.setattr(Schedules, "cast", Cast(), raising=False)
    # Most schedules would else be copies of others in which steps repeat: good for one step, bad for their meeting.
    monkeypatch.setattr(ConjectureRunner, "generate_mutations_from", lambda self, data: None)
    # Some numbers would else be taken from the source of whatever modules happen to be imported.
    monkeypatch.setattr(HypothesisProvider, "_maybe_draw_constant", lambda *args, **kwargs: None)
    run_state_machine_as_test(
        seed(int(SEED))(Schedules) if SEED else Schedules,
        _min_steps=STEPS - 1,  # else most schedules end after a few
        settings=settings(
            max_examples=COUNT,
            stateful_step_count=STEPS,
            derandomize=not SEED,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
        ),
    )
    if SAY:
        sys.stdout.write(json.dumps(dict(Schedules.played.most_common())))
    assert Schedules.played["schedules"] >= COUNT
    if not SEED:
        assert {what for what in MUST_HAPPEN if not Schedules.played[what]} == set(), (
            "drawn too seldom to prove anything"
        )
