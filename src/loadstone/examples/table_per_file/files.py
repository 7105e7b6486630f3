"""Rows as the bytes of a file, in each of the formats."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from loadstone.errors import MissingExtra

if TYPE_CHECKING:
    from loadstone.examples.example import DataFormat

__all__ = ["encoded"]

Row = Mapping[str, Any]

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The parts of a workbook with one sheet, but for the sheet itself.
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_SHEET = "xl/worksheets/sheet1.xml"


def encoded(rows: Sequence[Row], data_format: DataFormat) -> bytes:
    """The file; all rows have the same columns.

    Raises:
        MissingExtra: Parquet, and pyarrow is not installed.
    """
    if data_format == "parquet":
        return _parquet(rows)
    rows = [{name: _written(value) for name, value in row.items()} for row in rows]
    if data_format == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if data_format == "json":
        return json.dumps(list(rows), indent=1).encode()
    if data_format == "xlsx":
        return _workbook(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _written(value: object) -> object:
    """Dates as people write them, where a format has none of its own, or nobody uses them."""
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else value


def _workbook(rows: Sequence[Row]) -> bytes:
    """A workbook with one sheet, texts in their cells, as programs write that do not collect them first."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in {**_PARTS, _SHEET: "".join(_sheet(rows))}.items():
            # Without a time of its own: the same rows make the same bytes.
            package.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _sheet(rows: Sequence[Row]) -> Iterator[str]:
    yield f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>'
    for row in (list(rows[0]), *(list(row.values()) for row in rows)):
        yield f"<row>{''.join(map(_cell, row))}</row>"
    yield "</sheetData></worksheet>"


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def _parquet(rows: Sequence[Row]) -> bytes:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra("writing Parquet", "parquet") from error
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), out)
    return out.getvalue()
