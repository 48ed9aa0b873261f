"""Connections that can only read are let go: the next one may write. And none is looked at for every frame.

Those of pages end with them.
"""

import sqlite3

import psycopg
import pytest
from channels.testing import HttpCommunicator
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created

from hotline.asgi import django_application as application
from hotline.chat import connections
from hotline.chat.connections import is_read_only
from hotline.chat.models import Resident


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file that cannot be written to")
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_can_only_read_is_let_go_and_the_next_one_writes():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
    before = connection.connection
    with pytest.raises(DatabaseError):
        Resident.objects.create()
    Resident.objects.create()
    assert connection.connection is not before


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.ReadOnlySqlTransaction(), True),
        (psycopg.errors.UniqueViolation(), False),
        (sqlite3.OperationalError("database is locked"), False),
    ],
)
def test_other_errors_cost_no_connection(cause, expected):
    error = DatabaseError()
    error.__cause__ = cause
    assert is_read_only(error) is expected


@pytest.mark.django_db(transaction=True)
async def test_a_pages_connection_ends_with_the_page():
    made = []

    def note(connection, **_):
        made.append(connection)

    connection_created.connect(note)
    try:
        page = HttpCommunicator(application, "GET", "/readyz", headers=[(b"host", b"localhost")])
        assert (await page.get_response(timeout=60))["status"] == 200
        await page.wait()
    finally:
        connection_created.disconnect(note)
    assert made
    assert [one.connection for one in made] == [None] * len(made)


class Answering:
    """A connection to a PostgreSQL that answers, or does not."""

    vendor = "postgresql"

    def __init__(self):
        self.execute_wrappers, self.errors_occurred = [], False
        self.answers, self.looks = True, 0

    def is_usable(self):
        self.looks += 1
        return self.answers


def test_a_connection_is_looked_at_once_a_second_and_after_each_error(monkeypatch):
    now = 100.0
    monkeypatch.setattr(connections.time, "monotonic", lambda: now)
    one = Answering()
    for _ in range(2):  # it may connect again: the signal comes each time
        connections._created(one)
    assert [one.is_usable(), one.is_usable(), one.looks] == [True, True, 1]
    now += connections.TRUSTED_SECONDS
    assert [one.is_usable(), one.looks] == [True, 2]
    one.errors_occurred, one.answers = True, False
    assert [one.is_usable(), one.looks] == [False, 3]
    # What did not answer is not trusted either.
    one.errors_occurred = False
    assert [one.is_usable(), one.looks] == [False, 4]
