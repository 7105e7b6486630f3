"""Cells as nearly every program writes them, found a word at a time.

    <c r="B12"><v>2.5</v></c>  <c r="B12" s="3"/>  <c r="B12" s="3" t="s"><v>17</v></c>

Tags and attributes may stand in many other ways, which `Markup` reads; most files hold none of them. What is
not written so, to the byte, is left alone here.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Text

if cython.compiled:
    from cython.cimports.loadstone.codec.words import loadstone_lowest, loadstone_word

__all__ = ["MOST_COLUMNS", "PlainCells"]

#: Columns that a worksheet can have.
MOST_COLUMNS = 16_384

#: What a cell holds.
HOLDS_NOTHING = 0
HOLDS_STRING = 1  # the number of a shared string
HOLDS_INTEGER = 2  # digits alone, which are the shortest form of their number
HOLDS_NUMBER = 3  # what is to be a number

_NOT_PLAIN = cython.declare(cython.Py_ssize_t, -1)
_MOST_REFERENCE_DIGITS = cython.declare(cython.Py_ssize_t, 9)
_MOST_DIGITS_OF_SHORTEST = cython.declare(cython.Py_ssize_t, 15)

_CELL = cython.declare(cython.ulonglong, int.from_bytes(b'<c r="', "little"))
_STYLE = cython.declare(cython.ulonglong, int.from_bytes(b' s="', "little"))
_SHARED = cython.declare(cython.ulonglong, int.from_bytes(b' t="s"', "little"))
_NUMERIC_CELL = cython.declare(cython.ulonglong, int.from_bytes(b' t="n"', "little"))
_VALUE_BEGIN = cython.declare(cython.ulonglong, int.from_bytes(b"><v>", "little"))
_VALUE_END = cython.declare(cython.ulonglong, int.from_bytes(b"</v></c>", "little"))
_FOUR_BYTES = cython.declare(cython.ulonglong, 0xFFFFFFFF)
_SIX_BYTES = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFF)
_ALL_BYTES = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_EACH_BYTE = cython.declare(cython.ulonglong, 0x0101010101010101)
_EACH_HIGH_BIT = cython.declare(cython.ulonglong, 0x8080808080808080)
_TAGS = cython.declare(cython.ulonglong, 0x3C * 0x0101010101010101)


class PlainCells:
    """Finds one cell at a time in a block.

    After `find` has found a cell, `column` is its column from 0, `style` the number of its style or -1,
    `holds` what it holds, which stands in the block from `start` to `end`, and `number` that of a shared
    string.
    """

    def __init__(self) -> None:
        self.block = Text(b"")
        self.last = -1
        self.row = 0
        self.row_mask = 0
        self.row_size = 0
        self.column = 0
        self.style = -1
        self.holds = HOLDS_NOTHING
        self.start = self.end = 0
        self.number = 0

    def open(self, block: Text) -> None:
        """Takes a block."""
        self.block = block
        self.last = len(block.data) - 8
        self.row_size = 0

    def begin_row(self, first: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Takes the number of the row as it is written in the block, since its cells repeat it."""
        self.row_size = 0
        if 0 <= first < end and end - first < 8 and first <= self.last:
            self.row_size = end - first + 1
            self.row_mask = _ALL_BYTES >> cython.cast(cython.int, 64 - 8 * self.row_size)
            self.row = word_at(self.block, first) & self.row_mask
        return 0

    def find(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads the cell at `i`; returns the position behind it, or -1 where it is written in another way."""
        word: cython.ulonglong
        letters: cython.Py_ssize_t
        holds: cython.int = HOLDS_NUMBER
        c: cython.uchar
        if self.row_size == 0 or i > self.last or (word_at(self.block, i) & _SIX_BYTES) != _CELL:
            return _NOT_PLAIN
        i += 6
        letters = i
        self.column = 0
        while i <= self.last and i < letters + 3:
            c = self.block.data[i]
            if not 65 <= c <= 90:
                break
            self.column = self.column * 26 + (c - 64)
            i += 1
        # The quote behind the row's number is a part of what is compared.
        if i == letters or i > self.last or (word_at(self.block, i) & self.row_mask) != self.row:
            return _NOT_PLAIN
        if self.column > MOST_COLUMNS:
            return _NOT_PLAIN
        self.column -= 1
        i += self.row_size
        self.style = -1
        if i > self.last:
            return _NOT_PLAIN
        word = word_at(self.block, i)
        if (word & _FOUR_BYTES) == _STYLE:
            i = self.take_digits(i + 4)
            if (
                i == self.start
                or i > self.last
                or self.block.data[i] != 34
                or i - self.start > _MOST_REFERENCE_DIGITS
            ):
                return _NOT_PLAIN
            self.style = self.number
            i += 1
            if i > self.last:
                return _NOT_PLAIN
            word = word_at(self.block, i)
        if (word & _SIX_BYTES) == _SHARED:
            holds = HOLDS_STRING
        elif (word & _SIX_BYTES) != _NUMERIC_CELL:
            return self.find_value(i, word, holds)
        i += 6
        if i > self.last:
            return _NOT_PLAIN
        return self.find_value(i, word_at(self.block, i), holds)

    def find_value(
        self, i: cython.Py_ssize_t, word: cython.ulonglong, holds: cython.int
    ) -> cython.Py_ssize_t:
        """Reads what stands at `i`, behind the last attribute: the word there."""
        size: cython.Py_ssize_t
        if (word & 0xFFFF) == 0x3E2F:  # />
            self.holds = HOLDS_NOTHING
            return i + 2
        if (word & _FOUR_BYTES) != _VALUE_BEGIN:
            return _NOT_PLAIN
        i = self.take_digits(i + 4)
        size = i - self.start
        if i > self.last:
            return _NOT_PLAIN
        if holds == HOLDS_STRING:
            if size == 0 or size > _MOST_REFERENCE_DIGITS:
                return _NOT_PLAIN
        elif self.block.data[i] != 60:  # <
            i = self.next_tag_from(i)
        elif 0 < size <= _MOST_DIGITS_OF_SHORTEST and (size == 1 or self.block.data[self.start] != 48):
            holds = HOLDS_INTEGER
        if i == self.start or i > self.last or word_at(self.block, i) != _VALUE_END:
            return _NOT_PLAIN
        self.holds = holds
        self.end = i
        return i + 8

    def take_digits(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads digits from `i` on into `number`, which holds nine of them at least; returns what follows."""
        number: cython.ulonglong = 0
        c: cython.uchar
        self.start = i
        while i <= self.last and i < self.start + 18:
            c = self.block.data[i]
            if not 48 <= c <= 57:
                break
            number = number * 10 + (c - 48)
            i += 1
        self.number = cython.cast(cython.longlong, number)
        return i

    def next_tag_from(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The next `<`; beyond `last` where there is none."""
        word: cython.ulonglong
        while i <= self.last:
            word = word_at(self.block, i) ^ _TAGS
            # The highest bit of a byte is set where it was `<`; the lowest such bit is exact.
            word = (word - _EACH_BYTE) & ~word & _EACH_HIGH_BIT
            if word != 0:
                return i + lowest_byte(word)
            i += 8
        return i


def whole_number(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The number text[start:end], of up to nine digits, with white space around; -1 where it is none."""
    value: cython.Py_ssize_t = 0
    while start < end and text.data[start] <= 32:
        start += 1
    while end > start and text.data[end - 1] <= 32:
        end -= 1
    if start >= end or end - start > _MOST_REFERENCE_DIGITS:
        return -1
    while start < end:
        if not 48 <= text.data[start] <= 57:
            return -1
        value = value * 10 + (text.data[start] - 48)
        start += 1
    return value


def word_at(text: Text, i: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes, the first one lowest. The caller knows that they are there."""
    if not cython.compiled:
        return int.from_bytes(text.data[i : i + 8], "little")
    return loadstone_word(cython.address(text.data[i]))


def lowest_byte(bits: cython.ulonglong) -> cython.int:
    """Which byte, from 0, holds the lowest bit that is set."""
    if not cython.compiled:
        return ((bits & -bits).bit_length() - 1) >> 3
    return loadstone_lowest(bits) >> 3
