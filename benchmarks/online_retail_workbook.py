"""The Online Retail data as a workbook: shared strings, numbers and dates as Excel writes them.

    python -m benchmarks.online_retail_workbook retail.xlsx [rows]

Written row by row, in bounded memory. Beyond the data's 541,909 rows it begins again from the first.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from loadstone.examples.online_retail.data import COLUMNS, records

if TYPE_CHECKING:
    from typing import IO

__all__ = ["write_workbook"]

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - workbooks know no zones
_LETTERS = "ABCDEFGH"
_NUMBERS = {"Quantity", "UnitPrice", "CustomerID"}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="application/'
        f'vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("styles", "styles"),
            ("sharedStrings", "sharedStrings"),
        )
    )
    + "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr/>'
    '<sheets><sheet name="Online Retail" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
}


class _Strings:
    """Shared strings, numbered as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.count = 0

    def cell(self, reference: str, text: str) -> str:
        self.count += 1
        number = self.numbers.setdefault(text, len(self.numbers))
        return f'<c r="{reference}" t="s"><v>{number}</v></c>'

    def part(self) -> Iterator[str]:
        yield f'<sst xmlns="{_MAIN}" count="{self.count}" uniqueCount="{len(self.numbers)}">'
        for text in self.numbers:
            space = ' xml:space="preserve"' if text != text.strip() else ""
            yield f"<si><t{space}>{escape(text)}</t></si>"
        yield "</sst>"


def write_workbook(path: Path, count: int = 541_909) -> None:
    """Writes a workbook of so many rows."""
    strings = _Strings()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in _PARTS.items():
            archive.writestr(name, _DECLARATION + part)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            _write(member, _sheet(strings, count))
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as member:
            _write(member, strings.part())


def _write(member: IO[bytes], pieces: Iterator[str]) -> None:
    member.write(_DECLARATION.encode())
    while batch := "".join(islice(pieces, 10_000)):
        member.write(batch.encode())


def _sheet(strings: _Strings, count: int) -> Iterator[str]:
    yield (
        f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:H{count + 1}"/><sheetViews>'
        '<sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        '<sheetData><row r="1" spans="1:8">'
    )
    yield "".join(strings.cell(f"{c}1", name) for c, name in zip(_LETTERS, COLUMNS, strict=True)) + "</row>"
    endless = chain.from_iterable(records() for _ in repeat(None))
    for number, row in enumerate(islice(endless, count), 2):
        cells = "".join(
            _cell(strings, f"{column}{number}", name, text)
            for column, name, text in zip(_LETTERS, COLUMNS, row, strict=True)
            if text
        )
        yield f'<row r="{number}" spans="1:8">{cells}</row>'
    yield '</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75"/></worksheet>'


def _cell(strings: _Strings, reference: str, name: str, text: str) -> str:
    if name == "InvoiceDate":
        days = datetime.fromisoformat(text) - _EPOCH
        return f'<c r="{reference}" s="1"><v>{_digits(days.total_seconds() / 86_400)}</v></c>'
    if name in _NUMBERS or (text.isdecimal() and not text.startswith("0")):
        return f'<c r="{reference}"><v>{_digits(float(text))}</v></c>'
    return strings.cell(reference, text)


def _digits(value: float) -> str:
    """A double as Excel writes it: with 17 significant digits, less trailing zeros."""
    return f"{value:.17G}"


if __name__ == "__main__":
    write_workbook(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 541_909)
