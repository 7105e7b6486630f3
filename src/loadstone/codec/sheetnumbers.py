"""Numbers as workbooks store them, to text: the double's shortest form, and dates out of serial numbers.

A workbook holds 2.55 as 2.5499999999999998, and the first of December 2010 as 40513 with a format that shows
it as a date. How a cell is meant is its kind: a sum of `DATE_PART` and `TIME_PART` where its number format
shows these, `TELLING` where the number alone tells, `ELAPSED` for hours beyond 24.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.decimals import nearest_double

__all__ = ["DATE_PART", "ELAPSED", "TELLING", "TIME_PART", "CellNumbers", "cell_text"]

DATE_PART = 1
TIME_PART = 2
TELLING = 4
ELAPSED = 8

#: What `scan` finds.
NO_NUMBER = 0
SHORTEST = 1
LONGER = 2

_DAY_MILLIS = cython.declare(cython.longlong, 86_400_000)
_LAST_SERIAL = cython.declare(cython.longlong, 2_958_465)  # the end of the year 9999
_CERTAIN_DIGITS = cython.declare(
    cython.int, 15
)  # any decimal of so many digits is its double's shortest form
_MOST_DIGITS = cython.declare(cython.int, 19)
_SMALLEST_POINT = cython.declare(cython.int, -300)  # beyond are doubles that hold fewer digits
_LARGEST_POINT = cython.declare(cython.int, 308)  # beyond may be more than any double holds
_MOST_POINT = cython.declare(cython.int, 100_000)


class CellNumbers:
    """Writes one number at a time. `scan` comes first; then `put_number` or `put_serial`.

    Args:
        is_1904: whether day 0 is the first of January 1904, rather than the one before the first of 1900.
    """

    def __init__(self, is_1904: bool) -> None:
        self.is_1904 = is_1904
        self.is_negative = False
        self.mantissa = 0
        self.exponent = 0
        self.count = 0
        self.digits = bytearray(24)
        self.last_mantissa = 0
        self.last_exponent = 0
        self.last_kind = 0
        self.last_serial = Buffer(32)

    def scan(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Reads text[start:end]: whether it is a number, and already in its double's shortest form."""
        i: cython.Py_ssize_t = start
        digits_start: cython.Py_ssize_t
        fraction_start: cython.Py_ssize_t = -1
        c: cython.uchar
        power: cython.int = 0
        sign: cython.int = 1
        is_plain: cython.bint = True
        self.is_negative = False
        self.mantissa = 0
        self.exponent = 0
        self.count = 0
        if i < end and text.data[i] in {43, 45}:  # + -
            self.is_negative = text.data[i] == 45
            is_plain = self.is_negative
            i += 1
        digits_start = i
        while i < end:
            c = text.data[i]
            if 48 <= c <= 57:
                if self.count < _MOST_DIGITS:
                    self.mantissa = self.mantissa * 10 + (c - 48)
                    if self.mantissa != 0:
                        self.count += 1
                else:
                    self.count += 1
                    self.exponent += 1
                if fraction_start >= 0:
                    self.exponent -= 1
            elif c == 46 and fraction_start < 0:
                fraction_start = i + 1
            else:
                break
            i += 1
        if i == digits_start or (fraction_start >= 0 and i - digits_start == 1):
            return NO_NUMBER
        if text.data[digits_start] == 48 and i - digits_start > 1 and text.data[digits_start + 1] != 46:
            is_plain = False
        if fraction_start >= 0 and (
            fraction_start == i or fraction_start == digits_start + 1 or text.data[i - 1] == 48
        ):
            is_plain = False
        if i < end:
            if text.data[i] not in {69, 101} or i + 1 == end:  # E e
                return NO_NUMBER
            is_plain = False
            i += 1
            if text.data[i] in {43, 45}:
                sign = -1 if text.data[i] == 45 else 1
                i += 1
            if i == end:
                return NO_NUMBER
            while i < end:
                c = text.data[i]
                if not 48 <= c <= 57:
                    return NO_NUMBER
                if power < _MOST_POINT:
                    power = power * 10 + (c - 48)
                i += 1
            self.exponent += sign * power
        if self.mantissa == 0 and self.is_negative:
            return LONGER
        if is_plain and self.count <= _CERTAIN_DIGITS and (self.exponent >= -20):
            return SHORTEST
        return LONGER

    def put_number(
        self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer
    ) -> cython.int:
        """Appends the number that was scanned in its shortest form, written out from 1e-7 up to 1e21."""
        value: cython.double
        rounded: cython.ulonglong
        unit: cython.ulonglong = 1
        _k: cython.int
        if self.mantissa != 0 and not _SMALLEST_POINT <= self.exponent + self.count <= _LARGEST_POINT:
            return self.put_shortest(text, start, end, out)
        if self.count > _CERTAIN_DIGITS:
            if self.count > _MOST_DIGITS:
                return self.put_shortest(text, start, end, out)
            for _k in range(self.count - _CERTAIN_DIGITS):
                unit *= 10
            value = nearest_double(self.mantissa, self.exponent)
            rounded = (self.mantissa + unit // 2) // unit
            if value < 0 or value != nearest_double(rounded, self.exponent + self.count - _CERTAIN_DIGITS):
                return self.put_shortest(text, start, end, out)
            self.exponent += self.count - _CERTAIN_DIGITS
            self.mantissa = rounded
        return self.put_decimal(out)

    def put_shortest(
        self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer
    ) -> cython.int:
        """Appends the number text[start:end] as Python finds its shortest form; takes the GIL."""
        value = float(bytes(text.data[start:end]))
        if value - value != 0:  # beyond all doubles
            return out.put_slice(text, start, end)
        shortest = repr(value).encode()
        self.scan(Text(shortest), 0, len(shortest))
        return self.put_decimal(out)

    def put_decimal(self, out: Buffer) -> cython.int:
        """Appends mantissa * 10**exponent."""
        rest: cython.ulonglong = self.mantissa
        count: cython.int = 0
        point: cython.int
        _k: cython.int
        if rest == 0:
            return out.put_byte(48)
        while rest % 10 == 0:
            rest //= 10
            self.exponent += 1
        while rest > 0:
            self.digits[count] = 48 + rest % 10
            rest //= 10
            count += 1
        point = count + self.exponent
        if self.is_negative:
            out.put_byte(45)
        if -6 < point <= 0:
            out.put_byte(48)
            out.put_byte(46)
            for _k in range(-point):
                out.put_byte(48)
            return self.put_digits(count, count, out)
        if 0 < point <= 21:
            self.put_digits(count, point, out)
            for _k in range(point - count):
                out.put_byte(48)
            return 0
        self.put_digits(count, 1, out)
        out.put_byte(101)
        out.put_byte(45 if point <= 0 else 43)
        return put_integer(1 - point if point <= 0 else point - 1, 1, out)

    def put_digits(self, count: cython.int, point: cython.int, out: Buffer) -> cython.int:
        """Appends the digits, which are there in reverse, with a decimal point after so many of them."""
        k: cython.int
        for k in range(count):
            if k == point:
                out.put_byte(46)
            out.put_byte(self.digits[count - 1 - k])
        return 0

    def put_serial(
        self, kind: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer
    ) -> cython.int:
        """Appends the date or time that the number scanned stands for; 0 where there is no such date.

        Dates repeat from row to row, so the last one is kept.
        """
        begin: cython.Py_ssize_t = out.position
        if self.is_negative and self.mantissa != 0:
            return 0
        if self.count > _MOST_DIGITS:
            return self.compute_serial(kind, text, start, end, out)
        if (
            self.mantissa == self.last_mantissa
            and self.exponent == self.last_exponent
            and kind == self.last_kind
        ):
            return out.put_slice(self.last_serial, 0, self.last_serial.position) + 1
        if not self.compute_serial(kind, text, start, end, out):
            return 0
        self.last_serial.position = 0
        self.last_serial.put_slice(out, begin, out.position)
        self.last_mantissa = self.mantissa
        self.last_exponent = self.exponent
        self.last_kind = kind
        return 1

    def compute_serial(
        self, kind: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer
    ) -> cython.int:
        """As `put_serial`, for a number that is not negative."""
        value: cython.double
        days: cython.longlong
        millis: cython.longlong
        first: cython.longlong = 0 if self.is_1904 else 1
        if self.count > _MOST_DIGITS:
            value = read_double(text, start, end)
        else:
            value = nearest_double(self.mantissa, self.exponent)
            if value < 0:
                value = read_double(text, start, end)
        if not value < 3_000_000.0:
            return 0
        days = cython.cast(cython.longlong, value)
        millis = cython.cast(cython.longlong, (value - days) * 86_400_000.0 + 0.5)
        if kind == ELAPSED:
            put_clock(days * _DAY_MILLIS + millis, out)
            return 1
        if days == 0 and (kind & TIME_PART or (kind == TELLING and (millis != 0 or not self.is_1904))):
            put_clock(millis, out)
            return 1
        if millis >= _DAY_MILLIS:
            days += 1
            millis -= _DAY_MILLIS
        if self.is_1904:
            days += 1462
        if days < first or days > _LAST_SERIAL or (days == 60 and not self.is_1904):
            return 0
        put_day(days - (25_569 if days > 59 else 25_568), out)
        if millis != 0 or kind == DATE_PART + TIME_PART or kind == TIME_PART:
            out.put_byte(32)
            put_clock(millis, out)
        return 1

    def text_of(self, number: bytes, kind: int) -> bytes:
        """A stored number as text; as it stands where it is none."""
        out = Buffer(32)
        text = Text(number)
        found: cython.int = self.scan(text, 0, len(number))
        if found == NO_NUMBER:
            return number
        if kind == 0 or not self.put_serial(kind, text, 0, len(number), out):
            self.put_number(text, 0, len(number), out)
        return bytes(out)


def cell_text(number: bytes, kind: int = 0, *, is_1904: bool = False) -> bytes:
    """A stored number as the text that a cell of this kind is read as; as it stands where it is no number."""
    text: bytes = CellNumbers(is_1904).text_of(number, kind)
    return text


def read_double(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.double:
    """The double of a number; takes the GIL."""
    return float(bytes(text.data[start:end]))


def put_integer(value: cython.longlong, width: cython.int, out: Buffer) -> cython.int:
    """Appends a number that is not negative, filled up with zeros to a width."""
    divisor: cython.longlong = 1
    _k: cython.int
    for _k in range(width - 1):
        divisor *= 10
    while value // divisor >= 10:
        divisor *= 10
    while divisor > 0:
        out.put_byte(48 + cython.cast(cython.int, value // divisor % 10))
        divisor //= 10
    return 0


def put_pair(value: cython.int, out: Buffer) -> cython.int:
    """Appends a number below 100 as two digits."""
    tens: cython.int = value // 10
    out.put_byte(48 + tens)
    return out.put_byte(48 + value - 10 * tens)


def put_clock(millis: cython.longlong, out: Buffer) -> cython.int:
    """Appends milliseconds as hours, minutes, seconds and, where there are any, thousandths."""
    seconds: cython.longlong = millis // 1000
    minutes: cython.longlong = seconds // 60
    hours: cython.longlong = minutes // 60
    millis -= 1000 * seconds
    if hours < 100:
        put_pair(cython.cast(cython.int, hours), out)
    else:
        put_integer(hours, 2, out)
    out.put_byte(58)
    put_pair(cython.cast(cython.int, minutes - 60 * hours), out)
    out.put_byte(58)
    put_pair(cython.cast(cython.int, seconds - 60 * minutes), out)
    if millis != 0:
        out.put_byte(46)
        put_integer(millis, 3, out)
    return 0


def put_day(days: cython.longlong, out: Buffer) -> cython.int:
    """Appends a day, counted from 1970-01-01, as YYYY-MM-DD.

    The year begins in March here, so that the leap day is its last.
    """
    # Days since 0000-03-01, in eras of 400 years.
    day: cython.longlong = days + 719_468
    era: cython.longlong = day // 146_097
    day -= era * 146_097
    year: cython.longlong = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month: cython.longlong = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += era * 400
    if month >= 10:
        year += 1
    put_pair(cython.cast(cython.int, year // 100), out)
    put_pair(cython.cast(cython.int, year % 100), out)
    out.put_byte(45)
    put_pair(cython.cast(cython.int, month + 3 if month < 10 else month - 9), out)
    out.put_byte(45)
    return put_pair(cython.cast(cython.int, day + 1), out)
