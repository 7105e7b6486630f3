"""Dates and times in formats of their own: strptime formats, compiled to a table of operations.

Known are %Y %y %m %-m %d %-d %e %H %-H %I %-I %M %S %f %p %b %B %a %A %j %z %Z %% and %F %T %D %R. Numbers
may lack their leading zeros except in %Y; names are English, in any case; a weekday is read and not checked.
%y is 1969 to 2068. %f takes one to six digits. Anything else stands for itself.
"""

from __future__ import annotations

import re
from array import array

import cython

from loadstone.codec.buffers import Text
from loadstone.codec.codes import NOT_A_DATE, NOT_A_TIME, NOT_A_TIMESTAMP
from loadstone.codec.kinds import DATE, TIME
from loadstone.codec.temporal import TemporalParser
from loadstone.errors import ConfigurationError

__all__ = ["FormatParser", "compile_formats"]

_SHORTHANDS = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%D": "%m/%d/%y", "%R": "%H:%M", "%-m": "%m"}
_SHORTHANDS |= {"%-d": "%d", "%e": "%d", "%-H": "%H", "%-I": "%I", "%-M": "%M", "%-S": "%S", "%-j": "%j"}
_DATE_DIRECTIVES = frozenset("YymdbBjaA")
_TIME_DIRECTIVES = frozenset("HIMSfp")
_ZONE_DIRECTIVES = frozenset("zZ")
_DIRECTIVES = _DATE_DIRECTIVES | _TIME_DIRECTIVES | _ZONE_DIRECTIVES


def compile_formats(formats: tuple[str, ...], type_name: str) -> list[int]:
    """The operations of formats that are tried in order, for a column of a date or time type.

    An operation is the code of a directive's letter, or minus the byte that must stand there; 0 ends a
    format, and another 0 the table.

    Raises:
        ConfigurationError: a directive is not known, or the format says more or less than the type holds.
    """
    operations: list[int] = []
    for written in formats:
        text = re.sub(r"%(?:-?[A-Za-z%])", lambda match: _SHORTHANDS.get(match[0], match[0]), written)
        letters = set()
        for directive, literal in re.findall(r"%(-?.?)|([^%])", text, re.DOTALL):
            if literal or directive == "%":
                operations.extend(-byte for byte in (literal or "%").encode())
                continue
            if directive not in _DIRECTIVES:
                raise ConfigurationError(
                    f"format {written!r}: %{directive} is not known",
                    hint="known are %Y %y %m %d %H %I %M %S %f %p %b %B %a %A %j %z %Z",
                )
            letters.add(directive)
            operations.append(ord(directive))
        _check_format(written, letters, type_name)
        operations.append(0)
    return [*operations, 0]


def _check_format(written: str, letters: set[str], type_name: str) -> None:
    has_day = bool(letters & {"Y", "y"}) and (
        "j" in letters or (bool(letters & {"m", "b", "B"}) and "d" in letters)
    )
    has_time = bool(letters & {"H", "I"})
    wrong = None
    if not type_name.startswith("time ") and not has_day:
        wrong = "does not say year, month and day"
    elif type_name.startswith("time ") and (letters & _DATE_DIRECTIVES or not has_time):
        wrong = "is not that of a time of day"
    elif type_name == "date" and letters & (_TIME_DIRECTIVES | _ZONE_DIRECTIVES):
        wrong = "has a time, which a date would lose"
    elif not type_name.endswith("with time zone") and letters & _ZONE_DIRECTIVES:
        wrong = f"has a time zone, which {type_name} would lose"
    elif ("I" in letters) != ("p" in letters):
        wrong = "has one of %I and %p without the other"
    if wrong:
        raise ConfigurationError(f"format {written!r} {wrong}", hint=f"the column's type is {type_name}")


class FormatParser:
    """Reads cells by compiled formats; the value ends in `TemporalParser.value`."""

    def __init__(self, temporal: TemporalParser, operations: list[int]) -> None:
        self.temporal = temporal
        self.operations = array("i", operations or [0])
        self.position = 0
        self.field = 0

    def parse(
        self,
        kind: cython.int,
        first: cython.Py_ssize_t,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        zone: cython.int,
        precision: cython.int,
        rounds: cython.bint,
    ) -> cython.int:
        """Reads text[start:end] by the first format that fits, beginning with the operation `first`.

        `kind` is DATE, TIME, TIMESTAMP or TIMESTAMPTZ, the rest is as in `TemporalParser.as_timestamp`.
        Returns 0 or the code of what is wrong.
        """
        while self.operations[first] != 0:
            if self.read(first, text, start, end):
                if kind == DATE:
                    self.temporal.value = self.temporal.days
                    return 0
                if kind == TIME:
                    return self.temporal.as_time(precision, rounds)
                return self.temporal.as_timestamp(zone, precision, rounds)
            while self.operations[first] != 0:
                first += 1
            first += 1
        if kind == DATE:
            return NOT_A_DATE
        return NOT_A_TIME if kind == TIME else NOT_A_TIMESTAMP

    def read(
        self, operation: cython.Py_ssize_t, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.bint:
        """Whether the text is of this one format; its date and time are set in `temporal`."""
        year: cython.int = 2000
        month: cython.int = 1
        day: cython.int = 1
        day_of_year: cython.int = 0
        hour: cython.int = 0
        minute: cython.int = 0
        second: cython.int = 0
        micros: cython.int = 0
        half: cython.int = -1
        fits: cython.bint = True
        size: cython.Py_ssize_t
        what: cython.int = self.operations[operation]
        self.position = start
        self.temporal.has_offset = False
        while what != 0 and fits:
            if what < 0:
                fits = self.position < end and text.data[self.position] == -what
                self.position += 1
            elif what == 89:  # Y
                fits = self.digits(text, end, 4, 4)
                year = self.field
            elif what == 121:  # y
                fits = self.digits(text, end, 2, 2)
                year = self.field + (1900 if self.field >= 69 else 2000)
            elif what == 109:  # m
                fits = self.digits(text, end, 1, 2)
                month = self.field
            elif what == 100:  # d
                if self.position < end and text.data[self.position] == 32:
                    self.position += 1
                fits = self.digits(text, end, 1, 2)
                day = self.field
            elif what == 106:  # j
                fits = self.digits(text, end, 1, 3)
                day_of_year = self.field
                fits = fits and day_of_year > 0
            elif what == 72:  # H
                fits = self.digits(text, end, 1, 2) and self.field < 24
                hour = self.field
            elif what == 73:  # I
                fits = self.digits(text, end, 1, 2) and 1 <= self.field <= 12
                hour = self.field % 12
            elif what == 77:  # M
                fits = self.digits(text, end, 1, 2)
                minute = self.field
            elif what == 83:  # S
                fits = self.digits(text, end, 1, 2)
                second = self.field
            elif what == 102:  # f
                size = self.position
                fits = self.digits(text, end, 1, 6)
                micros = self.field
                size += 6 - self.position
                while size > 0:
                    micros *= 10
                    size -= 1
            elif what == 112:  # p
                fits = self.name(text, end, b"am\0pm\0", 2)
                half = self.field
            elif what == 66:  # B
                fits = self.name(
                    text,
                    end,
                    b"january\0february\0march\0april\0may\0june\0july\0august\0september\0october\0november\0december\0",
                    12,
                )
                month = self.field + 1
            elif what == 98:  # b
                fits = self.name(
                    text, end, b"jan\0feb\0mar\0apr\0may\0jun\0jul\0aug\0sep\0oct\0nov\0dec\0", 12
                )
                month = self.field + 1
            elif what == 65:  # A
                fits = self.name(
                    text, end, b"monday\0tuesday\0wednesday\0thursday\0friday\0saturday\0sunday\0", 7
                )
            elif what == 97:  # a
                fits = self.name(text, end, b"mon\0tue\0wed\0thu\0fri\0sat\0sun\0", 7)
            else:  # z, Z: the rest up to the next white space
                size = self.position
                while size < end and text.data[size] != 32:
                    size += 1
                fits = self.temporal.scan_zone(text, self.position, size)
                self.position = size
            operation += 1
            what = self.operations[operation]
        if not fits or self.position != end:
            return False
        if half == 1:
            hour += 12 if hour < 12 else 0
        elif half == 0 and hour >= 12:
            return False
        if not self.temporal.set_date(year, month, day) or not self.temporal.set_time(hour, minute, second):
            return False
        if day_of_year > 0:
            self.temporal.days += day_of_year - 1
            if day_of_year > 365 and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
                return False
            if day_of_year > 366:
                return False
        self.temporal.micros += micros
        return True

    def digits(self, text: Text, end: cython.Py_ssize_t, least: cython.int, most: cython.int) -> cython.bint:
        """Reads a number of `least` to `most` digits into `field`; whether there is one."""
        count: cython.int = 0
        c: cython.uchar
        self.field = 0
        while count < most and self.position < end:
            c = text.data[self.position]
            if c < 48 or c > 57:
                break
            self.field = self.field * 10 + (c - 48)
            self.position += 1
            count += 1
        return count >= least

    def name(
        self, text: Text, end: cython.Py_ssize_t, names: cython.p_const_uchar, count: cython.int
    ) -> cython.bint:
        """Reads one of `count` names, each ended by a NUL, to `field` by its number; whether there is one."""
        first: cython.Py_ssize_t = 0
        size: cython.Py_ssize_t
        i: cython.int
        for i in range(count):
            size = 0
            while names[first + size] != 0:
                if (
                    self.position + size >= end
                    or (text.data[self.position + size] | 0x20) != names[first + size]
                ):
                    break
                size += 1
            if names[first + size] == 0:
                self.field = i
                self.position += size
                return True
            while names[first] != 0:
                first += 1
            first += 1
        return False
