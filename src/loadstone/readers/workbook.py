"""Workbooks (.xlsx, .xlsm): one sheet, streamed out of the zip, and then rows for the codec."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.codec.delimited import DelimitedEncoder
from loadstone.codec.sharedstrings import SharedStrings, SharedStringsParser
from loadstone.codec.sheet import SheetEncoder
from loadstone.codec.sheetrows import IS_ERROR, IS_TEXT, IS_TRUTH, MOST_COLUMNS, SheetRows
from loadstone.errors import FormatError
from loadstone.model.load import Layout
from loadstone.platform.package import Package
from loadstone.platform.readahead import ReadAhead
from loadstone.platform.spool import SpooledBytes
from loadstone.readers.blocks import Blocks, joined
from loadstone.readers.sheet_header import SheetRow, Table, find_table
from loadstone.readers.workbook_parts import Workbook, read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.codec.sheetrows import SheetRows as Rows
    from loadstone.model.batch import Chunk
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.readers.package_intake import PackageIntake
    from loadstone.readers.workbook_parts import Sheet

__all__ = ["SAMPLE_ROWS", "WorkbookFile", "open_workbook"]

#: Rows looked at to tell names and types.
SAMPLE_ROWS = 1000

#: Bytes of shared strings kept in memory; beyond, all of them go to a file.
_STRINGS_LIMIT = 16 * 1024 * 1024
_SHEETS_SHOWN = 20


@contextmanager
def open_workbook(
    intake: PackageIntake, version: ObjectVersion, file_format: Format
) -> Iterator[WorkbookFile]:
    """Looks at the workbook and at the head of its sheet.

    Raises:
        FormatError: it has no such sheet, the sheet has no table, or the file is damaged.
    """
    strings = SpooledBytes(_STRINGS_LIMIT)
    file = None
    try:
        with _located(version.uri):
            file = WorkbookFile(intake, strings, version, file_format)
        yield file
    finally:
        if file is not None:
            file.close()
        strings.close()


class WorkbookFile:
    """A workbook of which one sheet is read: see `ports.OpenFile`.

    Its rows are numbered as the sheet numbers them; a rejected one is kept as a line of CSV.
    """

    def __init__(
        self, intake: PackageIntake, strings: SpooledBytes, version: ObjectVersion, file_format: Format
    ) -> None:
        self._intake = intake
        self._format = file_format
        self._uri = version.uri
        package = Package(intake.spool, file_format.max_compression_ratio)
        self._workbook = read_workbook(package, version.uri)
        self._sheet = self._workbook.choose(file_format.sheet, version.uri)
        if self._sheet.part not in package:
            raise FormatError(
                f"the workbook lacks {self._sheet.part}, which is to hold the sheet {self._sheet.name!r}",
                where=version.uri,
                hint="the file is damaged; save it again",
            )
        self._strings = self._read_strings(package, strings)
        self._ahead = ReadAhead(package.open(self._sheet.part))
        self._blocks = Blocks(self._ahead, file_format.max_record_bytes)
        rows = self._head()
        where = f"{version.uri} sheet {self._sheet.name!r}"
        skip_lines = file_format.skip_lines if "skip_lines" in file_format.model_fields_set else None
        self._table = find_table(rows, file_format.header, skip_lines, where)
        sample = [cells for number, cells in rows if number >= self._table.first_row]
        self.layout = Layout(
            self._table.names,
            self._dialect(self._sheet),
            tuple(tuple(_shown(cells.get(c)) for c in self._table.columns) for cells in sample),
            self._blocks.is_at_end and len(rows) < SAMPLE_ROWS,
            tuple(
                frozenset(kind for cells in sample if c in cells and (kind := _kind(cells[c][1])))
                for c in self._table.columns
            ),
        )

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source: all of them, since the directory of a zip stands at its end."""
        return self._intake.bytes_read

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._intake.sha256

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The rows as tuples and rejects, block by block; once."""
        columns = self._table.columns
        cells = {column: cell for cell, column in enumerate(columns)}
        encoder = SheetEncoder(
            plan,
            self._rows(columns[0], columns[-1] - columns[0] + 1),
            [cells.get(column, -1) for column in range(columns[0], columns[-1] + 1)],
            first_row=self._table.first_row,
            max_record_bytes=self._format.max_record_bytes,
        )
        with _located(self._uri):
            yield from self._blocks.encode(encoder)

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records, as lines of CSV, under a plan of their own."""
        chunk, _ = DelimitedEncoder(plan).feed(joined(records), True)
        return chunk

    def close(self) -> None:
        """Stops reading ahead."""
        self._ahead.close()

    def _rows(self, first: int, width: int) -> Rows:
        workbook = self._workbook
        return SheetRows(
            self._strings, workbook.styles, is_1904=workbook.is_1904, first=first, width=width
        )

    def _read_strings(self, package: Package, spool: SpooledBytes) -> SharedStrings:
        if self._workbook.strings is None:
            return SharedStrings()
        parser = SharedStringsParser()
        ahead = ReadAhead(package.open(self._workbook.strings))
        try:
            blocks = Blocks(ahead, self._format.max_record_bytes)
            while True:
                heap, consumed = parser.feed(blocks.head, blocks.is_at_end)
                spool.append(heap)
                blocks.skip(consumed)
                if blocks.is_at_end:
                    return parser.strings(spool.view())
                if not blocks.extend():
                    raise FormatError(
                        f"a shared string is longer than {self._format.max_record_bytes:,} bytes",
                        hint="if it is meant to be, set format: {max_record_bytes: N} in the dataset",
                    )
        finally:
            ahead.close()

    def _head(self) -> list[SheetRow]:
        """The sheet's first filled rows, as far as the first block holds them; two of them at least."""
        while True:
            head = self._rows(0, MOST_COLUMNS)
            rows: list[SheetRow] = head.read_head(self._blocks.head, SAMPLE_ROWS)
            if len(rows) > 1 or not self._blocks.extend():
                return rows

    def _dialect(self, sheet: Sheet) -> dict[str, object]:
        table, workbook = self._table, self._workbook
        others = [other.name for other in workbook.sheets if other is not sheet]
        return {
            "format": "xlsx",
            "sheet": sheet.name,
            "other_sheets": others[:_SHEETS_SHOWN],
            "header_row": table.header_row,
            "skipped_rows": list(table.preamble),
            "unnamed_columns": list(table.unnamed),
            "date_system": 1904 if workbook.is_1904 else 1900,
            # How a rejected row is written down.
            "delimiter": ",",
            "quote": '"',
            "encoding": "utf-8",
            "header": table.header_row > 0,
            "decided": _decided(self._format, table, workbook),
        }


def _decided(file_format: Format, table: Table, workbook: Workbook) -> list[str]:
    decided = []
    if file_format.sheet is None and len(workbook.sheets) > 1:
        decided.append("sheet")
    if table.is_found:
        decided.append("header_row")
    return decided


def _shown(cell: tuple[bytes, int] | None) -> str | None:
    """What a cell tells about its column's type: an error tells nothing."""
    if cell is None or cell[1] & IS_ERROR:
        return None
    return cell[0].decode("utf-8", "replace")


def _kind(form: int) -> str:
    if form & IS_ERROR:
        return ""
    return "string" if form & IS_TEXT else "boolean" if form & IS_TRUTH else "number"


@contextmanager
def _located(where: str) -> Iterator[None]:
    """Errors from below know their part of the file; this adds the file."""
    try:
        yield
    except FormatError as error:
        if error.where is None:
            error.where = where
        raise
