"""Types that a file's values outgrow, where the contract may evolve."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fixtures.landing import Landing
from loadstone.core.mended import mendable

OF_THE_TABLE = "_load_id bigint, _row bigint"


def make(landing: Landing, columns: str) -> None:
    landing.query(f"CREATE TABLE orders ({columns}, {OF_THE_TABLE})")


@pytest.mark.parametrize(
    ("narrow", "value", "wide"),
    [
        ("smallint", "40000", "integer"),
        ("smallint", "3000000000", "bigint"),
        ("smallint", "1.5", "numeric"),
        ("integer", "-3000000000", "bigint"),
        ("integer", "0.5", "numeric"),
        ("bigint", "99999999999999999999", "numeric"),
        ("bigint", "12e-1", "numeric"),
        ("real", "1e300", "double precision"),
        ("numeric(5,2)", "1.234", "numeric"),
        ("numeric(5,2)", "1234.5", "numeric"),
        ("varchar(3)", "four", "character varying"),
    ],
)
def test_a_column_of_a_table_becomes_as_wide_as_the_file_needs_and_no_wider(
    folder_landing: Landing, narrow: str, value: str, wide: str
) -> None:
    landing = folder_landing
    make(landing, f"id integer, v {narrow}")
    landing.query("INSERT INTO orders VALUES (1, '1')")
    outcome = landing.put_and_load(f"id,v\n2,2\n3,{value}\n")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 2, 0)
    assert landing.types() == {"id": "integer", "v": wide}
    assert landing.query(f"SELECT id FROM orders WHERE v = '{value}'::{wide}") == [(3,)]
    assert landing.query("SELECT v::text FROM orders WHERE id = 1") in ([("1",)], [("1.00",)])
    (note,) = outcome.notes
    assert note.startswith("v was ")
    assert f" and is {wide} from now on" in note
    assert landing.states() == ["loaded*"]


def test_a_type_that_an_earlier_file_showed_is_widened_by_a_later_one(landing: Landing) -> None:
    landing.put_and_load("id,v\n1,10\n", "a.csv")
    assert landing.types() == {"id": "bigint", "v": "bigint"}
    landing.put_and_load("id,v\n2,2.5\n", "b.csv")
    assert landing.types() == {"id": "bigint", "v": "numeric"}
    assert landing.rows() == [(1, Decimal(10)), (2, Decimal("2.5"))]


def test_values_that_come_late_in_a_large_file_restart_the_load_once(folder_landing: Landing) -> None:
    """The rows before them were sent by then, those behind them ask for more still."""
    landing = folder_landing
    make(landing, "id integer, v smallint, w integer, pad text")
    pad = "x" * 1_000
    block = f"1,1,1,{pad}\n" * 2_000
    content = f"id,v,w,pad\n{block}2,70000,1,\n{block}{block}3,4000000000,1.5,\n"
    outcome = landing.put_and_load(content)
    assert (outcome.counts.read, outcome.counts.inserted) == (6_002, 6_002)
    assert landing.types() == {"id": "integer", "v": "bigint", "w": "numeric", "pad": "text"}
    assert landing.query("SELECT v, w FROM orders WHERE id > 1 ORDER BY id") == [
        (70_000, Decimal(1)),
        (4_000_000_000, Decimal("1.5")),
    ]
    # The row of the first attempt was taken back: there was one restart, and nothing to tell.
    assert landing.query("SELECT load_id, state FROM loadstone.loads") == [(2, "loaded")]


def test_a_new_table_is_made_with_the_types_that_the_whole_file_needs(folder_landing: Landing) -> None:
    landing = folder_landing
    outcome = landing.put_and_load("id,v\n" + "1,1\n" * 2_000 + "2,0.25\n")
    assert (outcome.counts.inserted, outcome.counts.rejected, outcome.notes) == (2_001, 0, ())
    assert landing.types() == {"id": "bigint", "v": "numeric"}


def test_json_values_widen_columns_together_with_keys_that_come_late(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load('{"id": 1, "v": 1}\n', "a.jsonl")
    lines = '{"id": 2, "v": 2}\n' * 2_000 + '{"id": 3, "v": 1.5, "late": true}\n{"id": 1e30, "v": 3}\n'
    outcome = landing.put_and_load(lines, "b.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2_002, 0)
    assert landing.types() == {"id": "numeric", "v": "numeric", "late": "boolean"}
    assert landing.query("SELECT v, late FROM orders WHERE id = 3") == [(Decimal("1.5"), True)]


@pytest.mark.parametrize("value", ["n/a", "1.5x", "NaN", "-Infinity", "1,5", '"1\n2"'])
def test_what_is_no_number_stays_a_reject_and_changes_no_type(folder_landing: Landing, value: str) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.options["format"] = {"delimiter": ";"}
    outcome = landing.put_and_load(f"id;v\n1;{value}\n2;2\n")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 1)
    assert landing.types() == {"id": "integer", "v": "smallint"}


def test_a_row_that_is_rejected_for_another_reason_too_widens_nothing(folder_landing: Landing) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.options["columns"] = {"v": {"range": [0, 30_000]}}
    outcome = landing.put_and_load("id,v\nx,3\n3000000000,-1\nx,40000\n3000000000,40000\n3,3\n")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 4)
    assert landing.types() == {"id": "integer", "v": "smallint"}
    landing.put_and_load("id,v\n3000000000,30000\n", "b.csv")
    assert landing.types() == {"id": "bigint", "v": "smallint"}


def test_settings_of_the_column_say_what_a_value_is(folder_landing: Landing) -> None:
    landing = folder_landing
    make(landing, "id integer, v integer")
    landing.options["columns"] = {"v": {"decimal": ",", "thousands": ".", "null_values": ["99999999999"]}}
    landing.options["format"] = {"delimiter": ";"}
    landing.put_and_load("id;v\n1;1.000\n2;99999999999\n")
    assert landing.types()["v"] == "integer"
    landing.put_and_load("id;v\n3;2.000,5\n", "b.csv")
    assert landing.rows() == [(1, Decimal(1000)), (2, None), (3, Decimal("2000.5"))]


@pytest.mark.parametrize(
    "options",
    [
        {"columns": {"v": {"type": "smallint"}}},
        {"contract": "freeze", "columns": {"id": {}, "v": {}}},
        {"contract": "discard_row"},
        {"contract": "discard_value"},
    ],
    ids=["a written type", "freeze", "discard_row", "discard_value"],
)
def test_what_the_contract_holds_fast_is_not_widened(
    folder_landing: Landing, options: dict[str, Any]
) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.options = options
    outcome = landing.put_and_load("id,v\n1,40000\n2,2\n")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 1)
    assert landing.reject_places() == [(2, "v", "out_of_range")]
    assert landing.types() == {"id": "integer", "v": "smallint"}


@pytest.mark.parametrize(
    ("made", "value"),
    [
        ("CREATE DOMAIN kind AS smallint CHECK (VALUE > 0)", "40000"),
        ('CREATE DOMAIN kind AS varchar(3) COLLATE "C"', "four"),
    ],
)
def test_a_domain_keeps_its_type(folder_landing: Landing, made: str, value: str) -> None:
    landing = folder_landing
    landing.query(made)
    make(landing, "id integer, v kind")
    assert landing.put_and_load(f"id,v\n1,{value}\n2,2\n").counts.rejected == 1
    assert landing.types()["v"] == "kind"


def test_a_column_keeps_the_collation_that_its_table_gave_it(folder_landing: Landing) -> None:
    landing = folder_landing
    make(landing, 'id integer, v varchar(3) COLLATE "C"')
    assert landing.put_and_load("id,v\n1,four\n2,2\n").counts.rejected == 1
    assert landing.types()["v"] == "character varying(3)"


def test_a_view_over_the_column_fails_the_load_and_the_error_says_what_to_do(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.query("CREATE VIEW report AS SELECT v FROM orders")
    failed = landing.put_and_load("id,v\n1,40000\n")
    assert (failed.state, failed.error_code) == ("failed", "table_mismatch")
    assert failed.error == (
        '"public"."orders": column \'v\' is smallint, and values of the file need integer:'
        " cannot alter type of a column used by a view or rule"
        ' (rule _RETURN on view report depends on column "v")'
    )
    assert failed.hint == (
        'drop what depends on the column, ALTER TABLE "public"."orders" ALTER COLUMN "v" TYPE integer,'
        " and make it again; or write type: smallint for the column in pipeline.yaml, so that such rows are"
        " rejected"
    )
    assert landing.rows() == []
    assert landing.states() == ["failed"]
    landing.options["columns"] = {"v": {"type": "smallint"}}
    assert landing.load().counts.rejected == 1


HOLDS = {
    "a partition key": """
        CREATE TABLE orders (id integer, v smallint) PARTITION BY HASH (v);
        CREATE TABLE part PARTITION OF orders FOR VALUES WITH (MODULUS 1, REMAINDER 0)
        """,
    "a generated column": """
        CREATE TABLE orders (id integer, v smallint, w integer GENERATED ALWAYS AS (v + 1) STORED)
        """,
    "an identity": "CREATE TABLE orders (id integer, v bigint GENERATED BY DEFAULT AS IDENTITY)",
}


@pytest.mark.parametrize("held", HOLDS)
def test_whatever_else_holds_on_to_the_column_is_told_likewise(folder_landing: Landing, held: str) -> None:
    landing = folder_landing
    landing.query(HOLDS[held])
    failed = landing.put_and_load("id,v\n1,40000\n2,1e19\n")
    assert (failed.state, failed.error_code) == ("failed", "table_mismatch")
    assert (failed.hint or "").startswith("drop what depends on the column")


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_keys_and_rows_of_every_mode_widen(folder_landing: Landing, mode: str) -> None:
    landing = folder_landing
    landing.options = {"mode": mode, "key": "id", "deduplicate": "last"}
    landing.query("CREATE TABLE orders (id smallint PRIMARY KEY, v smallint, _load_id bigint, _row bigint)")
    landing.put_and_load("id,v\n1,1\n2,2\n", "a.csv")
    landing.put_and_load("id,v\n1,40000\n40000,3\n1,70000\n", "b.csv")
    assert landing.types() == {"id": "integer", "v": "integer"}
    kept = [(1, 70_000), (2, 2), (40_000, 3)]
    assert landing.rows() == (kept if mode == "merge" else [kept[0], kept[2]])


def test_rejected_rows_are_taken_in_by_a_replay_once_the_contract_may_evolve(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.options["columns"] = {"v": {"type": "smallint"}}
    landing.put_and_load("id,v\n1,40000\n2,2\n")
    del landing.options["columns"]
    again = landing.replay(1, rejects=True)
    assert (again.state, again.counts.inserted) == ("loaded", 1)
    assert landing.rows("id, v, _row") == [(1, 40_000, 1), (2, 2, 2)]


def test_mended_rows_widen_as_others_do(folder_landing: Landing, tmp_path: Path) -> None:
    landing = folder_landing
    make(landing, "id integer, v smallint")
    landing.options["reject_limit"] = None
    landing.put_and_load("id,v\n1,x\n")
    with landing.workspace() as workspace:
        dialect = workspace.find(1).dialect or {}
    lines = b"".join(mendable(iter(landing.rejects(1)), dialect, ["id", "v"]))
    mended = tmp_path / ".mended.csv"
    mended.write_bytes(lines.replace(b"1,x", b"1,2.5"))
    assert landing.replay(1, rejects=True, mended=mended).counts.inserted == 1
    assert landing.rows() == [(1, Decimal("2.5"))]


def test_a_partitioned_table_grows_with_its_partitions(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"partition_by": {"hash": ["id"], "partitions": 2}}
    landing.put_and_load("id,v\n1,1\n", "a.csv")
    outcome = landing.put_and_load("id,v,more\n2,2.5,x\n", "b.csv")
    assert (outcome.state, outcome.error) == ("loaded", None)
    assert landing.types() == {"id": "bigint", "v": "numeric", "more": "text"}
    assert landing.rows("id, v, more") == [(1, Decimal(1), None), (2, Decimal("2.5"), "x")]
