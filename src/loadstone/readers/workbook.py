"""Workbooks: one sheet, streamed out of the package, and then rows for the codec."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from loadstone.codec.delimited import DelimitedEncoder
from loadstone.codec.sharedstrings import SharedStrings, SharedStringsParser
from loadstone.codec.sheet import SheetEncoder
from loadstone.codec.sheetrows import END_OF_DATA, IS_ERROR, IS_TEXT, IS_TRUTH, SheetRows
from loadstone.errors import FormatError
from loadstone.model.load import Layout
from loadstone.platform.package import Package
from loadstone.platform.readahead import ReadAhead
from loadstone.platform.spool import SpooledBytes
from loadstone.readers.blocks import Blocks, joined
from loadstone.readers.opened import OpenedFile, with_sample
from loadstone.readers.sheet_header import SheetRow, find_table
from loadstone.readers.workbook_decisions import decisions, notices
from loadstone.readers.workbook_parts import Workbook, read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.batch import Chunk
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream
    from loadstone.readers.package_intake import PackageIntake
    from loadstone.readers.workbook_parts import Sheet

__all__ = ["SAMPLE_ROWS", "WorkbookFile", "WorkbookKind", "open_workbook"]

WorkbookKind = Literal["xlsx", "xlsb", "ods", "xls"]

#: Rows looked at to tell names and types.
SAMPLE_ROWS = 1000

#: Bytes of shared strings kept in memory; beyond, all of them go to a file.
_STRINGS_LIMIT = 16 * 1024 * 1024
_SHEETS_SHOWN = 20
_HINT = "the file was cut off, or its writer failed; save it again"


class Parts(Protocol):
    """Where sheets come from: a zip package, or the library that stands for one."""

    def __contains__(self, name: str, /) -> bool: ...

    def open(self, name: str, /) -> ByteStream:
        """A part's bytes."""


@contextmanager
def open_workbook(
    intake: PackageIntake, kind: WorkbookKind, version: ObjectVersion, file_format: Format
) -> Iterator[WorkbookFile]:
    """Looks at the workbook and at the head of its sheet.

    Raises:
        FormatError: it has no such sheet, the sheet has no table, or the file is damaged.
        MissingExtra: its kind takes a package that is not installed.
    """
    workbook: Workbook
    parts: Parts
    with _located(version.uri), ExitStack() as held:
        strings = held.enter_context(SpooledBytes(_STRINGS_LIMIT))
        if kind == "xlsx":
            parts = package = Package(intake.spool, file_format.max_compression_ratio)
            workbook = read_workbook(package, version.uri)
        else:
            from loadstone.readers.workbook_library import open_library  # noqa: PLC0415

            workbook, parts = open_library(intake, version.uri)
        sheet = workbook.choose(file_format.sheet, version.uri)
        if sheet.part not in parts:
            raise FormatError(
                f"the workbook lacks {sheet.part}, which is to hold the sheet {sheet.name!r}",
                hint="the file is damaged; save it again",
            )
        shared = _read_strings(parts, workbook.strings, strings, file_format.max_record_bytes)
        ahead = ReadAhead(parts.open(sheet.part))
        held.callback(ahead.close)
        blocks = Blocks(ahead, file_format.max_record_bytes)
        yield WorkbookFile(intake, kind, workbook, sheet, shared, blocks, version, file_format)


class WorkbookFile(OpenedFile):
    """A workbook of which one sheet is read: see `ports.OpenFile`.

    Its rows are numbered as the sheet numbers them; a rejected one is kept as a line of CSV.
    """

    _intake: PackageIntake

    def __init__(
        self,
        intake: PackageIntake,
        kind: WorkbookKind,
        workbook: Workbook,
        sheet: Sheet,
        strings: SharedStrings,
        blocks: Blocks,
        version: ObjectVersion,
        file_format: Format,
    ) -> None:
        self._intake = intake
        self._kind = kind
        self._workbook = workbook
        self._sheet = sheet
        self._strings = strings
        self._blocks = blocks
        self._format = file_format
        rows = self._head()
        where = f"{version.uri} sheet {sheet.name!r}"
        self._table = find_table(rows, file_format.header, file_format.skip_lines, where)
        sample = [cells for number, cells in rows if number >= self._table.first_row]
        layout = Layout(
            self._table.names,
            self._dialect(),
            kinds=tuple(
                frozenset(of for cells in sample if c in cells and (of := _kind(cells[c][1])))
                for c in self._table.columns
            ),
            notes=tuple(notices(workbook, sheet, self._table, rows, file_format)),
        )
        self.layout = with_sample(
            layout,
            tuple(tuple(_shown(cells.get(c)) for c in self._table.columns) for cells in sample),
            {"from the start": len(sample)},
            is_complete=self._blocks.is_at_end and len(rows) < SAMPLE_ROWS,
            only_beginning="a sheet is read from its beginning on only",
        )

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The rows as tuples and rejects, block by block; once."""
        self._intake.begin_hashing()
        encoder = SheetEncoder(
            plan,
            self._rows(),
            self._table.columns,
            first_row=self._table.first_row,
            max_record_bytes=self._format.max_record_bytes,
        )
        yield from self._blocks.encode(encoder)

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records, as lines of CSV, under a plan of their own."""
        chunk, _ = DelimitedEncoder(plan).feed(joined(records), True)
        return chunk

    def _rows(self) -> SheetRows:
        return SheetRows(self._strings, self._workbook.styles, is_1904=self._workbook.is_1904)

    def _head(self) -> Sequence[SheetRow]:
        """The sheet's first filled rows, as far as the first block holds them; two of them at least."""
        while True:
            head = self._rows()
            rows: Sequence[SheetRow] = head.read_head(self._blocks.head, SAMPLE_ROWS)
            if len(rows) > 1 or not self._blocks.extend():
                if not rows and head.found != END_OF_DATA:
                    raise FormatError("the sheet ends too early, before its first row", hint=_HINT)
                return rows

    def _dialect(self) -> dict[str, object]:
        table, workbook, sheet = self._table, self._workbook, self._sheet
        others = [other.name for other in workbook.sheets if other is not sheet]
        decided = decisions(self._kind, self._format, workbook, sheet, table)
        return {
            "format": self._kind,
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
            "decided": {name: decision.noted for name, decision in decided.items()},
        }


def _read_strings(
    parts: Parts, name: str | None, spool: SpooledBytes, max_record_bytes: int
) -> SharedStrings:
    """The workbook's shared strings, their bytes in the spool."""
    if name is None:
        return SharedStrings()
    parser = SharedStringsParser()
    ahead = ReadAhead(parts.open(name))
    try:
        blocks = Blocks(ahead, max_record_bytes)
        while True:
            heap, consumed = parser.feed(blocks.head, blocks.is_at_end)
            spool.append(heap)
            blocks.skip(consumed)
            if blocks.is_at_end:
                return parser.strings(spool.view())
            if not blocks.extend():
                raise FormatError(
                    f"a shared string is longer than {max_record_bytes:,} bytes",
                    hint="if it is meant to be, set format: {max_record_bytes: N} in the dataset",
                )
    finally:
        ahead.close()


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
