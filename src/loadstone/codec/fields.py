"""Values to the binary fields of a tuple, by the column's type: the only place that casts.

Every method returns 0, or the code of what is wrong with the value (codes.py).
"""

from __future__ import annotations

import cython

from loadstone.codec.arrays import AT_DECODED, AT_END, AT_NUL_CHARACTER, AT_NULL, AT_TEXT, ArrayReader
from loadstone.codec.binary import put_bytea, put_inet
from loadstone.codec.bloom import hash_bytes, mix
from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import (
    INVALID_JSON,
    LEADING_ZEROS,
    NOT_A_BOOLEAN,
    NOT_A_LABEL,
    NOT_A_NUMBER,
    NOT_A_UUID,
    NOT_AN_ARRAY,
    NOT_AN_INTEGER,
    NOT_AN_INTERVAL,
    NUL_CHARACTER,
    OUT_OF_RANGE,
    TOO_LONG,
)
from loadstone.codec.decimals import bits_of, single_bits_of
from loadstone.codec.formats import FormatParser
from loadstone.codec.intervals import encode_interval
from loadstone.codec.jsontext import check_json, check_jsonb
from loadstone.codec.kinds import (
    ARRAY,
    AS_WRITTEN,
    BOOLEAN,
    BYTEA,
    CHAR,
    DATE,
    ENUM,
    FLOAT4,
    FLOAT8,
    HAS_FORMATS,
    INET,
    INT4,
    INT8,
    JSON,
    JSONB,
    LOCAL_NUMBERS,
    NUMERIC,
    PLAIN,
    ROUNDS,
    TEXT,
    TIME,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
)
from loadstone.codec.numerals import NumberParser, has_leading_zeros
from loadstone.codec.numerics import NumericParser
from loadstone.codec.program import Program
from loadstone.codec.temporal import TemporalParser
from loadstone.codec.texts import boolean_of, character_count, hex_digit

__all__ = ["FieldEncoder"]


class FieldEncoder:
    """Writes fields to `out`, each with its length in front; what a refused value leaves there is void.

    After an integer, date or time `value` is what was written, after a floating-point number `real`, after a
    text that is too long or JSON that is broken `detail` is its length or the position.
    """

    def __init__(self, program: Program, out: Buffer) -> None:
        self.program = program
        self.out = out
        self.numbers = NumberParser()
        self.numerics = NumericParser()
        self.temporal = TemporalParser(program.zones)
        self.formats = FormatParser(self.temporal, program.operations)
        self.arrays = ArrayReader()
        self.detail = 0
        self.value = 0
        self.real = 0.0

    def encode(
        self,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes the field of text[start:end], which is valid UTF-8 without NUL, as the column's type."""
        kind: cython.int = self.program.kinds[column]
        code: cython.int
        begin: cython.Py_ssize_t
        if kind <= NUMERIC and kind != BOOLEAN:
            if (self.program.flags[column] & LOCAL_NUMBERS) and not (form & PLAIN):
                code = self.numbers.make_plain(
                    text, start, end, self.program.decimals[column], self.program.thousands[column]
                )
                if code != 0:
                    return NOT_AN_INTEGER if kind <= INT8 else NOT_A_NUMBER
                return self.encode_number(kind, column, self.numbers.plain, 0, self.numbers.plain.position)
            return self.encode_number(kind, column, text, start, end)
        if kind in (TEXT, VARCHAR, CHAR, ENUM):
            return self.encode_text(kind, column, text, start, end)
        if DATE <= kind <= TIMESTAMPTZ:
            return self.encode_moment(kind, column, text, start, end, form)
        self.out.put_int32(0)
        begin = self.out.position - 4
        if kind == BOOLEAN:
            code = self.encode_boolean(text, start, end)
        elif kind == UUID:
            code = self.encode_uuid(text, start, end)
        elif kind in (JSON, JSONB):
            code = self.encode_json(kind, text, start, end)
        elif kind == ARRAY:
            code = self.encode_array(column, text, start, end, form)
        elif kind == BYTEA:
            code = put_bytea(text, start, end, self.out)
        elif kind == INET:
            code = put_inet(text, start, end, self.out)
        else:
            code = self.encode_interval(column, text, start, end)
        return code if code != 0 else self.out.end_field(begin)

    def encode_number(
        self,
        kind: cython.int,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.int:
        """Writes an integer, a floating-point number or a numeric."""
        code: cython.int
        begin: cython.Py_ssize_t
        if (self.program.flags[column] & AS_WRITTEN) and has_leading_zeros(text, start, end):
            return LEADING_ZEROS
        if kind == NUMERIC:
            begin = self.out.position
            self.out.put_int32(0)
            code = self.numerics.write(
                text,
                start,
                end,
                self.program.precisions[column],
                self.program.scales[column],
                (self.program.flags[column] & ROUNDS) != 0,
                self.out,
            )
            return code if code != 0 else self.out.end_field(begin)
        if kind in (FLOAT4, FLOAT8):
            code = self.numbers.parse_real(text, start, end, kind == FLOAT4)
            if code != 0:
                return code
            self.real = self.numbers.real
            if kind == FLOAT8:
                return self.out.put_field64(bits_of(self.real))
            return self.out.put_field32(single_bits_of(self.real))
        code = self.numbers.parse_integer(
            text, start, end, self.program.lows[column], self.program.highs[column]
        )
        if code != 0:
            return code
        self.value = self.numbers.integer
        if kind == INT4:
            return self.out.put_field32(self.value)
        if kind == INT8:
            return self.out.put_field64(self.value)
        return self.out.put_field16(cython.cast(cython.int, self.value))

    def encode_moment(
        self,
        kind: cython.int,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes a date, a time or a timestamp."""
        code: cython.int
        flags: cython.int = self.program.flags[column]
        precision: cython.int = self.program.precisions[column]
        rounds: cython.bint = (flags & ROUNDS) != 0
        if (flags & HAS_FORMATS) and not (form & PLAIN):
            code = self.formats.parse(
                kind,
                self.program.formats[column],
                text,
                start,
                end,
                self.program.zone_numbers[column],
                precision,
                rounds,
            )
        elif kind == DATE:
            code = self.temporal.parse_date(text, start, end)
        elif kind == TIME:
            code = self.temporal.parse_time(text, start, end, precision, rounds)
        else:
            code = self.temporal.parse_timestamp(
                text, start, end, self.program.zone_numbers[column], precision, rounds
            )
        if code != 0:
            return code
        self.value = self.temporal.value
        if kind == DATE:
            return self.out.put_field32(self.value)
        return self.out.put_field64(self.value)

    def encode_text(
        self,
        kind: cython.int,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.int:
        """Writes characters, within the type's length; spaces behind a character(n) mean nothing and go."""
        limit: cython.Py_ssize_t = self.program.lengths[column]
        if kind == ENUM:
            if not self.program.labels.contains(column, text, start, end):
                return NOT_A_LABEL
        elif limit >= 0:
            if kind == CHAR:
                while end > start and text.data[end - 1] == 32:
                    end -= 1
            if end - start > limit:
                self.detail = character_count(text, start, end)
                if self.detail > limit:
                    return TOO_LONG
        self.out.put_int32(end - start)
        return self.out.put_slice(text, start, end)

    def encode_boolean(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Writes true or false."""
        value: cython.int = boolean_of(text, start, end)
        return NOT_A_BOOLEAN if value < 0 else self.out.put_byte(value)

    def encode_json(
        self, kind: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.int:
        """Writes JSON as it stands; jsonb's binary form is a version and the text."""
        position: cython.Py_ssize_t
        if kind == JSON:
            position = check_json(text, start, end)
        else:
            position = check_jsonb(text, start, end)
            self.out.put_byte(1)
        if position >= 0:
            self.detail = position - start
            return INVALID_JSON
        return self.out.put_slice(text, start, end)

    def encode_uuid(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Writes a UUID as PostgreSQL takes it: hyphens after any four digits or none, and braces or none."""
        high: cython.int
        low: cython.int
        i: cython.int
        if end - start > 2 and text.data[start] == 123 and text.data[end - 1] == 125:  # { }
            start += 1
            end -= 1
        for i in range(16):
            if end - start < 2:
                return NOT_A_UUID
            high = hex_digit(text.data[start])
            low = hex_digit(text.data[start + 1])
            if high < 0 or low < 0:
                return NOT_A_UUID
            self.out.put_byte(16 * high + low)
            start += 2
            if i % 2 == 1 and i < 15 and start < end and text.data[start] == 45:
                start += 1
        return 0 if start == end else NOT_A_UUID

    def encode_array(
        self,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes an array: its dimensions, whether there are NULLs, the elements' type, bounds, elements."""
        element: cython.int = self.program.elements[column]
        kind: cython.int = self.program.kinds[element]
        begin: cython.Py_ssize_t = self.out.position
        code: cython.int
        found: cython.int
        d: cython.int
        has_nulls: cython.bint = False
        if self.arrays.open(text, start, end, self.program.delimiters[column], kind in (JSON, JSONB)) < 0:
            return NOT_AN_ARRAY
        self.out.put_int32(self.arrays.dimensions)
        self.out.put_int32(0)
        self.out.put_int32(self.program.oids[column])
        while self.out.position < begin + 12 + 8 * self.arrays.dimensions:
            self.out.put_int64(0)
        if self.arrays.dimensions == 0:
            return 0
        while True:
            found = self.arrays.next(text)
            if found == AT_TEXT:
                code = self.encode(element, text, self.arrays.start, self.arrays.end, form)
            elif found == AT_DECODED:
                code = self.encode(element, self.arrays.decoded, 0, self.arrays.decoded.position, form)
            elif found == AT_NULL:
                has_nulls = True
                code = self.out.put_int32(-1)
            elif found == AT_END:
                break
            else:
                return NUL_CHARACTER if found == AT_NUL_CHARACTER else NOT_AN_ARRAY
            if code != 0:
                return code
        if has_nulls:
            self.out.set_int32(begin + 4, 1)
        for d in range(self.arrays.dimensions):
            self.out.set_int32(begin + 12 + 8 * d, self.arrays.sizes[d])
            self.out.set_int32(begin + 16 + 8 * d, self.arrays.lower_bounds[d])
        return 0

    def encode_interval(
        self, column: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.int:
        """Writes an interval; takes the GIL."""
        cell = bytes(text.data[start:end]).decode()
        try:
            payload = encode_interval(cell, self.program.precisions[column])
        except ValueError:
            return NOT_AN_INTERVAL
        except OverflowError:
            return OUT_OF_RANGE
        return self.out.put_bytes(payload)

    def payload(self, column: int, cell: bytes, form: int) -> tuple[int, bytes]:
        """0 and the payload of a cell (valid UTF-8 without NUL), or the code of what is wrong with it."""
        begin: cython.Py_ssize_t = self.out.position
        code: cython.int = self.encode(column, Text(cell), 0, len(cell), form)
        written = bytes(self.out.data[begin + 4 : self.out.position]) if code == 0 else b""
        self.out.position = begin
        return code, written

    def hash_field(
        self, column: cython.int, payload: cython.Py_ssize_t, seed: cython.ulonglong
    ) -> cython.ulonglong:
        """A hash of what was written from `payload` on, the same for values that PostgreSQL holds equal."""
        kind: cython.int = self.program.kinds[column]
        end: cython.Py_ssize_t = self.out.position
        if kind == NUMERIC:
            # All but the number of digits shown: 1.0 is 1.00.
            seed = hash_bytes(self.out, payload, payload + 6, seed)
            return hash_bytes(self.out, payload + 8, end, seed)
        if kind in (FLOAT4, FLOAT8) and self.is_zero(payload):  # of either sign
            return mix(seed, 1)
        if kind == CHAR:
            while end > payload and self.out.data[end - 1] == 32:
                end -= 1
        return hash_bytes(self.out, payload, end, seed)

    def is_zero(self, payload: cython.Py_ssize_t) -> cython.bint:
        """Whether the payload is a floating-point zero of either sign."""
        i: cython.Py_ssize_t = payload + 1
        if self.out.data[payload] & 0x7F:
            return False
        while i < self.out.position:
            if self.out.data[i] != 0:
                return False
            i += 1
        return True
