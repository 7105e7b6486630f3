from __future__ import annotations

import struct
import threading
import time
from contextlib import contextmanager
from itertools import islice

import psycopg
import pytest

from fixtures.table_loading import File, chunks, columns, dataset, load, loading, plan_of
from loadstone.errors import Stalled
from loadstone.model.batch import Chunk
from loadstone.model.contract import Cell, LoadPlan
from loadstone.postgres.copy import CopyStream
from loadstone.postgres.loader import TableLoader
from loadstone.postgres.pump import Pump

TUPLE = struct.pack("!hi", 1, 1000) + b"x" * 1000


@contextmanager
def stream(url, *, stall_timeout=60.0):
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
        opened = CopyStream(
            connection,
            "COPY t (name) FROM STDIN (FORMAT BINARY)",
            stall_timeout=stall_timeout,
            stop=threading.Event(),
        )
        yield connection, opened


def send_all(copying, parts):
    for part in parts:
        copying.send(part)


def write_all(loader, parts):
    for part in parts:
        loader.write(part)


def put_all(pump, count):
    for rows in range(count):
        pump.put(Chunk(b"", rows))


def sleepy(connection):
    """A table that takes its rows forever."""
    connection.execute("CREATE TABLE t (name text)")
    connection.execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(600); RETURN new; END$$"
    )
    connection.execute("CREATE TRIGGER wait BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION wait()")


def test_rows_larger_than_any_buffer_arrive(database_url, connection):
    connection.execute("CREATE TABLE t (name text)")
    size = 40_000_000
    with stream(database_url) as (_, copying):
        copying.send(struct.pack("!hi", 1, size) + b"y" * size)
        copying.send(memoryview(TUPLE * 5))
        assert copying.end() == 6
    assert connection.execute("SELECT max(length(name)), count(*) FROM t").fetchone() == (size, 6)


def test_nothing_sent_is_nothing_copied(database_url):
    with stream(database_url) as (connection, copying):
        assert copying.end() == 0
        copying.abort()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_error_stops_a_long_copy_at_once(database_url, connection):
    connection.execute("CREATE TABLE t (name varchar(5))")
    ten_gigabytes = [TUPLE * 100] * 100_000
    refusal = psycopg.errors.StringDataRightTruncation
    with stream(database_url) as (_, copying), pytest.raises(refusal):
        send_all(copying, ten_gigabytes)
    assert copying.rows == 0


def test_a_server_that_takes_nothing_is_given_up(database_url, connection):
    sleepy(connection)
    with stream(database_url, stall_timeout=0.2) as (copied, copying):
        with pytest.raises(Stalled, match="took nothing"):
            send_all(copying, [TUPLE * 1000] * 1000)
        copying.abort()
        copied.rollback()
        assert copied.execute("SELECT 1").fetchone() == (1,)


def test_a_load_that_is_given_up_leaves_a_usable_connection(database_url, connection):
    connection.execute("CREATE TABLE t (name text)")
    with stream(database_url) as (copied, copying):
        copying.send(TUPLE * 1000)
        copying.abort()
        copied.rollback()
        assert copied.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("table", ["CREATE TABLE t (name text)", "CREATE TABLE t (name text UNIQUE)"])
def test_a_lost_connection_is_reported_and_hangs_nobody(database_url, connection, table):
    connection.execute(table)
    file = File("name text", [("x" * 1000 + str(i),) for i in range(2000)])
    with psycopg.connect(database_url) as lost:
        loader = TableLoader(
            lost, dataset(lineage=False), "t", 1, object_time=file.object_time, is_late=False
        )
        plan = loader.prepare(plan_of(file, dataset(lineage=False)), [])
        sent = list(chunks(file, plan))
        loader.write(sent[0])
        connection.execute("SELECT pg_terminate_backend(%s)", [lost.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            write_all(loader, [sent[1]] * 1000)
        loader.close()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_closing_a_load_does_not_wait_for_a_busy_server(database_url, connection):
    sleepy(connection)
    file = File("name text", [("x" * 1000,)] * 40_000, rows_per_chunk=8000)
    started = time.monotonic()
    options = dataset(lineage=False)
    with psycopg.connect(database_url) as busy:
        loader = TableLoader(busy, options, "t", 1, object_time=file.object_time, is_late=False)
        write_all(loader, islice(chunks(file, loader.prepare(plan_of(file, options), [])), 3))
        loader.close()
        busy.rollback()
    assert time.monotonic() - started < 300, "it waited for the trigger"
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_copy_that_waits_for_a_locked_table_is_given_up_when_it_is_told_to(database_url, connection):
    connection.execute("CREATE TABLE t (name text)")
    with psycopg.connect(database_url) as blocker, psycopg.connect(database_url) as waiting:
        blocker.execute("LOCK TABLE t")
        stop = threading.Event()
        copying = CopyStream(
            waiting, "COPY t (name) FROM STDIN (FORMAT BINARY)", stall_timeout=60.0, stop=stop
        )
        pump = Pump(lambda _chunk: copying.send(TUPLE), stop)
        pump.put(Chunk(TUPLE, 1))
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY t%'"
        while connection.execute(waits).fetchone() is None:
            pass
        pump.close()
        copying.abort()
        waiting.rollback()
        assert waiting.execute("SELECT 1").fetchone() == (1,)


def test_a_copy_that_begins_when_it_was_given_up_is_ended(database_url, connection):
    connection.execute("CREATE TABLE t (name text)")
    with psycopg.connect(database_url) as blocker, stream(database_url) as (copied, copying):
        blocker.execute("LOCK TABLE t")
        copying._stop.set()
        with pytest.raises(Stalled, match="given up"):
            copying.send(TUPLE)
        blocker.rollback()  # so that the answer is that it may send
        copied.cancel_safe = lambda **_: None  # a cancel that comes too late for the statement
        copying.abort()
        copied.rollback()
        assert copied.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_pump_hands_its_workers_error_back_and_drops_the_rest():
    done = []

    def consume(chunk):
        if chunk.rows == 3:
            raise KeyError(chunk.rows)
        done.append(chunk.rows)

    pump = Pump(consume, threading.Event())
    with pytest.raises(KeyError):
        put_all(pump, 1000)
    with pytest.raises(KeyError):
        pump.finish()
    pump.close()
    assert done == [0, 1, 2]


def test_all_works_through_a_pooler_in_transaction_mode(pgbouncer_url, connection):
    options = dataset(mode="merge", key="id")
    rows = [(i % 800, str(i)) for i in range(1000)]
    load(pgbouncer_url, options, File("id integer required, name text", rows, load_id=1))
    settled = load(pgbouncer_url, options, File("id integer required, name text", rows, load_id=2))
    assert (settled.unchanged, settled.deduplicated) == (800, 200)
    assert connection.execute("SELECT count(*), min(_load_id) FROM t").fetchone() == (800, 2)


def test_one_transaction_holds_the_table_and_its_rows(database_url, connection):
    plan = LoadPlan(cells=tuple(Cell(c.name, (c,)) for c in columns("id integer")), load_id=1)
    file = File("id integer", [(1,)])
    with loading(database_url, dataset(), file) as loader:
        prepared = loader.prepare(plan, [])
        loader.write(next(chunks(file, prepared)))
        loader.settle(0, 0)
        assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
