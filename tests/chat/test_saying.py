"""What is said is kept once, in order, and only while there is somebody to say it to."""

import pytest

from counselors import services as desk
from hotline.chat import errors, selectors
from hotline.chat.errors import Refused
from hotline.chat.models import Message
from hotline.chat.services import messages, moves
from hotline.chat.states import Ending, State
from tests import factories


def lines(talk):
    return selectors.lines_after(talk.row, 0)


def test_words_come_back_as_they_were_said(waiting):
    said = "  今天好多了 🌱\n谢谢你 \u200b "
    waiting.says(said)
    assert lines(waiting)[-1].text == said


def test_saying_the_same_twice_is_one_line_with_one_receipt(waiting):
    said = {"resident_id": waiting.resident.pk, "client_id": "once-and-once-more", "text": "在吗"}
    first = messages.say_as_resident(waiting.hex, **said)
    second = messages.say_as_resident(waiting.hex, **said)
    assert (second.seq, second.at) == (first.seq, first.at)
    assert (first.repeated, second.repeated) == (False, True)
    assert [line.text for line in lines(waiting) if line.author == "resident"] == ["在吗"]


def test_an_id_that_is_used_again_for_other_words_is_refused(waiting):
    said = {"resident_id": waiting.resident.pk, "client_id": "once-and-once-more"}
    messages.say_as_resident(waiting.hex, **said, text="在吗")
    with pytest.raises(Refused, match=errors.CLIENT_ID_REUSED):
        messages.say_as_resident(waiting.hex, **said, text="不在")
    assert len([line for line in lines(waiting) if line.author == "resident"]) == 1


def test_two_residents_may_use_the_same_id(waiting, another_resident):
    for talk in (waiting, another_resident):
        receipt = messages.say_as_resident(
            talk.hex, resident_id=talk.resident.pk, client_id="a-common-id", text="晚上好"
        )
        assert not receipt.repeated


def test_lines_are_numbered_without_gaps_whoever_writes(conversation, counselor):
    for number in range(5):
        conversation.says(f"第{number}句")
        conversation.hears(f"听见第{number}句", by=counselor)
    seqs = [line.seq for line in lines(conversation)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert conversation.row.last_seq == seqs[-1]


def test_a_refused_message_leaves_no_gap(waiting):
    waiting.says("一")
    with pytest.raises(Refused):
        waiting.says("   ")
    assert waiting.says("二").seq == waiting.said[0].seq + 1


@pytest.mark.parametrize("nothing", ["", " ", "\n\t", "\u3000"])
def test_nothing_is_not_a_message(waiting, nothing):
    with pytest.raises(Refused, match=errors.TEXT_EMPTY):
        waiting.says(nothing)


def test_after_the_end_nothing_more_is_said(conversation, counselor):
    moves.close(conversation.hex, by=counselor, ending=Ending.HELPED)
    with pytest.raises(Refused, match=errors.CLOSED):
        conversation.says("还有一句")
    with pytest.raises(Refused, match=errors.CLOSED):
        conversation.hears("再见", by=counselor)


def test_what_was_kept_before_the_end_is_acknowledged_again_after_it(conversation, counselor):
    """The page that missed an acknowledgement must not be told that its words were lost."""
    said = {"resident_id": conversation.resident.pk, "client_id": "just-before-the-end", "text": "谢谢"}
    first = messages.say_as_resident(conversation.hex, **said)
    moves.close(conversation.hex, by=counselor, ending=Ending.HELPED)
    assert messages.say_as_resident(conversation.hex, **said).seq == first.seq


def test_what_a_counselor_said_before_handing_over_is_acknowledged_again(conversation, counselor):
    first = messages.say_as_counselor(conversation.hex, by=counselor, client_id="before-i-went", text="我把您交给同事")
    moves.give_back(conversation.hex, by=counselor, note="要下班")
    again = messages.say_as_counselor(conversation.hex, by=counselor, client_id="before-i-went", text="我把您交给同事")
    assert again.seq == first.seq


def test_the_waiting_clock_runs_from_the_first_unanswered_words(conversation, counselor):
    first = conversation.says("在吗")
    conversation.says("在吗？？")
    assert conversation.row.waiting_on_us_since == first.at
    conversation.hears("在的", by=counselor)
    assert conversation.row.waiting_on_us_since is None


def test_a_counselor_who_does_not_hold_it_cannot_write(conversation, other_counselor):
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        conversation.hears("你好", by=other_counselor)


def test_another_resident_cannot_write_here(waiting, another_resident):
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        messages.say_as_resident(
            waiting.hex, resident_id=another_resident.resident.pk, client_id=factories.client_id(), text="我是谁"
        )


def test_a_page_gets_its_lines_in_portions_and_in_order(waiting):
    for number in range(7):
        waiting.says(str(number), weighed=False)
    first = selectors.lines_after(waiting.row, 0, limit=3)
    rest = selectors.lines_after(waiting.row, first[-1].seq)
    assert [line.seq for line in first + rest] == list(range(1, 9))


def test_ending_while_waiting_and_while_talking_is_told_apart(waiting, conversation):
    for talk, ending in ((waiting, Ending.LEFT_WAITING), (conversation, Ending.LEFT_DURING)):
        moves.leave_locked(talk.row)
        assert (talk.row.state, talk.row.ending) == (State.CLOSED, ending)
        assert lines(talk)[-1].event == f"closed:{ending}"


def test_every_move_has_its_row_of_history(waiting, counselor):
    desk.claim(waiting.hex, by=counselor)
    moves.give_back(waiting.hex, by=counselor, note="要下班")
    desk.take_next(by=counselor)
    moves.close(waiting.hex, by=counselor, ending=Ending.HELPED, wrap_up="睡得好些了")
    rows = waiting.row.transitions.values_list("old", "new", "cause")
    assert list(rows) == [
        ("", "waiting", "opened"),
        ("waiting", "active", "claimed"),
        ("active", "waiting", "given_back"),
        ("waiting", "active", "taken"),
        ("active", "closed", "ended"),
    ]
    assert Message.objects.filter(conversation=waiting.row, author="system").count() == 5
