"""What `make soak` makes of its samples: a leak is told with its rate, and what only goes up and down is none."""

import asyncio
import random

import pytest

from tests.faults.client import Client
from tests.faults.site import METRICS_TOKEN, wait_for
from tests.faults.soak import BOUNDS, CONSOLES, Soak, errors_in, growth, told

CHANCE = random.Random(7)
FORGOTTEN_AFTER_SECONDS = 2.0
REMEMBERED, ANSWERS = "hotline_triage_conversations", "hotline_triage_answer_seconds_count"


def samples(**per_hour):
    return [
        {"at": at, **{name: 100 + per_hour.get(name, 0) * at / 3600 + CHANCE.uniform(-2, 2) for name in BOUNDS}}
        for at in range(0, 1200, 5)
    ]


def soak(minutes=20, **per_hour):
    made = Soak([], minutes, CHANCE)
    made.samples = samples(**per_hour)
    made.found.update({"live at the end": 2 * CONSOLES, "renewals": 500})
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


def test_memory_may_grow_by_less_in_an_hour_than_in_minutes_and_its_bound_is_told():
    short, long = soak(rss_mib=12), soak(60, rss_mib=12)
    assert told(short)["missed"] == []
    assert told(short)["bound for memory"].startswith("24 MiB an hour: the run was shorter than an hour")
    assert [one.split()[0] for one in told(long)["missed"]] == ["rss_mib"]


def test_a_leak_of_the_second_process_is_told_as_its_own():
    made = soak()
    made.samples = [
        {**one, **{f"{name}, process 2": value + one["at"] for name, value in one.items() if name == "tasks"}}
        for one in made.samples
    ]
    assert [one.partition(" grew")[0] for one in told(made)["missed"]] == ["tasks, process 2"]


def test_of_hours_the_first_is_warm_up():
    warm = [{"at": at, "rss_mib": min(3600, at)} for at in range(0, 3 * 3600, 5)]
    assert growth(warm, "rss_mib") == 0


@pytest.mark.parametrize(
    ("name", "count"), [("live at the end", 5), ("renewals", 1), ("visit broke off: TimeoutError", 1)]
)
def test_consoles_that_are_deaf_or_were_never_renewed_and_visits_that_broke_off_are_told(name, count):
    made = soak()
    made.found[name] = count
    assert len(told(made)["missed"]) == 1


@pytest.mark.parametrize("name", ["lost", "duplicated", "out_of_order", "page_differs"])
def test_words_that_are_wrong_anywhere_are_told(name):
    made = soak()
    setattr(made.figures, name, 1)
    assert told(made)["missed"] == [f"{name.replace('_', ' ')}: 1"]


LOG = """\
2026-05-04 10:00:00,000 INFO hotline one connection
2026-05-04 10:00:01,000 ERROR hotline.chat not kept, asked by 127.0.0.1: 'something 0.25'
  File "chat/store.py", line 3, in keep
builtins.ValueError
2026-05-04 10:00:02,000 WARNING hotline slow
and a line below it
Traceback (most recent call last):
ValueError: 'still here 7'
"""


def test_an_error_is_kept_with_its_traceback_and_without_words_or_addresses():
    made = soak()
    made.errors = errors_in(LOG)
    assert made.errors == [
        (
            "2026-05-04 10:00:01,000 ERROR hotline.chat not kept, asked by (an address): '(words)'\n"
            '  File "chat/store.py", line 3, in keep\nbuiltins.ValueError'
        ),
        "Traceback (most recent call last):\nValueError: '(words)'",
    ]
    found = told(made)
    assert found["missed"] == ["2 errors logged"]
    assert found["the first of them"] == made.errors


async def test_the_process_that_reads_forgets_within_half_of_a_short_day(make_site):
    process = make_site(METRICS_TOKEN=METRICS_TOKEN).start(
        launcher="tests.faults.launcher", FAULT_AGES=str(2 * FORGOTTEN_AFTER_SECONDS)
    )
    remembered = []
    for answers in (1, 2):
        visit, _ = await asyncio.to_thread(process.begin)
        resident = await Client(process, "/ws/resident/", visit).connect()
        await resident.say("still here")
        # What is remembered is told with each answer; the first waits until the process has started.
        await asyncio.to_thread(wait_for, lambda wanted=answers: process.metric(ANSWERS) >= wanted)
        remembered.append(await asyncio.to_thread(process.metric, REMEMBERED))
        await asyncio.sleep(FORGOTTEN_AFTER_SECONDS + 0.5)
    assert remembered == [1, 1]
