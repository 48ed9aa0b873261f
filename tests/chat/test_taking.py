"""One person, one counselor; nobody is lost between two of them."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from counselors import services as desk
from counselors.models import Duty
from hotline.chat import errors, queue, selectors
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation
from hotline.chat.services import moves
from hotline.chat.states import Ending, State
from tests import factories


def in_order():
    return queue.front(99).keys


def last_event(talk):
    return selectors.lines_after(talk.row, 0)[-1].event


def test_second_counselor_to_accept_is_told_who_has_them(waiting, counselor, other_counselor):
    desk.claim(waiting.hex, by=counselor)
    with pytest.raises(Refused, match=errors.TAKEN) as refusal:
        desk.claim(waiting.hex, by=other_counselor)
    assert refusal.value.detail == counselor.alias
    assert waiting.row.holder_id == counselor.pk


def test_the_resident_is_told_who_came(waiting, counselor):
    desk.claim(waiting.hex, by=counselor)
    assert last_event(waiting) == f"joined:{counselor.alias}"


def test_somebody_who_left_cannot_be_taken(waiting, counselor):
    moves.leave_locked(waiting.row)
    with pytest.raises(Refused, match=errors.CLOSED):
        desk.claim(waiting.hex, by=counselor)


def test_the_next_is_the_most_urgent(plain_triage, counselor):
    calm, urgent = factories.begin(), factories.begin()
    calm.says("睡不着")
    urgent.says("high: 不想活了")
    assert desk.take_next(by=counselor).hex == urgent.hex


def test_with_nobody_waiting_the_answer_is_kind(db, counselor):
    with pytest.raises(Refused, match=errors.NOBODY_WAITING):
        desk.take_next(by=counselor)


@pytest.mark.parametrize("state", [Duty.OFF, Duty.PAUSE])
def test_who_is_not_on_duty_takes_nobody(waiting, counselor, state):
    desk.set_duty(counselor, state=state, capacity=3)
    with pytest.raises(Refused, match=errors.NOT_ON_DUTY):
        desk.take_next(by=counselor)


def test_a_full_desk_takes_no_more(counselor):
    desk.set_duty(counselor, state=Duty.ON, capacity=1)
    first, second = factories.begin(), factories.begin()
    desk.claim(first.hex, by=counselor)
    with pytest.raises(Refused, match=errors.FULL):
        desk.claim(second.hex, by=counselor)
    assert second.row.state == State.WAITING


def test_going_on_pause_keeps_whom_one_holds(conversation, counselor):
    desk.set_duty(counselor, state=Duty.PAUSE, capacity=4)
    assert conversation.row.holder_id == counselor.pk


def test_given_back_keeps_the_wait_and_goes_to_the_top_of_its_band(plain_triage, counselor):
    earlier, given = factories.begin(), factories.begin()
    for talk in (earlier, given):
        talk.says("moderate: 撑不下去")
    Conversation.objects.filter(pk=earlier.hex).update(waiting_since=timezone.now() - timedelta(minutes=3))
    since = given.row.waiting_since
    desk.claim(given.hex, by=counselor)
    moves.give_back(given.hex, by=counselor, note="家里有急事，请接着听她说")
    assert in_order() == [given.hex, earlier.hex]
    assert given.row.waiting_since == since
    assert last_event(given) == f"left:{counselor.alias}"


def test_given_back_stays_behind_somebody_in_greater_danger(plain_triage, counselor):
    urgent, given = factories.begin(), factories.begin()
    urgent.says("imminent: 现在")
    given.says("moderate: 撑不下去")
    desk.claim(given.hex, by=counselor)
    moves.give_back(given.hex, by=counselor, note="要下班")
    assert in_order() == [urgent.hex, given.hex]


def test_giving_back_wants_a_word_for_whoever_comes_next(conversation, counselor):
    with pytest.raises(Refused, match=errors.REASON_MISSING):
        moves.give_back(conversation.hex, by=counselor, note="  ")
    assert conversation.row.state == State.ACTIVE


def test_the_next_counselor_reads_why(conversation, counselor, other_counselor):
    moves.give_back(conversation.hex, by=counselor, note="孩子发烧，我得走")
    desk.claim(conversation.hex, by=other_counselor)
    view = selectors.conversation_view(conversation.row, reader=other_counselor)
    assert [(note.kind, note.text, note.by) for note in view.notes] == [
        ("handover", "孩子发烧，我得走", counselor.alias)
    ]


def test_the_person_of_a_vanished_counselor_is_given_back_and_told(conversation, counselor):
    assert desk.release_vanished() == 0
    Duty.objects.filter(staff=counselor).update(seen_at=timezone.now() - timedelta(seconds=61))
    assert desk.release_vanished() == 1
    row = conversation.row
    assert (row.state, row.holder, row.given_back_at is None) == (State.WAITING, None, False)
    assert last_event(conversation) == f"left:{counselor.alias}"
    assert row.transitions.last().cause == "vanished"


@pytest.mark.parametrize(("silent_seconds", "given_back"), [(49, 0), (51, 1)])
def test_people_are_back_within_a_minute_though_the_watch_comes_by_only_now_and_then(
    conversation, counselor, silent_seconds, given_back
):
    Duty.objects.filter(staff=counselor).update(seen_at=timezone.now() - timedelta(seconds=silent_seconds))
    assert desk.release_vanished() == given_back


def test_who_holds_somebody_and_was_never_heard_of_has_vanished_too(conversation, counselor):
    Duty.objects.filter(staff=counselor).update(seen_at=None)
    assert desk.release_vanished() == 1


def test_who_moved_on_meanwhile_is_not_given_back(conversation, counselor, other_counselor):
    moves.give_back(conversation.hex, by=counselor, note="要下班")
    desk.claim(conversation.hex, by=other_counselor)
    assert not moves.release_vanished(conversation.hex, holder_id=counselor.pk)
    assert conversation.row.holder_id == other_counselor.pk


def test_a_heartbeat_keeps_the_person(conversation, counselor):
    Duty.objects.filter(staff=counselor).update(seen_at=timezone.now() - timedelta(seconds=61))
    desk.touch(counselor)
    assert desk.release_vanished() == 0


@pytest.mark.parametrize("ending", [Ending.HELPED, Ending.HANDED_ON, Ending.LEFT_DURING, Ending.CLOSED_BY_STAFF])
def test_a_conversation_ends_as_the_counselor_says(conversation, counselor, ending):
    moves.close(conversation.hex, by=counselor, ending=ending, wrap_up="聊完了")
    row = conversation.row
    assert (row.state, row.ending, row.holder) == (State.CLOSED, ending, None)


def test_no_conversation_is_active_without_a_holder(conversation):
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=conversation.hex).update(holder=None)


def test_no_conversation_is_closed_without_an_ending(waiting):
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=waiting.hex).update(state=State.CLOSED, closed_at=timezone.now())


def test_a_resident_has_one_open_conversation(waiting):
    again = factories.begin(resident=waiting.resident)
    assert again.hex == waiting.hex
    assert Conversation.objects.open().filter(resident=waiting.resident).count() == 1


def test_a_supervisor_closes_what_waits_for_nobody_with_a_reason(waiting, supervisor, counselor):
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        moves.close_waiting(waiting.hex, by=counselor, reason="早走了")
    with pytest.raises(Refused, match=errors.REASON_MISSING):
        moves.close_waiting(waiting.hex, by=supervisor, reason="")
    moves.close_waiting(waiting.hex, by=supervisor, reason="人早走了")
    assert waiting.row.ending == Ending.CLOSED_BY_STAFF
