"""What a person erased is nowhere: not in a column, not in the file, not in its log, not behind a key."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from counselors import services as desk
from counselors import watch
from hotline.chat import access, errors, journal, selectors
from hotline.chat.errors import Refused
from hotline.chat.journal import Erased
from hotline.chat.models import Conversation, Feedback, Message, Note, Resident, Weighing
from hotline.chat.sealing import Unreadable
from hotline.chat.services import erasure, messages, moves, notes, opening
from tests import factories

SAID = "今晚的月亮像一枚旧硬币 an old coin"


def bytes_on_disk():
    """The database's file and its write-ahead log, as a thief would find them."""
    main = Path(connection.settings_dict["NAME"])
    found = main.read_bytes()
    for suffix in ("-wal", "-journal"):
        beside = main.with_name(main.name + suffix)
        found += beside.read_bytes() if beside.exists() else b""
    return found


@pytest.fixture
def story(conversation, counselor, supervisor, plain_triage):
    """Somebody about whom everything that can be written was written."""
    opening.set_about(conversation.row, topic="sleep", nickname="月亮邮差", age_band="18_24")
    opening.set_mood(conversation.row, when="before", value=2)
    conversation.says(f"high: {SAID}")
    conversation.hears("我在听", by=counselor)
    notes.add_note(conversation.hex, by=counselor, text="提到了旧硬币")
    notes.ask(conversation.hex, by=counselor, question="怎么问下去？")
    opening.give_feedback(conversation.row, kind="thanks", text="谢谢你听我说月亮")
    desk.decide(conversation.hex, by=supervisor, decision="agree", reason="问得好")
    return conversation


def test_no_word_is_readable_on_disk_even_before_erasure(transactional_db, story):
    disk = bytes_on_disk()
    for words in (SAID, "我在听", "月亮邮差", "提到了旧硬币", "怎么问下去", "谢谢你听我说月亮", "问得好"):
        assert words.encode() not in disk
        assert words.encode("utf-16-le") not in disk


def test_erasing_leaves_nothing_behind(transactional_db, story):
    kept = [bytes(row.text_sealed) for row in Message.objects.all()]
    kept += [bytes(Conversation.objects.get(pk=story.hex).wrapped_key)]
    on_disk = bytes_on_disk()
    assert all(piece in on_disk for piece in kept), "the search itself must find what is there"
    erasure.erase_resident(story.resident.pk)
    for model in (Message, Note, Feedback, Weighing):
        assert model.objects.count() == 0
    row = story.row
    assert (bytes(row.wrapped_key), bytes(row.risk_sealed), bytes(row.nickname_sealed)) == (b"", b"", b"")
    assert (row.topic, row.age_band, row.mood_before, row.mood_after) == ("", "", None, None)
    on_disk = bytes_on_disk()
    assert not any(piece in on_disk for piece in kept)


def test_a_copy_of_the_ciphertext_opens_no_more(transactional_db, story):
    from hotline.chat.keys import unseal_text

    message = Message.objects.filter(author="resident").get()
    erasure.erase_resident(story.resident.pk)
    with pytest.raises(Unreadable):
        unseal_text(story.row, f"line:{message.seq}:resident", message.text_sealed)


def test_every_way_back_is_gone(transactional_db, story):
    code = opening.make_code(story.resident.pk)
    erasure.erase_resident(story.resident.pk)
    assert opening.visit_for(story.token) is None
    assert Resident.objects.get(pk=story.resident.pk).code_digest is None
    with pytest.raises(Refused, match=errors.CODE_WRONG):
        opening.redeem_code(code)


def test_that_there_was_a_conversation_stays_without_a_word(transactional_db, story, supervisor):
    erasure.erase_resident(story.resident.pk)
    row = access.readable_by(supervisor, story.hex)
    view = selectors.conversation_view(row, reader=supervisor)
    assert (view.erased, view.state, view.notes, view.risk.spans) == (True, "closed", [], [])
    assert [step.cause for step in row.transitions.all()] == ["opened", "claimed", "erased"]


def test_every_conversation_of_the_person_goes(transactional_db, waiting):
    waiting.says("第一次")
    moves.leave_locked(waiting.row)
    again = factories.begin(resident=waiting.resident)
    again.says("第二次")
    erasure.erase_resident(waiting.resident.pk)
    assert Conversation.objects.filter(erased_at__isnull=False).count() == 2


def test_somebody_elses_words_stay(transactional_db, waiting, another_resident):
    another_resident.says("我的还在")
    erasure.erase_resident(waiting.resident.pk)
    assert selectors.lines_after(another_resident.row, 0)[-1].text == "我的还在"


def test_who_erased_while_waiting_is_not_served_any_more(transactional_db, waiting, counselor):
    erasure.erase_resident(waiting.resident.pk)
    with pytest.raises(Refused, match=errors.NOBODY_WAITING):
        desk.take_next(by=counselor)
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        messages.say_as_resident(waiting.hex, resident_id=waiting.resident.pk, client_id="after-all", text="等等")


def test_a_review_of_what_was_erased_can_still_be_decided(transactional_db, waiting, supervisor, plain_triage):
    waiting.says("high: 不想活了")
    erasure.erase_resident(waiting.resident.pk)
    desk.decide(waiting.hex, by=supervisor, decision="agree", reason="已抹去")
    assert "已抹去".encode() not in bytes_on_disk()


# --- the promise made at the door: so many days, and then it is gone ------------------------------------------------
def ended(talk, *, days):
    """Let a conversation have ended so many days ago."""
    moves.leave_locked(talk.row)
    Conversation.objects.filter(pk=talk.hex).update(closed_at=timezone.now() - timedelta(days=days))


def test_what_ended_longer_ago_than_was_promised_is_erased_by_the_watch(transactional_db, story, settings):
    ended(story, days=settings.RETENTION_DAYS + 1)
    kept = [bytes(row.text_sealed) for row in Message.objects.all()]
    watch.keep()
    assert story.row.erased_at is not None
    assert Message.objects.count() == Note.objects.count() == 0
    assert not any(piece in bytes_on_disk() for piece in kept)
    assert selectors.transcript(story.resident) == []


def test_until_then_and_while_it_goes_on_it_stays(transactional_db, waiting, another_resident, settings):
    Conversation.objects.filter(pk=waiting.hex).update(opened_at=timezone.now() - timedelta(days=400))
    waiting.says("我还在等")
    another_resident.says("上周的事")
    ended(another_resident, days=settings.RETENTION_DAYS - 1)
    watch.keep()
    assert selectors.lines_after(waiting.row, 0)[-1].text == "我还在等"
    assert another_resident.row.erased_at is None


def test_a_promise_is_kept_in_portions(transactional_db, monkeypatch, settings):
    monkeypatch.setattr(erasure, "OUTLIVED_AT_ONCE", 2)
    for _ in range(3):
        ended(factories.begin(), days=settings.RETENTION_DAYS + 1)
    assert [erasure.erase_outlived() for _ in range(3)] == [2, 1, 0]


# --- the journal: what a restore must erase again ---------------------------------------------------------------------
@pytest.fixture
def journal_path(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    return journal.own_path()


def test_every_erasure_is_noted_before_it_is_done(transactional_db, story, another_resident, journal_path, settings):
    ended(another_resident, days=settings.RETENTION_DAYS + 1)
    erasure.erase_resident(story.resident.pk)
    erasure.erase_outlived()
    told = journal.read(journal_path)
    assert told.conversations == {story.row.pk, another_resident.row.pk}
    assert told.residents == {story.resident.pk}
    assert journal_path.stat().st_mode & 0o777 == 0o600


def test_what_came_back_is_erased_again_and_nothing_else(transactional_db, story, waiting, another_resident):
    waiting.says("还在等")
    another_resident.says("我的还在")
    known = Erased(frozenset({waiting.row.pk}), frozenset({story.resident.pk}))
    assert erasure.erase_again(known) == 2
    assert erasure.erase_again(known) == 0
    assert waiting.row.erased_at is not None
    assert (waiting.row.state, story.row.state) == ("closed", "closed")
    assert [line.text for line in selectors.lines_after(another_resident.row, 0)][-1] == "我的还在"


def test_a_journal_that_was_cut_off_tells_what_it_can(journal_path):
    whole, cut = uuid.uuid4(), uuid.uuid4()
    journal.write(conversations=[whole])
    with journal_path.open("a") as file:
        file.write(f"2026-01-01T00:00:00+00:00 conversation {cut.hex[:20]}")
    journal.write(conversations=[], residents=[cut])
    assert journal.read(journal_path) == Erased(frozenset({whole}), frozenset({cut}))


def test_nobodys_erasure_waits_for_the_journal(transactional_db, waiting, tmp_path, settings, caplog):
    waiting.says("忘掉我")
    settings.VAR_DIR = tmp_path / "nowhere"
    erasure.erase_resident(waiting.resident.pk)
    assert waiting.row.erased_at is not None
    assert "journal of erasures was not written" in caplog.text
