from __future__ import annotations

import threading

import psycopg
import pytest

from fixtures.number_loads import dataset, request
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase
from loadstone.postgres.connection import Connector
from loadstone.postgres.heartbeat import Heartbeat


class Counting(Connector):
    """Tells when a heartbeat has been sent, or has failed."""

    def __init__(self, url: str) -> None:
        super().__init__(url, limits=Limits(), application_name="heartbeat")
        self.begun = threading.Semaphore(0)

    def open(self) -> psycopg.Connection:  # type: ignore[type-arg]
        self.begun.release()
        return super().open()


def test_a_long_load_says_that_it_is_alive(database_url: str, connection: psycopg.Connection) -> None:
    database, connector = PostgresDatabase(database_url), Counting(database_url)
    with database.admit(request(), dataset()) as admission:
        assert admission.load_id is not None
        connection.execute("UPDATE loadstone.loads SET heartbeat_at = now() - interval '1 hour'")
        with Heartbeat(connector, admission.load_id, seconds=0.001):
            # The third has begun: the second is done.
            assert all(connector.begun.acquire(timeout=10) for _ in range(3))
        beaten = connection.execute("SELECT heartbeat_at > now() - interval '1 minute' FROM loadstone.loads")
        assert beaten.fetchall() == [(True,)]


def test_a_heartbeat_that_cannot_be_sent_does_not_end_the_load(caplog: pytest.LogCaptureFixture) -> None:
    connector = Counting("postgresql://u@127.0.0.1:1/nothing_listens_here")
    with Heartbeat(connector, 1, seconds=0.001):
        assert all(connector.begun.acquire(timeout=10) for _ in range(3))
    assert "load 1: a heartbeat could not be sent" in caplog.text


def test_a_heartbeat_does_not_wait_for_a_load_that_is_about_to_commit(
    database_url: str, connection: psycopg.Connection
) -> None:
    database, connector = PostgresDatabase(database_url), Counting(database_url)
    with database.admit(request(), dataset()) as admission, psycopg.connect(database_url) as committing:
        assert admission.load_id is not None
        committing.execute("UPDATE loadstone.loads SET worker = 'about to commit'")
        with Heartbeat(connector, admission.load_id, seconds=0.001):
            assert all(connector.begun.acquire(timeout=10) for _ in range(3))
        waiting = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchone()
        assert waiting == (0,)
