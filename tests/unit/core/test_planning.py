"""File, contract and table brought together."""

from __future__ import annotations

from typing import Any

import pytest

from loadstone.core.planning import Planned, make_plan
from loadstone.errors import ContractError
from loadstone.model.contract import Column
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableColumn, TableShape
from loadstone.model.types import UNDECIDED, PgType, parse_type

FACTS = {"file_name": "day1.csv"}


def layout(*names: str, rows: tuple[tuple[str | None, ...], ...] = (), format_: str = "csv") -> Layout:
    return Layout(names=names, dialect={"format": format_}, sample=rows, is_complete=bool(rows))


def shape(lineage: bool = True, **columns: str) -> TableShape:
    return TableShape(
        name="t",
        columns=tuple(
            TableColumn(n, parse_type(t), is_nullable=True, has_default=False) for n, t in columns.items()
        ),
        unique_keys=(),
        has_lineage=lineage,
    )


def plan(file: Layout, *columns: Column, table: TableShape | None = None, **dataset: Any) -> Planned:
    return make_plan(Dataset(files=("*",), **dataset), columns, file, table, FACTS, "day1.csv")


def column(name: str, type_: str = "text", **more: Any) -> Column:
    return Column(name, parse_type(type_), **more)


def test_columns_are_matched_by_name_never_by_position() -> None:
    made = plan(layout("b", "a"), column("a", "integer"), column("b"))
    assert [cell.source for cell in made.plan.cells] == ["b", "a"]
    assert made.plan.output_columns == ("b", "a", "_load_id", "_row")


def test_case_and_separators_are_tolerated_and_reported() -> None:
    made = plan(layout("Device ID"), column("device_id"))
    assert made.plan.cells[0].columns[0].name == "device_id"
    assert made.notes == ("the file's 'Device ID' is taken for 'device_id'",)


def test_a_name_that_could_be_two_columns_is_refused() -> None:
    with pytest.raises(ContractError, match="could be any of 'Device ID' and 'device-id'"):
        plan(layout("Device ID", "device-id"), column("device_id"))


def test_a_column_without_a_type_gets_what_the_sample_proves() -> None:
    made = plan(layout("n", rows=(("1",), ("2",))), Column("n", UNDECIDED, required=True))
    assert made.plan.columns[0].type == PgType("bigint")
    assert made.plan.columns[0].required


@pytest.mark.parametrize(
    ("cell", "kinds", "expected"),
    [
        ("12", {"number"}, "bigint"),
        ("12", {"string"}, "text"),
        ("12", {"string", "number"}, "text"),
        ("true", {"string"}, "text"),
        ("2024-01-31", {"string"}, "date"),
        ('{"a": 1}', {"nested", "null"}, "jsonb"),
    ],
)
def test_in_json_what_stands_in_quotes_is_no_number(cell: str, kinds: set[str], expected: str) -> None:
    file = Layout(names=("n",), dialect={"format": "jsonl"}, sample=((cell,),), kinds=(frozenset(kinds),))
    assert plan(file).plan.columns[0].type.name == expected


def test_the_type_of_the_table_comes_before_the_sample() -> None:
    made = plan(layout("n", rows=(("1",),)), table=shape(n="numeric(10,2)"))
    assert made.plan.columns[0].type == PgType("numeric", precision=10, scale=2)
    assert made.additions == ()


def test_evolve_adds_what_the_table_lacks() -> None:
    made = plan(layout("n", "m", rows=(("1", "x"),)), table=shape(n="bigint"))
    assert [c.name for c in made.additions] == ["m"]


def test_types_text_leaves_every_cell_as_it_is() -> None:
    made = plan(layout("n", rows=(("1",),)), types="text")
    assert made.plan.columns[0].type == PgType("text")


def test_freeze_refuses_an_unknown_column_and_names_it() -> None:
    with pytest.raises(ContractError, match="does not know 'm'") as caught:
        plan(layout("n", "m"), column("n"), contract="freeze")
    assert "discard_value" in (caught.value.hint or "")


def test_discard_value_leaves_an_unknown_column_out_and_says_so() -> None:
    made = plan(layout("n", "m"), column("n"), contract="discard_value")
    assert made.plan.output_columns == ("n", "_load_id", "_row")
    assert "m" in made.notes[0]


def test_discard_row_marks_the_cell_that_discards() -> None:
    made = plan(layout("n", "m"), column("n"), contract="discard_row")
    assert [cell.is_unknown for cell in made.plan.cells] == [False, True]


def test_a_required_column_that_the_file_lacks_is_refused() -> None:
    with pytest.raises(ContractError, match="the file lacks 'm', which the contract requires") as caught:
        plan(layout("n"), column("n"), column("m", required=True))
    assert "the file has: n" in (caught.value.hint or "")


def test_an_optional_column_that_the_file_lacks_is_its_default_or_null_and_noted() -> None:
    made = plan(layout("n"), column("n"), column("m"), column("k", default="7"))
    assert [(f.column.name, f.text) for f in made.plan.fixed] == [("m", None), ("k", "7")]
    assert len(made.notes) == 2


def test_a_json_key_that_the_sample_lacks_may_still_come() -> None:
    made = plan(layout("n", format_="jsonl"), column("n"), column("m", required=True))
    assert [cell.source for cell in made.plan.cells] == ["n", "m"]


def test_constants_and_metadata_are_fixed_for_the_load() -> None:
    made = plan(layout("n"), column("n"), column("c", constant="x"), column("f", metadata="file_name"))
    assert [(f.column.name, f.text) for f in made.plan.fixed] == [("c", "x"), ("f", "day1.csv")]


def test_two_headers_that_make_one_column_are_refused() -> None:
    with pytest.raises(ContractError, match="would become the same column 'a_b'"):
        plan(layout("a b", "A-B"))


def test_a_key_that_the_file_lacks_is_refused() -> None:
    with pytest.raises(ContractError, match="the key names 'id', which the file does not have"):
        plan(layout("n"), column("n"), mode="merge", key=("id",))


def test_a_column_called_as_the_lineage_is_refused() -> None:
    with pytest.raises(ContractError, match="lineage"):
        plan(layout("_row"), column("_row"))


def test_a_users_own_table_without_lineage_gets_none_and_it_is_said() -> None:
    made = plan(layout("n"), table=shape(lineage=False, n="text"))
    assert made.plan.output_columns == ("n",)
    assert "which load they came from" in made.notes[0]


def test_two_columns_that_differ_by_case_alone_are_refused_by_their_names_in_the_file() -> None:
    with pytest.raises(ContractError, match="'n' and 'N' would become the same column 'n'"):
        plan(layout("n", "N", rows=(("1", "2"),)), column("n"))


EMPTY = Layout(names=("n", "m"), dialect={"format": "csv"}, is_complete=True)


def test_a_file_without_rows_makes_no_table_where_it_cannot_show_a_type() -> None:
    made = plan(EMPTY, column("n"))
    assert not made.plan.makes_table
    (note,) = made.notes
    assert note.startswith(
        "the file has no rows, so nothing shows the type of 'm': the table will be made when"
    )
    assert plan(EMPTY, column("n"), column("m")).plan.makes_table
    assert plan(EMPTY, types="text").plan.makes_table
    assert plan(EMPTY, column("n"), contract="discard_value").plan.makes_table
    nothing = Layout(names=(), dialect={"format": "jsonl"}, is_complete=True)
    assert not plan(nothing).plan.makes_table
    assert plan(nothing, column("n")).plan.makes_table


def test_a_file_without_rows_adds_no_column_whose_type_it_cannot_show() -> None:
    made = plan(EMPTY, table=shape(n="bigint"))
    assert (made.additions, [c.name for c in made.plan.columns]) == ((), ["n"])
    assert "the type of 'm': the column will be made" in made.notes[0]
    assert plan(EMPTY, table=shape(n="bigint", m="date")).notes == ("the file has no rows",)


def test_a_key_may_be_a_column_whose_type_is_not_known_yet() -> None:
    assert not plan(EMPTY, mode="merge", key=("m",)).plan.makes_table


WIDER = {"n": PgType("bigint")}


def test_a_type_that_was_outgrown_is_wider_than_the_tables_and_it_is_said() -> None:
    made = make_plan(Dataset(files=("*",)), (), layout("n"), shape(n="integer"), FACTS, "day1.csv", WIDER)
    assert made.widenings == made.plan.columns == (column("n", "bigint", source="n"),)
    assert made.notes == (
        "n was integer and is bigint from now on: the file has values that integer does not hold",
    )


@pytest.mark.parametrize("in_table", ["bigint", "numeric", "text"])
def test_a_table_that_is_wide_enough_by_now_is_left_as_it_is(in_table: str) -> None:
    made = make_plan(Dataset(files=("*",)), (), layout("n"), shape(n=in_table), FACTS, "day1.csv", WIDER)
    assert (made.widenings, made.notes) == ((), ())
    assert made.plan.columns[0].type == parse_type(in_table)


def test_only_types_that_nobody_wrote_down_may_grow() -> None:
    table = shape(n="integer", m="integer", k="integer")
    file = layout("n", "m", "k", "new", rows=(("1", "2", "3", "4"),))
    columns = (column("n", "integer"), Column("m", UNDECIDED, required=True))
    assert plan(file, *columns, table=table).evolving == {"m", "k", "new"}
    assert plan(file, *columns, table=table, contract="discard_value").evolving == frozenset()
