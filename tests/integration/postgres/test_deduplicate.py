from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.table_loading import File, dataset, load

COLUMNS = "id integer, name text"
KEPT = "SELECT id, name, _row FROM t ORDER BY id NULLS FIRST, name"


def test_the_last_row_of_a_key_wins(database_url, connection):
    rows = [(1, "a"), (2, "b"), (1, "c"), (1, "d"), (3, "e")]
    settled = load(database_url, dataset(key="id", deduplicate="last"), File(COLUMNS, rows, rows_per_chunk=2))
    assert (settled.inserted, settled.deduplicated) == (3, 2)
    assert connection.execute(KEPT).fetchall() == [(1, "d", 4), (2, "b", 2), (3, "e", 5)]


def test_a_null_in_the_key_equals_another(database_url, connection):
    rows = [(None, "a"), (1, "b"), (None, "c"), (None, None), (1, "d")]
    settled = load(database_url, dataset(key="id", deduplicate="last"), File(COLUMNS, rows))
    assert (settled.inserted, settled.deduplicated) == (2, 3)
    assert connection.execute(KEPT).fetchall() == [(None, None, 4), (1, "d", 5)]


def test_keys_with_one_null_of_two_columns_are_told_apart(database_url, connection):
    rows = [(1, None, "a"), (None, 1, "b"), (1, 1, "c"), (1, None, "d"), (None, None, "e"), (1, 1, "f")]
    options = dataset(key=["a", "b"], deduplicate="last")
    settled = load(database_url, options, File("a integer, b integer, name text", rows))
    assert settled.deduplicated == 2
    assert connection.execute("SELECT string_agg(name, '' ORDER BY name) FROM t").fetchone() == ("bdef",)


def test_rows_of_other_loads_are_left_alone(database_url, connection):
    options = dataset(key="id", deduplicate="last")
    load(database_url, options, File(COLUMNS, [(1, "old")], load_id=1))
    settled = load(database_url, options, File(COLUMNS, [(1, "a"), (1, "b")], load_id=2))
    assert (settled.inserted, settled.deduplicated) == (1, 1)
    assert connection.execute(KEPT).fetchall() == [(1, "b", 2), (1, "old", 1)]


def test_without_lineage_the_rows_of_a_full_table_are_left_alone(database_url, connection):
    options = dataset(key="id", deduplicate="last", lineage=False)
    load(database_url, options, File(COLUMNS, [(1, "old"), (2, "b"), (2, "c")]))
    settled = load(database_url, options, File(COLUMNS, [(1, "a"), (1, "b")], load_id=2))
    assert (settled.inserted, settled.deduplicated) == (1, 1)
    assert connection.execute("SELECT id, name FROM t ORDER BY id, name").fetchall() == [
        (1, "b"),
        (1, "old"),
        (2, "c"),
    ]


def test_a_row_wrongly_held_back_is_loaded_all_the_same(database_url):
    file = File(COLUMNS, [(i, str(i)) for i in range(10)], doubtful=frozenset({3, 7}))
    settled = load(database_url, dataset(key="id", deduplicate="last"), file)
    assert (settled.inserted, settled.deduplicated) == (10, 0)


def test_keys_equal_by_collation_are_duplicates(database_url, connection):
    try:
        connection.execute(
            "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server is built without ICU: it has no collation that calls different texts equal")
    connection.execute("CREATE TABLE t (name text COLLATE folded, n integer, _load_id bigint, _row bigint)")
    options = dataset(key="name", deduplicate="last")
    settled = load(database_url, options, File("name text, n integer", [("Ada", 1), ("ADA", 2), ("Bob", 3)]))
    assert (settled.inserted, settled.deduplicated) == (2, 1)
    assert connection.execute("SELECT name, n FROM t ORDER BY n").fetchall() == [("ADA", 2), ("Bob", 3)]


def test_keys_of_types_without_a_binary_form_are_compared_as_values(database_url, connection):
    connection.execute("CREATE TABLE t (net macaddr, n integer, _load_id bigint, _row bigint)")
    rows = [("08:00:2b:01:02:03", 1), ("broken", 2), ("08002b010203", 3), ("08-00-2b-01-02-04", 4)]
    options = dataset(key="net", deduplicate="last")
    settled = load(database_url, options, File("net macaddr, n integer", rows))
    assert (settled.inserted, settled.deduplicated) == (2, 1)
    assert [(reject.row_number, reject.code) for reject in settled.refused_rows] == [(2, "22P02")]
    assert connection.execute("SELECT array_agg(n ORDER BY n) FROM t").fetchone() == ([3, 4],)


def test_a_refused_last_row_leaves_the_one_before_it(database_url, connection):
    connection.execute(
        "CREATE TABLE t (id integer, name text CHECK (name <> 'bad'), _load_id bigint, _row bigint)"
    )
    rows = [(1, "a"), (1, "b"), (2, "c"), (1, "bad"), (2, "bad"), (3, "bad"), (1, "bad")]
    settled = load(database_url, dataset(key="id", deduplicate="last"), File(COLUMNS, rows))
    assert sorted(reject.row_number for reject in [*settled.refused, *settled.refused_rows]) == [4, 5, 6, 7]
    assert (settled.inserted, settled.deduplicated) == (2, 1)
    assert connection.execute(KEPT).fetchall() == [(1, "b", 2), (2, "c", 3)]


def test_duplicates_among_many_rows_are_settled_without_a_nested_loop(database_url, connection):
    # 200,000 rows with 5,000 late ones take hours in a nested loop, and a second when hashed.
    rows = [(i, None, "x") for i in range(100_000)] + [(None, i, "x") for i in range(100_000)]
    rows += [(i, None, "last") for i in range(2_500)] + [(None, i, "last") for i in range(2_500)]
    options = dataset(key=["a", "b"], deduplicate="last")
    file = File("a integer, b integer, name text", rows, rows_per_chunk=20_000)
    settled = load(database_url, options, file)
    assert (settled.inserted, settled.deduplicated) == (200_000, 5_000)
    assert connection.execute("SELECT count(*) FROM t WHERE name = 'last'").fetchone() == (5_000,)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 5)), st.sampled_from(["a", "b", "bad"])), max_size=30
    ),
    per_chunk=st.integers(1, 40),
    lineage=st.booleans(),
    mode=st.sampled_from(["append", "merge", "replace"]),
    refuses=st.booleans(),
    is_there=st.booleans(),
)
def test_every_way_gives_the_last_accepted_row_of_each_key(
    database_url, connection, rows, per_chunk, lineage, mode, refuses, is_there
):
    connection.execute("DROP TABLE IF EXISTS t")
    if is_there or refuses:
        check = " CHECK (name <> 'bad')" if refuses else ""
        connection.execute(f"CREATE TABLE t (id integer, name text{check}, _load_id bigint, _row bigint)")
    options = dataset(
        mode=mode,
        key="id",
        deduplicate="last",
        lineage=lineage,
        allow_empty=mode == "replace",
        reject_limit=100,
    )
    settled = load(database_url, options, File(COLUMNS, rows, rows_per_chunk=per_chunk))
    accepted = [(key, name) for key, name in rows if not (refuses and name == "bad")]
    expected = dict(accepted)
    found = dict(connection.execute("SELECT id, name FROM t").fetchall())
    assert found == expected
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(expected),)
    assert settled.inserted == len(expected)
    # A row that lost its key may never have reached the table: it counts as a duplicate then.
    refused = {reject.row_number for reject in [*settled.refused, *settled.refused_rows]}
    assert refused <= {number for number, row in enumerate(rows, 1) if refuses and row[1] == "bad"}
