"""When a page doubts its line, and what it does then: the module itself, in a browser, with lines of our making."""

import pytest

LINES = """async () => {
  window.lines = [];
  window.states = [];
  window.heard = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() { this.readyState = 0; this.sent = []; this.closed = false; lines.push(this); }
    send(text) { this.sent.push(JSON.parse(text).type); }
    close() { this.readyState = 3; this.closed = true; }
    stand() { this.readyState = 1; this.onopen?.(); }
    say(frame) { this.onmessage?.({ data: JSON.stringify(frame) }); }
    welcome() { this.stand(); this.say({ type: "welcome", heartbeat_seconds: 20 }); }
  };
  const { createLink } = await import("/js/lib/link.js");
  window.link = createLink("/ws/resident/", {
    hello: () => ({ type: "hello" }),
    ping: () => ({ type: "ping" }),
    hear: (frame) => heard.push(frame.type),
    state: (state) => states.push(state),
  });
  lines[0].welcome();
}"""


ANSWERS = """() => {
  const [line] = lines;
  const send = line.send.bind(line);
  line.send = (raw) => {
    send(raw);
    setTimeout(() => line.say({ type: "pong" }), 50);
  };
}"""


@pytest.fixture
def page(bench):
    bench.evaluate(LINES)
    return bench


def sent(page, number):
    return page.evaluate(f"lines[{number}].sent")


def are_closed(page):
    return page.evaluate("lines.map((line) => line.closed)")


def test_a_line_that_owes_an_answer_stays_until_a_second_one_is_welcomed(page):
    page.evaluate("link.send({ type: 'message.send' })")
    page.clock.run_for(1_600)
    assert are_closed(page) == [False, False]
    assert page.evaluate("states") == []
    page.evaluate("lines[1].welcome()")
    assert are_closed(page) == [True, False]
    assert sent(page, 1) == ["hello"]
    # What was under way on the first is not waited for: pages say it again after a welcome.
    assert page.evaluate("states") == ["lost"]
    assert page.evaluate("link.send({ type: 'message.send' })")
    assert sent(page, 1) == ["hello", "message.send"]


def test_a_first_line_that_was_only_slow_stays_and_the_page_is_more_patient_after(page):
    page.evaluate("link.send({ type: 'message.send' })")
    page.clock.run_for(1_600)
    page.evaluate("lines[0].say({ type: 'ack' }); lines[0].say({ type: 'pong' });")
    assert are_closed(page) == [False, True]
    page.evaluate("link.send({ type: 'message.send' })")
    page.clock.run_for(2_000)
    assert are_closed(page) == [False, True]
    page.clock.run_for(1_100)
    assert are_closed(page) == [False, True, False]
    assert page.evaluate("states") == []


def test_what_a_second_line_says_before_its_welcome_is_not_heard(page):
    page.evaluate("link.send({ type: 'message.send' })")
    page.clock.run_for(1_600)
    page.evaluate("lines[1].stand(); lines[1].say({ type: 'lines' });")
    assert page.evaluate("heard") == ["welcome"]
    page.evaluate("lines[1].say({ type: 'bye', retry_after_ms: -1 })")
    assert page.evaluate("states") == ["ended"]


def test_a_hello_that_is_refused_is_soon_said_again(page):
    page.evaluate("lines[0].onclose({ code: 1006 })")
    page.clock.run_for(600)
    page.evaluate("lines[1].stand(); lines[1].say({ type: 'error', code: 'storage.unavailable' });")
    assert are_closed(page) == [False, True]
    page.clock.run_for(1_100)
    assert page.evaluate("lines.length") == 3


def test_two_lines_that_do_not_answer_are_both_given_up(page):
    page.evaluate("link.send({ type: 'message.send' })")
    page.clock.run_for(11_600)
    assert are_closed(page)[:2] == [True, True]
    assert page.evaluate("states") == ["lost"]
    page.clock.run_for(600)
    assert page.evaluate("lines.length") == 3


def test_a_page_that_listens_asks_soon_whether_people_talk_or_not(page):
    page.evaluate(ANSWERS)
    page.clock.run_for(2_400)
    assert sent(page, 0) == ["hello"]
    page.clock.run_for(200)
    assert sent(page, 0) == ["hello", "echo"]
    # Five minutes in which nobody speaks; a heartbeat every 20 s asks as well.
    page.clock.run_for(300_000)
    assert sent(page, 0).count("echo") > 80
    assert page.evaluate("lines.length") == 1


def test_a_page_that_nobody_looks_at_asks_as_well(page):
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.evaluate(ANSWERS)
    page.clock.run_for(2_600)
    assert sent(page, 0) == ["hello", "echo"]


def test_a_page_that_listens_tries_a_second_line_when_nothing_answers(page):
    page.evaluate("lines[0].say({ type: 'lines' })")
    page.clock.run_for(2_600)
    assert sent(page, 0) == ["hello", "echo"]
    page.clock.run_for(1_600)
    # Nothing answered: a second line is tried, four seconds after the last sign of life.
    assert page.evaluate("lines.length") == 2


def test_a_clock_that_is_put_back_makes_no_page_wait_for_hours(page):
    page.evaluate("lines[0].say({ type: 'lines' })")
    page.evaluate("{ const now = Date.now; Date.now = () => now() - 3600_000; }")
    page.clock.run_for(6_000)
    assert "echo" in sent(page, 0)
