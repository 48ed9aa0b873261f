"""Statements of our own read and write what the ORM would."""

import pytest
from django.utils import timezone

from hotline.chat import rows
from hotline.chat.models import Conversation, Message
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(db):
    found = factories.begin()
    found.says("在吗")
    return found


def test_a_row_has_the_values_that_the_orm_reads(talk):
    [read] = rows.locked([talk.row.pk])
    plain = Conversation.objects.get(pk=talk.row.pk)
    assert read == plain
    for field in rows._moving.fields:
        assert read.__dict__[field.attname] == getattr(plain, field.attname), field.name
        assert type(read.__dict__[field.attname]) is type(getattr(plain, field.attname)), field.name


def test_a_field_that_was_not_read_is_read_when_asked_for(talk, django_assert_num_queries):
    [read] = rows.locked([talk.row.pk])
    Conversation.objects.filter(pk=read.pk).update(language="en")
    with django_assert_num_queries(1):
        assert read.language == "en"
    assert read.resident == talk.resident


def test_what_is_written_is_what_the_orm_finds(talk):
    [read] = rows.locked([talk.row.pk])
    now = timezone.now()
    read.waiting_on_us_since, read.risk_sealed, read.last_seq = now, b"\0sealed", 9
    rows.write_fields([read], ("waiting_on_us_since", "risk_sealed", "last_seq"))
    plain = Conversation.objects.get(pk=read.pk)
    assert (plain.waiting_on_us_since, bytes(plain.risk_sealed), plain.last_seq) == (now, b"\0sealed", 9)


def test_a_new_row_is_what_the_orm_finds(talk):
    now, names = timezone.now(), ("conversation", "seq", "author", "staff", "client_id", "text_sealed", "at")
    rows.insert(Message, names, [(talk.row.pk, 70, "resident", None, "c" * 8, b"\1", now)])
    rows.insert(Message, names, [])
    [kept] = rows.messages_at([(talk.row.pk, "resident", "c" * 8), (talk.row.pk, "resident", "other-id")])
    assert kept == Message.objects.get(seq=70)
    assert (kept.conversation_id, kept.at, bytes(kept.text_sealed), kept.staff_id) == (talk.row.pk, now, b"\1", None)
