from __future__ import annotations

import datetime as dt

import pytest

from fixtures.table_loading import File, columns, dataset, plan_of
from loadstone.core.drift import wider_types
from loadstone.errors import ConfigurationError
from loadstone.model.table import TableColumn, TableShape
from loadstone.model.types import parse_type
from loadstone.postgres.ddl import creation, evolution
from loadstone.postgres.fitting import widens
from loadstone.postgres.identifiers import TableName

TABLE = TableName("s", "t")
COLUMNS = "id integer required, at date, name varchar(20)"


def made(text=COLUMNS, **options):
    chosen = dataset(**options)
    return creation(TABLE, plan_of(File(text, []), chosen), chosen)


def test_a_table_has_the_contracts_columns_and_its_lineage():
    result = made()
    assert 'THEN CREATE SCHEMA "s"; END IF' in result.before[0]
    assert result.before[1].splitlines() == [
        'CREATE TABLE "s"."t" (',
        '    "id" integer NOT NULL,',
        '    "at" date,',
        '    "name" character varying(20),',
        '    "_row" bigint,',
        '    "_load_id" bigint',
        ")",
    ]
    assert result.after == ('CREATE INDEX ON "s"."t" USING brin ("_load_id") WITH (autosummarize = on)',)


def test_a_first_load_gives_its_number_to_all_rows_at_once():
    chosen = dataset()
    plan = plan_of(File(COLUMNS, [], load_id=12), chosen)
    result = creation(TABLE, plan, chosen, numbers_later=True)
    assert "_load_id" not in result.before[1]
    assert result.numbering == (
        'ALTER TABLE "s"."t" ADD COLUMN "_load_id" bigint DEFAULT 12',
        'ALTER TABLE "s"."t" ALTER COLUMN "_load_id" DROP DEFAULT',
    )
    assert result.told == (*made().before, *made().after)


def test_the_key_of_a_merge_is_unique_and_comes_after_the_rows():
    assert made(mode="merge", key="id", lineage=False).after == (
        'ALTER TABLE "s"."t" ADD PRIMARY KEY ("id")',
    )
    assert made(mode="merge", key=["id", "at"], lineage=False).after == (
        'CREATE UNIQUE INDEX ON "s"."t" ("id", "at")',
    )


def test_where_partitions_forbid_a_unique_key_there_is_a_plain_index():
    options = {
        "mode": "merge",
        "key": "id",
        "lineage": False,
        "partition_by": {"hash": ["at"], "partitions": 2},
    }
    assert made(**options).after == ('CREATE INDEX ON "s"."t" ("id")',)


def test_appended_rows_need_no_index_on_their_key():
    assert made(key="id", deduplicate="last", lineage=False, indexes=["name", ["at", "id"]]).after == (
        'CREATE INDEX ON "s"."t" ("name")',
        'CREATE INDEX ON "s"."t" ("at", "id")',
    )


def test_hash_partitions_are_numbered():
    before = made(partition_by={"hash": ["id"], "partitions": 2}).before
    assert before[1].endswith(') PARTITION BY HASH ("id")')
    assert before[3] == 'CREATE TABLE "s"."t_1" PARTITION OF "s"."t" FOR VALUES WITH (MODULUS 2, REMAINDER 1)'


def test_range_and_list_partitions_have_names_and_bounds():
    parts = {"old": [None, dt.date(2026, 1, 1)], "new": ["2026-01-01", None], "rest": "default"}
    assert made(partition_by={"range": ["at"], "partitions": parts}).before[2:5] == (
        """CREATE TABLE "s"."old" PARTITION OF "s"."t" FOR VALUES FROM (MINVALUE) TO ('2026-01-01')""",
        """CREATE TABLE "s"."new" PARTITION OF "s"."t" FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)""",
        """CREATE TABLE "s"."rest" PARTITION OF "s"."t" DEFAULT""",
    )
    parts = {"few": ["it's", None], "one": "b"}
    assert made(partition_by={"list": ["name"], "partitions": parts}).before[2:4] == (
        """CREATE TABLE "s"."few" PARTITION OF "s"."t" FOR VALUES IN ('it''s', NULL)""",
        """CREATE TABLE "s"."one" PARTITION OF "s"."t" FOR VALUES IN ('b')""",
    )


@pytest.mark.parametrize("bounds", [5, [1], [1, 2, 3], [[1, 2], [3, 4]]])
def test_bounds_that_do_not_fit_are_refused(bounds):
    with pytest.raises(ConfigurationError, match="bound"):
        made(partition_by={"range": ["id"], "partitions": {"p": bounds}})


@pytest.mark.parametrize(
    "options",
    [
        {"indexes": ["nope"]},
        {"mode": "merge", "key": "nope"},
        {"partition_by": {"hash": ["nope"], "partitions": 2}},
    ],
)
def test_unknown_columns_are_named(options):
    with pytest.raises(ConfigurationError, match="'nope' is not a column"):
        made(**options)


def test_names_are_quoted_and_their_length_checked():
    assert '"wei""rd; --" integer' in made(
        'wei"rd;_-- integer'.replace("_", " ").replace("; --", ";\u00a0--")
    ).before[1].replace("\u00a0", " ")
    with pytest.raises(ConfigurationError, match="70 bytes"):
        made("x" * 70 + " integer")


def test_evolution_adds_and_widens_and_nothing_else():
    shape = TableShape(
        '"s"."t"',
        tuple(
            TableColumn(name, parse_type(kind), is_nullable=True, has_default=False)
            for name, kind in [
                ("a", "integer"),
                ("b", "varchar(5)"),
                ("c", "bigint"),
                ("d", "text"),
                ("e", "numeric(5,2)"),
            ]
        ),
        (),
        has_lineage=True,
    )
    wanted = columns("a bigint, b varchar(9), c integer, d uuid, e numeric(7,2), f date")
    assert evolution(shape, wanted) == [
        'ALTER TABLE "s"."t" ALTER COLUMN "a" TYPE bigint',
        'ALTER TABLE "s"."t" ALTER COLUMN "b" TYPE character varying(9)',
        'ALTER TABLE "s"."t" ALTER COLUMN "e" TYPE numeric(7,2)',
        'ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "f" date',
    ]


@pytest.mark.parametrize(
    "kind", ["smallint", "integer", "bigint", "real", "numeric(5,2)", "varchar(3)", "timestamp(0)", "time(3)"]
)
def test_whatever_a_type_may_become_holds_its_values_unchanged(kind):
    steps = [parse_type(kind), *wider_types(parse_type(kind))]
    assert len(steps) > 1
    assert all(widens(steps[i], steps[j]) for i in range(len(steps)) for j in range(i + 1, len(steps)))


def test_a_column_of_a_domain_is_never_altered():
    column = TableColumn("a", parse_type("integer"), is_nullable=True, has_default=False, is_plain=False)
    assert evolution(TableShape("t", (column,), (), has_lineage=True), columns("a bigint")) == []
