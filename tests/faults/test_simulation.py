"""Simulated people on a real server: an evening from the first arrival to the last goodbye."""

import re
import threading


def run(site, process, *arguments):
    return site.manage("simulate", "--url", process.url, "--seed", "7", *arguments)


def test_an_evening_happens_and_nothing_is_lost(site):
    process = site.start()
    done = run(site, process, "--residents", "12", "--counselors", "3", "--minutes", "1", "--speed", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Conversations  12: ", done.stdout)
    sent, acknowledged, kept, lost = map(
        int, re.search(r"(\d+) sent, (\d+) acknowledged, (\d+) kept, (\d+) lost", done.stdout).groups()
    )
    assert sent == acknowledged == kept >= 60
    assert lost == 0
    assert re.search(r"[1-9]\d* delivered, 0 not delivered", done.stdout)
    assert "0 out of order" in done.stdout
    assert re.search(r"Waited         (imminent|high)", done.stdout)
    assert "Traceback" not in process.log
    assert "Warning" not in process.log


def test_a_server_that_is_killed_and_comes_back_ends_no_evening(site):
    process = site.start()
    results = []
    evening = threading.Thread(
        target=lambda: results.append(run(site, process, "--residents", "8", "--minutes", "1", "--speed", "25"))
    )
    evening.start()
    for _ in range(2):
        evening.join(3)
        process.kill()
        process = site.start(process.port)
    evening.join(90)
    [done] = results
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 lost" in done.stdout
    assert "0 not delivered" in done.stdout


def test_a_server_that_stays_away_is_said_without_a_traceback(site):
    process = site.start()
    results = []
    evening = threading.Thread(
        target=lambda: results.append(run(site, process, "--residents", "6", "--speed", "5", "--patience", "1"))
    )
    evening.start()
    evening.join(3)
    process.kill()
    evening.join(30)
    [done] = results
    assert done.returncode == 1
    assert re.search(r"is gone|No answer", done.stderr)
    assert "Traceback" not in done.stderr


def test_without_the_demos_accounts_it_says_what_to_do(site):
    process = site.start()
    gone = "from counselors.models import StaffMember as S; S.objects.filter(username__startswith='sim').delete()"
    assert site.manage("shell", "-c", gone).returncode == 0
    done = run(site, process, "--residents", "1")
    assert done.returncode == 1
    assert "seed_demo" in done.stderr


def test_one_language_alone_can_be_had(site):
    process = site.start()
    done = run(site, process, "--residents", "3", "--minutes", "0", "--speed", "200", "--language", "en")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conversations  3" in done.stdout
