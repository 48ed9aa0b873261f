"""Who may do what, each action with the whole cast. What one may not see is not found."""

import pytest

from counselors import services as desk
from counselors.roles import PERMISSIONS, Permission, Role
from hotline.chat import access, errors, selectors
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation
from hotline.chat.services import messages, moves, notes, risk
from hotline.chat.states import Ending
from tests import factories
from triage.core.levels import Level

CAST = ("counselor", "other_counselor", "supervisor", "coordinator")
OK, NO, UNSEEN = "", errors.NOT_ALLOWED, errors.NOT_FOUND

ACTIONS = {
    "read": lambda talk, by: access.readable_by(by, talk.hex),
    "say": lambda talk, by: talk.hears("我在", by=by),
    "note": lambda talk, by: notes.add_note(talk.hex, by=by, text="记一笔"),
    "override": lambda talk, by: risk.override(talk.hex, by=by, level=Level.HIGH, reason="听着不对"),
    "offer": lambda talk, by: moves.offer_handover(talk.hex, by=by, to=factories.staff(), note="请接"),
    "give back": lambda talk, by: moves.give_back(talk.hex, by=by, note="要下班"),
    "ask": lambda talk, by: notes.ask(talk.hex, by=by, question="怎么问？"),
    "advise": lambda talk, by: notes.advise(talk.hex, by=by, text="直接问"),
    "end": lambda talk, by: moves.close(talk.hex, by=by, ending=Ending.HELPED),
    "decide": lambda talk, by: desk.decide(talk.hex, by=by, decision="agree", reason="同意"),
}
#              holds it  does not  supervisor  coordinator
MATRIX = {
    "read": (OK, UNSEEN, OK, UNSEEN),
    "say": (OK, UNSEEN, UNSEEN, NO),
    "note": (OK, UNSEEN, OK, NO),
    "override": (OK, UNSEEN, OK, NO),
    "offer": (OK, UNSEEN, UNSEEN, NO),
    "give back": (OK, UNSEEN, UNSEEN, NO),
    "ask": (OK, UNSEEN, UNSEEN, NO),
    "advise": (UNSEEN, UNSEEN, OK, UNSEEN),
    "end": (OK, UNSEEN, UNSEEN, NO),
    "decide": (UNSEEN, UNSEEN, OK, UNSEEN),
}


def outcome(action, *arguments):
    try:
        action(*arguments)
    except Refused as refusal:
        return refusal.code
    return OK


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", CAST)
def test_in_a_conversation(action, who, conversation, plain_triage, request):
    conversation.says("high: 不想活了")
    by = request.getfixturevalue(who)
    assert outcome(ACTIONS[action], conversation, by) == MATRIX[action][CAST.index(who)]


@pytest.mark.parametrize(("who", "expected"), list(zip(CAST, (OK, OK, OK, NO), strict=True)))
def test_taking_from_the_queue(waiting, request, who, expected):
    by = request.getfixturevalue(who)
    assert outcome(lambda: moves.accept(waiting.hex, by=by)) == expected


@pytest.mark.parametrize("action", ACTIONS)
def test_a_deactivated_account_may_do_nothing(action, conversation, counselor):
    counselor.is_active = False
    assert outcome(ACTIONS[action], conversation, counselor) in {NO, UNSEEN}


@pytest.mark.parametrize("unknown", ["0" * 32, "not-an-id", "", "f" * 31, "\x00", "' OR 1=1"])
def test_what_does_not_exist_is_not_found(unknown, supervisor, waiting):
    assert outcome(access.readable_by, supervisor, unknown) == UNSEEN
    assert outcome(access.own_of, waiting.resident.pk, unknown) == UNSEEN


def test_a_resident_reaches_their_own_conversation_only(waiting, another_resident):
    assert outcome(access.own_of, waiting.resident.pk, waiting.hex) == OK
    for door in (access.own_of, access.open_of):
        assert outcome(door, another_resident.resident.pk, waiting.hex) == UNSEEN


def test_who_holds_a_person_reads_their_earlier_story_and_nobody_elses(conversation, counselor, waiting):
    conversation.says("上一次")
    moves.close(conversation.hex, by=counselor, ending=Ending.HELPED)
    colleague = factories.staff()
    assert outcome(access.readable_by, colleague, conversation.hex) == UNSEEN
    again = factories.begin(resident=conversation.resident)
    desk.claim(again.hex, by=colleague)
    assert outcome(access.readable_by, colleague, conversation.hex) == OK
    assert outcome(access.readable_by, colleague, waiting.hex) == UNSEEN


def test_the_last_words_can_be_read_for_an_hour_and_no_longer(conversation, counselor):
    from datetime import timedelta

    moves.close(conversation.hex, by=counselor, ending=Ending.HELPED)
    assert outcome(access.readable_by, counselor, conversation.hex) == OK
    assert outcome(ACTIONS["note"], conversation, counselor) == OK
    Conversation.objects.filter(pk=conversation.hex).update(
        closed_at=conversation.row.closed_at - access.WRAP_UP_TIME - timedelta(seconds=1)
    )
    assert outcome(access.readable_by, counselor, conversation.hex) == UNSEEN


def test_the_coordinators_board_quotes_nobody(conversation, coordinator, supervisor, plain_triage):
    from counselors.selectors import board_rows
    from hotline.chat.services import opening

    opening.set_about(conversation.row, topic="", nickname="月亮邮差", age_band="")
    conversation.says("high: 不想活了")
    [row] = board_rows([], quoting=False)
    assert (row.risk.level, row.risk.spans, row.label) == ("high", [], f"#{conversation.hex[:4].upper()}")
    [row] = board_rows([], quoting=True)
    assert (row.risk.spans[0].words, row.label) == ("high", "月亮邮差")


def test_roles_hold_what_they_are_for():
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.SUPERVISOR] == set(Permission)
    assert not PERMISSIONS[Role.COORDINATOR] & {Permission.CONVERSE, Permission.READ_ANY, Permission.TAKE}
    assert not PERMISSIONS[Role.COUNSELOR] & {Permission.READ_ANY, Permission.REVIEW, Permission.MANAGE_STAFF}


def test_a_transcript_holds_what_was_said_and_no_note(conversation, counselor):
    conversation.says("谢谢")
    notes.add_note(conversation.hex, by=counselor, text="她手上有伤")
    [story] = selectors.transcript(conversation.resident)
    texts = [line.text for line in story.lines]
    assert "谢谢" in texts
    assert not any("伤" in text for text in texts)


def test_a_counselors_receipt_does_not_tell_others_what_was_said(conversation, counselor, other_counselor):
    messages.say_as_counselor(conversation.hex, by=counselor, client_id="the-same-id-here", text="我在")
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        messages.say_as_counselor(conversation.hex, by=other_counselor, client_id="the-same-id-here", text="我在")
