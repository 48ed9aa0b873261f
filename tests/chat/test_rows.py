"""Statements of our own read and write what the ORM would."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from django.utils import timezone

from hotline.chat import prepared, rows
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
    writes = rows.Writes()
    writes.move([read], ("waiting_on_us_since", "risk_sealed", "last_seq"))
    writes.do()
    plain = Conversation.objects.get(pk=read.pk)
    assert (plain.waiting_on_us_since, bytes(plain.risk_sealed), plain.last_seq) == (now, b"\0sealed", 9)


def test_a_new_row_is_what_the_orm_finds(talk):
    now, names = timezone.now(), ("conversation", "seq", "author", "staff", "client_id", "text_sealed", "at")
    writes = rows.Writes()
    writes.insert(Message, names, [(talk.row.pk, 70, "resident", None, "c" * 8, b"\1", now)])
    writes.insert(Message, names, [])
    writes.do()
    [kept] = rows.messages_at([(talk.row.pk, "resident", "c" * 8), (talk.row.pk, "resident", "other-id")]).ask()
    assert kept == Message.objects.get(seq=70)
    assert (kept.conversation_id, kept.at, bytes(kept.text_sealed), kept.staff_id) == (talk.row.pk, now, b"\1", None)


@pytest.fixture
def postgres_connection(postgres):
    with psycopg.connect(postgres) as connection:
        yield connection


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, -5, None, 2**40]),
        ("uuid", [uuid.uuid4(), None]),
        ("bytea", [b"", b'\0\xff\\"{x', None]),
        ("timestamptz", [datetime(2026, 1, 31, 23, 59, 59, 1, UTC), None]),
        ("text", ["", "NULL", 'q"u\\o', "{,}", "您好\n\t ' ", None]),
        ("text", [None]),
        ("text", []),
    ],
)
def test_postgres_reads_an_array_as_it_was_written(postgres_connection, kind, values):
    [found] = postgres_connection.execute(f"SELECT %s::{kind}[]", [prepared._array(values)]).fetchone()
    assert found == values


ASKED = """
import django; django.setup()
from hotline.chat import prepared
from hotline.chat.prepared import Query, Question, known
def ask(statement, values, columns):
    return Question(Query(statement, values, columns), sorted)
def table(kinds, rows):
    return prepared.table(kinds, rows)
numbers, values = table(("bigint", "text"), [(1, "a"), (2, "b")])
nothing, none = table(("bigint",), [(3,)])
print(prepared.ask([
    ask(f"WITH one(n, t) AS ({numbers}) SELECT n, t FROM one", values, 2),
    known("known"),
    ask(f"WITH one(n) AS ({nothing}) SELECT n FROM one WHERE n > %s", [*none, 3], 1),
    ask(f"WITH one(n) AS ({nothing}) SELECT n FROM one", none, 1),
]))
"""


def test_questions_asked_together_get_each_its_answer(either_database):
    environment = {**os.environ, "DATABASE_URL": either_database, "DJANGO_SETTINGS_MODULE": "hotline.settings"}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[[(1, 'a'), (2, 'b')], 'known', [], [(3,)]]"
