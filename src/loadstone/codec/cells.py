"""One cell to one field of a tuple: what is NULL, what the column's rules say, and what happens otherwise.

The order is fixed: bytes that no text can hold, white space, NULL, the type, range, values, pattern, length.
What does not parse is always refused; what a rule refuses may become NULL or a set value instead.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import (
    ABOVE_MAXIMUM,
    BELOW_MINIMUM,
    INVALID_UTF8,
    LONGER_THAN_ALLOWED,
    NOT_ALLOWED,
    NUL_CHARACTER,
    PATTERN_MISMATCH,
    REQUIRED,
)
from loadstone.codec.fields import FieldEncoder
from loadstone.codec.kinds import (
    CHAR,
    ELSE_NULL,
    ELSE_SET,
    EMPTY_IS_TEXT,
    FLOAT4,
    FLOAT8,
    HAS_DEFAULT,
    HAS_MAX_LENGTH,
    HAS_MAXIMUM,
    HAS_MINIMUM,
    HAS_NUL,
    HAS_NULL_TEXTS,
    HAS_PATTERN,
    HAS_RULES,
    HAS_VALUES,
    IS_KEY,
    IS_REQUIRED,
    NON_ASCII,
    NUMERIC,
    QUOTED,
    TEXT,
    TRIMS,
    VARCHAR,
)
from loadstone.codec.numerics import compare_numeric
from loadstone.codec.program import MAXIMUM, MINIMUM, STAND_IN, SUBSTITUTE, Program
from loadstone.codec.texts import character_count, is_utf8, trimmed_end, trimmed_start

if cython.compiled:
    from cython.cimports.libc.math import isnan
else:
    from math import isnan

__all__ = ["CellWriter"]


class CellWriter:
    """Writes fields, each with its length in front, to the encoder's `out`.

    After each cell, `is_null` and `is_repaired` say what became of it, and `is_notable` whether that matters:
    it was repaired, or belongs to the key. After a refused one, `detail` holds the number for its sentence.
    """

    def __init__(self, program: Program, fields: FieldEncoder) -> None:
        self.program = program
        self.fields = fields
        self.out = fields.out
        self.spare = Buffer(64)
        self.is_null = False
        self.is_repaired = False
        self.is_notable = False
        self.detail = 0

    def write(
        self,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes the cell text[start:end]. Returns 0, or the code of what is wrong, with nothing written."""
        flags: cython.int = self.program.flags[column]
        begin: cython.Py_ssize_t = self.out.position
        code: cython.int
        self.is_null = False
        self.is_repaired = False
        self.is_notable = (flags & IS_KEY) != 0
        if form & (NON_ASCII | HAS_NUL):
            if form & HAS_NUL:
                return NUL_CHARACTER
            if not is_utf8(text, start, end):
                return INVALID_UTF8
        if (flags & TRIMS) and start < end and (text.data[start] <= 32 or text.data[end - 1] <= 32):
            start = trimmed_start(text, start, end)
            end = trimmed_end(text, start, end)
        if start == end and not ((form & QUOTED) and (flags & EMPTY_IS_TEXT)):
            return self.write_missing(column)
        if (flags & HAS_NULL_TEXTS) and self.program.null_texts.contains(column, text, start, end):
            return self.write_missing(column)
        code = self.fields.encode(column, text, start, end, form)
        if code != 0:
            self.detail = self.fields.detail
            self.out.position = begin
            return code
        if flags & HAS_RULES:
            code = self.check(column, text, start, end, begin + 4)
            if code != 0:
                self.out.position = begin
                return 0 if self.repair(column) else code
        return 0

    def write_missing(self, column: cython.int) -> cython.int:
        """Writes what stands for a missing cell: the default, else NULL. Returns 0 or REQUIRED."""
        flags: cython.int = self.program.flags[column]
        self.is_repaired = False
        if flags & HAS_DEFAULT:
            self.is_null = False
            return self.put_constant(column, STAND_IN)
        if flags & IS_REQUIRED:
            return REQUIRED
        self.is_null = True
        return self.out.put_int32(-1)

    def repair(self, column: cython.int) -> cython.int:
        """Writes what `otherwise` says; 0 where that is to reject, as NULL in a required column is."""
        flags: cython.int = self.program.flags[column]
        if flags & ELSE_SET:
            self.put_constant(column, SUBSTITUTE)
        elif (flags & ELSE_NULL) and not (flags & IS_REQUIRED):
            self.is_null = True
            self.out.put_int32(-1)
        else:
            return 0
        self.is_repaired = True
        self.is_notable = True
        return 1

    def put_constant(self, column: cython.int, which: cython.int) -> cython.int:
        """Writes a constant of the column, its length included."""
        at: cython.Py_ssize_t = 8 * column + 2 * which
        return self.out.put_slice(
            self.program.constant_bytes, self.program.constants[at], self.program.constants[at + 1]
        )

    def check(
        self,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        payload: cython.Py_ssize_t,
    ) -> cython.int:
        """Holds the column's rules against the value just written at `payload`. Returns 0 or the code."""
        flags: cython.int = self.program.flags[column]
        if (flags & HAS_MINIMUM) and self.compare(column, MINIMUM, payload) < 0:
            return BELOW_MINIMUM
        if (flags & HAS_MAXIMUM) and self.compare(column, MAXIMUM, payload) > 0:
            return ABOVE_MAXIMUM
        if (flags & HAS_VALUES) and not self.is_allowed(column, payload):
            return NOT_ALLOWED
        if (flags & HAS_PATTERN) and not self.matches(column, text, start, end):
            return PATTERN_MISMATCH
        if (flags & HAS_MAX_LENGTH) and end - start > self.program.max_lengths[column]:
            self.detail = character_count(text, start, end)
            if self.detail > self.program.max_lengths[column]:
                return LONGER_THAN_ALLOWED
        return 0

    def compare(self, column: cython.int, which: cython.int, payload: cython.Py_ssize_t) -> cython.int:
        """-1, 0 or 1: the value just written against the minimum or maximum. NaN is above every number."""
        kind: cython.int = self.program.kinds[column]
        at: cython.Py_ssize_t = 8 * column + 2 * which
        value: cython.longlong
        limit: cython.longlong
        real: cython.double
        real_limit: cython.double
        if kind in (FLOAT4, FLOAT8):
            real = self.fields.real
            real_limit = (
                self.program.least_reals[column] if which == MINIMUM else self.program.most_reals[column]
            )
            if real < real_limit:
                return -1
            return 0 if real == real_limit or (isnan(real) and isnan(real_limit)) else 1
        if kind == NUMERIC:
            return compare_numeric(
                self.out,
                payload,
                self.out.position,
                self.program.constant_bytes,
                self.program.constants[at],
                self.program.constants[at + 1],
            )
        if kind in (TEXT, VARCHAR, CHAR):
            return compare_bytes(
                self.out,
                payload,
                self.out.position,
                self.program.constant_bytes,
                self.program.constants[at],
                self.program.constants[at + 1],
            )
        value = self.fields.value
        limit = self.program.minimums[column] if which == MINIMUM else self.program.maximums[column]
        return -1 if value < limit else 1 if value > limit else 0

    def is_allowed(self, column: cython.int, payload: cython.Py_ssize_t) -> cython.bint:
        """Whether the value just written is one of the column's `values`."""
        kind: cython.int = self.program.kinds[column]
        if kind != NUMERIC:
            return self.program.values.contains(column, self.out, payload, self.out.position)
        # Without the number of digits shown, so that 1.0 is 1.00.
        self.spare.position = 0
        self.spare.put_slice(self.out, payload, payload + 6)
        self.spare.put_slice(self.out, payload + 8, self.out.position)
        return self.program.values.contains(column, self.spare, 0, self.spare.position)

    def matches(
        self, column: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.bint:
        """Whether a cell matches the column's pattern as a whole; takes the GIL."""
        cell = bytes(text.data[start:end]).decode()
        return self.program.patterns[column].fullmatch(cell) is not None


def compare_bytes(
    a: Text,
    a_start: cython.Py_ssize_t,
    a_end: cython.Py_ssize_t,
    b: Text,
    b_start: cython.Py_ssize_t,
    b_end: cython.Py_ssize_t,
) -> cython.int:
    """-1, 0 or 1, as the bytes (and so the code points) order two texts."""
    while a_start < a_end and b_start < b_end:
        if a.data[a_start] != b.data[b_start]:
            return -1 if a.data[a_start] < b.data[b_start] else 1
        a_start += 1
        b_start += 1
    return 1 if a_start < a_end else -1 if b_start < b_end else 0
