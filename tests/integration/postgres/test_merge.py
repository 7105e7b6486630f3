from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.table_loading import NOON, File, dataset, load
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase

COLUMNS = "id integer required, name text"
MERGE = {"mode": "merge", "key": "id"}
PLAIN = "CREATE TABLE t (id integer, name text, _load_id bigint, _row bigint)"
KEYED = PLAIN.replace("integer,", "integer PRIMARY KEY,")
TABLES = {
    "primary key": KEYED,
    "plain index": f"{PLAIN}; CREATE INDEX ON t (id)",
    "no index": PLAIN,
    "partitioned with unique key": f"{KEYED} PARTITION BY HASH (id);"
    "CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
    "CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "partitioned by another column": f"{PLAIN} PARTITION BY LIST (name);"
    "CREATE TABLE t_0 PARTITION OF t FOR VALUES IN ('a', 'b'); CREATE TABLE t_1 PARTITION OF t DEFAULT;"
    "CREATE INDEX ON t (id)",
    "deferrable key": PLAIN.replace("integer,", "integer UNIQUE DEFERRABLE,"),
    "statement trigger": f"{KEYED};"
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;"
    "CREATE TRIGGER nothing AFTER UPDATE ON t EXECUTE FUNCTION nothing()",
}


@pytest.fixture
def ledger(database_url, connection):
    """Registers loads with the time of their object."""
    PostgresDatabase(database_url, limits=Limits()).migrate()

    def register(load_id, object_time):
        connection.execute(
            "INSERT INTO loadstone.loads"
            " (load_id, pipeline, dataset, table_name, bucket, key, uri, state, object_time)"
            " OVERRIDING SYSTEM VALUE VALUES (%s, 'p', 'd', 't', 'b', %s, 'u', 'running', %s)",
            [load_id, str(load_id), object_time],
        )

    return register


@pytest.mark.parametrize("kind", TABLES)
def test_rows_are_inserted_updated_or_unchanged_and_counted(database_url, connection, kind):
    connection.execute(TABLES[kind])
    load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "a"), (2, "b"), (3, "c"), (4, None)], load_id=1))
    rows = [(2, "b"), (3, "z"), (4, None), (5, "e"), (6, "old"), (6, "f")]
    settled = load(database_url, dataset(**MERGE), File(COLUMNS, rows, load_id=2))
    assert (settled.inserted, settled.updated, settled.unchanged, settled.deduplicated) == (2, 1, 2, 1)
    # An unchanged row is the newer load's all the same: a late older file must not undo it.
    assert connection.execute("SELECT id, name, _load_id, _row FROM t ORDER BY id").fetchall() == [
        (1, "a", 1, 1),
        (2, "b", 2, 1),
        (3, "z", 2, 2),
        (4, None, 2, 3),
        (5, "e", 2, 4),
        (6, "f", 2, 6),
    ]


def test_a_created_table_has_a_primary_key(database_url, connection):
    load(database_url, dataset(**MERGE), File(COLUMNS, [(2, "b"), (1, "a"), (2, "c")]))
    assert connection.execute("SELECT pg_get_indexdef('t_pkey'::regclass)").fetchone()[0].endswith("(id)")
    assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [(1, "a"), (2, "c")]


@pytest.mark.parametrize("index", ["CREATE UNIQUE INDEX ON t (a, b)", "CREATE INDEX ON t (a)", "SELECT 1"])
def test_null_keys_are_merged_as_equal(database_url, connection, index):
    connection.execute(f"CREATE TABLE t (a integer, b text, n integer); {index}")
    options, columns = dataset(mode="merge", key=["a", "b"]), "a integer, b text, n integer"
    load(database_url, options, File(columns, [(1, None, 1), (None, "x", 2), (None, None, 3), (1, "x", 4)]))
    rows = [(1, None, 10), (None, "x", 2), (None, None, 30), (1, "x", 40), (2, None, 50)]
    settled = load(database_url, options, File(columns, rows))
    assert (settled.inserted, settled.updated, settled.unchanged) == (1, 3, 1)
    assert sorted(connection.execute("SELECT n FROM t").fetchall()) == [(2,), (10,), (30,), (40,), (50,)]


@pytest.mark.parametrize("kind", TABLES)
def test_a_late_older_file_does_not_undo_a_newer_one(database_url, connection, ledger, kind):
    connection.execute(TABLES[kind])
    for load_id, hours in ((1, 0), (2, 2), (3, 1)):
        ledger(load_id, NOON + timedelta(hours=hours))
    load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "first"), (2, "first")], load_id=1))
    load(database_url, dataset(**MERGE), File(COLUMNS, [(2, "first"), (3, "newest")], load_id=2))
    late = File(
        COLUMNS,
        [(1, "late"), (2, "late"), (3, "late"), (4, "late")],
        load_id=3,
        object_time=NOON + timedelta(hours=1),
        is_late=True,
    )
    settled = load(database_url, dataset(**MERGE), late)
    assert (settled.inserted, settled.updated, settled.unchanged) == (1, 1, 2)
    assert connection.execute("SELECT id, name, _load_id FROM t ORDER BY id").fetchall() == [
        (1, "late", 3),
        (2, "first", 2),
        (3, "newest", 2),
        (4, "late", 3),
    ]


@pytest.mark.parametrize("index", ["PRIMARY KEY", ""])
def test_a_late_file_only_adds_rows_where_nothing_tells_which_is_newer(database_url, connection, index):
    connection.execute(f"CREATE TABLE t (id integer {index}, name text)")
    load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "there")]))
    settled = load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "late"), (2, "late")], is_late=True))
    assert (settled.inserted, settled.updated, settled.unchanged) == (1, 0, 1)
    assert connection.execute("SELECT name FROM t ORDER BY id").fetchall() == [("there",), ("late",)]


@pytest.mark.parametrize("kind", TABLES)
def test_a_column_can_say_which_row_is_newer(database_url, connection, kind):
    connection.execute(TABLES[kind].replace("name text", "name text, at integer"))
    options, columns = dataset(**MERGE, order_by="at"), "id integer, name text, at integer"
    first = [(1, "a", 5), (1, "b", 3), (2, "a", None), (3, "a", 7), (4, "a", 4)]
    settled = load(database_url, options, File(columns, first, load_id=1))
    assert (settled.inserted, settled.deduplicated) == (4, 1)
    second = [(1, "late", 4), (2, "newer", 0), (3, "none", None), (4, "same", 4)]
    settled = load(database_url, options, File(columns, second, load_id=2))
    assert (settled.inserted, settled.updated, settled.unchanged) == (0, 2, 2)
    assert connection.execute("SELECT id, name, _load_id FROM t ORDER BY id").fetchall() == [
        (1, "a", 1),
        (2, "newer", 2),
        (3, "a", 1),
        (4, "same", 2),
    ]


def test_within_a_file_the_order_column_decides_before_the_place(database_url, connection):
    rows = [(1, "newest", 9), (1, "b", None), (1, "c", 3), (2, "d", None), (2, "e", None)]
    load(database_url, dataset(**MERGE, order_by="at"), File("id integer, name text, at integer", rows))
    assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [(1, "newest"), (2, "e")]


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("order", [{}, {"order_by": "name"}])
def test_replace_rows_takes_out_what_the_new_version_lacks(database_url, connection, kind, order):
    connection.execute(TABLES[kind])
    options = dataset(**MERGE, on_overwrite="replace_rows", **order)
    load(database_url, options, File(COLUMNS, [(1, "b"), (2, "b"), (3, "b")], load_id=1))
    load(database_url, options, File(COLUMNS, [(9, "b")], load_id=2))
    load(database_url, options, File(COLUMNS, [(2, "b"), (3, "a"), (4, "b")], load_id=3, replaced=[1]))
    assert connection.execute("SELECT id, name, _load_id FROM t ORDER BY id").fetchall() == [
        (2, "b", 3),
        (3, "a", 3),
        (4, "b", 3),
        (9, "b", 2),
    ]


def test_columns_that_the_file_does_not_know_keep_their_values(database_url, connection):
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, name text, note text DEFAULT 'mine')")
    connection.execute("INSERT INTO t VALUES (1, 'a', 'yours')")
    load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "b"), (2, "c")]))
    assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [
        (1, "b", "yours"),
        (2, "c", "mine"),
    ]


def test_rows_that_others_refer_to_are_updated_in_place(database_url, connection):
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, name text)")
    connection.execute("CREATE TABLE child (id integer REFERENCES t ON DELETE CASCADE)")
    connection.execute("INSERT INTO t VALUES (1, 'a'); INSERT INTO child VALUES (1)")
    load(database_url, dataset(**MERGE), File(COLUMNS, [(1, "b"), (1, "c")]))
    assert connection.execute("SELECT count(*) FROM child").fetchone() == (1,)


def test_a_key_of_all_columns_is_merged(database_url, connection):
    options = dataset(mode="merge", key=["id", "name"])
    load(database_url, options, File("id integer required, name text required", [(1, "a")], load_id=1))
    file = File("id integer required, name text required", [(1, "a"), (1, "b")], load_id=2)
    settled = load(database_url, options, file)
    assert (settled.inserted, settled.updated, settled.unchanged) == (1, 0, 1)
    assert connection.execute("SELECT name, _load_id FROM t ORDER BY name").fetchall() == [("a", 2), ("b", 2)]


def test_types_without_equality_are_compared_too(database_url):
    options, columns = dataset(**MERGE), "id integer required, doc json"
    load(database_url, options, File(columns, [(1, '{"a": 1}'), (2, "[]")]))
    settled = load(database_url, options, File(columns, [(1, '{"a": 1}'), (2, "[1]")]))
    assert (settled.updated, settled.unchanged) == (1, 1)


def test_a_row_that_a_merge_refuses_is_named(database_url, connection):
    connection.execute("CREATE TABLE parent (id integer PRIMARY KEY); INSERT INTO parent VALUES (1), (2)")
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, name text, parent integer REFERENCES parent)")
    options, columns = dataset(**MERGE), "id integer required, name text, parent integer"
    load(database_url, options, File(columns, [(1, "a", 1), (2, "b", 2)]))
    settled = load(
        database_url, options, File(columns, [(1, "z", 3), (2, "z", 1), (3, "z", 7), (4, "z", None)])
    )
    assert [(reject.row_number, reject.code) for reject in settled.refused_rows] == [
        (1, "23503"),
        (3, "23503"),
    ]
    assert "not present" in settled.refused_rows[0].reason
    assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [
        (1, "a"),
        (2, "z"),
        (4, "z"),
    ]


KEYS = st.one_of(st.none(), st.integers(0, 4))
FILE = st.lists(st.tuples(KEYS, st.sampled_from("abc")), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(FILE, st.integers(0, 4)), min_size=2, max_size=4), index=st.booleans())
def test_whatever_the_order_of_files_the_newest_wins(database_url, connection, ledger, files, index):
    connection.execute("DROP TABLE IF EXISTS t; TRUNCATE loadstone.loads CASCADE")
    connection.execute("CREATE TABLE t (id integer, name text, _load_id bigint, _row bigint)")
    connection.execute("CREATE UNIQUE INDEX ON t (id)" if index else "SELECT 1")
    expected = {}
    newest = -1
    for load_id, (rows, hour) in enumerate(files, 1):
        object_time = NOON + timedelta(hours=hour)
        ledger(load_id, object_time)
        file = File(
            "id integer, name text", rows, load_id=load_id, object_time=object_time, is_late=hour < newest
        )
        load(database_url, dataset(**MERGE), file)
        newest = max(newest, hour)
        for key, (name, _) in {key: (name, 0) for key, name in rows}.items():
            if key not in expected or expected[key][1] <= hour:
                expected[key] = (name, hour)
    found = connection.execute("SELECT id, name FROM t").fetchall()
    assert sorted(map(str, found)) == sorted(str((key, name)) for key, (name, _) in expected.items())
