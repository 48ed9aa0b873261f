"""What pages keep until it is acknowledged: the modules themselves, in a browser, without a server."""

import itertools

from playwright.sync_api import expect

from hotline.chat.sockets import FRAMES_AT_ONCE, FRAMES_PER_SECOND
from tests.journeys.house import say, take

DESK = """async () => {
  const { createOutgoing } = await import("/js/desk/outgoing.js");
  window.state = { link: "open", slots: ["c1"] };
  window.asked = [];
  window.back = [];
  const store = { get state() { return window.state; }, dispatch() {} };
  const ask = (type, fields) => new Promise((answer) => window.asked.push({ ...fields, answer }));
  const refused = (conversation, words, code) => window.back.push([conversation, words, code]);
  window.outgoing = createOutgoing(store, ask, refused);
}"""
TEXTS = "() => window.asked.map((one) => one.text)"


def test_new_words_behind_a_failed_one_set_both_moving(bench):
    bench.evaluate("""async () => {
      const { createOutbox } = await import("/js/lib/outbox.js");
      window.sent = [];
      window.works = false;
      const send = (item) => { if (works) sent.push(item.text); return works; };
      window.box = createOutbox("k", { send, changed() {}, refused() {} });
      box.say("one");
      works = true;
      box.say("two");
    }""")
    assert bench.evaluate("sent") == ["one"]
    bench.evaluate("box.kept(box.items()[0].client_id)")
    assert bench.evaluate("sent") == ["one", "two"]


def test_what_was_refused_for_a_while_is_tried_again_at_growing_distances_and_never_all_at_one_moment(bench):
    bench.evaluate("""async () => {
      const { createOutbox } = await import("/js/lib/outbox.js");
      window.tried = [];
      window.box = createOutbox("k", {
        send(item) {
          tried.push(Date.now());
          setTimeout(() => box.refused(item.client_id, "storage.unavailable"));
          return true;
        },
        changed() {}, refused() {},
      });
      box.say("one");
    }""")
    bench.clock.run_for(20_000)
    tried = bench.evaluate("tried")
    gaps = [later - sooner for sooner, later in itertools.pairwise(tried)]
    assert 500 <= gaps[0] <= 1100
    assert all(1500 <= gap <= 3100 for gap in gaps[2:]), gaps
    assert len(set(gaps[2:])) > 1


def test_a_long_outbox_goes_out_below_the_pace_that_a_socket_may_keep(bench):
    bench.evaluate("""async () => {
      const { createOutbox } = await import("/js/lib/outbox.js");
      window.sent = 0;
      window.open = false;
      window.box = createOutbox("k", {
        send(item) { if (open) { sent += 1; setTimeout(() => box.kept(item.client_id)); } return open; },
        changed() {}, refused() {},
      });
      for (let number = 0; number < 150; number += 1) box.say(`word ${number}`);
      open = true;
      box.flush();
    }""")
    bench.clock.run_for(1_000)
    assert 96 <= bench.evaluate("sent") <= FRAMES_AT_ONCE
    bench.clock.run_for(1_000)
    assert bench.evaluate("sent") <= FRAMES_AT_ONCE + FRAMES_PER_SECOND
    bench.clock.run_for(8_000)
    assert bench.evaluate("sent") == 150


def test_a_reply_without_an_answer_is_tried_again_though_the_line_stands(bench):
    bench.evaluate(DESK)
    bench.evaluate("outgoing.say('c1', 'hello')")
    # The first try is never answered; the outbox tries again; then both count as not asked.
    bench.clock.run_for(11_500)
    assert bench.evaluate(TEXTS) == ["hello", "hello"]
    bench.evaluate("() => { for (const one of asked) one.answer({ code: 'link' }); }")
    bench.clock.run_for(6_000)
    assert bench.evaluate(TEXTS) == ["hello"] * 3
    assert len(set(bench.evaluate("asked.map((one) => one.client_id)"))) == 1
    bench.evaluate("asked[2].answer({ code: '' })")
    bench.clock.run_for(60_000)
    assert bench.evaluate(TEXTS) == ["hello"] * 3
    assert bench.evaluate("sessionStorage.length") == 0


def test_words_to_somebody_who_has_gone_return_to_the_writer_and_are_never_said(bench):
    bench.evaluate(DESK)
    bench.evaluate("() => { state.link = 'lost'; outgoing.say('c1', 'from before'); }")
    bench.reload()
    bench.evaluate(DESK)
    bench.evaluate("() => { state.slots = ['c2']; outgoing.resume(); }")
    assert bench.evaluate("back") == [["c1", "from before", "conversation.moved"]]
    bench.evaluate("() => { state.slots = ['c1', 'c2']; outgoing.resume(); outgoing.say('c1', 'today'); }")
    assert bench.evaluate(TEXTS) == ["today"]


def test_a_desk_whose_timers_sleep_keeps_its_people(quick_visitor, quick_house):
    """As in a window that is covered: nothing of the page's own runs until the server speaks."""
    visitor = quick_visitor
    desk, other = visitor.desk("c1"), visitor.desk("c2")
    resident = visitor.resident(nickname="别走")
    say(resident, "在吗")
    take(desk, "别走")
    expect(resident.get_by_test_id("who")).to_contain_text("小林1")
    desk.evaluate("""() => {
      for (let id = 1; id < 100000; id += 1) clearTimeout(id);
      window.setInterval = window.setTimeout = () => 0;
    }""")
    # Vanished is who was not heard of for four seconds.
    resident.wait_for_timeout(9_000)
    expect(other.get_by_test_id("queue-row")).to_have_count(0)
    expect(resident.get_by_test_id("who")).to_contain_text("小林1")
