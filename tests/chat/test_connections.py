"""Connections that can only read are let go: the next one may write."""

import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, connection

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
