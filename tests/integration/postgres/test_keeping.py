"""Connections that wait for the next call: alive, clean, and no burden to the server meanwhile."""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.clocks import SetClock
from fixtures.number_loads import dataset, load, request
from fixtures.workers import eventually
from loadstone.errors import SlotUnavailable
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase, keeping
from loadstone.postgres.connection import Connector
from loadstone.postgres.keeping import KeptConnections


def connect(database_url: str, kept: KeptConnections) -> keeping.Connection:
    made = psycopg.connect(database_url, prepare_threshold=None)
    kept.note(made)
    return made


def sessions(connection: psycopg.Connection) -> set[int]:
    """The server's processes that serve loadstone in this database, all of them idle."""
    rows = connection.execute(
        "SELECT pid, state FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'loadstone'"
    ).fetchall()
    assert {state for _, state in rows} <= {"idle"}
    return {pid for pid, _ in rows}


def end_sessions(connection: psycopg.Connection) -> None:
    """Returns when they are gone."""
    for pid in sessions(connection):
        connection.execute("SELECT pg_terminate_backend(%s, 10_000)", [pid])


def test_one_load_after_the_other_is_served_by_the_same_two_processes(
    database_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(database_url, keeps=2)
    load(database, request(1), [1, 2])
    first = sessions(connection)
    assert len(first) == 2
    load(database, request(2, "other.csv"), [3])
    assert load(database, request(2, "other.csv")).state == "skipped"
    assert database.history(limit=1)[0].state == "loaded"
    assert sessions(connection) == first
    locks = "SELECT locktype FROM pg_locks WHERE pid = ANY(%s) AND locktype <> 'virtualxid'"
    assert connection.execute(locks, [list(first)]).fetchall() == []
    database.close()


def test_what_keeps_nothing_leaves_nothing_behind(database_url: str, connection: psycopg.Connection) -> None:
    database = PostgresDatabase(database_url)
    load(database, request(1), [1])
    eventually(lambda: sessions(connection) == set(), "the end of the sessions")


def test_sessions_that_were_ended_meanwhile_cost_no_load(
    database_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(database_url, keeps=2)
    load(database, request(1), [1])
    before = sessions(connection)
    end_sessions(connection)
    load(database, request(2, "other.csv"), [2])  # one attempt, which any error would fail
    assert sessions(connection).isdisjoint(before)
    assert [record.state for record in database.history()] == ["loaded", "loaded"]
    database.close()


def test_after_a_failure_the_connection_goes_and_the_next_load_is_clean(
    database_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(database_url, keeps=2)
    load(database, request(1), [1])
    admission = database.admit(request(2, "other.csv"), dataset())
    with pytest.raises(RuntimeError), admission:
        raise RuntimeError
    eventually(lambda: len(sessions(connection)) == 1, "the ledger's session alone")
    load(database, request(3, "other.csv"), [2])
    assert connection.execute("SELECT count(*) FROM public.numbers").fetchone() == (2,)
    assert len(sessions(connection)) == 2
    database.close()


def test_what_triggers_set_for_their_session_the_next_load_does_not_find(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute("""
        CREATE TABLE public.numbers (a integer, b text, _load_id bigint, _row bigint);
        CREATE FUNCTION public.untidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM set_config('search_path', 'nowhere', false), set_config('TimeZone', 'Asia/Tokyo', false);
            PERFORM pg_advisory_lock(42);
            CREATE TEMP TABLE scratch (a integer);
            SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
            EXECUTE 'PREPARE ready AS SELECT 1';
            RETURN NULL;
        END $$;
        CREATE TRIGGER untidy AFTER INSERT ON public.numbers EXECUTE FUNCTION public.untidy();
    """)
    database = PostgresDatabase(database_url, keeps=2)
    load(database, request(1), [1])
    first = sessions(connection)
    advisory = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert connection.execute(advisory).fetchone() == (0,)
    load(database, request(2, "other.csv"), [2])  # the table `scratch` would be there already
    assert sessions(connection) == first
    database.close()


def test_a_session_that_waits_is_as_it_was_when_it_began(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute("DROP ROLE IF EXISTS keeping_owner; CREATE ROLE keeping_owner")
    try:
        options = "-c role=keeping_owner -c search_path=pg_catalog -c statement_timeout=5min"
        url = make_conninfo(database_url, options=options, application_name="mine")
        connector = Connector(url, limits=Limits(), application_name="test", keeps=1)
        with connector.borrowed() as first:
            first.execute(
                "SET search_path = nowhere; SET statement_timeout = '1min'; SET client_encoding = latin1"
            )
            first.execute("SET ROLE NONE; SET application_name = 'other'")
            first.commit()
        with connector.borrowed() as second:
            assert second is first
            shown = second.execute(
                "SELECT current_user, current_setting('search_path'), current_setting('statement_timeout'),"
                " current_setting('client_encoding'), current_setting('application_name'),"
                " current_setting('idle_session_timeout')"
            ).fetchone()
        assert shown == ("keeping_owner", "pg_catalog", "5min", "UTF8", "mine", "5min")
        connector.close()
    finally:
        connection.execute("DROP ROLE keeping_owner")


def test_an_owner_who_ends_idle_sessions_sooner_is_heeded(database_url: str) -> None:
    url = make_conninfo(database_url, options="-c idle_session_timeout=90s")
    connector = Connector(url, limits=Limits(), application_name="test", keeps=1)
    for _ in range(2):
        with connector.borrowed() as connection:
            shown = connection.execute("SHOW idle_session_timeout").fetchone()
    assert shown == ("90s",)
    connector.close()


def test_behind_a_pooler_nothing_is_kept(pgbouncer_url: str) -> None:
    connector = Connector(pgbouncer_url, limits=Limits(), application_name="test", keeps=2)
    for _ in range(2):
        with connector.borrowed() as connection:
            connection.execute("SELECT 1")
        assert connection.closed


@pytest.mark.parametrize("by_wall", [True, False])
def test_a_connection_that_waited_for_minutes_is_made_anew(database_url: str, by_wall: bool) -> None:
    """A process that was frozen has one clock that stood still."""
    clock = SetClock()
    kept = KeptConnections(2, clock)
    connection = connect(database_url, kept)
    kept.put(connection)
    clock.seconds += 200.0
    assert kept.take() is connection
    kept.put(connection)
    if by_wall:
        clock.time += timedelta(minutes=4)
    else:
        clock.seconds += 240.0
    assert kept.take() is None
    assert connection.closed


def test_a_connection_does_not_live_for_ever(database_url: str) -> None:
    clock = SetClock()
    kept = KeptConnections(1, clock)
    connection = connect(database_url, kept)
    for _ in range(4):
        kept.put(connection)
        clock.seconds += 220.0
        assert kept.take() is connection
    kept.put(connection)
    clock.seconds += 100.0
    assert kept.take() is None
    assert connection.closed


def test_a_server_that_does_not_answer_is_not_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the network forgot the connection, and drops what is sent without a word."""
    monkeypatch.setattr(keeping, "_ANSWER_SECONDS", 0.05)
    clock = SetClock()
    kept = KeptConnections(1, clock)
    connection = connect(database_url, kept)
    kept.put(connection)
    clock.seconds += 60.0
    process = connection.info.backend_pid
    os.kill(process, signal.SIGSTOP)
    try:
        assert kept.take() is None
        assert connection.closed
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_connection_amid_a_transaction_or_broken_is_not_kept(database_url: str) -> None:
    kept = KeptConnections(4)
    busy, broken, closed = (connect(database_url, kept) for _ in range(3))
    busy.execute("SELECT 1")
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [broken.info.backend_pid])
    closed.close()
    for connection in (busy, broken, closed):
        kept.put(connection)
        assert connection.closed
    assert kept.take() is None


def test_no_more_are_kept_than_was_said(database_url: str) -> None:
    kept = KeptConnections(1)
    first, second = connect(database_url, kept), connect(database_url, kept)
    kept.put(first)
    kept.put(second)
    assert (first.closed, second.closed) == (True, False)
    kept.close()
    assert second.closed


def test_who_waits_for_a_place_holds_no_connection(database_url: str, connection: psycopg.Connection) -> None:
    database = PostgresDatabase(database_url, limits=Limits(max_concurrent_loads=1), keeps=2)
    load(database, request(1), [1])
    assert len(sessions(connection)) == 2
    other = PostgresDatabase(database_url, application_name="other")
    with other.admit(request(2, "b.csv"), dataset()), pytest.raises(SlotUnavailable):
        database.admit(request(3, "c.csv"), dataset()).__enter__()
    eventually(lambda: sessions(connection) == set(), "the end of the sessions")


def test_threads_share_what_is_kept(database_url: str, connection: psycopg.Connection) -> None:
    database = PostgresDatabase(database_url, keeps=5)
    load(database, request(1), [1])

    def many(thread: int) -> None:
        for number in range(5):
            load(database, request(10 * thread + number, f"{thread}-{number}.csv"), [thread])

    threads = [threading.Thread(target=many, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connection.execute("SELECT count(*) FROM public.numbers").fetchone() == (21,)
    eventually(lambda: len(sessions(connection)) <= 5, "no more sessions than are kept")
    database.close()
