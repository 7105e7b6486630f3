from __future__ import annotations

import pytest

from fixtures.table_loading import File, dataset, load
from loadstone.errors import DestinationError, EmptyReplace

COLUMNS = "id integer, name text"
METHODS = ["truncate", "delete"]


@pytest.mark.parametrize("method", METHODS)
def test_the_file_takes_the_place_of_all_rows(database_url, connection, method):
    options = dataset(mode="replace", method=method)
    load(database_url, options, File(COLUMNS, [(1, "a"), (2, "b")], load_id=1))
    settled = load(database_url, options, File(COLUMNS, [(3, "c")], load_id=2))
    assert settled.inserted == 1
    assert connection.execute("SELECT id, _load_id, _row FROM t").fetchall() == [(3, 2, 1)]


@pytest.mark.parametrize("method", METHODS)
def test_views_grants_and_indexes_survive(database_url, connection, method):
    options = dataset(mode="replace", method=method)
    load(database_url, options, File(COLUMNS, [(1, "a")], load_id=1))
    connection.execute(
        "CREATE VIEW v AS SELECT * FROM t; GRANT SELECT ON t TO PUBLIC; CREATE INDEX mine ON t (name)"
    )
    load(database_url, options, File(COLUMNS, [(2, "b")], load_id=2))
    assert connection.execute("SELECT id FROM v").fetchall() == [(2,)]
    assert connection.execute(
        "SELECT 'mine'::regclass::text, relacl::text LIKE '%%=r/%%' FROM pg_class WHERE relname = 't'"
    ).fetchone() == ("mine", True)


@pytest.mark.parametrize("method", METHODS)
def test_partitions_stay_and_are_filled_anew(database_url, connection, method):
    options = dataset(mode="replace", method=method, partition_by={"hash": ["id"], "partitions": 3})
    load(database_url, options, File(COLUMNS, [(i, "a") for i in range(50)], load_id=1))
    load(database_url, options, File(COLUMNS, [(i, "b") for i in range(20)], load_id=2))
    assert connection.execute("SELECT count(*), min(name), count(DISTINCT tableoid) FROM t").fetchone() == (
        20,
        "b",
        3,
    )


@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_without_rows_replaces_nothing_unless_allowed(database_url, connection, is_first):
    if not is_first:
        load(database_url, dataset(mode="replace"), File(COLUMNS, [(1, "a")]))
    with pytest.raises(EmptyReplace) as caught:
        load(database_url, dataset(mode="replace"), File(COLUMNS, []))
    assert "allow_empty" in caught.value.hint
    load(database_url, dataset(mode="replace", allow_empty=True), File(COLUMNS, []))
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_file_of_which_all_rows_are_refused_replaces_nothing(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id < 100)); INSERT INTO t VALUES (1)")
    with pytest.raises(EmptyReplace):
        load(database_url, dataset(mode="replace", reject_limit=10), File("id integer", [(100,), (200,)]))
    assert connection.execute("SELECT id FROM t").fetchall() == [(1,)]


def test_a_table_that_foreign_keys_point_to_is_not_truncated(database_url, connection):
    connection.execute(
        "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE child (id integer REFERENCES t)"
    )
    with pytest.raises(DestinationError, match="foreign keys") as caught:
        load(database_url, dataset(mode="replace"), File("id integer", [(1,)]))
    assert "method: delete" in caught.value.hint
    assert (
        load(database_url, dataset(mode="replace", method="delete"), File("id integer", [(1,)])).inserted == 1
    )


def test_a_reader_of_the_old_rows_is_not_disturbed_by_delete(database_url, connection):
    options = dataset(mode="replace", method="delete")
    load(database_url, options, File(COLUMNS, [(1, "a")], load_id=1))
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert connection.execute("SELECT name FROM t").fetchall() == [("a",)]
        load(database_url, options, File(COLUMNS, [(1, "b")], load_id=2))
        assert connection.execute("SELECT name FROM t").fetchall() == [("a",)]
    assert connection.execute("SELECT name FROM t").fetchall() == [("b",)]


def test_refused_rows_are_left_out_of_the_new_content(database_url, connection):
    connection.execute("CREATE TABLE t (id integer UNIQUE, name text); INSERT INTO t VALUES (1, 'old')")
    rows = [(1, "a"), (2, "b"), (1, "again")]
    settled = load(database_url, dataset(mode="replace"), File(COLUMNS, rows))
    assert [(reject.row_number, reject.code) for reject in settled.refused_rows] == [(3, "23505")]
    assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [(1, "a"), (2, "b")]


def test_the_last_row_of_a_key_wins_in_a_replaced_table(database_url, connection):
    options = dataset(mode="replace", key="id", deduplicate="last")
    for load_id in (1, 2):
        file = File(COLUMNS, [(1, "a"), (2, "b"), (1, str(load_id))], load_id=load_id)
        assert load(database_url, options, file).deduplicated == 1
    assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [(1, "2"), (2, "b")]
