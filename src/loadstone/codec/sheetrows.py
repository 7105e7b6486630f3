"""Rows of a worksheet, one at a time: the text of each cell, by way of shared strings and styles.

A row's cells are gathered before anything is done with them, since they say themselves which column they are
in: there may be gaps, and nothing promises an order.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.characters import unescape_cell
from loadstone.codec.kinds import PLAIN
from loadstone.codec.markup import CLOSING, EMPTY, OPENING, Markup
from loadstone.codec.sharedstrings import SharedStrings, copy_runs
from loadstone.codec.sheetcells import (
    HOLDS_INTEGER,
    HOLDS_NOTHING,
    HOLDS_STRING,
    MOST_COLUMNS,
    PlainCells,
    whole_number,
)
from loadstone.codec.sheetnumbers import NO_NUMBER, SHORTEST, CellNumbers
from loadstone.errors import FormatError

__all__ = ["SheetRows"]

# Where a cell's text is.
NOWHERE = 0
IN_BLOCK = 1
IN_STRINGS = 2
IN_SPARE = 3

# What a cell is, beside its form.
IS_TEXT = 16
IS_ERROR = 32
IS_TRUTH = 64

#: What `next_row` stopped at.
ROW = 1
END_OF_DATA = 2

_LACKS = cython.declare(cython.Py_ssize_t, -1)
_TRUTH_WORDS = cython.declare(cython.const_uchar[::1], b"truefalse")


class SheetRows:
    """The rows of one sheet.

    Args:
        strings: the workbook's shared strings.
        styles: for each cell style, the kind of its number format (sheetnumbers.py).
        is_1904: which day dates are counted from.

    After `next_row` has found a row, `row_number` is its number in the sheet, `offset` where it begins in the
    block, `used` how many of the columns up to the last filled one, and the cells stand in `sources`,
    `starts`, `ends` and `forms`.
    """

    def __init__(self, strings: SharedStrings, styles: array[int], *, is_1904: bool) -> None:
        self.markup = Markup()
        self.plain = PlainCells()
        self.strings = strings
        self.styles = styles
        self.numbers = CellNumbers(is_1904)
        self.block = Text(b"")
        self.spare = Buffer(1024)
        self.sources = array("i", bytes(4 * MOST_COLUMNS))
        self.starts = array("q", bytes(8 * MOST_COLUMNS))
        self.ends = array("q", bytes(8 * MOST_COLUMNS))
        self.forms = array("i", bytes(4 * MOST_COLUMNS))
        self.row_number = 0
        self.offset = 0
        self.used = 0
        self.is_inside = False
        self.found = 0
        self.column = 0

    def open(self, block: Text, offset: int) -> None:
        """Takes a block that begins at `offset` of the sheet's part."""
        self.block = block
        self.markup.open(block, offset)
        self.plain.open(block)

    def next_row(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Finds the next row from `i` on; returns the position behind it, -1 where the block ends before.

        `found` says whether it is a row, or the end of them all.
        """
        after: cython.Py_ssize_t
        number: cython.longlong = self.row_number
        was_inside: cython.bint = self.is_inside
        while True:
            after = self.markup.next_tag(i)
            if after < 0:
                break
            if not self.is_inside:
                if self.markup.tag == CLOSING:
                    if self.markup.is_named(0x6F726B7368656574, 9):  # worksheet
                        self.found = END_OF_DATA
                        return after
                elif self.markup.is_named(0x6865657444617461, 9):  # sheetData
                    if self.markup.tag == EMPTY:
                        self.found = END_OF_DATA
                        return after
                    self.is_inside = True
            elif self.markup.tag == CLOSING:  # sheetData
                self.found = END_OF_DATA
                return after
            elif self.markup.is_named(0x726F77, 3):  # row
                self.found = ROW
                self.offset = i
                self.row_number += 1
                if self.markup.first_r >= 0:
                    self.row_number = self.integer(self.markup.first_r, self.markup.last_r)
                self.clear()
                self.plain.begin_row(self.markup.first_r, self.markup.last_r)
                if self.markup.tag == OPENING:
                    after = self.read_cells(after)
                if after < 0:
                    break
                return after
            elif self.markup.tag == OPENING:
                after = self.markup.skip_element(after)
                if after < 0:
                    break
            i = after
        # All of it comes again.
        self.row_number = number
        self.is_inside = was_inside
        return _LACKS

    def clear(self) -> cython.int:
        """Makes ready for a row."""
        k: cython.Py_ssize_t
        for k in range(self.used):
            self.sources[k] = NOWHERE
        self.used = 0
        self.column = -1
        self.spare.position = 0
        return 0

    def read_cells(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads the cells of a row from behind its opening tag; returns where the row ends, or -1."""
        after: cython.Py_ssize_t
        while True:
            after = self.plain.find(i)
            while after >= 0 and self.take_plain():
                i = after
                after = self.plain.find(i)
            i = self.markup.next_tag(i)
            if i < 0:
                return _LACKS
            if self.markup.tag == CLOSING:
                return i
            if self.markup.is_named(99, 1):  # c
                self.column += 1
                if self.markup.first_r >= 0:
                    self.column = self.column_of(self.markup.first_r, self.markup.last_r)
                elif self.column >= MOST_COLUMNS:
                    return refuse_attribute(self.markup.offset + i)
                if self.markup.tag == OPENING:
                    i = self.read_cell(i)
            elif self.markup.tag == OPENING:
                i = self.markup.skip_element(i)
            if i < 0:
                return _LACKS

    def take_plain(self) -> cython.bint:
        """Takes the cell that `plain` has found; False where it is to be looked at more closely."""
        self.column = self.plain.column
        if self.plain.holds == HOLDS_NOTHING:
            return True
        if self.plain.holds == HOLDS_STRING:
            self.take_string(self.plain.number)
            return True
        if self.plain.holds == HOLDS_INTEGER and self.kind_of(self.plain.style) == 0:
            self.set_cell(self.column, IN_BLOCK, self.plain.start, self.plain.end, PLAIN)
            return True
        return self.take_number(self.plain.style, self.block, IN_BLOCK, self.plain.start, self.plain.end)

    def read_cell(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads a cell from behind its opening tag; returns the position behind it, or -1."""
        kind: cython.uchar = 110  # n
        style: cython.Py_ssize_t = -1
        end: cython.Py_ssize_t
        start: cython.Py_ssize_t
        if self.markup.first_t >= 0 and self.markup.first_t < self.markup.last_t:
            kind = self.block.data[self.markup.first_t]
            if kind == 105 or (kind == 115 and self.markup.last_t - self.markup.first_t == 3):
                kind = 102  # inlineStr and str hold their text themselves
        if self.markup.first_s >= 0:
            style = self.integer(self.markup.first_s, self.markup.last_s)
        while True:
            i = self.markup.next_tag(i)
            if i < 0:
                return _LACKS
            if self.markup.tag == CLOSING:
                return i
            if self.markup.tag == EMPTY:
                continue
            if self.markup.is_named(118, 1):  # v
                end = self.markup.plain_end(i)
                if end >= 0:
                    if end > i:
                        self.take(kind, style, self.block, IN_BLOCK, i, end)
                    i = self.markup.closing_tag(end + 2)
                else:
                    start = self.spare.position
                    i = self.markup.copy_text(i, self.spare)
                    if i >= 0:
                        self.take_spare(kind, style, start)
            elif self.markup.is_named(0x6973, 2):  # is
                start = self.spare.position
                i = copy_runs(self.markup, i, self.spare)
                if i >= 0:
                    self.take_spare(102, -1, start)
            else:
                i = self.markup.skip_element(i)
            if i < 0:
                return _LACKS

    def take_spare(
        self, kind: cython.uchar, style: cython.Py_ssize_t, start: cython.Py_ssize_t
    ) -> cython.int:
        """Takes the value that was just copied to `spare`."""
        form: cython.int = unescape_cell(self.spare, start)
        if self.spare.position == start:
            return 0
        self.take(kind, style, self.spare, IN_SPARE, start, self.spare.position)
        if self.sources[self.column] == IN_SPARE:
            self.forms[self.column] |= form
        return 0

    def take(
        self,
        kind: cython.uchar,
        style: cython.Py_ssize_t,
        text: Text,
        source: cython.int,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.int:
        """Notes the value of the cell at hand, which is text[start:end] as it is stored."""
        form: cython.int = IS_TEXT
        if kind == 115:  # s
            return self.take_string(whole_number(text, start, end))
        if kind == 110:
            if self.take_number(style, text, source, start, end):
                return 0
        elif kind == 98 and end - start == 1 and text.data[start] in {48, 49}:  # b
            form = PLAIN | IS_TRUTH
            is_true: cython.bint = text.data[start] == 49
            start = self.spare.position
            self.put_truth(is_true)
            end = self.spare.position
            source = IN_SPARE
        elif kind == 101:  # e
            form = IS_ERROR
        elif kind == 100:  # d
            form = PLAIN
        return self.set_cell(self.column, source, start, end, form)

    def take_string(self, number: cython.longlong) -> cython.int:
        """Takes a shared string for the cell at hand."""
        start: cython.longlong = 0
        end: cython.longlong
        if number < 0 or number >= len(self.strings.ends):
            return refuse_string(number, len(self.strings.ends))
        if number > 0:
            start = self.strings.ends[number - 1] >> 4
        end = self.strings.ends[number]
        if start == end >> 4:
            return 0
        return self.set_cell(self.column, IN_STRINGS, start, end >> 4, IS_TEXT | (end & 15))

    def kind_of(self, style: cython.Py_ssize_t) -> cython.int:
        """The kind of a style's number format."""
        return self.styles[style] if 0 <= style < len(self.styles) else 0

    def take_number(
        self,
        style: cython.Py_ssize_t,
        text: Text,
        source: cython.int,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.bint:
        """Takes a number, or the date that it stands for; False where it is none."""
        kind: cython.int = self.kind_of(style)
        shape: cython.int = self.numbers.scan(text, start, end)
        begin: cython.Py_ssize_t = self.spare.position
        if shape == NO_NUMBER:
            return False
        if kind == 0 or not self.numbers.put_serial(kind, text, start, end, self.spare):
            if shape == SHORTEST:
                self.set_cell(self.column, source, start, end, PLAIN)
                return True
            self.numbers.put_number(text, start, end, self.spare)
        self.set_cell(self.column, IN_SPARE, begin, self.spare.position, PLAIN)
        return True

    def set_cell(
        self,
        column: cython.Py_ssize_t,
        source: cython.int,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Notes where the text of a cell is."""
        self.sources[column] = source
        self.starts[column] = start
        self.ends[column] = end
        self.forms[column] = form
        if column >= self.used:
            self.used = column + 1
        return 0

    def put_truth(self, is_true: cython.bint) -> cython.int:
        """Appends a boolean to `spare`."""
        k: cython.int
        for k in range(4 if is_true else 5):
            self.spare.put_byte(_TRUTH_WORDS[k if is_true else k + 4])
        return 0

    def integer(self, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The number that an attribute holds.

        Raises:
            FormatError: it holds none.
        """
        value: cython.Py_ssize_t = whole_number(self.block, start, end)
        return value if value >= 0 else refuse_attribute(self.markup.offset + start)

    def column_of(self, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The column, from 0, that a reference such as B12 names.

        Raises:
            FormatError: it names none.
        """
        i: cython.Py_ssize_t = start
        column: cython.Py_ssize_t = 0
        while i < end and i < start + 4 and 65 <= self.block.data[i] <= 90:
            column = column * 26 + (self.block.data[i] - 64)
            i += 1
        if column < 1 or column > MOST_COLUMNS:
            return refuse_attribute(self.markup.offset + start)
        return column - 1

    def source_of(self, column: cython.Py_ssize_t) -> Text:
        """What holds the text of a cell that is filled."""
        source: cython.int = self.sources[column]
        if source == IN_BLOCK:
            return self.block
        if source == IN_STRINGS:
            return self.strings.heap
        return self.spare

    def read_head(
        self, text: bytes | bytearray | memoryview, limit: int
    ) -> list[tuple[int, dict[int, tuple[bytes, int]]]]:
        """Up to `limit` rows that are complete and not empty: number, and text and form by column."""
        rows: list[tuple[int, dict[int, tuple[bytes, int]]]] = []
        i: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        self.open(Text(text), 0)
        while len(rows) < limit:
            i = self.next_row(i)
            if i < 0 or self.found == END_OF_DATA:
                break
            cells = {}
            for k in range(self.used):
                if self.sources[k] != NOWHERE:
                    source: Text = self.source_of(k)
                    cells[k] = (bytes(source.data[self.starts[k] : self.ends[k]]), self.forms[k])
            if cells:
                rows.append((self.row_number, cells))
        self.open(Text(b""), 0)
        return rows


def refuse_attribute(position: cython.longlong) -> cython.Py_ssize_t:
    """Raises FormatError: a reference or a number is none. Takes the GIL."""
    raise FormatError(
        f"a row or cell of the sheet has an attribute that cannot be, at byte {position:,} of its part",
        hint="open the file in a spreadsheet program, which may repair it, and save it again",
    )


def refuse_string(number: cython.longlong, count: cython.Py_ssize_t) -> cython.int:
    """Raises FormatError: there is no such shared string. Takes the GIL."""
    raise FormatError(
        f"a cell of the sheet refers to shared string {number:,}, the workbook holds {count:,}",
        hint="open the file in a spreadsheet program, which may repair it, and save it again",
    )
