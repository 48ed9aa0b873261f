"""The programs that other tests lean on really run."""

import psycopg
import redis


def test_redis_answers(redis_server):
    with redis.Redis.from_url(redis_server) as client:
        assert client.ping()


def test_postgres_keeps_a_row(postgres_server):
    with psycopg.connect(postgres_server) as connection:
        connection.execute("CREATE TEMPORARY TABLE lamp (lit boolean)")
        connection.execute("INSERT INTO lamp VALUES (true)")
        assert connection.execute("SELECT lit FROM lamp").fetchone() == (True,)
