"""Values of a fixed width, as Arrow lays them out, to the fields of a tuple.

All integers are little-endian, as Arrow has them in practice.
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
    BY_SINGLE,
    BY_UNSIGNED,
)
from loadstone.codec.buffers import Text
from loadstone.codec.codes import OUT_OF_RANGE, TOO_MANY_DIGITS
from loadstone.codec.decimals import bits_of, double_of, single_of
from loadstone.codec.fields import FieldEncoder
from loadstone.codec.kinds import FLOAT8, INT2, INT4, ROUNDS, TIME
from loadstone.codec.program import Program

if cython.compiled:
    from cython.cimports.loadstone.codec.words import loadstone_word

__all__ = ["ColumnValues"]

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


class ColumnValues:
    """The values of one batch.

    Attributes:
        block: the batch's.
        columns: the numbers of its `ColumnBuffers`, `at` which each begins.

    Args:
        program: the columns of the tuple. fields: told the value that was written, for its rules.
    """

    def __init__(self, program: Program, fields: FieldEncoder) -> None:
        self.program = program
        self.fields = fields
        self.out = fields.out
        self.block = Text(b"")
        self.columns = array("q", bytes(8))

    def take(self, block: Text, columns: array[int]) -> None:
        """Goes on with another batch."""
        self.block = block
        self.columns = columns

    def put(
        self, column: cython.int, at: cython.Py_ssize_t, route: cython.int, row: cython.Py_ssize_t
    ) -> cython.int:
        """Writes a field. Returns 0, or the code of what is wrong with the value."""
        kind: cython.int = self.program.kinds[column]
        data: cython.Py_ssize_t = self.columns[at + 1]
        width: cython.Py_ssize_t = self.columns[at + 2]
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        if route <= BY_UNSIGNED:
            return self.put_integer(
                kind, column, self.integer_at(data + width * row, width, route == BY_INTEGER)
            )
        if route == BY_MOMENT:
            return self.put_moment(
                kind, column, self.integer_at(data + width * row, width, True), self.columns[at + 8]
            )
        if route in (BY_SINGLE, BY_DOUBLE):
            return self.put_real(kind, data, route, row)
        if route == BY_DAY:
            return self.put_day(self.integer_at(data + 4 * row, 4, True))
        if route == BY_BIT:
            self.out.put_int32(1)
            return self.out.put_byte(self.bit_at(data, self.columns[at + 3] + row))
        if route == BY_DURATION:
            return self.put_duration(self.integer_at(data + 8 * row, 8, True), at, column)
        if route == BY_INTERVAL:
            return self.put_interval(data + 12 * row)
        if route == BY_BYTES:
            start, end = self.bound_at(at, row), self.bound_at(at, row + 1)
        else:
            start, end = data + width * row, data + width * (row + 1)
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

    def put_real(
        self, kind: cython.int, data: cython.Py_ssize_t, route: cython.int, row: cython.Py_ssize_t
    ) -> cython.int:
        """Writes a floating-point number, with the very bits that it has."""
        bits: cython.longlong
        if route == BY_DOUBLE:
            bits = self.integer_at(data + 8 * row, 8, True)
            self.fields.real = double_of(
                cython.cast(cython.ulonglong, bits) if cython.compiled else bits % 2**64
            )
            return self.out.put_field64(bits)
        bits = self.integer_at(data + 4 * row, 4, False)
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
        code: cython.int = 0
        if scale != 1:
            code = self.scaled(column, value, scale)
            value = self.fields.value
        if code != 0:
            return code
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
