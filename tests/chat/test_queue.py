"""The queue in memory says what the database says, and looking costs no more when more people wait."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from counselors import services as desk
from hotline.chat import queue, rows
from hotline.chat.models import Conversation
from hotline.chat.services import moves, opening, risk
from tests import factories
from triage.core.levels import Level
from triage.services import Desk


def keys():
    return queue.front(99).keys


def test_it_follows_whoever_comes_goes_and_moves(db, counselor, supervisor, plain_triage):
    first, second, third = (factories.begin() for _ in range(3))
    assert keys() == [first.hex, second.hex, third.hex]
    third.says("high: 不想活了")
    assert keys() == [third.hex, first.hex, second.hex]
    desk.claim(first.hex, by=counselor)
    assert keys() == [third.hex, second.hex]
    moves.give_back(first.hex, by=counselor, note="要下班")
    assert keys() == [third.hex, first.hex, second.hex]
    risk.override(third.hex, by=supervisor, level=Level.LOW, reason="歌词")
    moves.close_waiting(second.hex, by=supervisor, reason="人早走了")
    assert keys() == [first.hex, third.hex]


def test_what_another_process_did_is_seen_at_the_next_look(waiting):
    assert keys() == [waiting.hex]
    Conversation.objects.filter(pk=waiting.hex).update(topic="sleep")
    rows.touch(waiting.row)
    assert queue.rows()[0][0].topic == "sleep"


def test_another_database_with_lower_numbers_is_read_anew(db):
    for _ in range(3):
        factories.begin()
    assert len(keys()) == 3
    Conversation.objects.update(touched=0)
    kept = Conversation.objects.first()
    Conversation.objects.exclude(pk=kept.pk).update(state="closed", closed_at=kept.opened_at, ending="helped")
    assert keys() == [kept.hex]


def test_a_row_that_moved_without_a_word_is_found_by_counting(waiting, another_resident, monkeypatch):
    assert len(keys()) == 2
    now = waiting.row.opened_at
    Conversation.objects.filter(pk=waiting.hex).update(state="closed", closed_at=now, ending="helped")
    monkeypatch.setattr(queue, "COUNTED_EVERY_SECONDS", 0.0)
    assert keys() == [another_resident.hex]


def test_somebody_whose_key_is_missing_hides_nobody_and_counts_as_not_scored(waiting, another_resident):
    another_resident.says("睡不着")
    Conversation.objects.filter(pk=another_resident.hex).update(wrapped_key=b"gone\0x")
    rows.touch(another_resident.row)
    queue.forget()
    shown, total = queue.rows()
    assert total == 2
    assert [row.conversation for row in shown] == [another_resident.hex, waiting.hex]
    assert not shown[0].risk.scored


def test_desks_that_ask_at_one_moment_share_one_reading(waiting):
    queue.rows()
    with CaptureQueriesContext(connection) as first:
        assert queue.rows()[0]
    opening.set_about(waiting.row, topic="sleep", nickname="", age_band="")
    with CaptureQueriesContext(connection) as second:
        assert queue.rows()[0][0].topic == "sleep"
    assert len(first) < len(second)


@pytest.mark.parametrize("ask", [queue.rows, lambda: queue.front(5), lambda: queue.candidates(Desk())])
def test_a_look_reads_as_little_with_many_as_with_few(db, ask):
    def cost():
        moved = factories.begin()
        with CaptureQueriesContext(connection) as queries:
            ask()
        opening.set_about(moved.row, topic="sleep", nickname="", age_band="")
        return len(queries)

    ask()
    few = cost()
    for _ in range(40):
        factories.begin()
    ask()
    assert cost() == few
