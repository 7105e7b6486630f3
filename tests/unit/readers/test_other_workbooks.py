from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from fixtures.other_workbooks import Value, ods, xls, xlsb
from fixtures.workbooks import opened, read_chunks, read_values, values_of
from loadstone.errors import FormatError

Writer = Callable[[Sequence[Sequence[Value]]], bytes]

WHEN = dt.datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001 - workbooks know no zones
ROWS: Sequence[Sequence[Value]] = [
    ["id", "name", "when", "day", "ok"],
    [1.0, "a <b> & _x0041_", WHEN, WHEN.date(), True],
    [2.5, "é😀", None, dt.date(2024, 2, 29), False],
]
kinds = pytest.mark.parametrize(("key", "write"), [("day.xls", xls), ("day.xlsb", xlsb), ("day.ods", ods)])


@kinds
def test_another_kind_of_workbook_is_told_by_its_content_and_read_cell_by_cell(
    key: str, write: Writer
) -> None:
    with opened(write(ROWS), "no-name") as file:
        assert file.layout.dialect["format"] == key.removeprefix("day.")
        assert file.layout.dialect["sheet"] == "Data"
        assert file.layout.names == ("id", "name", "when", "day", "ok")
        assert values_of(read_chunks(file)) == [
            ["1", "a <b> & _x0041_", "2010-12-01 08:26:00", "2010-12-01", "true"],
            ["2.5", "é😀", None, "2024-02-29", "false"],
        ]


@kinds
def test_a_title_and_an_empty_row_above_the_table_are_left_out_of_every_kind(key: str, write: Writer) -> None:
    rows: list[Sequence[Value]] = [["Deliveries", None, None, None, None], [], *ROWS]
    with opened(write(rows), key) as file:
        assert (file.layout.names[0], file.layout.dialect["header_row"]) == ("id", 3)
        assert len(values_of(read_chunks(file))) == 2


@kinds
def test_more_rows_than_a_block_holds_come_in_their_order(key: str, write: Writer) -> None:
    rows: list[Sequence[Value]] = [["id", "name"], *([float(i), f"name {i} " * 9] for i in range(12_000))]
    values = read_values(write(rows), key)
    assert [row[0] for row in values] == [str(i) for i in range(12_000)]


@kinds
def test_a_workbook_of_another_kind_that_was_cut_off_is_refused(key: str, write: Writer) -> None:
    data = write(ROWS)
    with pytest.raises(FormatError) as caught, opened(data[: len(data) // 2], key):
        pass
    assert caught.value.hint
