"""The level: raised by words, declared by the person, decided by humans, never silently lowered."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from counselors import services as desk
from counselors import watch
from counselors.models import Duty
from hotline import background
from hotline.chat import errors, queue, selectors, standing
from hotline.chat.errors import Refused
from hotline.chat.models import Message, Weighing
from hotline.chat.services import flags, moves, risk
from tests import factories
from tests.wire import there
from triage import reading
from triage import services as triage
from triage.core.levels import Level

pytestmark = pytest.mark.usefixtures("plain_triage")


def place_now(hex_, *, before=None):
    queue.refresh()
    return queue.place_of(hex_, before=before)


def level(talk):
    return standing.read(talk.row).risk.level


def kinds(talk):
    return flags.kinds_of(talk.row)


def test_before_any_word_the_level_is_low(waiting):
    assert level(waiting) == "low"


def test_words_raise_the_level_and_show_themselves(waiting):
    receipt = waiting.says("high: 不想活了")
    [span] = standing.read(waiting.row).risk.spans
    assert level(waiting) == "high"
    assert (span.seq, span.words, span.reason) == (receipt.seq, "high", "intent")


def test_later_calm_words_do_not_lower_it(waiting):
    waiting.says("high: 不想活了")
    waiting.says("没事，我开玩笑的")
    assert level(waiting) == "high"


@pytest.mark.parametrize(("words", "kind"), [("high: 不想活了", "high"), ("imminent: 现在", "imminent")])
def test_a_crisis_is_flagged_for_review_once(waiting, words, kind):
    waiting.says(words)
    waiting.says(words)
    assert kinds(waiting) == {kind}
    assert waiting.row.flags.count() == 1


def test_declared_danger_is_imminent_and_triage_never_lowers_it(waiting):
    risk.declare_danger(waiting.row)
    waiting.says("没事了")
    record = standing.read(waiting.row)
    assert (record.risk.level, record.risk.source, record.declared) == ("imminent", "declared", True)
    assert kinds(waiting) == {"declared", "imminent"}
    assert selectors.lines_after(waiting.row, 0)[1].event == "danger"


def test_declaring_twice_is_told_once(waiting):
    for _ in range(2):
        risk.declare_danger(waiting.row)
    events = [line.event for line in selectors.lines_after(waiting.row, 0)]
    assert events.count("danger") == 1


def test_danger_declared_at_the_door_stands_at_once(db):
    assert level(factories.begin(danger=True)) == "imminent"


def test_a_counselor_lowers_it_with_a_reason_and_earlier_words_do_not_raise_it_again(conversation, counselor):
    conversation.says("high: 不想活了")
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="问过，是歌词")
    conversation.says("嗯，就是歌词")
    record = standing.read(conversation.row)
    assert (record.risk.level, record.risk.source, record.risk.by) == ("low", "counselor", counselor.alias)
    assert kinds(conversation) == {"high", "overridden"}


def test_later_words_raise_it_again(conversation, counselor):
    conversation.says("high: 不想活了")
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="问过，是歌词")
    conversation.says("imminent: 其实是真的")
    assert level(conversation) == "imminent"


def test_a_human_decides_while_triage_is_still_reading(conversation, counselor, monkeypatch):
    receipt = conversation.says("high: 不想活了", weighed=False)
    read = reading.here.read_now

    def read_slowly(asked, limit):
        risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="问过，是歌词")
        return read(asked, limit)

    monkeypatch.setattr(reading.here, "read_now", read_slowly)
    risk.weigh(conversation.hex, receipt.seq)
    assert level(conversation) == "low"


def test_words_from_before_a_decision_are_weighed_once_and_not_looked_for_again(conversation, counselor):
    conversation.says("high: 不想活了", weighed=False)
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="问过，是歌词")
    for hex_, seq in risk.unweighed():
        risk.weigh(hex_, seq)
    assert risk.unweighed() == []
    assert level(conversation) == "low"


def test_danger_declared_after_a_decision_is_imminent_again(conversation, counselor):
    risk.declare_danger(conversation.row)
    risk.override(conversation.hex, by=counselor, level=Level.MODERATE, reason="按错了")
    risk.declare_danger(conversation.row)
    assert level(conversation) == "imminent"


def test_an_override_wants_a_reason(conversation, counselor):
    with pytest.raises(Refused, match=errors.REASON_MISSING):
        risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="  ")


def test_a_supervisor_overrides_what_another_holds(conversation, supervisor, other_counselor):
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        risk.override(conversation.hex, by=other_counselor, level=Level.HIGH, reason="我觉得")
    risk.override(conversation.hex, by=supervisor, level=Level.HIGH, reason="听过录音")
    assert standing.read(conversation.row).risk.source == "supervisor"


def test_asking_a_supervisor_flags_and_shows_on_the_board(conversation, counselor, supervisor):
    from hotline.chat.services import notes

    notes.ask(conversation.hex, by=counselor, question="这样问可以吗？")
    assert kinds(conversation) == {"asked"}
    assert conversation.row.help_asked_at is not None
    notes.advise(conversation.hex, by=supervisor, text="可以，问得直接些。")
    assert conversation.row.help_asked_at is None


# --- triage fails ----------------------------------------------------------------------------------------------------
def test_when_triage_fails_the_words_are_kept_and_a_human_comes_first(waiting):
    calm = factories.begin()
    calm.says("moderate: 撑着")
    waiting.says("fault: 你好")
    record = standing.read(waiting.row)
    assert (record.risk.level, record.risk.scored) == ("moderate", False)
    assert selectors.lines_after(waiting.row, 0)[-1].text == "fault: 你好"
    assert queue.front(99).keys == [waiting.hex, calm.hex]


def test_when_triage_hangs_the_words_are_kept_and_a_human_comes_first(waiting, monkeypatch):
    awake = threading.Event()
    monkeypatch.setattr(triage, "assess", lambda text, *, earlier=(), readings=None: awake.wait(5))
    try:
        waiting.says("你好")
    finally:
        awake.set()
    assert not standing.read(waiting.row).risk.scored


def test_what_triage_was_too_slow_for_is_read_by_the_watch(waiting, plain_triage, monkeypatch):
    quick = risk.TIME_LIMIT_SECONDS
    assess = triage.assess
    monkeypatch.setattr(
        triage, "assess", lambda text, *, earlier=(), readings=None: time.sleep(0.1) or assess(text, earlier=earlier)
    )
    monkeypatch.setattr(risk, "TIME_LIMIT_SECONDS", 0.01)
    waiting.says("imminent: 就是现在")
    assert not standing.read(waiting.row).risk.scored
    assert len(risk.unweighed()) == 1
    monkeypatch.setattr(risk, "TIME_LIMIT_SECONDS", quick)
    watch.keep()
    assert level(waiting) == "imminent"
    assert "imminent" in flags.kinds_of(waiting.row)
    assert risk.unweighed() == []


def test_a_triage_that_hangs_holds_the_watch_up_once_a_round_and_each_message_once(waiting, monkeypatch):
    awake = threading.Event()
    monkeypatch.setattr(triage, "assess", lambda text, *, earlier=(), readings=None: awake.wait(5))
    monkeypatch.setattr(risk, "TIME_LIMIT_SECONDS", 0.01)
    monkeypatch.setattr(risk, "SECOND_LIMIT_SECONDS", 0.01)
    try:
        waiting.says("你好")
        waiting.says("在吗")
        left = []
        for _ in range(2):
            watch.keep()
            left.append(len(risk.unweighed()))
        assert left == [1, 0]
    finally:
        awake.set()
    assert not standing.read(waiting.row).risk.scored


@pytest.mark.django_db(transaction=True)
async def test_while_triage_hangs_the_watch_holds_no_thread_that_others_need(waiting, monkeypatch):
    awake, hangs = threading.Event(), threading.Event()
    monkeypatch.setattr(triage, "assess", lambda text, **_: hangs.set() or awake.wait(20))
    monkeypatch.setattr(risk, "SECOND_LIMIT_SECONDS", 20)
    await there(lambda: waiting.says("在吗", weighed=False))
    watching = asyncio.create_task(background.read_what_was_left(watch.Left()))
    try:
        assert await asyncio.to_thread(hangs.wait, 10)
        assert await there(lambda: waiting.row.last_seq) == 2
        assert not watching.done(), "it waited for triage on the thread that everybody needs"
    finally:
        awake.set()
        await watching
    assert await there(risk.unweighed) == []


@pytest.mark.django_db(transaction=True)
async def test_while_triage_hangs_the_watch_opens_one_of_many_that_are_left(waiting, monkeypatch):
    """All of them at once would hold the thread on which everybody's messages are kept."""
    awake, opened, collect = threading.Event(), [], risk.collect
    monkeypatch.setattr(triage, "assess", lambda text, **_: awake.wait(20))
    monkeypatch.setattr(risk, "SECOND_LIMIT_SECONDS", 0.01)
    monkeypatch.setattr(risk, "collect", lambda places, *rest: opened.extend(places) or collect(places, *rest))
    said = [await there(waiting.says, text, weighed=False) for text in ("你好", "在吗", "还在吗")]
    try:
        await background.read_what_was_left(watch.Left())
    finally:
        awake.set()
    assert opened == [(waiting.hex, said[0].seq)]


def test_the_watch_leaves_to_others_what_they_are_reading_and_finds_it_later(waiting):
    waiting.says("high: 不想活了", weighed=False)
    left = watch.Left()
    assert left.unread(older_than=60) == []
    assert left.unread() == [(waiting.hex, 2)]


def test_the_watch_looks_through_what_was_read_long_ago_once_and_misses_nothing(waiting, another_resident):
    waiting.says("你好")
    late = another_resident.says("在吗", weighed=False)
    waiting.says("还在吗")
    Message.objects.update(at=timezone.now() - timedelta(seconds=2 * watch.OLD_SECONDS))
    ids = {(one.conversation.hex, one.seq): one.pk for one in Message.objects.all()}
    left = watch.Left()
    for _ in range(2):
        assert left.unread() == [(another_resident.hex, late.seq)]
        assert left.read_upto == ids[another_resident.hex, late.seq] - 1
    risk.weigh(another_resident.hex, late.seq)
    assert left.unread() == []
    assert left.read_upto == max(ids.values())
    fresh = waiting.says("有人吗", weighed=False)
    assert left.unread() == [(waiting.hex, fresh.seq)]


def test_what_was_said_a_moment_ago_stays_to_be_looked_at(waiting):
    waiting.says("你好")
    left = watch.Left()
    assert left.unread() == []
    assert left.read_upto == 0


def test_one_message_that_cannot_be_opened_keeps_no_other_from_being_read(waiting, another_resident, plain_triage):
    broken = waiting.says("你好", weighed=False)
    another_resident.says("high: 不想活了", weighed=False)
    Message.objects.filter(conversation_id=waiting.hex, seq=broken.seq).update(text_sealed=b"rubbish")
    watch.keep()
    assert level(another_resident) == "high"


def test_not_scored_stays_while_nobody_has_looked(waiting, counselor):
    waiting.says("fault: 你好")
    waiting.says("还在吗")
    assert not standing.read(waiting.row).risk.scored
    desk.claim(waiting.hex, by=counselor)
    waiting.says("在的")
    assert standing.read(waiting.row).risk.scored


def test_a_crisis_stays_a_crisis_when_triage_fails_later(waiting):
    waiting.says("high: 不想活了")
    waiting.says("fault: 你好")
    assert level(waiting) == "high"


def test_words_that_were_never_weighed_are_found_by_the_watch(waiting):
    waiting.says("high: 不想活了", weighed=False)
    assert level(waiting) == "low"
    watch.keep()
    assert level(waiting) == "high"
    assert risk.unweighed() == []


def test_a_message_is_weighed_once(waiting):
    receipt = waiting.says("high: 不想活了")
    risk.weigh(waiting.hex, receipt.seq)
    assert Weighing.objects.count() == 1


# --- what a resident is told ------------------------------------------------------------------------------------------
def test_place_is_exact_near_the_front_and_says_why_it_moved_back(plain_triage, db):
    mine = factories.begin()
    mine.says("睡不着")
    before = place_now(mine.hex)
    assert (before.least, before.most, before.why) == (0, 0, "")
    other = factories.begin()
    other.says("high: 不想活了")
    after = place_now(mine.hex, before=before)
    assert (after.least, after.most, after.why) == (1, 1, "danger")
    moves.leave_locked(other.row)
    assert place_now(mine.hex, before=after).why == ""


def test_somebody_given_back_is_named_as_the_reason(plain_triage, counselor):
    other = factories.begin()
    desk.claim(other.hex, by=counselor)
    mine = factories.begin()
    before = place_now(mine.hex)
    moves.give_back(other.hex, by=counselor, note="要下班")
    assert place_now(mine.hex, before=before).why == "given_back"


def test_somebody_who_came_later_and_may_need_it_sooner_is_told_as_the_reason(plain_triage, db):
    mine = factories.begin()
    before = place_now(mine.hex)
    factories.begin().says("moderate: 撑不住了")
    assert place_now(mine.hex, before=before).why == "sooner"


def test_a_page_that_comes_back_is_told_why_its_place_is_what_it_is(plain_triage, db):
    mine = factories.begin()
    factories.begin().says("high: 不想活了")
    assert place_now(mine.hex).why == "danger"


def test_whose_level_was_lowered_is_not_moved_back_without_a_word(plain_triage, supervisor):
    first = factories.begin()
    mine = factories.begin()
    mine.says("high: 不想活了")
    before = place_now(mine.hex)
    risk.override(mine.hex, by=supervisor, level=Level.LOW, reason="是一句歌词")
    after = place_now(mine.hex, before=before)
    assert (after.most, after.why) == (1, "sooner")
    assert place_now(mine.hex, before=after).why == "sooner"
    assert place_now(first.hex).why == ""


def test_who_simply_came_later_waits_in_the_order_of_arrival(db):
    factories.begin()
    mine = factories.begin()
    assert place_now(mine.hex).why == ""


def test_further_back_a_range_is_told(db):
    talks = [factories.begin() for _ in range(9)]
    place = place_now(talks[-1].hex)
    assert place.least < 8 <= place.most


def test_the_residents_view_shows_care_but_no_level(waiting):
    waiting.says("high: 不想活了")
    view = selectors.resident_view(waiting.row, place=None, on_duty=1, counselor="", has_code=False, earlier=0)
    assert view.care
    assert not {"risk", "level", "notes", "probability"} & set(view.__struct_fields__)


def test_a_paused_colleague_does_not_count_as_on_duty(db):
    from counselors.selectors import count_on_duty

    one = factories.staff()
    factories.staff(on_duty=False)
    assert count_on_duty() == 1
    desk.set_duty(one, state=Duty.PAUSE, capacity=3)
    assert count_on_duty() == 0
