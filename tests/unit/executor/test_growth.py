"""Which types a file's values ask for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fixtures.reader_files import Stream, version
from loadstone.executor.growth import Growth
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.pipeline import Format
from loadstone.model.types import parse_type
from loadstone.readers.automatic import AutomaticReader

NUMBERS = st.one_of(
    st.integers(-(2**66), 2**66).map(str),
    st.integers(-(2**17), 2**17).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
)
RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


def grown(data: bytes, *columns: Column, key: str = "day.csv", evolving: str = "ab") -> dict[str, str]:
    """The types that outgrew those of the columns, chunk by chunk."""
    plan = LoadPlan(tuple(Cell(column.name, (column,)) for column in columns), lineage=False)
    with AutomaticReader().open(Stream(data), version(key), Format()) as file:
        growth = Growth(file, plan, set(evolving))
        grows = [growth.takes_in(chunk) for chunk in file.chunks(plan)]
        assert any(grows) == bool(growth.types)
        return {name: kind.sql for name, kind in growth.types.items()}


def column(name: str, kind: str = "smallint", **more: Any) -> Column:
    return Column(name, parse_type(kind), name, **more)


def narrowest(cells: list[str]) -> str:
    """By arithmetic."""
    values = [Decimal(cell) for cell in cells]
    if any("." in cell or "E" in cell for cell in cells):
        return "numeric"
    return next((n for n, top in RANGES.items() if all(-top <= value < top for value in values)), "numeric")


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
@example([("32768", "1"), ("1", "2147483648"), ("0.5", "n/a")])
def test_each_column_gets_the_narrowest_type_that_holds_all_of_its_values(
    rows: list[tuple[str, str]],
) -> None:
    data = b"a,b\n" + b"".join(f"{a},{b}\n".encode() for a, b in rows)
    loadable = [row for row in rows if "n/a" not in row]
    expected = {name: narrowest([row[i] for row in loadable]) for i, name in enumerate("ab")}
    found = grown(data, column("a"), column("b"))
    assert found == {name: kind for name, kind in expected.items() if kind != "smallint"}


def test_json_is_looked_at_as_delimited_text_is() -> None:
    data = b'{"a": 70000, "b": "1.5"}\n{"b": 2, "a": null}\n{"a": 9e99, "b": true}\n'
    found = grown(data, column("a"), column("b"), key="day.jsonl")
    assert found == {"a": "integer", "b": "numeric"}


def test_only_columns_that_may_grow_do() -> None:
    data = b"a,b\n70000,1\n1,70000\n70000,70000\n"
    assert grown(data, column("a"), column("b"), evolving="b") == {"b": "integer"}


@pytest.mark.parametrize("cell", ["n/a", "NaN", "Infinity", "-inf", "0x10", "1_000", "70000x"])
def test_what_is_no_finite_number_asks_for_nothing(cell: str) -> None:
    assert grown(f"a\n{cell}\n".encode(), column("a")) == {}


def test_a_value_that_a_rule_would_repair_or_refuse_asks_for_nothing() -> None:
    rules = {"minimum": "0", "maximum": "30000"}
    assert grown(b"a\n70000\n", column("a", **rules)) == {}
    assert grown(b"a\nmuch too long\n", column("a", "varchar(3)", max_length=5)) == {}
    assert grown(b"a\nfour\n", column("a", "varchar(3)", max_length=5)) == {"a": "character varying"}


def test_a_record_of_which_only_a_part_was_kept_asks_for_nothing() -> None:
    data = b"a,b\n70000," + b"x" * 70_000 + b"\n"
    assert grown(data, column("a"), column("b", "text")) == {}
