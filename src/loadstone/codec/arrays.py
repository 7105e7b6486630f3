"""Arrays as text, element by element: PostgreSQL's own literal, `{1,2,NULL}`, or a JSON list, `[1, 2, null]`.

Up to six dimensions; a literal may name its bounds, `[0:1]={1,2}`. A JSON list for an array of json or jsonb
has one dimension: what its elements hold is theirs, and stays as it is written.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.jsonstrings import decode_string, has_escape
from loadstone.codec.jsontext import scan_number, scan_string, scan_value, scan_word
from loadstone.codec.texts import is_space, is_word, trimmed_end, trimmed_start

__all__ = ["ArrayReader"]

#: As many as PostgreSQL takes.
MOST_DIMENSIONS = 6

# What `next` found. They are numbers for compiled code, too.
AT_END = 0
AT_NULL = 1
AT_TEXT = 2  # an element as it stands: text[start:end]
AT_DECODED = 3  # an element without its escapes: all of `decoded`
AT_NUL_CHARACTER = 4
AT_FAULT = 5


class ArrayReader:
    """Reads one array after the other.

    After `open` there are `dimensions`; once `next` came to the end, `sizes` has their lengths, and
    `lower_bounds` where each begins.
    """

    def __init__(self) -> None:
        self.sizes = array("q", [0] * MOST_DIMENSIONS)
        self.counts = array("q", [0] * MOST_DIMENSIONS)
        self.lower_bounds = array("q", [1] * MOST_DIMENSIONS)
        self.decoded = Buffer(64)
        self.dimensions = 0
        self.depth = 0
        self.position = 0
        self.stop = 0
        self.start = 0
        self.end = 0
        self.opening = 0
        self.closing = 0
        self.delimiter = 0
        self.is_list = False
        self.keeps_json = False
        self.wants_value = False

    def open(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        delimiter: cython.int,
        keeps_json: cython.bint,
    ) -> cython.int:
        """Begins with the array text[start:end]. Returns its number of dimensions; -1 where it is none.

        Args:
            text: valid UTF-8 without NUL.
            start: where it begins, white space included.
            end: where it ends.
            delimiter: between the elements of a literal.
            keeps_json: whether elements of a JSON list are kept as they are written.
        """
        d: cython.int
        start = trimmed_start(text, start, end)
        end = trimmed_end(text, start, end)
        if start >= end:
            return -1
        for d in range(MOST_DIMENSIONS):
            self.sizes[d] = -1
            self.lower_bounds[d] = 1
        self.is_list = text.data[start] == 91 and text.data[end - 1] == 93  # [ ]
        self.keeps_json = keeps_json and self.is_list
        self.opening = 91 if self.is_list else 123
        self.closing = 93 if self.is_list else 125
        self.delimiter = 44 if self.is_list else delimiter
        self.depth = 0
        self.wants_value = True
        self.stop = end
        d = 0
        if not self.is_list and text.data[start] == 91:
            d = self.read_bounds(text, start)
            if d < 0:
                return -1
            start = self.position
        self.position = start
        return self.count_dimensions(text, start, d)

    def count_dimensions(self, text: Text, start: cython.Py_ssize_t, bounded: cython.int) -> cython.int:
        """As many as there are opening brackets in front; none where nothing is between them."""
        i: cython.Py_ssize_t = start
        found: cython.int = 0
        while i < self.stop and text.data[i] == self.opening:
            found += 1
            i += 1
            while i < self.stop and is_space(text.data[i]):
                i += 1
            if self.keeps_json:
                break
        if found == 0 or found > MOST_DIMENSIONS or (bounded > 0 and bounded != found):
            return -1
        if found == 1 and i < self.stop and text.data[i] == self.closing:
            found = 0 if i + 1 == self.stop and bounded == 0 else -1
        self.dimensions = found
        return found

    def read_bounds(self, text: Text, start: cython.Py_ssize_t) -> cython.int:
        """Reads `[0:1][1:3]=`. Returns the number of dimensions; -1 where it is broken."""
        found: cython.int = 0
        lower: cython.longlong
        self.position = start
        while self.position < self.stop and text.data[self.position] == 91:
            if found == MOST_DIMENSIONS:
                return -1
            self.position += 1
            lower = self.read_bound(text)
            if lower > 2147483647 or self.position >= self.stop:
                return -1
            self.lower_bounds[found] = 1
            self.sizes[found] = lower
            if text.data[self.position] == 58:  # :
                self.position += 1
                self.lower_bounds[found] = lower
                self.sizes[found] = self.read_bound(text) - lower + 1
            if self.sizes[found] < 1 or self.lower_bounds[found] + self.sizes[found] > 2147483647:
                return -1
            if self.position >= self.stop or text.data[self.position] != 93:
                return -1
            self.position += 1
            found += 1
        self.position = trimmed_start(text, self.position, self.stop)
        if self.position >= self.stop or text.data[self.position] != 61:  # =
            return -1
        self.position = trimmed_start(text, self.position + 1, self.stop)
        return found

    def read_bound(self, text: Text) -> cython.Py_ssize_t:
        """An integer of 32 bits; more than that where there is none."""
        value: cython.longlong = 0
        digits: cython.int = 0
        is_negative: cython.bint = False
        if self.position < self.stop and (text.data[self.position] == 45 or text.data[self.position] == 43):
            is_negative = text.data[self.position] == 45
            self.position += 1
        while self.position < self.stop and 48 <= text.data[self.position] <= 57 and digits < 11:
            value = 10 * value + text.data[self.position] - 48
            digits += 1
            self.position += 1
        if digits == 0 or value > 2147483647:
            return 2147483648
        return -value if is_negative else value

    def next(self, text: Text) -> cython.int:
        """Goes on to the next element: what it is, or that there is none."""
        c: cython.uchar
        while True:
            while self.position < self.stop and is_space(text.data[self.position]):
                self.position += 1
            if self.position >= self.stop:
                return AT_FAULT
            c = text.data[self.position]
            if c == self.opening and not (self.keeps_json and self.depth == 1):
                if not self.wants_value or self.depth >= self.dimensions:
                    return AT_FAULT
                if self.depth > 0:
                    self.counts[self.depth - 1] += 1
                self.counts[self.depth] = 0
                self.depth += 1
            elif c == self.closing:
                if self.wants_value or not self.close_level():
                    return AT_FAULT
                if self.depth == 0:
                    return AT_END if self.position + 1 == self.stop else AT_FAULT
            elif c == self.delimiter:
                if self.wants_value:
                    return AT_FAULT
                self.wants_value = True
            else:
                if not self.wants_value or self.depth != self.dimensions:
                    return AT_FAULT
                self.counts[self.depth - 1] += 1
                self.wants_value = False
                return self.read_item(text) if self.is_list else self.read_element(text)
            self.position += 1

    def close_level(self) -> cython.bint:
        """Ends a dimension; whether it is as long as the others beside it."""
        self.depth -= 1
        self.wants_value = False
        if self.sizes[self.depth] < 0:
            self.sizes[self.depth] = self.counts[self.depth]
        return self.sizes[self.depth] == self.counts[self.depth]

    def read_element(self, text: Text) -> cython.int:
        """Reads an element of a literal, quoted or not."""
        i: cython.Py_ssize_t = self.position
        c: cython.uchar
        has_escapes: cython.bint = False
        if text.data[i] == 34:  # "
            i += 1
            self.start = i
            while i < self.stop and text.data[i] != 34:
                if text.data[i] == 92:
                    has_escapes = True
                    i += 1
                i += 1
            if i >= self.stop:
                return AT_FAULT
            self.end = i
            self.position = i + 1
            return self.without_escapes(text) if has_escapes else AT_TEXT
        self.start = i
        self.end = i
        while i < self.stop:
            c = text.data[i]
            if c == self.delimiter or c in (34, 123, 125):
                break
            i += 1
            if c == 92:
                has_escapes = True
                i += 1
                self.end = i
            elif not is_space(c):
                self.end = i
        if i >= self.stop:
            return AT_FAULT
        self.position = i
        if has_escapes:
            return self.without_escapes(text)
        return AT_NULL if is_word(text, self.start, self.end, b"null", 4) else AT_TEXT

    def without_escapes(self, text: Text) -> cython.int:
        """Copies the element to `decoded`; a backslash stands before what is meant as it is."""
        i: cython.Py_ssize_t = self.start
        plain: cython.Py_ssize_t = i
        self.decoded.position = 0
        while i < self.end:
            if text.data[i] == 92:
                self.decoded.put_slice(text, plain, i)
                i += 1
                plain = i
            i += 1
        self.decoded.put_slice(text, plain, self.end)
        return AT_DECODED

    def read_item(self, text: Text) -> cython.int:
        """Reads an item of a JSON list."""
        i: cython.Py_ssize_t = self.position
        c: cython.uchar = text.data[i]
        self.start = i
        if c == 34:
            i = scan_string(text, i, self.stop, False)
        elif c in (91, 123):
            if not self.keeps_json:
                return AT_FAULT
            i = scan_value(text, i, self.stop, False)
        else:
            while i < self.stop and text.data[i] != 44 and text.data[i] != 93 and not is_space(text.data[i]):
                i += 1
        if i < 0:
            return AT_FAULT
        self.end = i
        self.position = i
        if c == 34 and not self.keeps_json:
            return self.decode_item(text)
        if i - self.start == 4 and c == 110 and scan_word(text, self.start, i) == i:
            return AT_NULL
        return AT_TEXT if self.keeps_json or self.is_scalar(text) else AT_FAULT

    def decode_item(self, text: Text) -> cython.int:
        """The text of a JSON string."""
        i: cython.Py_ssize_t
        self.start += 1
        self.end -= 1
        if not has_escape(text, self.start, self.end):
            return AT_TEXT
        self.decoded.position = 0
        if decode_string(text, self.start, self.end, self.decoded) >= 0:
            return AT_FAULT
        for i in range(self.decoded.position):
            if self.decoded.data[i] == 0:
                return AT_NUL_CHARACTER
        return AT_DECODED

    def is_scalar(self, text: Text) -> cython.bint:
        """Whether the item is true, false or a number of JSON, or NaN or Infinity as Python writes them."""
        start: cython.Py_ssize_t = self.start
        c: cython.uchar = text.data[start]
        if c in (102, 116):
            return scan_word(text, start, self.end) == self.end
        if c == 78:
            return is_word(text, start, self.end, b"nan", 3)
        if c == 45 and self.end - start == 9:
            start += 1
            c = text.data[start]
        if c == 73:
            return is_word(text, start, self.end, b"infinity", 8)
        return scan_number(text, self.start, self.end, False) == self.end
