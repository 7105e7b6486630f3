"""Dates and times in ISO 8601, as PostgreSQL's own output writes them.

`2024-03-01`, `12:30`, `12:30:05.25`, `2024-03-01T12:30:05Z`, `2024-03-01 12:30:05.25+02`, `infinity`. The
date and the time are joined by `T` or one space; a zone is `Z`, `UTC` or an offset (`+02`, `+02:00`, `+0200`,
`+02:00:30`), with at most one space in front. Years have four to six digits and are of our era.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Text
from loadstone.codec.codes import (
    NOT_A_DATE,
    NOT_A_TIME,
    NOT_A_TIMESTAMP,
    OUT_OF_RANGE,
    TOO_MANY_DIGITS,
    UNEXPECTED_ZONE,
)
from loadstone.codec.texts import is_word
from loadstone.codec.zones import LocalOffsets

__all__ = ["TemporalParser"]

_DAY = cython.declare(cython.longlong, 86_400_000_000)
_HOUR = cython.declare(cython.longlong, 3_600_000_000)
_SECOND = cython.declare(cython.longlong, 1_000_000)
_EPOCH = cython.declare(cython.longlong, 730_425)  # days from 0000-03-01 to 2000-01-01
_DATE_INFINITY = cython.declare(cython.longlong, 0x7FFFFFFF)
_INFINITE_TIME = cython.declare(cython.longlong, 0x7FFFFFFFFFFFFFFF)
_END = cython.declare(cython.longlong, 9_223_371_331_200_000_000)  # 294277-01-01
_MOST_DAYS = cython.declare(cython.longlong, 106_751_990)  # a multiplication by a day overflows beyond
_NO_ZONE = cython.declare(cython.int, -2)
_CACHE_MASK = cython.declare(cython.longlong, 255)


def two_digits(text: Text, i: cython.Py_ssize_t) -> cython.int:
    """The number that two digits at `i` write; -1 where they are none."""
    tens: cython.uchar = text.data[i]
    ones: cython.uchar = text.data[i + 1]
    if tens < 48 or tens > 57 or ones < 48 or ones > 57:
        return -1
    return (tens - 48) * 10 + (ones - 48)


def endless_sign(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
    """1 for `infinity`, -1 for `-infinity`, 0 for anything else."""
    if is_word(text, start, end, b"infinity", 8):
        return 1
    if end - start == 9 and text.data[start] == 45 and is_word(text, start + 1, end, b"infinity", 8):
        return -1
    return 0


def days_in_month(year: cython.longlong, month: cython.int) -> cython.int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def days_from_civil(year: cython.longlong, month: cython.int, day: cython.int) -> cython.longlong:
    """Days since 2000-01-01 of a Gregorian date; a year begins in March here, and a leap day ends it."""
    if month <= 2:
        year -= 1
        month += 12
    return (
        year * 365 + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - _EPOCH
    )


class TemporalParser:
    """Parses one date or time at a time; `value` is what PostgreSQL's binary form holds.

    Days since 2000-01-01 for a date, microseconds since midnight for a time, since 2000-01-01 for a
    timestamp. `zones` are the time zones that columns name, by their numbers.
    """

    def __init__(self, zones: LocalOffsets) -> None:
        self.zones = zones
        self.value = 0
        self.days = 0
        self.micros = 0
        self.offset = 0
        self.has_offset = False
        self.position = 0
        self.cached_hours = array("q", [-(2**62)]) * 256
        self.cached_offsets = array("i", bytes(4 * 256))

    def parse_date(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """A date. Returns 0 or the code of what is wrong."""
        sign: cython.int = endless_sign(text, start, end)
        if sign != 0:
            self.value = _DATE_INFINITY if sign > 0 else -_DATE_INFINITY - 1
            return 0
        if not self.scan_date(text, start, end) or self.position != end:
            return NOT_A_DATE
        self.value = self.days
        return 0

    def parse_time(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        precision: cython.int,
        rounds: cython.bint,
    ) -> cython.int:
        """A time of day, up to 24:00:00. Returns 0 or the code of what is wrong."""
        code: cython.int = self.scan_time(text, start, end, rounds)
        if code == NOT_A_TIMESTAMP:
            code = NOT_A_TIME
        if code != 0:
            return code
        if self.position != end:
            return UNEXPECTED_ZONE if self.scan_zone(text, self.position, end) else NOT_A_TIME
        return self.as_time(precision, rounds)

    def parse_timestamp(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        zone: cython.int,
        precision: cython.int,
        rounds: cython.bint,
    ) -> cython.int:
        """A timestamp; `zone` as in `as_timestamp`. Returns 0 or the code of what is wrong."""
        code: cython.int
        c: cython.uchar
        sign: cython.int
        if not self.scan_date(text, start, end):
            sign = endless_sign(text, start, end)
            if sign == 0:
                return NOT_A_TIMESTAMP
            self.value = _INFINITE_TIME if sign > 0 else -_INFINITE_TIME - 1
            return 0
        self.micros = 0
        self.has_offset = False
        if self.position < end:
            c = text.data[self.position]
            if c not in {84, 32, 116}:  # T, space, t
                return NOT_A_TIMESTAMP
            code = self.scan_time(text, self.position + 1, end, rounds)
            if code != 0:
                return code
            if self.micros > _DAY:
                return NOT_A_TIMESTAMP
            if self.position < end and not self.scan_zone(text, self.position, end):
                return NOT_A_TIMESTAMP
        return self.as_timestamp(zone, precision, rounds)

    def set_date(self, year: cython.longlong, month: cython.int, day: cython.int) -> cython.bint:
        """Sets the day; whether there is such a day."""
        if year < 1 or month < 1 or month > 12 or day < 1:
            return False
        if day > 28 and day > days_in_month(year, month):
            return False
        self.days = days_from_civil(year, month, day)
        return True

    def set_time(self, hour: cython.int, minute: cython.int, second: cython.int) -> cython.bint:
        """Sets the time of day to a whole second; whether there is such a time. 24:00:00 is one."""
        if hour < 0 or hour > 24 or minute < 0 or minute > 59 or second < 0 or second > 59:
            return False
        self.micros = ((hour * 60 + minute) * 60 + second) * _SECOND
        return hour < 24 or self.micros == _DAY

    def as_time(self, precision: cython.int, rounds: cython.bint) -> cython.int:
        """The time of day, to `value`. Returns 0 or the code of what is wrong."""
        if self.micros > _DAY:
            return NOT_A_TIME
        self.value = self.micros
        return self.keep_precision(precision, rounds)

    def as_timestamp(self, zone: cython.int, precision: cython.int, rounds: cython.bint) -> cython.int:
        """The day and time, to `value`. Returns 0 or the code of what is wrong.

        `zone` says how a time without an offset is meant: -2 for a timestamp without time zone, where an
        offset is refused, -1 for UTC, else the number of the column's zone.
        """
        local: cython.longlong
        if self.days > _MOST_DAYS:
            return OUT_OF_RANGE
        local = self.days * _DAY + self.micros
        if self.has_offset:
            if zone == _NO_ZONE:
                return UNEXPECTED_ZONE
            local -= self.offset * _SECOND
        elif zone >= 0:
            local -= self.local_offset(zone, local) * _SECOND
        if local >= _END:
            return OUT_OF_RANGE
        self.value = local
        return self.keep_precision(precision, rounds)

    def keep_precision(self, precision: cython.int, rounds: cython.bint) -> cython.int:
        """Refuses, or rounds half away from zero, digits of the second beyond `precision`."""
        step: cython.longlong = 1
        if precision >= 6:
            return 0
        while precision < 6:
            step *= 10
            precision += 1
        if rounds:
            if self.value >= 0:
                self.value = (self.value + step // 2) // step * step
            else:
                self.value = -((-self.value + step // 2) // step * step)
        elif self.value - self.value // step * step != 0:
            return TOO_MANY_DIGITS
        return 0

    def scan_date(self, text: Text, i: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
        """Reads YYYY-MM-DD at `i` and moves `position` behind it; whether there is one."""
        first: cython.Py_ssize_t = i
        year: cython.longlong = 0
        month: cython.int
        day: cython.int
        c: cython.uchar = 0
        while i < end:
            c = text.data[i]
            if c < 48 or c > 57:
                break
            year = year * 10 + (c - 48)
            i += 1
            if i - first > 6:
                return False
        if i - first < 4 or end - i < 6 or c != 45 or text.data[i + 3] != 45:
            return False
        month = two_digits(text, i + 1)
        day = two_digits(text, i + 4)
        self.position = i + 6
        return self.set_date(year, month, day)

    def scan_time(
        self, text: Text, i: cython.Py_ssize_t, end: cython.Py_ssize_t, rounds: cython.bint
    ) -> cython.int:
        """Reads HH:MM[:SS[.ffffff]] at `i` and moves `position` behind it. Returns 0 or a code."""
        hour: cython.int
        minute: cython.int
        second: cython.int = 0
        if end - i < 5 or text.data[i + 2] != 58:
            return NOT_A_TIMESTAMP
        hour = two_digits(text, i)
        minute = two_digits(text, i + 3)
        i += 5
        if i < end and text.data[i] == 58:
            if end - i < 3:
                return NOT_A_TIMESTAMP
            second = two_digits(text, i + 1)
            i += 3
        self.position = i
        if not self.set_time(hour, minute, second):
            return NOT_A_TIMESTAMP
        if i < end and text.data[i] == 46:
            return self.scan_fraction(text, i + 1, end, rounds)
        return 0

    def scan_fraction(
        self, text: Text, i: cython.Py_ssize_t, end: cython.Py_ssize_t, rounds: cython.bint
    ) -> cython.int:
        """Reads a fraction of a second at `i`, adds it, and moves `position`. Returns 0 or what is wrong."""
        first: cython.Py_ssize_t = i
        micros: cython.longlong = 0
        unit: cython.longlong = 100_000
        rest: cython.longlong = 0  # 0 for nothing, 1 for less than half a microsecond, 2 for half, 3 for more
        c: cython.uchar
        while i < end:
            c = text.data[i]
            if c < 48 or c > 57:
                break
            if unit > 0:
                micros += (c - 48) * unit
                unit //= 10
            elif i - first == 6:
                rest = 3 if c > 53 else 2 if c == 53 else 1 if c > 48 else 0
            elif c != 48 and (rest in {0, 2}):
                rest += 1
            i += 1
        if i == first:
            return NOT_A_TIMESTAMP
        if rest > 0:
            if not rounds:
                return TOO_MANY_DIGITS
            if rest == 3 or (rest == 2 and (micros & 1) == 1):
                micros += 1
        self.micros += micros
        self.position = i
        return 0

    def scan_zone(self, text: Text, i: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
        """Reads a zone that fills text[i:end], to `offset` in seconds east; whether it is one."""
        sign: cython.int
        hours: cython.int
        minutes: cython.int = 0
        seconds: cython.int = 0
        self.has_offset = True
        self.offset = 0
        if i < end and text.data[i] == 32:
            i += 1
        if is_word(text, i, end, b"z", 1) or is_word(text, i, end, b"utc", 3):
            return True
        if end - i < 3 or (text.data[i] != 43 and text.data[i] != 45):
            return False
        sign = 1 if text.data[i] == 43 else -1
        hours = two_digits(text, i + 1)
        i += 3
        if i < end:
            if text.data[i] == 58:
                i += 1
            if end - i < 2:
                return False
            minutes = two_digits(text, i)
            i += 2
        if end - i == 3 and text.data[i] == 58:
            seconds = two_digits(text, i + 1)
            i += 3
        if i != end or not 0 <= hours <= 15 or not 0 <= minutes <= 59 or not 0 <= seconds <= 59:
            return False
        self.offset = sign * ((hours * 60 + minutes) * 60 + seconds)
        return True

    def local_offset(self, zone: cython.int, local: cython.longlong) -> cython.int:
        """Seconds east of UTC at a local time in a zone; remembered for hours in which it does not change."""
        hour: cython.longlong = local // _HOUR
        key: cython.longlong
        slot: cython.longlong
        if hour * _HOUR > local:  # compiled, a division rounds towards zero
            hour -= 1
        key = hour * 1024 + zone
        slot = (hour + 61 * zone) & _CACHE_MASK
        if self.cached_hours[slot] == key:
            return self.cached_offsets[slot]
        return self.find_offset(zone, local, key, slot)

    def find_offset(
        self, zone: cython.int, local: cython.longlong, key: cython.longlong, slot: cython.longlong
    ) -> cython.int:
        """The offset from the zone's own table; takes the GIL."""
        offset, holds = self.zones.offset(zone, local)
        if holds:
            self.cached_hours[slot] = key
            self.cached_offsets[slot] = offset
        return offset
