"""Workbooks from file to table."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter

from fixtures.landing import Landing
from fixtures.workbooks import number, text, workbook, zipped

WHEN = dt.datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001 - workbooks know no zones


def by_openpyxl() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Deliveries"])
    sheet.append([])
    sheet.append(["id", "code", "price", "when", "day", "ok", "note"])
    for i in range(300):
        code = 85123 if i % 2 else f"85123{chr(65 + i % 26)}"
        sheet.append([i, code, 2.55 + i, WHEN + dt.timedelta(hours=i), WHEN.date(), i % 3 == 0, None])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": True, "default_date_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "dd/mm/yy"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "v", "when", "day"])
    for i in range(1, 101):
        sheet.write_formula(i, 0, f"={i}*1", value=i)
        sheet.write(i, 1, f"name {i}")
        sheet.write_datetime(i, 2, WHEN + dt.timedelta(minutes=i))
        sheet.write_datetime(i, 3, WHEN.date(), day)
    sheet.merge_range(101, 0, 101, 1, 101)
    book.close()
    return out.getvalue()


def test_a_workbook_is_loaded_with_the_types_of_its_cells(landing: Landing) -> None:
    outcome = landing.put_and_load(by_openpyxl(), "day.xlsx")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 300, 0)
    assert landing.query(
        'SELECT id, code, price, "when", day, ok FROM orders WHERE id IN (1, 2) ORDER BY id'
    ) == [
        (1, "85123", Decimal("3.55"), WHEN + dt.timedelta(hours=1), WHEN.date(), False),
        (2, "85123C", Decimal("4.55"), WHEN + dt.timedelta(hours=2), WHEN.date(), False),
    ]
    dialect = outcome.dialect or {}
    assert (dialect["format"], dialect["sheet"], dialect["header_row"]) == ("xlsx", "Sheet", 3)


def test_formulas_1904_and_merged_cells_of_another_writer_are_loaded(folder_landing: Landing) -> None:
    landing = folder_landing
    outcome = landing.put_and_load(by_xlsxwriter(), "day.xlsx")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 101)
    assert landing.query('SELECT id, v, "when", day FROM orders WHERE id IN (100, 101) ORDER BY id') == [
        (100, "name 100", WHEN + dt.timedelta(minutes=100), WHEN.date()),
        (101, None, None, None),
    ]


def test_rejected_rows_say_their_row_in_the_sheet_and_can_be_mended(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"columns": {"v": {"type": "integer"}}, "reject_limit": 5}
    bad = '<row r="40"><c r="A40"><v>7</v></c><c r="B40" t="e"><v>#N/A</v></c></row>'
    data = workbook(
        text("id", "v") + number("1", "2") * 3 + bad + '<row r="41"><c r="B41"><v>9</v></c></row>'
    )
    loaded = landing.put_and_load(data, "day.xlsx")
    assert (loaded.counts.inserted, loaded.counts.rejected) == (4, 1)
    (reject,) = landing.rejects()
    assert (reject.line_number, reject.column, reject.raw) == (40, "v", b'7,"#N/A"\n')
    landing.options["columns"]["v"] = {"type": "integer", "null_values": ["#N/A"]}
    again = landing.replay(loaded.load_id or 0)
    assert again.counts.inserted == 5
    assert landing.rows() == [(1, 2)] * 3 + [(7, None), (None, 9)]


def test_a_row_that_the_database_refuses_is_rejected_with_its_place(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.query("CREATE TABLE orders (id int CHECK (id <> 2), v text)")
    data = workbook(text("id", "v") + "".join(number(str(i), str(i * 10)) for i in range(1, 31)))
    loaded = landing.put_and_load(data, "day.xlsx")
    assert (loaded.counts.inserted, loaded.counts.rejected) == (29, 1)
    (reject,) = landing.rejects()
    assert (reject.row_number, reject.line_number, reject.raw) == (2, 3, b"2,20\n")


def test_every_column_as_text_keeps_what_a_person_would_read(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"types": "text"}
    row = '<row><c><v>85123</v></c><c s="2"><v>40513.351388888892</v></c></row>'
    landing.put_and_load(workbook(text("id", "v") + row), "day.xlsx")
    assert landing.rows() == [("85123", "2010-12-01 08:26:00")]


@pytest.mark.parametrize("cut", [300, 700])
def test_a_workbook_that_was_cut_off_fails_whole(folder_landing: Landing, cut: int) -> None:
    landing = folder_landing
    failed = landing.put_and_load(workbook(text("id", "v") + number("1", "2"))[:cut], "day.xlsx")
    assert (failed.state, failed.error_code) == ("failed", "format_error")
    assert failed.hint
    assert landing.query("SELECT to_regclass('orders')") == [(None,)]


def test_an_open_document_is_loaded_through_the_library(folder_landing: Landing) -> None:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    string = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    price = '<table:table-cell office:value-type="float" office:value="2.50"/>'
    day = '<table:table-cell office:value-type="date" office:date-value="2010-12-01"/>'
    header = "".join(string.format(name) for name in ("id", "v", "day"))
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="One">'
        f"<table:table-row>{header}</table:table-row>"
        f"<table:table-row>{string.format('a_x0041_')}{price}{day}</table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": b"<manifest/>",
        "content.xml": content.encode(),
    }
    outcome = folder_landing.put_and_load(zipped(parts), "day.ods")
    assert outcome.state == "loaded", outcome.error
    assert folder_landing.rows("id, v, day") == [("a_x0041_", Decimal("2.5"), dt.date(2010, 12, 1))]
