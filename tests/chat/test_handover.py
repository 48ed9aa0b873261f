"""Handing a person over: offered, answered, or lapsed; never lost in between."""

import pytest

from counselors import accounts
from counselors.roles import Role
from hotline.chat import errors, selectors
from hotline.chat.errors import Refused
from hotline.chat.services import moves
from hotline.chat.states import Ending, State

NOTE = "她需要会英语的同事"


@pytest.fixture
def offer(conversation, counselor, other_counselor):
    return moves.offer_handover(conversation.hex, by=counselor, to=other_counselor, note=NOTE)


def answer_of(offer):
    offer.refresh_from_db()
    return offer.answer


def test_until_accepted_nothing_changes_for_the_resident(conversation, counselor, offer):
    assert conversation.row.holder_id == counselor.pk
    assert selectors.lines_after(conversation.row, 0)[-1].event == f"joined:{counselor.alias}"


def test_both_see_the_open_offer_with_its_note(counselor, other_counselor, supervisor, offer):
    for staff, mine in ((counselor, True), (other_counselor, False)):
        [seen] = selectors.handovers_of(staff)
        assert (seen.note, seen.mine) == (NOTE, mine)
    assert selectors.handovers_of(supervisor) == []


def test_accepting_changes_hands_without_going_through_the_queue(conversation, counselor, other_counselor, offer):
    moves.answer_handover(offer.pk, by=other_counselor, answer="accept")
    row = conversation.row
    assert (row.state, row.holder_id, answer_of(offer)) == (State.ACTIVE, other_counselor.pk, "accepted")
    assert selectors.lines_after(row, 0)[-1].event == f"handed:{other_counselor.alias}"
    assert (row.transitions.last().cause, row.transitions.last().staff_id) == ("handed_over", other_counselor.pk)
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        conversation.hears("还在吗", by=counselor)


@pytest.mark.parametrize(
    ("who", "answer", "kept"), [("taker", "decline", "declined"), ("giver", "withdraw", "withdrawn")]
)
def test_declined_or_withdrawn_the_person_stays(conversation, counselor, other_counselor, offer, who, answer, kept):
    moves.answer_handover(offer.pk, by=other_counselor if who == "taker" else counselor, answer=answer)
    assert (answer_of(offer), conversation.row.holder_id) == (kept, counselor.pk)
    moves.offer_handover(conversation.hex, by=counselor, to=other_counselor, note="再问一次")


@pytest.mark.parametrize(("who", "answer"), [("giver", "accept"), ("giver", "decline"), ("taker", "withdraw")])
def test_nobody_answers_for_the_other(counselor, other_counselor, offer, who, answer):
    with pytest.raises(Refused, match=errors.HANDOVER_GONE):
        moves.answer_handover(offer.pk, by=other_counselor if who == "taker" else counselor, answer=answer)
    assert answer_of(offer) == ""


def test_whoever_may_converse_no_more_takes_nobody_over(conversation, counselor, other_counselor, supervisor, offer):
    accounts.set_role(other_counselor, by=supervisor, role=Role.COORDINATOR)
    with pytest.raises(Refused, match=errors.HANDOVER_GONE):
        moves.answer_handover(offer.pk, by=other_counselor, answer="accept")
    assert conversation.row.holder_id == counselor.pk
    moves.answer_handover(offer.pk, by=other_counselor, answer="decline")


def test_an_answer_counts_once(other_counselor, offer):
    moves.answer_handover(offer.pk, by=other_counselor, answer="decline")
    with pytest.raises(Refused, match=errors.HANDOVER_GONE):
        moves.answer_handover(offer.pk, by=other_counselor, answer="accept")
    assert answer_of(offer) == "declined"


def test_the_offer_lapses_when_the_conversation_ends(conversation, counselor, other_counselor, offer):
    moves.close(conversation.hex, by=counselor, ending=Ending.HELPED)
    assert answer_of(offer) == "lapsed"
    with pytest.raises(Refused, match=errors.HANDOVER_GONE):
        moves.answer_handover(offer.pk, by=other_counselor, answer="accept")


def test_the_offer_lapses_when_the_giver_vanishes(conversation, counselor, offer):
    moves.release_vanished(conversation.hex, holder_id=counselor.pk)
    assert answer_of(offer) == "lapsed"


def test_one_offer_at_a_time(conversation, counselor, supervisor, offer):
    with pytest.raises(Refused, match=errors.MOVED):
        moves.offer_handover(conversation.hex, by=counselor, to=supervisor, note="或者您来")


def test_nobody_offers_what_they_do_not_hold(conversation, other_counselor, supervisor):
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        moves.offer_handover(conversation.hex, by=other_counselor, to=supervisor, note="请接")


def test_only_somebody_who_may_converse_is_asked(conversation, counselor, coordinator):
    for nobody in (coordinator, counselor):
        with pytest.raises(Refused, match=errors.HANDOVER_UNKNOWN):
            moves.offer_handover(conversation.hex, by=counselor, to=nobody, note="请接")


def test_an_offer_says_why(conversation, counselor, other_counselor):
    with pytest.raises(Refused, match=errors.REASON_MISSING):
        moves.offer_handover(conversation.hex, by=counselor, to=other_counselor, note=" ")
