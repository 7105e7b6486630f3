"""Columns of typed values, laid out as Arrow does, to binary COPY tuples, row by row with the GIL released.

A batch is one block of bytes that holds the buffers of all its columns one behind the other, with where they
begin and how each is to be read (its route):

- values whose binary form in the tuple follows from their own (integers, floating-point numbers, dates,
  times, UUIDs, byte strings) are written directly, and held against their columns' rules as cells are;
- decimals are spelt out, and everything else comes as texts: they pass through the same cell writer as the
  cells of a delimited file;
- texts of a dictionary, which rows share, pass through it once each (knownfields.py).

All integers are little-endian, as Arrow has them in practice. A row has no place in bytes: its line is its
number, and the raw record of a rejected one is made by whoever reads the file.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.batches import (
    BY_DECIMAL,
    BY_DOUBLE,
    BY_INTEGER,
    BY_NOTHING,
    BY_SINGLE,
    BY_TEXT,
    ColumnarBatch,
    ColumnBuffers,
    check_bounds,
)
from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Buffer, Text, refuse_slice
from loadstone.codec.codes import OUT_OF_RANGE
from loadstone.codec.columnvalues import ColumnValues
from loadstone.codec.kinds import (
    FLOAT4,
    FLOAT8,
    HAS_NUL,
    HAS_RULES,
    INT4,
    INT8,
    IS_KEY,
    PLAIN,
)
from loadstone.codec.knownfields import KnownFields
from loadstone.codec.rows import RowWriter
from loadstone.codec.texts import has_nul
from loadstone.model.batch import Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["ColumnarEncoder"]

# Numbers that tell of a column: those of its `ColumnBuffers`, and where its dictionary's entries are known.
_NUMBERS = cython.declare(cython.Py_ssize_t, 13)
# Ways beside the routes of batches.py.
_DISCARDS = cython.declare(cython.int, 20)
_AS_64_BITS = cython.declare(cython.int, 21)  # integers and floating-point numbers that nothing is asked of
_AS_32_BITS = cython.declare(cython.int, 22)
# Where a decimal that was spelt out ends in `spare`.
_DIGITS_END = cython.declare(cython.Py_ssize_t, 64)


class ColumnarEncoder:
    """The batches of one file.

    Args:
        plan: what the tuples are made of. first_row: the number of the first row. chunk_bytes: a chunk ends
            with the row that takes it beyond. bloom: the keys seen before, where the plan deduplicates.

    Raises:
        ConfigurationError: a column asks for what its type cannot do, or a value in the contract is not of
            its type. ContractError: a column that the file does not have is required.
    """

    def __init__(
        self,
        plan: LoadPlan,
        *,
        first_row: int = 1,
        chunk_bytes: int = 2 * 1024 * 1024,
        bloom: BloomFilter | None = None,
    ) -> None:
        self.rows = RowWriter(plan, first_row, bloom)
        self.out = self.rows.out
        self.program = self.rows.program
        self.values = ColumnValues(self.program, self.rows.fields)
        self.size = len(plan.cells)
        self.chunk_bytes = chunk_bytes
        self.spare = Buffer(256)
        self.block = Text(b"")
        self.row = 0
        self.index = 0
        self.unknown = bytes(cell.is_unknown for cell in plan.cells) + b"\x00"
        self.columns = array("q", bytes(8))
        self.known = KnownFields()
        self.batch: ColumnarBatch | None = None

    def feed(self, batch: ColumnarBatch, start: int, bytes_read: int) -> tuple[Chunk, int]:
        """Encodes rows of a batch from `start` on, as many as a chunk takes.

        Args:
            batch: the rows.
            start: the first of them.
            bytes_read: what the chunk is to say of bytes.

        Returns:
            What became of the rows, without the raw text of rejected ones, and the row to go on with.
        """
        if batch is not self.batch:
            self.take(batch)
        self.row = start
        end: cython.Py_ssize_t = batch.rows
        with cython.nogil:
            self.encode_rows(end)
        return self.rows.chunk(b"", 0, bytes_read), self.row

    def take(self, batch: ColumnarBatch) -> None:
        """Makes a batch the one whose rows are encoded."""
        check_bounds(batch)
        numbers: list[int] = []
        entries = 0
        for index, column in enumerate(batch.columns):
            numbers += (self.way_of(index, column), *column[1:], entries)
            entries += column.entries
        self.columns = array("q", numbers)
        self.known.begin(entries)
        self.block = Text(batch.block)
        self.values.take(self.block, array("q", numbers))
        self.describe = batch.describe
        self.batch = batch

    def way_of(self, index: cython.Py_ssize_t, column: ColumnBuffers) -> cython.int:
        """The column's route, or a shorter way where nothing is asked of its values."""
        target: cython.int = self.rows.only_columns[index]
        if self.unknown[index]:
            return _DISCARDS
        if target < 0 or self.program.flags[target] & (HAS_RULES | IS_KEY):
            return column.route
        shape = (column.route, column.width, self.program.kinds[target])
        if shape in ((BY_INTEGER, 8, INT8), (BY_DOUBLE, 8, FLOAT8)):
            return _AS_64_BITS
        if shape in ((BY_INTEGER, 4, INT4), (BY_SINGLE, 4, FLOAT4)):
            return _AS_32_BITS
        return column.route

    def encode_rows(self, end: cython.Py_ssize_t) -> cython.int:
        """Writes rows up to `end` or the end of the chunk."""
        index: cython.Py_ssize_t
        at: cython.Py_ssize_t
        way: cython.int
        while self.row < end and self.out.position + self.rows.late.position < self.chunk_bytes:
            self.rows.begin(self.rows.row_number + 1, 0)
            for index in range(self.size):
                at = _NUMBERS * index
                way = cython.cast(cython.int, self.columns[at])
                if self.columns[at + 6] >= 0 and not self.values.bit_at(
                    self.columns[at + 6], self.columns[at + 7] + self.row
                ):
                    self.rows.missing(index)
                elif way == BY_TEXT:
                    self.text(index, at)
                elif way == _AS_64_BITS:
                    self.out.put_field64(self.values.integer_at(self.columns[at + 1] + 8 * self.row, 8, True))
                elif way == _AS_32_BITS:
                    self.out.put_field32(self.values.integer_at(self.columns[at + 1] + 4 * self.row, 4, True))
                elif way == BY_DECIMAL:
                    self.decimal(index, at)
                elif way == _DISCARDS:
                    self.rows.discard()
                elif way != BY_NOTHING:
                    self.value(index, at, way)
            self.rows.end(0)
            self.row += 1
        return 0

    def text(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.int:
        """A cell as text: of its own, or of the column's dictionary."""
        begin: cython.Py_ssize_t = self.out.position
        column: cython.int = self.rows.only_columns[index]
        code: cython.longlong
        if self.columns[at + 10] < 0:
            return self.spelt(index, at, self.row)
        code = self.values.integer_at(self.columns[at + 10] + 4 * self.row, 4, True)
        if code < 0 or code >= self.columns[at + 11]:
            return refuse_slice(code, code + 1, self.columns[at + 11])
        if column < 0:
            return self.spelt(index, at, code)
        if not self.known.recall(self.columns[at + 12] + code, self.out):
            self.spelt(index, at, code)
            if not (self.rows.is_bad or self.rows.cells.is_null or self.rows.cells.is_repaired):
                self.known.learn(self.columns[at + 12] + code, self.out, begin)
        elif self.program.flags[column] & IS_KEY:
            self.rows.cells.is_null = False
            self.rows.cells.is_repaired = False
            self.rows.settle_cell(column, begin)
        return 0

    def spelt(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t, entry: cython.Py_ssize_t) -> cython.int:
        """The text with this number in a column, through everything that cells pass."""
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        form: cython.int = cython.cast(cython.int, self.columns[at + 9])
        start, end = self.values.bound_at(at, entry), self.values.bound_at(at, entry + 1)
        if start < 0 or start > end or end > len(self.block.data):
            return refuse_slice(start, end, len(self.block.data))
        if (form & HAS_NUL) and not has_nul(self.block, start, end):
            form -= HAS_NUL
        return self.rows.cell(index, self.block, start, end, form)

    def decimal(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.int:
        """A decimal number of up to 64 bits, spelt out."""
        position: cython.Py_ssize_t = self.columns[at + 1] + self.columns[at + 2] * self.row
        width: cython.Py_ssize_t = self.columns[at + 2]
        value: cython.longlong = self.values.integer_at(position, min(width, 8), True)
        sign: cython.longlong = -1 if value < 0 else 0
        i: cython.Py_ssize_t
        for i in range(8, width, 8):
            if self.values.integer_at(position + i, 8, True) != sign:
                self.index = index
                self.tell()
                return self.rows.refuse_cell(index, OUT_OF_RANGE, self.spare, 0, self.spare.position, 0)
        i = self.spell(value, self.columns[at + 8])
        return self.rows.cell(index, self.spare, i, _DIGITS_END, PLAIN)

    def spell(self, value: cython.longlong, scale: cython.longlong) -> cython.Py_ssize_t:
        """Writes value / 10**scale into `spare`, up to `_DIGITS_END`; returns where it begins."""
        rest: cython.ulonglong
        at: cython.Py_ssize_t = _DIGITS_END
        digits: cython.longlong = 0
        if value < 0:
            rest = cython.cast(cython.ulonglong, -(value + 1)) + 1
        else:
            rest = cython.cast(cython.ulonglong, value)
        while rest > 0 or digits <= scale:
            if digits == scale and scale > 0:
                at -= 1
                self.spare.room[at] = 46
            at -= 1
            self.spare.room[at] = 48 + rest % 10
            rest //= 10
            digits += 1
        if value < 0:
            at -= 1
            self.spare.room[at] = 45
        return at

    def value(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t, route: cython.int) -> cython.int:
        """A value that is written as it is, and held against the rules of its column."""
        column: cython.int = self.rows.only_columns[index]
        flags: cython.int = self.program.flags[column]
        field: cython.Py_ssize_t = self.out.position
        code: cython.int = self.values.put(column, at, route, self.row)
        if code == 0 and (flags & HAS_RULES):
            code = self.rows.cells.check(column, self.block, 0, 0, field + 4)
            if code != 0:
                self.out.position = field
                if self.rows.cells.repair(column):
                    return self.rows.settle_cell(column, field)
        if code != 0:
            self.out.position = field
            self.index = index
            self.tell()
            return self.rows.refuse(column, code, self.spare, 0, self.spare.position, 0)
        if flags & IS_KEY:
            self.rows.cells.is_null = False
            self.rows.cells.is_repaired = False
            return self.rows.settle_cell(column, field)
        return 0

    def tell(self) -> cython.int:
        """Puts the text of the value at hand into `spare`; takes the GIL."""
        self.spare.position = 0
        return self.spare.put_bytes(self.describe(self.index, self.row))
