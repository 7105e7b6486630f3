from __future__ import annotations

import psycopg
import pytest

from fixtures.table_loading import File, dataset, load, loading, send
from loadstone.errors import TableBusy, TableMismatch
from loadstone.postgres.loader import TableLoader

ROWS = [(1, "a"), (2, None), (3, "c")]
COLUMNS = "id integer required, name text"


def test_a_table_that_is_absent_is_created_with_the_rows(database_url, connection):
    settled = load(database_url, dataset(), File(COLUMNS, ROWS, load_id=7))
    assert settled.inserted == 3
    assert connection.execute("SELECT id, name, _load_id, _row FROM t ORDER BY id").fetchall() == [
        (1, "a", 7, 1),
        (2, None, 7, 2),
        (3, "c", 7, 3),
    ]


def test_a_failed_load_leaves_no_table(database_url, connection):
    file = File(COLUMNS, ROWS)
    with psycopg.connect(database_url) as failed:
        loader = TableLoader(failed, dataset(), "t", 1, object_time=file.object_time, is_late=False)
        send(loader, dataset(), file)
        assert failed.execute("SELECT count(*) FROM t").fetchone() == (3,)
        failed.rollback()
    assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)


def test_rows_are_added_to_those_that_are_there(database_url, connection):
    load(database_url, dataset(), File(COLUMNS, ROWS, load_id=1))
    load(database_url, dataset(), File(COLUMNS, ROWS, load_id=2))
    assert connection.execute("SELECT count(*), count(DISTINCT _load_id) FROM t").fetchone() == (6, 2)


def test_a_new_version_of_a_file_takes_the_place_of_the_old_one(database_url, connection):
    load(database_url, dataset(), File(COLUMNS, ROWS, load_id=1))
    load(database_url, dataset(), File(COLUMNS, [(9, "other")], load_id=2))
    load(database_url, dataset(), File(COLUMNS, [(4, "d")], load_id=3, replaced=[1]))
    assert connection.execute("SELECT id, _load_id FROM t ORDER BY id").fetchall() == [(4, 3), (9, 2)]


def test_a_new_version_is_refused_where_the_old_rows_cannot_be_found(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, name text)")
    with pytest.raises(TableMismatch, match="no _load_id") as caught:
        load(database_url, dataset(), File(COLUMNS, ROWS, load_id=2, replaced=[1]))
    assert "on_overwrite: append" in caught.value.hint


def test_a_users_own_table_is_not_given_lineage_columns(database_url, connection):
    connection.execute(
        "CREATE TABLE t (name varchar(5), id bigint NOT NULL, noted timestamptz DEFAULT now())"
    )
    file = File(COLUMNS, ROWS)
    load(database_url, dataset(), file)
    assert not file.plan.lineage
    assert file.plan.columns[0].type.name == "bigint"
    assert connection.execute("SELECT sum(id), count(noted) FROM t").fetchone() == (6, 3)


def test_types_without_a_fast_binary_form_are_cast_by_the_database(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, at point, net macaddr[], bits varbit(4), tag tsquery)")
    file = File(
        "id integer, at point, net text[], bits varbit(4), tag text",
        [(1, "(1,2)", ["08:00:2b:01:02:03"], "101", "'a'"), (2, None, None, None, None)],
    )
    settled = load(database_url, dataset(), file)
    assert settled.inserted == 2
    assert connection.execute(
        "SELECT at[0], net[1]::text, bits::text, tag::text FROM t WHERE id = 1"
    ).fetchone() == (
        1.0,
        "08:00:2b:01:02:03",
        "101",
        "'a'",
    )


def test_a_value_that_no_cast_accepts_is_refused_and_not_cut(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, bits bit(3))")
    rows = [(1, "101"), (2, "1011"), (3, "1x1"), (4, "111")]
    settled = load(database_url, dataset(), File("id integer, bits bit(3)", rows))
    codes = {reject.row_number: reject.code for reject in settled.refused_rows}
    assert codes.keys() == {2, 3}
    assert codes[2] in {
        "22026",
        "22001",
    }  # its own word from 16 on, else ours
    assert codes[3] == "22P02"
    assert connection.execute("SELECT array_agg(id ORDER BY id) FROM t").fetchone() == ([1, 4],)


def test_enum_arrays_and_domains_arrive_in_their_own_form(database_url, connection):
    connection.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
    connection.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    connection.execute("CREATE TABLE t (id positive, now mood, past mood[])")
    file = File("id integer, now mood, past mood[]", [(1, "glad", ["sad", "glad"]), (-1, "sad", [])])
    settled = load(database_url, dataset(), file)
    assert [reject.code for reject in settled.refused] == ["23514"]
    assert connection.execute("SELECT id, now::text, past::text[] FROM t").fetchall() == [
        (1, "glad", ["sad", "glad"])
    ]


def test_statement_triggers_fire_once_for_a_file(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id <> 5)); CREATE TABLE fired (rows bigint)")
    connection.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO fired SELECT count(*) FROM fresh; RETURN NULL; END$$"
    )
    connection.execute(
        "CREATE TRIGGER note AFTER INSERT ON t REFERENCING NEW TABLE AS fresh EXECUTE FUNCTION note()"
    )
    settled = load(database_url, dataset(), File("id integer", [(i,) for i in range(5000)]))
    assert [reject.row_number for reject in settled.refused_rows] == [6]
    assert connection.execute("SELECT rows FROM fired").fetchall() == [(4999,)]


def test_rows_that_a_trigger_diverts_count_as_inserted(database_url, connection):
    connection.execute("CREATE TABLE t (id integer); CREATE TABLE u (LIKE t)")
    connection.execute(
        "CREATE FUNCTION divert() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO u VALUES (new.*); RETURN NULL; END$$"
    )
    connection.execute("CREATE TRIGGER divert BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION divert()")
    assert load(database_url, dataset(), File("id integer", [(1,), (2,)])).inserted == 2
    assert connection.execute("SELECT count(*) FROM u").fetchone() == (2,)


def test_identity_columns_take_the_files_values(database_url, connection):
    connection.execute("CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)")
    options = dataset(mode="merge", key="id")
    load(database_url, options, File(COLUMNS, ROWS))
    load(database_url, options, File(COLUMNS, [(3, "x"), (8, "y")]))
    assert connection.execute("SELECT id, name FROM t WHERE id > 2 ORDER BY id").fetchall() == [
        (3, "x"),
        (8, "y"),
    ]


def test_two_loads_do_not_create_the_same_table(database_url):
    file, other = File(COLUMNS, ROWS), File(COLUMNS, ROWS, load_id=2)
    with loading(database_url, dataset(), file) as loader:
        send(loader, dataset(), file)
        with pytest.raises(TableBusy, match="creating the table"):
            load(database_url, dataset(), other)
    assert load(database_url, dataset(), other).inserted == 3


def test_row_level_security_is_kept(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, owner text)")
    connection.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    connection.execute("CREATE POLICY own ON t USING (true) WITH CHECK (owner = 'me')")
    role = f"loader_{psycopg.conninfo.conninfo_to_dict(database_url)['dbname']}"
    connection.execute(f"CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT ON t TO {role}")
    try:
        url = psycopg.conninfo.make_conninfo(database_url, user=role)
        settled = load(url, dataset(), File("id integer, owner text", [(1, "me"), (2, "you")]))
        assert [reject.code for reject in settled.refused_rows] == ["42501"]
        assert connection.execute("SELECT id FROM t").fetchall() == [(1,)]
    finally:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def stored(connection: psycopg.Connection) -> tuple[bool, bool, list[int]]:
    """Whether the catalog holds `_load_id` for rows without one, whether it has a default, what rows say."""
    found = connection.execute(
        "SELECT atthasmissing, atthasdef FROM pg_attribute"
        " WHERE attrelid = 't'::regclass AND attname = '_load_id'"
    ).fetchone()
    assert found is not None
    return (*found, [row[0] for row in connection.execute("SELECT _load_id FROM t ORDER BY 1")])


def test_the_number_of_a_first_load_is_stored_once(database_url, connection):
    load(database_url, dataset(), File(COLUMNS, ROWS, load_id=7))
    assert stored(connection) == (True, False, [7, 7, 7])
    load(database_url, dataset(), File(COLUMNS, [(4, "d")], load_id=8))
    connection.execute("UPDATE t SET name = 'changed' WHERE id = 1")
    connection.execute("VACUUM FULL t")
    assert stored(connection) == (False, False, [7, 7, 7, 8])
    load(database_url, dataset(), File(COLUMNS, [(5, "e")], load_id=9, replaced=[7]))
    assert stored(connection)[2] == [8, 9]


def test_rows_that_do_not_go_by_one_copy_have_their_number_each(database_url, connection):
    connection.execute("CREATE DOMAIN small AS integer CHECK (VALUE < 100)")
    load(database_url, dataset(key=["id"], deduplicate="last"), File(COLUMNS, ROWS, load_id=7))
    assert stored(connection) == (False, False, [7, 7, 7])
    connection.execute("DROP TABLE t")
    load(database_url, dataset(), File("id small, name text", ROWS, load_id=8))
    assert stored(connection) == (False, False, [8, 8, 8])


def test_partitions_have_the_number_of_a_first_load_too(database_url, connection):
    parts = {"hash": ["id"], "partitions": 3}
    load(database_url, dataset(partition_by=parts), File(COLUMNS, ROWS, load_id=7))
    load(database_url, dataset(partition_by=parts), File(COLUMNS, ROWS, load_id=8))
    assert stored(connection)[2] == [7, 7, 7, 8, 8, 8]
