"""Columns of typed values, laid out as Arrow does, to binary COPY tuples, row by row with the GIL released.

A batch is one block of bytes that holds the buffers of all its columns one behind the other, with where they
begin and how each is to be read (its route):

- values whose binary form in the tuple follows from their own (integers, floating-point numbers, dates,
  times, UUIDs, byte strings) are written directly, and held against their columns' rules as cells are;
- everything else comes as texts, which pass through the same cell writer as those of a delimited file.

All integers are little-endian, as Arrow has them in practice. A row has no place in bytes: its line is its
number, and the raw record of a rejected one is made by whoever reads the file.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.batches import (
    BY_BIT,
    BY_BYTES,
    BY_DAY,
    BY_DOUBLE,
    BY_DURATION,
    BY_INTEGER,
    BY_INTERVAL,
    BY_MOMENT,
    BY_NOTHING,
    BY_SINGLE,
    BY_TEXT,
    BY_UNSIGNED,
    ColumnarBatch,
    check_bounds,
)
from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Buffer, Text, refuse_slice
from loadstone.codec.codes import OUT_OF_RANGE, TOO_MANY_DIGITS
from loadstone.codec.decimals import bits_of, double_of
from loadstone.codec.kinds import (
    FLOAT8,
    HAS_NUL,
    HAS_RULES,
    INT2,
    INT4,
    IS_KEY,
    ROUNDS,
    TIME,
)
from loadstone.codec.rows import RowWriter

if cython.compiled:
    from cython.cimports.libc.string import memchr
    from cython.cimports.loadstone.codec.words import loadstone_word

from loadstone.model.batch import Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["ColumnarEncoder"]

_DAYS_TO_2000 = cython.declare(cython.longlong, 10_957)
_MICROSECONDS_TO_2000 = cython.declare(cython.longlong, 946_684_800_000_000)
_MICROSECONDS_A_DAY = cython.declare(cython.longlong, 86_400_000_000)
# What PostgreSQL holds, since 2000: 4714 BC up to the year 5874897, and up to 294276.
_FIRST_DAY = cython.declare(cython.longlong, -2_451_545)
_LAST_DAY = cython.declare(cython.longlong, 2_145_031_948)
_FIRST_MOMENT = cython.declare(cython.longlong, -211_813_488_000_000_000)
_LAST_MOMENT = cython.declare(cython.longlong, 9_223_371_331_199_999_999)
_LAST_INTEGER = cython.declare(cython.longlong, 9_223_372_036_854_775_807)
_LAST_INT32 = cython.declare(cython.longlong, 2_147_483_647)


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
        self.fields = self.rows.fields
        self.program = self.rows.program
        self.size = len(plan.cells)
        self.chunk_bytes = chunk_bytes
        self.spare = Buffer(256)
        self.block = Text(b"")
        self.row = 0
        self.index = 0
        self.unknown = bytes(cell.is_unknown for cell in plan.cells) + b"\x00"
        self.columns = array("q", bytes(8))

    def feed(self, batch: ColumnarBatch, start: int, bytes_read: int) -> tuple[Chunk, int]:
        """Encodes rows of a batch from `start` on, as many as a chunk takes.

        Args:
            batch: the rows.
            start: the first of them.
            bytes_read: what the chunk is to say of bytes.

        Returns:
            What became of the rows, without the raw text of rejected ones, and the row to go on with.
        """
        check_bounds(batch)
        self.block = Text(batch.block)
        self.columns = array("q", [number for column in batch.columns for number in column])
        self.describe = batch.describe
        self.row = start
        end: cython.Py_ssize_t = batch.rows
        with cython.nogil:
            self.encode_rows(end)
        return self.rows.chunk(b"", 0, bytes_read), self.row

    def encode_rows(self, end: cython.Py_ssize_t) -> cython.int:
        """Writes rows up to `end` or the end of the chunk."""
        index: cython.Py_ssize_t
        at: cython.Py_ssize_t
        route: cython.int
        while self.row < end and self.out.position + self.rows.late.position < self.chunk_bytes:
            self.rows.begin(self.rows.row_number + 1, 0)
            for index in range(self.size):
                at = 10 * index
                route = cython.cast(cython.int, self.columns[at])
                if self.columns[at + 6] >= 0 and not self.bit_at(
                    self.columns[at + 6], self.columns[at + 7] + self.row
                ):
                    self.rows.missing(index)
                elif self.unknown[index]:
                    self.rows.discard()
                elif route == BY_TEXT:
                    self.text(index, at)
                elif route != BY_NOTHING:
                    self.value(index, at, route)
            self.rows.end(0)
            self.row += 1
        return 0

    def text(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.int:
        """A cell as text, through everything that cells pass."""
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        form: cython.int = cython.cast(cython.int, self.columns[at + 9])
        start, end = self.bound_at(at, self.row), self.bound_at(at, self.row + 1)
        if start < 0 or start > end or end > len(self.block.data):
            return refuse_slice(start, end, len(self.block.data))
        if (form & HAS_NUL) and not has_nul(self.block, start, end):
            form -= HAS_NUL
        return self.rows.cell(index, self.block, start, end, form)

    def value(self, index: cython.Py_ssize_t, at: cython.Py_ssize_t, route: cython.int) -> cython.int:
        """A value that is written as it is, and held against the rules of its column."""
        column: cython.int = self.rows.only_columns[index]
        flags: cython.int = self.program.flags[column]
        field: cython.Py_ssize_t = self.out.position
        code: cython.int = self.put(column, at, route)
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

    def put(self, column: cython.int, at: cython.Py_ssize_t, route: cython.int) -> cython.int:
        """Writes a field. Returns 0, or the code of what is wrong with the value."""
        kind: cython.int = self.program.kinds[column]
        data: cython.Py_ssize_t = self.columns[at + 1]
        width: cython.Py_ssize_t = self.columns[at + 2]
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        if route <= BY_UNSIGNED:
            return self.put_integer(
                kind, column, self.integer_at(data + width * self.row, width, route == BY_INTEGER)
            )
        if route == BY_MOMENT:
            return self.put_moment(
                kind, column, self.integer_at(data + width * self.row, width, True), self.columns[at + 8]
            )
        if route in (BY_SINGLE, BY_DOUBLE):
            return self.put_real(kind, data, route)
        if route == BY_DAY:
            return self.put_day(self.integer_at(data + 4 * self.row, 4, True))
        if route == BY_BIT:
            self.out.put_int32(1)
            return self.out.put_byte(self.bit_at(data, self.columns[at + 3] + self.row))
        if route == BY_DURATION:
            return self.put_duration(self.integer_at(data + 8 * self.row, 8, True), at, column)
        if route == BY_INTERVAL:
            return self.put_interval(data + 12 * self.row)
        if route == BY_BYTES:
            start, end = self.bound_at(at, self.row), self.bound_at(at, self.row + 1)
        else:
            start, end = data + width * self.row, data + width * (self.row + 1)
        self.out.put_int32(end - start)
        return self.out.put_slice(self.block, start, end)

    def put_integer(self, kind: cython.int, column: cython.int, value: cython.longlong) -> cython.int:
        """Writes an integer that its column's type can hold."""
        if value < self.program.lows[column] or value > self.program.highs[column]:
            return OUT_OF_RANGE
        self.fields.value = value
        if kind == INT4:
            return self.out.put_field32(value)
        if kind == INT2:
            return self.out.put_field16(cython.cast(cython.int, value))
        return self.out.put_field64(value)

    def put_real(self, kind: cython.int, data: cython.Py_ssize_t, route: cython.int) -> cython.int:
        """Writes a floating-point number, with the very bits that it has."""
        bits: cython.longlong
        if route == BY_DOUBLE:
            bits = self.integer_at(data + 8 * self.row, 8, True)
            self.fields.real = double_of(
                cython.cast(cython.ulonglong, bits) if cython.compiled else bits % 2**64
            )
            return self.out.put_field64(bits)
        bits = self.integer_at(data + 4 * self.row, 4, False)
        self.fields.real = single_of(bits)
        if kind == FLOAT8:
            return self.out.put_field64(bits_of(self.fields.real))
        return self.out.put_field32(bits)

    def put_day(self, days: cython.longlong) -> cython.int:
        """Writes a date."""
        days -= _DAYS_TO_2000
        if days < _FIRST_DAY or days > _LAST_DAY:
            return OUT_OF_RANGE
        self.fields.value = days
        return self.out.put_field32(days)

    def put_moment(
        self, kind: cython.int, column: cython.int, value: cython.longlong, scale: cython.longlong
    ) -> cython.int:
        """Writes a time or a timestamp in microseconds."""
        code: cython.int = self.scaled(column, value, scale)
        if code != 0:
            return code
        value = self.fields.value
        if kind == TIME:
            if value < 0 or value > _MICROSECONDS_A_DAY:
                return OUT_OF_RANGE
            return self.out.put_field64(value)
        if value < _FIRST_MOMENT + _MICROSECONDS_TO_2000:
            return OUT_OF_RANGE
        value -= _MICROSECONDS_TO_2000
        if value > _LAST_MOMENT:
            return OUT_OF_RANGE
        self.fields.value = value
        return self.out.put_field64(value)

    def scaled(self, column: cython.int, value: cython.longlong, scale: cython.longlong) -> cython.int:
        """Brings a value to microseconds, in `fields.value`. Returns 0 or a code."""
        rest: cython.longlong
        whole: cython.longlong
        if scale < 0:
            if value > _LAST_INTEGER // -scale or -_LAST_INTEGER // -scale > value:
                return OUT_OF_RANGE
            value *= -scale
        elif scale > 1:
            whole = value // scale
            rest = value - whole * scale
            if rest < 0:  # C rounds towards zero
                rest += scale
                whole -= 1
            if rest != 0:
                if not (self.program.flags[column] & ROUNDS):
                    return TOO_MANY_DIGITS
                if 2 * rest >= scale:
                    whole += 1
            value = whole
        self.fields.value = value
        return 0

    def put_duration(self, value: cython.longlong, at: cython.Py_ssize_t, column: cython.int) -> cython.int:
        """Writes an interval without days and months, whose lengths vary."""
        code: cython.int = self.scaled(column, value, self.columns[at + 8])
        if code != 0:
            return code
        self.out.put_int32(16)
        self.out.put_int64(self.fields.value)
        return self.out.put_int64(0)

    def put_interval(self, data: cython.Py_ssize_t) -> cython.int:
        """Writes an interval of months, days and milliseconds."""
        months: cython.longlong = self.integer_at(data, 4, False)
        days: cython.longlong = self.integer_at(data + 4, 4, False)
        if months > _LAST_INT32 or days > _LAST_INT32:
            return OUT_OF_RANGE
        self.out.put_int32(16)
        self.out.put_int64(1000 * self.integer_at(data + 8, 4, False))
        self.out.put_int32(days)
        return self.out.put_int32(months)

    def tell(self) -> cython.int:
        """Puts the text of the value at hand into `spare`; takes the GIL."""
        self.spare.position = 0
        return self.spare.put_bytes(self.describe(self.index, self.row))

    def bound_at(self, at: cython.Py_ssize_t, row: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Where the text of a row begins in the block; that of the next row is where it ends."""
        width: cython.Py_ssize_t = self.columns[at + 2]
        offset: cython.longlong = self.integer_at(self.columns[at + 4] + width * row, width, True)
        return self.columns[at + 1] + offset - self.columns[at + 5]

    def bit_at(self, start: cython.Py_ssize_t, bit: cython.Py_ssize_t) -> cython.bint:
        """A bit of a bitmap, the lowest of each byte first."""
        return (self.block.data[start + (bit >> 3)] >> (bit & 7)) & 1

    def integer_at(
        self, position: cython.Py_ssize_t, width: cython.Py_ssize_t, signed: cython.bint
    ) -> cython.longlong:
        """The integer of 1, 2, 4 or 8 bytes at a position of the block; one of 8 bytes is signed.

        Whether the block has it was found out when the batch came (`check_bounds`); 0 where it has not.
        """
        if position < 0 or position + 8 > len(self.block.data):
            return 0
        if not cython.compiled:
            return int.from_bytes(
                self.block.data[position : position + width], "little", signed=signed or width == 8
            )
        word: cython.ulonglong = loadstone_word(cython.address(self.block.data[position]))
        unused: cython.int = cython.cast(cython.int, 64 - 8 * width)
        if signed:
            return cython.cast(cython.longlong, word << unused) >> unused
        return cython.cast(cython.longlong, (word << unused) >> unused)


def has_nul(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether text[start:end] holds a NUL."""
    if start >= end or end > len(text.data):
        return False
    if not cython.compiled:
        return 0 in text.data[start:end]
    return memchr(cython.address(text.data[start]), 0, end - start) != cython.NULL


def single_of(bits: cython.longlong) -> cython.double:
    """The single of these 32 bits, as a double: the same number."""
    sign: cython.ulonglong = (bits >> 31) & 1
    exponent: cython.longlong = (bits >> 23) & 0xFF
    fraction: cython.longlong = bits & 0x7FFFFF
    if exponent == 0xFF:
        exponent = 0x7FF
    elif exponent != 0:
        exponent += 0x380
    elif fraction != 0:
        exponent = 0x381
        while not fraction & 0x800000:
            fraction <<= 1
            exponent -= 1
        fraction &= 0x7FFFFF
    return double_of(
        (sign << 63)
        | (cython.cast(cython.ulonglong, exponent) << 52)
        | (cython.cast(cython.ulonglong, fraction) << 29)
    )
