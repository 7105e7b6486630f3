"""Worksheets to binary COPY tuples, block by block, with the GIL released.

What a rejected row was is kept as a line of CSV: text in quotes, numbers, dates and booleans without. The XML
itself would say little, since it refers to strings and styles that stand elsewhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import cython
from msgspec.structs import replace

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Buffer, IntegerList, Text
from loadstone.codec.codes import TOO_MANY_CELLS
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, PLAIN
from loadstone.codec.rows import RowWriter
from loadstone.codec.sheetcells import MOST_COLUMNS
from loadstone.codec.sheetrows import END_OF_DATA, IN_BLOCK, IN_SPARE, IN_STRINGS, NOWHERE, SheetRows
from loadstone.errors import FormatError
from loadstone.model.batch import RAW_LIMIT, Chunk, RowIndex
from loadstone.model.contract import LoadPlan
from loadstone.model.types import PgType

__all__ = ["SheetEncoder"]

_CELL_FORMS = cython.declare(cython.int, NON_ASCII | HAS_NUL | PLAIN)
_DATE_TYPE = PgType("date")
_DATE_SIZE = cython.declare(cython.Py_ssize_t, 10)


class SheetEncoder:
    """The rows of one sheet from a row on.

    Args:
        plan: what the cells become. rows: the sheet's rows, of which no block was taken yet. columns: for
            each cell of the plan, which column of the sheet it stands in, from 0. What stands in any other
            rejects its row. first_row: the number, in the sheet, of the first row that is a record.
            max_record_bytes: the longest row, in bytes of XML. bloom: the keys seen so far, where the plan
            deduplicates.

    Raises:
        ConfigurationError: a column asks for what its type cannot do, or a value in the contract is not of
            its type. ContractError: a column that the file does not have is required.
    """

    def __init__(
        self,
        plan: LoadPlan,
        rows: SheetRows,
        columns: Sequence[int],
        *,
        first_row: int,
        max_record_bytes: int = 16 * 2**20,
        bloom: BloomFilter | None = None,
    ) -> None:
        self.writer = RowWriter(plan, 1, bloom)
        self.writer.set_limit(TOO_MANY_CELLS, f"{len(plan.cells):,}")
        self.rows = rows
        self.columns = array("i", columns)
        self.is_wanted = bytearray(MOST_COLUMNS)
        for column in columns:
            self.is_wanted[column] = 1
        # Cells of which only dates are made.
        self.is_date = bytearray(
            bool(cell.columns) and all(column.type == _DATE_TYPE for column in cell.columns)
            for cell in plan.cells
        )
        self.first_row = first_row
        self.max_record_bytes = max_record_bytes
        self.block = Text(b"")
        self.offset = 0
        self.raw = Buffer(1024)
        self.raw_rows = IntegerList()
        self.is_done = False

    def feed(self, text: bytes | bytearray | memoryview, final: bool) -> tuple[Chunk, int]:
        """Encodes the complete rows of a block; `final` where nothing follows it.

        Returns what became of them, and how many bytes to take from the block's front. What follows the last
        row of the sheet is taken, too.

        Raises:
            FormatError: this is no sheet, or one that ends before its end.
        """
        consumed: cython.Py_ssize_t = len(text)
        if not self.is_done:
            self.block = Text(text)
            self.rows.open(self.block, self.offset)
            with cython.nogil:
                consumed = self.encode()
            if self.is_done:
                consumed = len(text)
            elif final:
                raise FormatError(
                    f"the sheet ends too early, after its row {self.rows.row_number:,}",
                    hint="the file was cut off, or its writer failed; save it again",
                )
            elif len(text) - consumed > self.max_record_bytes:
                raise FormatError(
                    f"the row after {self.rows.row_number:,} is longer than {self.max_record_bytes:,} bytes",
                    hint="if it is meant to be, set format: {max_record_bytes: N} in the dataset",
                )
        chunk = self.take_chunk(consumed)
        self.offset += consumed
        self.block = Text(b"")
        self.rows.open(self.block, 0)
        return chunk, consumed

    def encode(self) -> cython.Py_ssize_t:
        """Encodes row by row; returns the position behind the last complete one."""
        i: cython.Py_ssize_t = 0
        after: cython.Py_ssize_t
        while True:
            after = self.rows.next_row(i)
            if after < 0:
                return i
            if self.rows.found == END_OF_DATA:
                self.is_done = True
                return after
            if self.rows.row_number >= self.first_row and self.rows.used > 0:
                self.write_row()
            i = after

    def write_row(self) -> cython.int:
        """Hands the cells of the row at hand to the writer."""
        k: cython.Py_ssize_t
        column: cython.Py_ssize_t
        source: cython.int
        start: cython.Py_ssize_t
        size: cython.longlong = 0
        extra: cython.longlong = 0
        self.writer.begin(self.rows.row_number, self.offset + self.rows.offset)
        for k in range(len(self.columns)):
            column = self.columns[k]
            source = self.rows.sources[column] if column < self.rows.used else NOWHERE
            if self.is_date[k] and source != NOWHERE:
                self.cut_midnight(column)
            if source == NOWHERE:
                self.writer.missing(k)
            elif source == IN_BLOCK:
                self.writer.cell(
                    k,
                    self.block,
                    self.rows.starts[column],
                    self.rows.ends[column],
                    self.rows.forms[column] & _CELL_FORMS,
                )
            elif source == IN_STRINGS:
                self.writer.cell(
                    k,
                    self.rows.strings.heap,
                    self.rows.starts[column],
                    self.rows.ends[column],
                    self.rows.forms[column] & _CELL_FORMS,
                )
            else:
                self.writer.cell(
                    k,
                    self.rows.spare,
                    self.rows.starts[column],
                    self.rows.ends[column],
                    self.rows.forms[column] & _CELL_FORMS,
                )
        for column in range(self.rows.used):
            if self.is_wanted[column] == 0 and self.rows.sources[column] != NOWHERE:
                extra += 1
        if extra > 0:
            self.writer.refuse_record(TOO_MANY_CELLS, self.block, 0, 0, len(self.columns) + extra)
        if self.writer.is_bad or self.writer.traces:
            start = self.raw.position
            self.keep_raw()
            size = self.raw.position - start
            self.raw_rows.append(self.writer.row_number)
            self.raw_rows.append(self.raw.position)
        return self.writer.end(size)

    def cut_midnight(self, column: cython.Py_ssize_t) -> cython.int:
        """Makes a date of one that is shown with midnight, as a format with a time of day does."""
        source: cython.int = self.rows.sources[column]
        end: cython.Py_ssize_t = self.rows.ends[column]
        if (self.rows.forms[column] & PLAIN) and end - self.rows.starts[column] > _DATE_SIZE:
            if source == IN_BLOCK:
                end = date_end(self.block, self.rows.starts[column], end)
            elif source == IN_SPARE:
                end = date_end(self.rows.spare, self.rows.starts[column], end)
            self.rows.ends[column] = end
        return 0

    def keep_raw(self) -> cython.int:
        """Appends the row as a line of CSV."""
        k: cython.Py_ssize_t
        column: cython.Py_ssize_t
        for k in range(len(self.columns)):
            if k > 0:
                self.raw.put_byte(44)
            column = self.columns[k]
            if column < self.rows.used:
                self.put_raw_cell(column)
        for column in range(self.rows.used):
            if self.is_wanted[column] == 0 and self.rows.sources[column] != NOWHERE:
                self.raw.put_byte(44)
                self.put_raw_cell(column)
        return self.raw.put_byte(10)

    def put_raw_cell(self, column: cython.Py_ssize_t) -> cython.int:
        """Appends a cell as CSV has it."""
        source: cython.int = self.rows.sources[column]
        if source == NOWHERE:
            return 0
        if source == IN_BLOCK:
            return put_csv(
                self.block,
                self.rows.starts[column],
                self.rows.ends[column],
                self.rows.forms[column],
                self.raw,
            )
        if source == IN_STRINGS:
            return put_csv(
                self.rows.strings.heap,
                self.rows.starts[column],
                self.rows.ends[column],
                self.rows.forms[column],
                self.raw,
            )
        return put_csv(
            self.rows.spare,
            self.rows.starts[column],
            self.rows.ends[column],
            self.rows.forms[column],
            self.raw,
        )

    def take_chunk(self, consumed: int) -> Chunk:
        """Everything since the last chunk."""
        raws: dict[int, bytes] = {}
        if self.raw_rows.count:
            kept, start = bytes(self.raw), 0
            numbers = self.raw_rows.take()
            for row, end in zip(numbers[::2], numbers[1::2], strict=True):
                raws[row] = kept[start:end][:RAW_LIMIT]
                start = end
            self.raw.position = 0
        chunk = self.writer.chunk(b"", self.offset, consumed, raws)
        if chunk.index is not None and chunk.late_index is not None:
            chunk.index = with_raws(chunk.index, raws)
            chunk.late_index = with_raws(chunk.late_index, raws)
        return chunk


def date_end(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the date in text[start:end] ends if midnight and nothing else follows it; else `end`."""
    i: cython.Py_ssize_t = start + _DATE_SIZE
    if end - i < 6 or text.data[i] not in {32, 84} or text.data[i + 3] != 58:  # T :
        return end
    while i + 1 < end:
        i += 1
        if text.data[i] not in {46, 48, 58}:  # . 0 :
            return end
    return start + _DATE_SIZE


def put_csv(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, form: cython.int, out: Buffer
) -> cython.int:
    """Appends a value as CSV: in quotes, unless it is written plainly."""
    if form & PLAIN:
        return out.put_slice(text, start, end)
    out.put_byte(34)
    while start < end:
        if text.data[start] == 34:
            out.put_byte(34)
        out.put_byte(text.data[start])
        start += 1
    return out.put_byte(34)


def with_raws(index: RowIndex, raws: dict[int, bytes]) -> RowIndex:
    """The places of rows with what these rows are shown as."""
    return replace(index, raws=[raws[row] for row in index.row_numbers])
