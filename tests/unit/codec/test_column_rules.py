from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fixtures.codec_cells import (
    code_of,
    column,
    feed,
    plan_of,
    read,
    read_plain,
    tuples_of,
    value_of,
    written,
)
from loadstone.errors import ConfigurationError, ContractError
from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import Cell, Column, Fixed, LoadPlan, Otherwise, SplitPart
from loadstone.model.types import parse_type

NULL = Otherwise("null")


def reason_of(cell: str, of: Column) -> str:
    reject = read(cell, of)
    assert isinstance(reject, Reject)
    return reject.reason


def first_row(chunk: Chunk, plan: LoadPlan) -> list[Any]:
    (row,) = tuples_of(bytes(chunk.tuples))
    return [value_of(field, of) for field, of in zip(row, plan.columns, strict=False)]


def test_texts_that_mean_null_are_compared_after_trimming_quoted_or_not() -> None:
    null = column("integer", null_values=("n/a", "-"))
    assert read_plain(" n/a ", null) is None
    assert read("-", null) is None
    assert code_of("N/A", null) == "not_an_integer"
    assert read(" n/a", column("text", null_values=("n/a",))) == " n/a"


def test_a_default_fills_a_missing_cell_before_required_looks() -> None:
    assert read_plain("", column("integer", default="7", required=True)) == 7
    assert read_plain("x", column("text", null_values=("x",), default="UNKNOWN")) == "UNKNOWN"
    assert feed(b",1\n", plan_of(column("integer", default="7"), column("text", "b"))).repaired == 0


def test_a_required_cell_that_is_missing_rejects_the_row() -> None:
    reject = read_plain("", column("text", required=True))
    assert (reject.code, reject.reason) == ("required", "there is no value, and the column requires one")
    assert read("", column("text", required=True)) == ""


@pytest.mark.parametrize(
    ("type_name", "limits", "inside", "below", "above"),
    [
        ("integer", ("-1", "10"), ["-1", "10"], "-2", "11"),
        ("double precision", ("0", "99.5"), ["-0.0", "99.5"], "-1e-9", "99.50001"),
        ("real", ("0.1", "0.2"), ["0.1", "0.2"], "0.09999", "0.20001"),
        ("numeric", ("-0.5", "10000"), ["-0.50", "1e4", "0"], "-0.500000001", "10000.0000000000000000000001"),
        ("numeric", ("-1000", "-0.001"), ["-1000.000", "-0.001"], "-1000.1", "0"),
        ("date", ("2000-01-01", "2024-12-31"), ["2000-01-01", "2024-12-31"], "1999-12-31", "infinity"),
        (
            "timestamptz",
            ("2024-01-01", "2024-12-31"),
            ["2024-01-01T00:00:00Z"],
            "2024-01-01 00:00:00+01",
            "2025-01-01",
        ),
        ("text", ("b", "d"), ["b", "czz", "d"], "a", "da"),
    ],
)
def test_a_range_includes_its_ends(
    type_name: str, limits: tuple[str, str], inside: list[str], below: str, above: str
) -> None:
    ranged = column(type_name, minimum=limits[0], maximum=limits[1])
    assert [code_of(cell, ranged) for cell in inside] == [None] * len(inside)
    assert reason_of(below, ranged) == f"'{below}' is below the minimum of {limits[0]}"
    assert reason_of(above, ranged) == f"'{above}' is above the maximum of {limits[1]}"


def test_nan_is_above_every_number() -> None:
    assert code_of("NaN", column("double precision", minimum="0")) is None
    assert code_of("NaN", column("double precision", maximum="0")) == "above_maximum"
    assert code_of("NaN", column("numeric", maximum="Infinity")) == "above_maximum"


def test_values_are_compared_as_values_of_the_type() -> None:
    assert code_of("1.50", column("numeric", values=("1.5", "2"))) is None
    assert code_of("1.51", column("numeric", values=("1.5", "2"))) == "not_allowed"
    assert code_of("007", column("integer", values=("7",))) is None
    many = column("text", values=tuple(f"value {i}" for i in range(1000)))
    assert code_of("value 999", many) is None
    assert reason_of("value", many) == "'value' is not one of the values allowed"


def test_a_pattern_matches_the_whole_text_after_trimming() -> None:
    assert code_of(" 123 ", column("integer", pattern=r"\d{3}")) is None
    assert code_of("1234", column("integer", pattern=r"\d{3}")) == "pattern_mismatch"
    assert code_of("Ärger", column("text", pattern="Ä.*")) is None


def test_a_length_is_counted_in_characters() -> None:
    assert code_of("äöü", column("text", max_length=3)) is None
    assert reason_of("äöüß", column("text", max_length=3)) == "'äöüß' has 4 characters, 3 are allowed"


def test_what_a_rule_refuses_may_be_set_or_made_null_and_is_counted() -> None:
    plan = plan_of(
        column("integer", "a", minimum="0", otherwise=Otherwise("set", "0")),
        column("text", "b", max_length=1, otherwise=NULL),
    )
    chunk = feed(b"-5,xx\n", plan)
    assert first_row(chunk, plan) == [0, None]
    assert chunk.repaired == 2
    assert feed(b"1,x\n", plan).repaired == 0


def test_what_does_not_parse_is_rejected_whatever_otherwise_says() -> None:
    assert code_of("x", column("integer", minimum="0", otherwise=Otherwise("set", "0"))) == "not_an_integer"
    assert code_of("x", column("integer", minimum="0", otherwise=NULL)) == "not_an_integer"


def test_null_for_a_required_column_is_a_reject_after_all() -> None:
    assert code_of("-1", column("integer", minimum="0", otherwise=NULL, required=True)) == "below_minimum"


def test_repairs_of_a_rejected_row_do_not_count() -> None:
    plan = plan_of(
        column("integer", "a", minimum="0", otherwise=Otherwise("set", "0")), column("integer", "b")
    )
    assert feed(b"-5,x\n", plan).repaired == 0


def test_a_row_has_one_reject_with_its_further_failures_beside() -> None:
    plan = plan_of(column("integer", "a"), column("date", "b"), column("text", "c", required=True))
    (reject,) = feed(b"x,y,\n", plan).rejects
    assert (reject.column, reject.code, reject.reason) == ("a", "not_an_integer", "'x' is not an integer")
    assert reject.others == (
        ("b", "not_a_date", "'y' is not a date"),
        ("c", "required", "there is no value, and the column requires one"),
    )


def test_a_reason_shows_the_value_shortened_and_safe_for_a_terminal() -> None:
    assert reason_of("x" * 1000, column("integer")) == f"'{'x' * 59}…' is not an integer"
    assert reason_of("\x1b[31mred\n", column("integer", trim=False)) == r"'\x1b[31mred\n' is not an integer"
    assert reason_of("a\udcffb", column("text")) == r"'a\\xffb' is not valid UTF-8".replace("\\\\", "\\")
    assert reason_of("é" * 500, column("integer")) == f"'{'é' * 59}…' is not an integer"


@pytest.mark.parametrize(
    "cell",
    [
        '["Berlin", "DE", null]',
        "['Berlin', 'DE', None]",
        "('Berlin', 'DE', None)",
        "  [ 'Berlin' ,\"DE\",null ]  ",
        r'["Be\u0072lin", "DE", null]',
        r"['Ber\x6cin', 'DE', None]",
    ],
)
def test_a_list_is_split_into_columns(cell: str) -> None:
    parts = tuple(
        column("text", name, split=SplitPart(index, 3))
        for index, name in enumerate(("city", "country", "zone"))
    )
    plan = LoadPlan((Cell("location", parts),), lineage=False)
    assert first_row(feed(written([[cell]]), plan), plan) == ["Berlin", "DE", None]


def split_code(cell: str, *types: str, separator: str | None = None, **more: Any) -> Any:
    parts = tuple(
        column(type_name, f"p{index}", split=SplitPart(index, len(types), separator), **more)
        for index, type_name in enumerate(types)
    )
    plan = LoadPlan((Cell("list", parts),), lineage=False)
    chunk = feed(written([[cell, "x"]]), LoadPlan((*plan.cells, Cell("rest", ())), lineage=False))
    if chunk.rejects:
        return chunk.rejects[0].column, chunk.rejects[0].code
    return first_row(chunk, plan)


def test_parts_have_types_and_rules_of_their_own() -> None:
    assert split_code("[1.50, true]", "numeric", "boolean") == [Decimal("1.50"), True]
    assert split_code("[1, 'x']", "integer", "integer") == ("p1", "not_an_integer")
    assert split_code("(1, None)", "integer", "integer", required=True) == ("p1", "required")
    assert split_code("1; ;3", "integer", "text", "integer", separator=";") == [1, " ", 3]
    assert split_code("1::3", "integer", "integer", separator="::") == [1, 3]
    assert split_code("", "integer", "integer") == [None, None]
    assert split_code("n/a", "text", "text", null_values=("n/a",)) == [None, None]
    assert split_code("[[1, 2], {'a': 3}]", "integer[]", "text") == [[1, 2], "{'a': 3}"]
    assert split_code("['it\\'s, a', \"b]\"]", "text", "text") == ["it's, a", "b]"]


@pytest.mark.parametrize(
    "cell", ["Berlin", "[1, 2", "[1 2]", "[1,,2]", "['a]", "(1, 2]", "[1,2,]", "['\\q\\u12', 2]"]
)
def test_what_is_no_list_is_rejected(cell: str) -> None:
    assert split_code(cell, "text", "text") in [("p0", "not_a_list"), ("p0", "wrong_part_count")]


def test_a_list_of_another_length_is_rejected_with_both_numbers() -> None:
    parts = tuple(column("text", name, split=SplitPart(i, 2)) for i, name in enumerate("ab"))
    (reject,) = feed(written([["[1, 2, 3]"]]), LoadPlan((Cell("list", parts),), lineage=False)).rejects
    assert (reject.column, reject.code) == ("a", "wrong_part_count")
    assert reject.reason == "'[1, 2, 3]' holds 3 values, the columns take 2"


def test_the_columns_stand_in_the_order_of_the_plan_with_lineage_last() -> None:
    modified = Fixed(column("timestamptz", "modified", metadata="modified"), "2024-01-01T00:00:00Z")
    plan = LoadPlan(
        (
            Cell("a", (column("integer", "a"),)),
            Cell("unwanted"),
            Cell("b", (column("text", "b"), column("text", "c"))),
        ),
        fixed=(
            modified,
            Fixed(column("text", "absent"), None),
            Fixed(column("integer", "d", default="3"), None),
        ),
        load_id=42,
    )
    chunk = feed(b"1,?,x\n2,?,y\n", plan, first_row=10)
    columns = (*plan.columns, column("bigint"), column("bigint"))
    rows = [
        [value_of(f, c) for f, c in zip(row, columns, strict=True)] for row in tuples_of(bytes(chunk.tuples))
    ]
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert rows == [[1, "x", "x", moment, None, 3, 42, 10], [2, "y", "y", moment, None, 3, 42, 11]]
    assert len(plan.output_columns) == len(columns)


def test_rows_are_numbered_without_lineage_where_staging_needs_it() -> None:
    plan = plan_of(column("text"), row_numbers=True)
    ((_, row_number),) = tuples_of(bytes(feed(b"a\n", plan).tuples))
    assert row_number == (1).to_bytes(8, "big")


def test_a_value_that_the_contract_does_not_know_discards_the_row_where_it_says_so() -> None:
    plan = LoadPlan((Cell("a", (column("integer", "a"),)), Cell("new", is_unknown=True)), lineage=False)
    chunk = feed(b"1,\n2,x\nbad,y\n3, \n", plan)
    assert (chunk.rows, chunk.discarded, len(chunk.rejects), chunk.records) == (2, 2, 0, 4)


def test_unwanted_cells_are_not_looked_at() -> None:
    plan = LoadPlan((Cell("a", (column("integer", "a"),)), Cell("unwanted")), lineage=False)
    assert feed(b"1,\xff\0\n", plan).rows == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (column("integer", minimum="low"), "range: 'low' is not a value of integer"),
        (column("boolean", minimum="false"), "boolean has no range"),
        (column("date", default="soon"), "default: 'soon' is not a value of date"),
        (column("integer", otherwise=Otherwise("set", "x")), "otherwise: 'x'"),
        (column("integer", otherwise=Otherwise("set")), "otherwise needs a value"),
        (column("integer", values=("1", "x")), "values: 'x'"),
        (column("text", pattern="("), "not a regular expression"),
        (column("integer", formats=("%Y",)), "formats are for dates"),
        (column("timestamptz", timezone="Mars/Base"), "'Mars/Base' is not a time zone"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused_before_the_first_row(wrong: Column, words: str) -> None:
    with pytest.raises(ConfigurationError, match=r"value|zone|formats|range|pattern") as caught:
        read("1", wrong)
    assert words in caught.value.what


def test_a_required_column_that_the_file_lacks_is_refused_before_the_first_row() -> None:
    with pytest.raises(ContractError, match="no column id"):
        feed(b"", LoadPlan((), fixed=(Fixed(column("integer", "id", required=True), None),)))


def test_values_in_the_contract_may_be_written_plainly_or_as_cells_are() -> None:
    german = column("numeric", decimal=",", minimum="0.5", maximum="1,5")
    assert code_of("0,4", german) == "below_minimum"
    assert code_of("1,6", german) == "above_maximum"
    day = column("date", formats=("%d.%m.%Y",), minimum="2024-01-01", default="31.12.2024")
    assert code_of("31.12.2023", day) == "below_minimum"
    assert read_plain("", day) == date(2024, 12, 31)
    assert parse_type("numeric") == german.type
