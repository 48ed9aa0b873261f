"""Timers in a page that nobody looks at: the module itself, in a browser. The page's own clock stands still."""

import time

import pytest

HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
CLOCK = """async () => {
  window.rang = [];
  window.clock = await import("/js/lib/clock.js");
}"""
REFUSED = "() => { window.Worker = class { constructor() { throw new Error('refused'); } }; }"


@pytest.fixture
def page(bench):
    bench.evaluate(CLOCK)
    return bench


def rings(page, what):
    """Wait for it; the page cannot, for its clock stands."""
    deadline = time.monotonic() + 15
    while what not in page.evaluate("rang"):
        assert time.monotonic() < deadline, page.evaluate("rang")
        time.sleep(0.02)


def test_a_timer_goes_off_in_a_hidden_page_whose_own_timers_sleep(page):
    page.evaluate(HIDDEN, True)
    page.evaluate("() => { clock.after(50, () => rang.push('once')); }")
    rings(page, "once")
    page.clock.run_for(1_000)
    assert page.evaluate("rang") == ["once"]


def test_a_timer_that_was_set_before_the_page_was_hidden_goes_off_too(page):
    page.evaluate("() => { clock.after(50, () => rang.push('before')); }")
    page.evaluate(HIDDEN, True)
    rings(page, "before")


def test_what_was_cancelled_never_goes_off(page):
    page.evaluate(HIDDEN, True)
    page.evaluate("() => { clock.cancel(clock.after(50, () => rang.push('cancelled'))); }")
    page.evaluate("() => { clock.after(100, () => rang.push('after it')); }")
    rings(page, "after it")
    page.clock.run_for(1_000)
    assert page.evaluate("rang") == ["after it"]


def test_a_page_that_is_looked_at_goes_by_its_own_clock(page):
    page.evaluate("() => { clock.after(50, () => rang.push('looked at')); }")
    page.clock.run_for(40)
    assert page.evaluate("rang") == []
    page.clock.run_for(20)
    assert page.evaluate("rang") == ["looked at"]


def test_where_workers_are_refused_the_windows_own_timers_remain(bench):
    bench.evaluate(REFUSED)
    bench.evaluate(CLOCK)
    bench.evaluate(HIDDEN, True)
    bench.evaluate("() => { clock.after(50, () => rang.push('own')); }")
    bench.clock.run_for(60)
    assert bench.evaluate("rang") == ["own"]
