"""Random cells, written by a library: what is read here is what another library reads."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.workbooks import read_values

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff_"),
    max_size=20,
).filter(
    lambda text: (
        text[:1] not in {"=", "{"} and not text.startswith(("http", "ftp", "mailto", "internal", "external"))
    )
)
# Both date systems have these.
moments = st.datetimes(dt.datetime(1904, 1, 2), dt.datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    texts,
    moments,
)
tables = st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8)


def written(rows: list[list[Any]], *, is_1904: bool, is_shared: bool) -> bytes:
    out = io.BytesIO()
    options = {"date_1904": is_1904, "default_date_format": "yyyy-mm-dd hh:mm:ss", "in_memory": True}
    # Constant memory means inline strings: the library's other way of writing.
    book = xlsxwriter.Workbook(out, options | {"constant_memory": not is_shared})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["a", "b", "c", "row"])
    for i, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(i, column, value)
            elif isinstance(value, dt.datetime):
                sheet.write_datetime(i, column, value)
            elif value is not None:
                sheet.write(i, column, value)
        sheet.write_number(i, 3, i)
    book.close()
    return out.getvalue()


def same(ours: str | None, theirs: Any) -> bool:
    if ours is None or theirs is None or theirs == "":
        return ours is None and theirs in {None, ""}
    if isinstance(theirs, bool):
        return ours == str(theirs).lower()
    if isinstance(theirs, (int, float)):
        return float(Decimal(ours)) == theirs
    if isinstance(theirs, dt.datetime):
        return dt.datetime.fromisoformat(ours) == theirs
    return ours == theirs


@settings(max_examples=60, deadline=None)
@given(tables, st.booleans(), st.booleans())
def test_random_cells_are_read_as_openpyxl_reads_them(
    rows: list[list[Any]], is_1904: bool, is_shared: bool
) -> None:
    data = written(rows, is_1904=is_1904, is_shared=is_shared)
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True).active
    assert sheet is not None
    theirs = list(sheet.iter_rows(min_row=2, max_col=4, values_only=True))
    ours = read_values(data, skip_lines=0)
    assert len(ours) == len(theirs)
    for our_row, their_row in zip(ours, theirs, strict=True):
        assert all(same(a, b) for a, b in zip(our_row, their_row, strict=True)), (our_row, their_row)
