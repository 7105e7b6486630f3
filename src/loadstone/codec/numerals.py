"""Numbers as text: integers and floating-point numbers, exactly as written or not at all.

A number is an optional sign, ASCII digits with an optional decimal point, and, where the type has one, an
optional exponent. No white space within, no `1_2`, no `0x10`. `make_plain` brings other decimal and thousands
separators into this form.
"""

from __future__ import annotations

import math
import struct
from array import array
from decimal import Decimal

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import NOT_A_NUMBER, NOT_AN_INTEGER, OUT_OF_RANGE
from loadstone.codec.decimals import bits_of, nearest_double
from loadstone.codec.texts import is_word

__all__ = ["NumberParser"]

NO_EXPONENT = -1_000_000
_MOST_EXPONENT = cython.declare(cython.int, 999_999)
_EXACT_INTEGERS = cython.declare(cython.ulonglong, 1 << 53)
_INFINITE_REAL = cython.declare(cython.double, float("inf"))
_NAN = cython.declare(cython.double, float("nan"))
_SMALLEST_NORMAL_SINGLE = cython.declare(cython.double, 2.0**-126)
_LARGEST_BITS = 0x7F7FFFFF
_LARGEST_SINGLE = cython.declare(cython.double, 2.0**128 - 2.0**104)
_BEYOND_SINGLE = cython.declare(cython.double, 2.0**128 - 2.0**103)
_INT64_TENTH = cython.declare(cython.longlong, 922_337_203_685_477_580)
_INT64_MAX = cython.declare(cython.longlong, 0x7FFFFFFFFFFFFFFF)
_MANTISSA_LIMIT = cython.declare(cython.ulonglong, 10**18)
_FITTING_DIGITS = cython.declare(cython.Py_ssize_t, 18)


def skip_sign(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position after an optional sign."""
    if start < end and (text.data[start] == 43 or text.data[start] == 45):
        return start + 1
    return start


def has_leading_zeros(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether a number would lose some of this text: `007`, `+49`, `-0`; not `0`, `0.5`."""
    if end - start < 2:
        return False
    c: cython.uchar = text.data[start]
    if c == 43:
        return True
    if c == 45:
        start += 1
        if end - start == 1:
            return text.data[start] == 48
    if text.data[start] != 48:
        return False
    c = text.data[start + 1]
    return 48 <= c <= 57


def is_infinity(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether the text is `infinity` or `inf`, in any case."""
    return is_word(text, start, end, b"infinity", 8) or is_word(text, start, end, b"inf", 3)


def parse_exponent(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
    """The exponent that text[start:end] writes, to 999,999 either way; -1,000,000 where it is none."""
    i: cython.Py_ssize_t = skip_sign(text, start, end)
    exponent: cython.int = 0
    c: cython.uchar
    if i >= end:
        return NO_EXPONENT
    while i < end:
        c = text.data[i]
        if c < 48 or c > 57:
            return NO_EXPONENT
        if exponent < 99_999:
            exponent = exponent * 10 + (c - 48)
        i += 1
    return -exponent if text.data[start] == 45 else exponent


class NumberParser:
    """Parses one number at a time; the value stays in `integer` or `real` until the next."""

    def __init__(self) -> None:
        self.integer = 0
        self.real = 0.0
        self.digits = Buffer(64)
        self.plain = Buffer(64)
        self.powers = array("d", [10.0**i for i in range(23)])

    def parse_integer(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        low: cython.longlong,
        high: cython.longlong,
    ) -> cython.int:
        """An integer from `low` to `high`, to `integer`. Returns 0 or the code of what is wrong."""
        i: cython.Py_ssize_t = start
        value: cython.longlong = 0
        is_negative: cython.bint = False
        overflows: cython.bint = False
        c: cython.uchar
        if i < end:
            c = text.data[i]
            if c in {45, 43}:
                is_negative = c == 45
                i += 1
        if i >= end:
            return NOT_AN_INTEGER
        while i < end:
            c = text.data[i]
            if c < 48 or c > 57:
                return NOT_AN_INTEGER
            # Counted downwards below zero, because that side holds one more.
            if value < -_INT64_TENTH or (value == -_INT64_TENTH and c > 56):
                overflows = True
            else:
                value = value * 10 - (c - 48)
            i += 1
        if overflows:
            return OUT_OF_RANGE
        if not is_negative:
            if value < -_INT64_MAX:
                return OUT_OF_RANGE
            value = -value
        if value < low or value > high:
            return OUT_OF_RANGE
        self.integer = value
        return 0

    def parse_real(
        self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, is_single: cython.bint
    ) -> cython.int:
        """The nearest double (or single), to `real`. Returns 0 or the code of what is wrong.

        A number too large for the type, or one that is not zero and too small for it, is out of range.
        """
        i: cython.Py_ssize_t = skip_sign(text, start, end)
        first: cython.Py_ssize_t = i
        mantissa: cython.ulonglong = 0
        exponent: cython.int = 0
        written: cython.int = 0
        digits: cython.Py_ssize_t = 0
        cut: cython.bint = False
        in_fraction: cython.bint = False
        value: cython.double
        c: cython.uchar = 0
        if end - i <= _FITTING_DIGITS:
            # So few that the mantissa holds them all: the loops need not look at it.
            while i < end:
                c = text.data[i]
                if c < 48 or c > 57:
                    break
                mantissa = mantissa * 10 + (c - 48)
                i += 1
            digits = i - first
            if i < end and c == 46:
                i += 1
                first = i
                while i < end:
                    c = text.data[i]
                    if c < 48 or c > 57:
                        break
                    mantissa = mantissa * 10 + (c - 48)
                    i += 1
                digits += i - first
                exponent = cython.cast(cython.int, first - i)
        else:
            while i < end:
                c = text.data[i]
                if 48 <= c <= 57:
                    digits += 1
                    if mantissa < _MANTISSA_LIMIT:
                        mantissa = mantissa * 10 + (c - 48)
                        if in_fraction:
                            exponent -= 1
                    else:
                        cut = cut or c != 48
                        if not in_fraction:
                            exponent += 1
                elif c == 46 and not in_fraction:
                    in_fraction = True
                else:
                    break
                i += 1
        if digits == 0:
            return self._real_word(text, start, end)
        if i < end:
            c = text.data[i]
            if c not in {101, 69}:  # e, E
                return NOT_A_NUMBER
            written = parse_exponent(text, i + 1, end)
            if written == NO_EXPONENT:
                return NOT_A_NUMBER
            exponent += written
        if mantissa == 0:
            value = 0.0
        elif not cut and mantissa < _EXACT_INTEGERS and -22 <= exponent <= 22:
            # Both are exact doubles, so that one operation rounds once.
            if exponent < 0:
                value = cython.cast(cython.double, mantissa) / self.powers[-exponent]
            else:
                value = cython.cast(cython.double, mantissa) * self.powers[exponent]
        else:
            value = -1.0
            if cython.compiled and not cut:
                value = nearest_double(mantissa, exponent)
        if mantissa != 0 and (
            value <= 0.0 or value == _INFINITE_REAL or (is_single and not survives_second_rounding(value))
        ):
            return self._exact_real(text, start, end, is_single)
        self.real = -value if text.data[start] == 45 else value
        return 0

    def _real_word(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        i: cython.Py_ssize_t = skip_sign(text, start, end)
        if is_infinity(text, i, end):
            self.real = -_INFINITE_REAL if text.data[start] == 45 else _INFINITE_REAL
            return 0
        if is_word(text, start, end, b"nan", 3):
            self.real = _NAN
            return 0
        return NOT_A_NUMBER

    def _exact_real(
        self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, is_single: cython.bint
    ) -> cython.int:
        """The slow way, exact for every number; takes the GIL, since Python rounds correctly."""
        number = bytes(text.data[start:end])
        value: cython.double = round_to_single(number) if is_single else float(number)
        if value in (0.0, _INFINITE_REAL, -_INFINITE_REAL):
            return OUT_OF_RANGE
        self.real = value
        return 0

    def make_plain(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        decimal: cython.int,
        thousands: cython.int,
    ) -> cython.int:
        """Rewrites a number with a decimal point and without thousands separators, to `plain`.

        Separators stand between groups of three digits of the integer part, the first of one to three, or
        nowhere. `thousands` is 0 where there are none. Returns 0 or the code of what is wrong.
        """
        i: cython.Py_ssize_t = start
        group: cython.int = 0
        groups: cython.int = 0
        in_integer: cython.bint = True
        c: cython.uchar
        self.plain.position = 0
        while i < end:
            c = text.data[i]
            if in_integer and 48 <= c <= 57:
                group += 1
            elif in_integer and thousands and c == thousands:
                if group == 0 or group > 3 or (groups > 0 and group != 3):
                    return NOT_A_NUMBER
                groups += 1
                group = 0
                i += 1
                continue
            elif c == decimal or (in_integer and i > start):
                if groups > 0 and group != 3:
                    return NOT_A_NUMBER
                groups = 0
                in_integer = False
                if c == decimal:
                    c = 46
                elif c == 46:
                    return NOT_A_NUMBER
            elif c == 46:
                return NOT_A_NUMBER
            self.plain.put_byte(c)
            i += 1
        if groups > 0 and group != 3:
            return NOT_A_NUMBER
        return 0


def survives_second_rounding(value: cython.double) -> cython.bint:
    """Whether the double nearest to a number surely rounds to the single nearest to it.

    Rounding twice goes wrong only where the double lies halfway between two singles, which among those
    without leading zero bits means one bit followed by zeros, beyond what a single keeps.
    """
    return _SMALLEST_NORMAL_SINGLE <= value < _BEYOND_SINGLE and (bits_of(value) & 0x1FFFFFFF) != 0x10000000


def round_to_single(number: bytes) -> float:
    """The single nearest to a decimal number, ties to even; infinity beyond the largest."""
    double = float(number)
    if double == 0.0 or math.isinf(double):
        return double  # and a single all the more; exponents of that size are beyond decimal, too
    exact = Decimal(number.decode("ascii"))
    size = exact.copy_abs()
    single = 0.0
    if size >= Decimal(_BEYOND_SINGLE):
        single = math.inf
    else:
        bits: int = struct.unpack("i", struct.pack("f", min(float(size), _LARGEST_SINGLE)))[0]
        if _single_of(bits) > size:
            bits -= 1
        # Comparisons of decimals are exact, and what lies halfway between two singles is a double.
        if bits < _LARGEST_BITS:
            half = Decimal((_single_of(bits) + _single_of(bits + 1)) / 2)
            bits += size > half or (size == half and bits & 1)
        single = _single_of(bits)
    return -single if exact.is_signed() else single


def _single_of(bits: int) -> float:
    single: float = struct.unpack("f", struct.pack("i", bits))[0]
    return single
