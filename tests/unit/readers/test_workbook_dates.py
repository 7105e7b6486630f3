"""Cells with a date, in columns of dates."""

from __future__ import annotations

import datetime as dt

import pytest

from fixtures.other_workbooks import ods
from fixtures.workbooks import opened, text, workbook
from loadstone.model.batch import Reject
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type

PLAN = LoadPlan((Cell("v", (Column("v", parse_type("date"), source="v"),)), Cell("w")), lineage=False)


def read(cell: str) -> tuple[int, list[Reject]]:
    """How many rows one cell under a header makes in a column of dates, and the rejects."""
    data = workbook(text("v", "w") + f"<row>{cell}<c><v>1</v></c></row>")
    with opened(data) as file:
        chunks = list(file.chunks(PLAN))
    return sum(chunk.rows for chunk in chunks), [reject for chunk in chunks for reject in chunk.rejects]


@pytest.mark.parametrize(
    "cell",
    [
        '<c s="1"><v>40513</v></c>',
        '<c s="2"><v>40513</v></c>',
        '<c r="A2" s="2"><v>40513</v></c>',
        '<c t="d"><v>2010-12-01T00:00:00</v></c>',
        '<c t="d"><v>2010-12-01 00:00</v></c>',
        '<c t="d"><v>2010-12-01T00:00:00.000</v></c>',
    ],
)
def test_a_timestamp_at_midnight_is_a_date_to_a_column_of_dates(cell: str) -> None:
    assert read(cell) == (1, [])


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c s="2"><v>40513.5</v></c>', "2010-12-01 12:00:00"),
        ('<c s="1"><v>40513.5</v></c>', "2010-12-01 12:00:00"),
        ('<c s="2"><v>40513.00000002</v></c>', "2010-12-01 00:00:00.002"),
        ('<c t="d"><v>2010-12-01T00:00:01</v></c>', "2010-12-01T00:00:01"),
        ('<c t="d"><v>2010-12-01T00:00:00Z</v></c>', "2010-12-01T00:00:00Z"),
    ],
)
def test_a_timestamp_with_a_time_of_day_is_rejected_by_a_column_of_dates(cell: str, shown: str) -> None:
    rows, (reject,) = read(cell)
    assert rows == 0
    assert (reject.code, reject.reason) == ("not_a_date", f"'{shown}' is not a date")
    assert reject.raw == f"{shown},1\n".encode()


def test_a_text_that_looks_like_midnight_stays_what_it_is() -> None:
    rows, (reject,) = read('<c t="str"><v>2010-12-01 00:00:00</v></c>')
    assert (rows, reject.reason) == (0, "'2010-12-01 00:00:00' is not a date")


def test_a_row_rejected_for_another_cell_keeps_its_date_so_that_it_can_be_mended() -> None:
    columns = tuple(Column(n, parse_type(t), source=n) for n, t in (("v", "date"), ("w", "integer")))
    plan = LoadPlan(tuple(Cell(c.name, (c,)) for c in columns), lineage=False)
    data = workbook(text("v", "w") + '<row><c s="2"><v>40513</v></c><c t="str"><v>x</v></c></row>')
    with opened(data) as file:
        (reject,) = [reject for chunk in file.chunks(plan) for reject in chunk.rejects]
        assert reject.raw == b'2010-12-01,"x"\n'
        assert file.encode([reject.raw.replace(b'"x"', b"7")], plan).rows == 1


def test_midnight_in_an_open_document_is_a_date_to_a_column_of_dates() -> None:
    data = ods([["v", "w"], [dt.datetime(2010, 12, 1), 1.0]])  # noqa: DTZ001
    with opened(data, "day.ods") as file:
        assert sum(chunk.rows for chunk in file.chunks(PLAN)) == 1
