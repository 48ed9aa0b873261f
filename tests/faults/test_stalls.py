"""The measure of "triage delays no message": what the machine takes is left out, and what a server takes is not."""

import subprocess
import sys
import time

from tests.faults.record import begin_pairs
from tests.faults.scenarios.triage import DELAYED_MS, NEAR, Took, delayed, talk
from tests.faults.stalls import Witness, longest_wait, waits_of

BLOCKED_SECONDS = 0.25
"""A little more than what is promised."""
MOST_MESSAGES = 100


async def test_a_triage_that_blocks_the_loop_for_a_quarter_of_a_second_is_told(make_site):
    """On a machine that stalls all the time some of it is excused, and never all."""
    pairs = []
    for variables in ({"launcher": "tests.faults.launcher", "FAULT_BLOCKS": str(BLOCKED_SECONDS)}, {}):
        process = make_site().start(**variables)
        pairs += await begin_pairs(process, process, 1)
    took, usual = [], []
    while not delayed(took, usual) and len(took) < MOST_MESSAGES:
        found = await talk(*pairs, f"{len(took)}", 2 * NEAR)
        took += found[0]
        usual += found[1]
    assert min(one.seconds for one in took) >= BLOCKED_SECONDS
    assert delayed(took, usual), (took, usual)
    for page in (page for pair in pairs for page in pair):
        await page.close()


def test_what_the_machine_took_is_no_delay_and_what_is_left_is():
    usual = [Took(0.01)] * 20
    own = DELAYED_MS / 1000
    assert delayed([*usual[:-1], Took(1.0, machine=0.9)], usual) == 0
    assert delayed([*usual[:-1], Took(1.0, machine=0.9 - own)], usual) == 1
    # Whatever is beside it within a second.
    assert delayed([*usual[:-1], Took(0.9)], [*usual[:-NEAR], Took(0.8), *usual[1 - NEAR :]]) == 0


def test_a_stall_counts_as_far_as_a_message_was_on_its_way():
    witness = Witness()
    witness.stalls = [(10.0, 10.3), (11.0, 11.1)]
    assert witness.stood_still(9.0, 9.9) == 0
    assert round(witness.stood_still(10.1, 10.2), 3) == 0.1
    assert round(witness.stood_still(10.2, 12.0), 3) == 0.2


def test_who_sleeps_waits_for_no_cpu_and_who_shares_one_does():
    """Two that compute on one CPU wait for each other; the one that sleeps waits for nobody."""
    once = "import os, sys, time; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(flush=True);"
    many = [
        subprocess.Popen([sys.executable, "-c", once + code], stdout=subprocess.PIPE)
        for code in ("time.sleep(100)", *["\nwhile True: pass"] * 2)
    ]
    try:
        for one in many:
            one.stdout.readline()
        began = time.monotonic()
        for _ in ("until it sleeps", "while it sleeps"):
            before = [waits_of(one.pid) for one in many]
            assert all(before), "this system does not tell"
            while longest_wait(before[1], waits_of(many[1].pid)) < 0.1:
                assert time.monotonic() - began < 60, "two that share a CPU do not wait for each other"
                time.sleep(0.05)
        assert longest_wait(before[0], waits_of(many[0].pid)) == 0
    finally:
        for one in many:
            one.kill()
            one.wait()
            one.stdout.close()
