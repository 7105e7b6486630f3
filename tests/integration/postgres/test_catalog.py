from __future__ import annotations

import psycopg
import pytest
from msgspec.structs import replace

from fixtures.table_loading import File, columns, dataset, load, plan_of
from loadstone.errors import ConfigurationError, TableMismatch
from loadstone.model.contract import Column, Fixed, LoadPlan
from loadstone.model.types import parse_type
from loadstone.postgres.catalog import find_target, look_up
from loadstone.postgres.ddl import evolve
from loadstone.postgres.fitting import fit


def test_an_absent_table_has_no_shape(connection):
    assert look_up(connection, "nowhere.nothing") is None


def test_columns_are_told_with_their_base_types(connection):
    connection.execute("CREATE TYPE mood AS ENUM ('b', 'a')")
    connection.execute(
        "CREATE DOMAIN amount AS numeric(10,2) NOT NULL; CREATE DOMAIN price AS amount CHECK (VALUE > 0)"
    )
    connection.execute(
        'CREATE TABLE "T 1" (a varchar(5)[], m mood, ms mood[], p price,'
        " g int GENERATED ALWAYS AS (1) STORED, i int GENERATED ALWAYS AS IDENTITY,"
        " n text NOT NULL DEFAULT '', ps price[], t timestamp(3) with time zone)"
    )
    target = find_target(connection, '"T 1"')
    types = {column.name: column.type for column in target.shape.columns}
    assert types["a"] == parse_type("varchar(5)[]")
    assert (types["m"].labels, types["ms"].labels, types["ms"].is_array) == (("b", "a"), ("b", "a"), True)
    assert types["p"] == parse_type("numeric(10,2)")
    assert types["t"] == parse_type("timestamptz(3)")
    assert not types["ps"].is_fast
    assert [c.name for c in target.shape.columns if not c.is_nullable] == ["p", "i", "n"]
    assert [c.name for c in target.shape.columns if c.has_default and not c.is_generated] == ["i", "n"]
    assert [c.name for c in target.shape.columns if c.is_generated] == ["g"]
    assert target.shape.name == '"public"."T 1"'


def test_only_plain_unique_indexes_are_keys(connection):
    connection.execute(
        "CREATE TABLE t (a int PRIMARY KEY, b int, c int UNIQUE DEFERRABLE, d int);"
        "CREATE UNIQUE INDEX ON t (b, d); CREATE UNIQUE INDEX ON t (b) WHERE d > 0;"
        "CREATE UNIQUE INDEX ON t (abs(d));"
        "CREATE UNIQUE INDEX ON t (d) INCLUDE (b)"
    )
    target = find_target(connection, "t")
    assert sorted(target.shape.unique_keys) == [("a",), ("b", "d"), ("c",), ("d",)]
    assert target.has_unique_key(("d", "b"))
    assert not target.has_unique_key(("c",))  # ON CONFLICT needs one that is checked at once


@pytest.mark.parametrize(
    ("sql", "refuses"),
    [
        ("CREATE TABLE t (a int, b text NOT NULL)", False),
        ("CREATE TABLE t (a int CHECK (a > 0))", True),
        ("CREATE TABLE t (a int); CREATE INDEX ON t (a)", True),
        ("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p)", True),
        ("CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TABLE t (a d)", True),
        ("CREATE TABLE t (a int) PARTITION BY RANGE (a)", True),
        (
            "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE t PARTITION OF p FOR VALUES IN (1)",
            True,
        ),
    ],
)
def test_whether_a_table_can_refuse_rows_is_known(connection, sql, refuses):
    connection.execute(sql)
    assert find_target(connection, "t").can_refuse is refuses


@pytest.mark.parametrize(
    "sql",
    ["CREATE VIEW t AS SELECT 1 AS a", "CREATE SEQUENCE t", "CREATE MATERIALIZED VIEW t AS SELECT 1 AS a"],
)
def test_what_takes_no_rows_is_refused(connection, sql):
    connection.execute(sql)
    with pytest.raises(TableMismatch, match="rows are loaded into tables"):
        look_up(connection, "t")


def fitted(connection, text, **changes):
    target = find_target(connection, "t")
    plan = replace(plan_of(File(text, []), dataset(lineage=False)), **changes)
    return fit(plan, target)


@pytest.mark.parametrize(
    ("table", "contract", "encoded"),
    [
        ("bigint", "integer", "bigint"),
        ("numeric", "integer", "numeric(10,0)"),
        ("numeric(8,2)", "bigint", "numeric(6,0)"),
        ("numeric(10,4)", "numeric(12,2)", "numeric(8,2)"),
        ("numeric(10,2)", "numeric", "numeric(10,2)"),
        ("numeric", "numeric(10,2)", "numeric(10,2)"),
        ("text", "varchar(7)", "varchar(7)"),
        ("varchar(5)", "text", "varchar(5)"),
        ("char(5)", "text", "char(5)"),
        ("double precision", "real", "double precision"),
        ("timestamptz", "timestamptz(3)", "timestamptz(3)"),
        ("mood", "text", "mood"),
        ("mood[]", "mood[]", "mood[]"),
        ("point", "text", "text"),
        ("money[]", "money[]", "text[]"),
        ("small", "small", "smallint"),
    ],
)
def test_a_contracts_type_is_written_as_the_tables(connection, table, contract, encoded):
    connection.execute("CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN small AS smallint")
    connection.execute(f"CREATE TABLE t (a {table})")
    (column,) = fitted(connection, f"a {contract}").plan.columns
    assert column.type == parse_type(encoded)


@pytest.mark.parametrize(
    ("table", "contract"),
    [
        ("integer", "bigint"),
        ("integer", "text"),
        ("text", "integer"),
        ("integer", "integer[]"),
        ("timestamptz", "date"),
        ("timestamp", "timestamptz"),
        ("real", "double precision"),
        ("money", "integer"),
        ("uuid", "text"),
    ],
)
def test_an_incompatible_type_names_both_types(connection, table, contract):
    connection.execute(f"CREATE TABLE t (a {table})")
    with pytest.raises(TableMismatch) as caught:
        fitted(connection, f"a {contract}")
    assert f"in the table, and {parse_type(contract)} in the contract" in str(caught.value)
    assert '"public"."t"' in str(caught.value)
    assert "ALTER TABLE" in caught.value.hint


def test_a_missing_a_generated_and_an_unfilled_column_are_named(connection):
    connection.execute("CREATE TABLE t (a int, g int GENERATED ALWAYS AS (1) STORED, must text NOT NULL)")
    with pytest.raises(TableMismatch, match="no column 'b'"):
        fitted(connection, "b integer")
    with pytest.raises(TableMismatch, match="'g' is generated"):
        fitted(connection, "a integer, g integer")
    with pytest.raises(TableMismatch, match=r"'must' \(text\) is NOT NULL"):
        fitted(connection, "a integer")
    assert fitted(connection, "a integer, must text").plan.columns[1].required


def test_a_column_that_the_file_lacks_gets_the_tables_default(connection):
    connection.execute("CREATE TABLE t (a int, b text NOT NULL DEFAULT 'x', c text)")
    absent = tuple(Fixed(Column(name, parse_type("text"), source=name), None) for name in "bc")
    assert [c.name for c in fitted(connection, "a integer", fixed=absent).plan.columns] == ["a", "c"]


def test_columns_are_added_and_widened_once(connection):
    connection.execute("CREATE TABLE t (a int); CREATE TYPE \"my type\" AS ENUM ('a')")
    for _ in range(2):
        evolve(connection, '"public"."t"', columns("a bigint, b numeric(5,2), c text[]"))
    evolve(connection, "t", columns("a smallint, b numeric(3,2)"))
    found = [(column.name, column.type.sql) for column in look_up(connection, "t").columns]
    assert found == [("a", "bigint"), ("b", "numeric(5,2)"), ("c", "text[]")]
    with pytest.raises(ConfigurationError):
        evolve(connection, "t", [Column("x" * 64, parse_type("text"))])


def test_a_table_that_went_away_stays_away(connection):
    evolve(connection, "gone", columns("a bigint"))
    assert look_up(connection, "gone") is None


def test_tables_and_schemas_with_any_name_are_made_and_loaded(database_url):
    name = '"Über ""all"".%s"."100 % {of} it; DROP"'
    options = dataset(mode="merge", key="k%s", indexes=["v"])
    for load_id in (1, 2):
        plan = LoadPlan(cells=(), load_id=load_id)
        file = File("k%s integer, v text", [(1, "a"), (2, "b"), (1, "c"), (None, "d")], load_id=load_id)
        load(database_url, options, file, table=name)
        assert plan.load_id == load_id
    with psycopg.connect(database_url) as looked:
        target = find_target(looked, name)
        assert (target.name.schema, target.name.name) == ('Über "all".%s', "100 % {of} it; DROP")
        assert looked.execute(
            psycopg.sql.SQL("SELECT count(*) FROM {}").format(
                psycopg.sql.Identifier(target.name.schema, target.name.name)
            )
        ).fetchone() == (3,)
