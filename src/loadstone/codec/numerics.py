"""PostgreSQL's `numeric`: every digit kept, written in its binary form of base 10,000 digits.

The form is four 16-bit numbers (count of digits, weight of the first, sign, digits shown behind the point),
then the digits. Leading and trailing zero digits are left out, so that equal numbers differ at most in the
fourth number.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import NOT_A_NUMBER, OUT_OF_RANGE, TOO_MANY_DIGITS
from loadstone.codec.numerals import NO_EXPONENT, is_infinity, parse_exponent, skip_sign
from loadstone.codec.texts import is_word

__all__ = ["NumericParser"]

_NEGATIVE = cython.declare(cython.int, 0x4000)
_NOT_A_NUMBER = cython.declare(cython.int, 0xC000)
_INFINITY_SIGN = cython.declare(cython.int, 0xD000)
_MINUS_INFINITY = cython.declare(cython.int, 0xF000)
_MOST_SCALE = cython.declare(cython.int, 16_383)
_MOST_INTEGER_DIGITS = cython.declare(cython.int, 131_072)


class NumericParser:
    """Parses and writes one number at a time.

    In between, the number is 0.d1d2d3... * 10**point with the digits d in `digits`, and shows `scale` digits
    behind its point.
    """

    def __init__(self) -> None:
        self.digits = Buffer(128)
        self.sign = 0
        self.point = 0
        self.scale = 0

    def write(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        precision: cython.int,
        scale: cython.int,
        rounds: cython.bint,
        out: Buffer,
    ) -> cython.int:
        """Writes text[start:end] to `out`. Returns 0 or the code of what is wrong.

        `precision` is 0 for a numeric without one. Digits beyond `scale` must be zeros unless `rounds`, which
        rounds half away from zero.
        """
        code: cython.int = self.scan(text, start, end)
        if code == NOT_A_NUMBER:
            return write_special(text, start, end, precision, out)
        if code != 0:
            return code
        if precision > 0:
            code = self.fit(precision, scale, rounds)
            if code != 0:
                return code
        self.strip()
        if self.point > _MOST_INTEGER_DIGITS or self.scale > _MOST_SCALE:
            return OUT_OF_RANGE
        return self.put(out)

    def scan(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Takes the number apart. Returns 0 or the code of what is wrong."""
        i: cython.Py_ssize_t = skip_sign(text, start, end)
        written: cython.Py_ssize_t = 0
        exponent: cython.int = 0
        in_fraction: cython.bint = False
        c: cython.uchar
        self.sign = _NEGATIVE if i > start and text.data[start] == 45 else 0
        self.digits.position = 0
        self.point = 0
        self.scale = 0
        while i < end:
            c = text.data[i]
            if 48 <= c <= 57:
                written += 1
                if in_fraction:
                    self.scale += 1
                if c != 48 or self.digits.position > 0:
                    self.digits.put_byte(c - 48)
                    if not in_fraction:
                        self.point += 1
                elif in_fraction:
                    self.point -= 1
            elif c == 46 and not in_fraction:
                in_fraction = True
            else:
                break
            i += 1
        if written == 0:
            return NOT_A_NUMBER
        if i < end:
            c = text.data[i]
            if c not in {101, 69}:  # e, E
                return NOT_A_NUMBER
            exponent = parse_exponent(text, i + 1, end)
            if exponent == NO_EXPONENT:
                return NOT_A_NUMBER
            self.point += exponent
            self.scale -= exponent
            self.scale = max(self.scale, 0)
        return 0

    def fit(self, precision: cython.int, scale: cython.int, rounds: cython.bint) -> cython.int:
        """Makes the number fit numeric(precision, scale). Returns 0 or the code of what is wrong."""
        cut: cython.Py_ssize_t = self.point + scale
        i: cython.Py_ssize_t = max(0, cut)
        if rounds:
            if self.digits.position > cut:
                self.round_at(cut)
        else:
            while i < self.digits.position:
                if self.digits.data[i] != 0:
                    return TOO_MANY_DIGITS
                i += 1
            if cut < self.digits.position:
                self.digits.position = max(0, cut)
        if self.digits.position > 0 and self.point > precision - scale:
            return OUT_OF_RANGE
        if self.scale > scale:
            self.scale = max(0, scale)
        return 0

    def round_at(self, cut: cython.Py_ssize_t) -> cython.int:
        """Keeps `cut` digits, rounding half away from zero."""
        i: cython.Py_ssize_t = cut - 1
        up: cython.bint = cut >= 0 and self.digits.data[cut] >= 5
        self.digits.position = max(0, cut)
        if not up:
            return 0
        while i >= 0 and self.digits.data[i] == 9:
            self.digits.room[i] = 0
            i -= 1
        if i >= 0:
            self.digits.room[i] += 1
            return 0
        # All nines, or nothing at all: a one in front.
        if self.digits.position == 0:
            self.digits.put_byte(1)
        else:
            self.digits.room[0] = 1
        self.point += 1
        return 0

    def strip(self) -> cython.int:
        """Drops trailing zeros; zero has no digits and no sign."""
        while self.digits.position > 0 and self.digits.data[self.digits.position - 1] == 0:
            self.digits.position -= 1
        if self.digits.position == 0:
            self.sign = 0
            self.point = 0
        return 0

    def put(self, out: Buffer) -> cython.int:
        """Writes the number, four decimal digits to each digit of base 10,000."""
        count: cython.Py_ssize_t = self.digits.position
        weight: cython.Py_ssize_t = (self.point - 1) >> 2
        filled: cython.Py_ssize_t = 4 - (self.point - 4 * weight)
        digit: cython.int = 0
        i: cython.Py_ssize_t = 0
        if count == 0:
            out.put_int32(0)
        else:
            out.put_int16(cython.cast(cython.int, (filled + count + 3) >> 2))
            out.put_int16(cython.cast(cython.int, weight))
        out.put_int16(self.sign)
        out.put_int16(cython.cast(cython.int, self.scale))
        while i < count:
            digit = digit * 10 + self.digits.data[i]
            i += 1
            filled += 1
            if filled == 4:
                out.put_int16(digit)
                digit = 0
                filled = 0
        if count > 0 and filled > 0:
            while filled < 4:
                digit *= 10
                filled += 1
            out.put_int16(digit)
        return 0


def write_special(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, precision: cython.int, out: Buffer
) -> cython.int:
    """Writes NaN or an infinity, which a numeric with a precision cannot hold. Returns 0 or the code."""
    sign: cython.int = 0
    i: cython.Py_ssize_t = skip_sign(text, start, end)
    if is_word(text, start, end, b"nan", 3):
        sign = _NOT_A_NUMBER
    elif is_infinity(text, i, end):
        sign = _MINUS_INFINITY if text.data[start] == 45 else _INFINITY_SIGN
        if precision > 0:
            return OUT_OF_RANGE
    else:
        return NOT_A_NUMBER
    out.put_int32(0)
    out.put_int16(sign)
    out.put_int16(0)
    return 0


def numeric_rank(sign: cython.int, digits: cython.Py_ssize_t) -> cython.int:
    """Numbers of different ranks compare by it: -2 minus infinity, -1, 0, 1 by sign, 2 infinity, 3 NaN."""
    if sign == _NOT_A_NUMBER:
        return 3
    if sign == _INFINITY_SIGN:
        return 2
    if sign == _MINUS_INFINITY:
        return -2
    if digits == 0:
        return 0
    return -1 if sign == _NEGATIVE else 1


def compare_numeric(
    a: Text,
    a_start: cython.Py_ssize_t,
    a_end: cython.Py_ssize_t,
    b: Text,
    b_start: cython.Py_ssize_t,
    b_end: cython.Py_ssize_t,
) -> cython.int:
    """-1, 0 or 1, as PostgreSQL orders two numerics in their binary form: NaN is above everything."""
    a_rank: cython.int = numeric_rank((a.data[a_start + 4] << 8) | a.data[a_start + 5], a_end - a_start - 8)
    b_rank: cython.int = numeric_rank((b.data[b_start + 4] << 8) | b.data[b_start + 5], b_end - b_start - 8)
    a_byte: cython.int = 0
    b_byte: cython.int = 0
    i: cython.Py_ssize_t = 2
    larger: cython.int
    if a_rank != b_rank:
        return -1 if a_rank < b_rank else 1
    if a_rank not in (1, -1):
        return 0
    while a_start + i < a_end or b_start + i < b_end:
        a_byte = a.data[a_start + i] if a_start + i < a_end else 0
        b_byte = b.data[b_start + i] if b_start + i < b_end else 0
        if i == 2:  # the weight is signed
            a_byte ^= 0x80
            b_byte ^= 0x80
        if a_byte != b_byte:
            larger = 1 if a_byte > b_byte else -1
            return larger if a_rank == 1 else -larger
        i += 1
        if i == 4:
            i = 8
    return 0
