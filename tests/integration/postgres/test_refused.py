from __future__ import annotations

import random

import psycopg
import pytest

from fixtures.table_loading import File, dataset, load
from loadstone.errors import DestinationError, RejectLimitExceeded

COLUMNS = "id integer, name text"


def refused(settled):
    return sorted(reject.row_number for reject in [*settled.refused, *settled.refused_rows])


def test_a_check_constraint_rejects_its_rows_with_place_and_text(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id > 0), name text)")
    settled = load(
        database_url, dataset(), File(COLUMNS, [(1, "a"), (-5, "b"), (3, "c"), (0, None)], rows_per_chunk=2)
    )
    first, second = settled.refused
    assert (first.row_number, first.line_number, first.code, first.raw) == (2, 3, "23514", b"-5,b\n")
    assert first.byte_offset == 4
    assert "t_id_check" in first.reason
    assert (second.row_number, second.raw) == (4, b"0,\n")
    assert connection.execute("SELECT id FROM t ORDER BY id").fetchall() == [(1,), (3,)]


def test_a_unique_index_rejects_what_is_there_already(database_url, connection):
    connection.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, name text); INSERT INTO t VALUES (3, 'there')"
    )
    settled = load(database_url, dataset(), File(COLUMNS, [(1, "a"), (2, "b"), (3, "c"), (1, "d")]))
    assert refused(settled) == [3, 4]
    assert {reject.code for reject in settled.refused} == {"23505"}


def test_a_foreign_key_rejects_rows_though_its_error_names_no_line(database_url, connection):
    connection.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
    connection.execute("INSERT INTO parent SELECT generate_series(0, 999)")
    connection.execute(
        "CREATE TABLE t (id integer, name text, CONSTRAINT known FOREIGN KEY (id) REFERENCES parent)"
    )
    bad = set(random.Random(1).sample(range(5000), 25))
    rows = [(1000 + i if i in bad else i % 1000, "x") for i in range(5000)]
    settled = load(database_url, dataset(), File(COLUMNS, rows))
    assert refused(settled) == sorted(i + 1 for i in bad)
    assert settled.inserted == 4975
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (4975,)


def test_a_triggers_exception_rejects_its_row(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, name text)")
    connection.execute(
        "CREATE FUNCTION mind() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " IF new.id = 2 THEN RAISE EXCEPTION 'no twos' USING ERRCODE = 'MY001', COLUMN = 'id'; END IF;"
        " RAISE NOTICE 'row %', new.id; RETURN new; END$$"
    )
    connection.execute("CREATE TRIGGER mind BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION mind()")
    settled = load(database_url, dataset(), File(COLUMNS, [(i, "x") for i in range(300)], rows_per_chunk=7))
    (reject,) = settled.refused
    assert (reject.row_number, reject.column, reject.code, reject.reason) == (3, "id", "MY001", "no twos")


def test_a_row_without_a_partition_is_rejected(database_url, connection):
    options = dataset(partition_by={"range": ["id"], "partitions": {"t_low": [0, 10], "t_high": [10, 20]}})
    settled = load(database_url, options, File(COLUMNS, [(1, "a"), (25, "b"), (11, "c")]))
    assert refused(settled) == [2]
    assert connection.execute("SELECT tableoid::regclass::text, id FROM t ORDER BY id").fetchall() == [
        ("t_low", 1),
        ("t_high", 11),
    ]


def test_a_domain_an_exclusion_and_a_generated_column_may_refuse(database_url, connection):
    connection.execute(
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 3);"
        "CREATE TABLE t (id integer, name short, part integer GENERATED ALWAYS AS (100 / id) STORED,"
        " EXCLUDE USING gist (box(point(id, id), point(id, id)) WITH &&))"
    )
    rows = [(1, "a"), (0, "b"), (2, "long"), (1, "c"), (3, "d")]
    settled = load(database_url, dataset(), File(COLUMNS, rows))
    assert sorted((reject.row_number, reject.code) for reject in settled.refused) == [
        (2, "22012"),
        (3, "23514"),
        (4, "23P01"),
    ]


def test_a_value_too_long_for_an_index_is_rejected(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, name text); CREATE INDEX ON t (name)")
    noise = "".join(random.Random(2).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    settled = load(database_url, dataset(), File(COLUMNS, [(1, "a"), (2, noise), (3, "c")]))
    assert [(reject.row_number, reject.code) for reject in settled.refused] == [(2, "54000")]


def test_half_of_the_rows_may_be_refused(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id % 2 = 0), name text)")
    rows = [(i, "x") for i in range(2000)]
    settled = load(database_url, dataset(reject_limit="60%"), File(COLUMNS, rows))
    assert refused(settled) == list(range(2, 2001, 2))


def test_a_count_that_is_exceeded_ends_the_load(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id % 2 = 0), name text)")
    rows = [(i, "x") for i in range(2000)]
    with pytest.raises(RejectLimitExceeded, match="refused 6 rows so far"):
        load(database_url, dataset(reject_limit=5), File(COLUMNS, rows))
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_deferred_constraint_fails_the_load_with_its_reason(database_url, connection):
    connection.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
    connection.execute(
        "CREATE TABLE t (id integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED, name text)"
    )
    with pytest.raises(DestinationError, match="not present in table") as caught:
        load(database_url, dataset(), File(COLUMNS, [(1, "a")]))
    assert caught.value.code == "23503"
    assert "NOT DEFERRABLE" in caught.value.hint


def test_a_lock_timeout_is_no_refusal(database_url, connection):
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, name text)")
    connection.execute(
        "ALTER ROLE CURRENT_USER IN DATABASE " + connection.info.dbname + " SET lock_timeout = '50ms'"
    )
    with connection.transaction():
        connection.execute("INSERT INTO t VALUES (2, 'not yet committed')")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            load(database_url, dataset(), File(COLUMNS, [(1, "a"), (2, "b")]))
    assert connection.execute("SELECT id FROM t").fetchall() == [(2,)]


def test_rows_that_only_clash_with_each_other_are_rejected_in_a_staged_load(database_url, connection):
    connection.execute("CREATE TABLE t (id integer UNIQUE, at point, name text)")
    rows = [(i % 900, "(1,1)", "x") for i in range(1000)]
    settled = load(database_url, dataset(reject_limit="50%"), File("id integer, at point, name text", rows))
    assert refused(settled) == list(range(901, 1001))
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (900,)
