"""Delimited text into cells: quotes, doubled and escaped quotes, every kind of line ending, line numbers.

A record ends with LF, CRLF or a lone CR, mixed as they come; within quotes they belong to the cell. A quote
that does not begin its cell is a character like any other. A doubled quote within quotes is one quote; the
escape character, where there is one, takes the next character as it is, within quotes and without; where an
unquoted cell is the escape and `N` alone, it is NULL, as MySQL, Redshift and PostgreSQL write it.

The delimiter is one character of UTF-8 or several, or `WHITE_SPACE`: any run of blanks and tabs, at a
record's beginning and end without a meaning.
"""

from __future__ import annotations

import re

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, QUOTED

if cython.compiled:
    from cython.cimports.loadstone.codec.words import loadstone_lowest, loadstone_mark, loadstone_word

__all__ = [
    "INCOMPLETE",
    "MALFORMED",
    "NEXT_CELL",
    "NEXT_RECORD",
    "OVERLONG",
    "UNCLOSED",
    "WHITE_SPACE",
    "Tokenizer",
]

#: Stands for the delimiter where runs of blanks and tabs separate cells.
WHITE_SPACE = b"whitespace"

# What follows a cell.
NEXT_CELL = 1
NEXT_RECORD = 2
INCOMPLETE = 3
UNCLOSED = 4
MALFORMED = 5
OVERLONG = 6

_NONE = cython.declare(cython.int, -1)

# Eight bytes at a time: each byte 1, 14, 128.
_ONES = cython.declare(cython.ulonglong, 0x0101010101010101)
_FOURTEENS = cython.declare(cython.ulonglong, 0x0E0E0E0E0E0E0E0E)
_HIGH_BITS = cython.declare(cython.ulonglong, 0x8080808080808080)


class Tokenizer:
    """Finds the cells of one record after the other in a block.

    After `next_cell`, the cell is start:end of the block, or of `spare` where `is_spare` (it had escapes). A
    record is complete once its line ending is in the block, or the block is the last. A record of
    `max_record_bytes` or more, its line ending not counted, is too long, or, where that happens within
    quotes, its quote is unclosed: so the answer does not depend on how the file is cut into blocks.

    Raises:
        ValueError: quote or escape are not single ASCII characters, the delimiter is not UTF-8, or they
            are not different.
    """

    def __init__(
        self, delimiter: bytes, quote: bytes | None, escape: bytes | None, max_record_bytes: int = 16 * 2**20
    ) -> None:
        if escape == quote:
            escape = None
        self.is_run = delimiter == WHITE_SPACE
        if self.is_run:
            delimiter = b" "
        marks = [mark for mark in (quote, escape) if mark is not None]
        special = b"".join((delimiter, *marks))
        if not delimiter or any(len(mark) != 1 or mark > b"\x7e" for mark in marks):
            raise ValueError("delimiter, quote and escape are characters, the latter two of ASCII")
        if any(mark in b"\r\n\0\x7f" for mark in special):
            raise ValueError("delimiter, quote and escape are no line ending, NUL or DEL")
        delimiter.decode()  # no character of UTF-8 stands within another: it is found by its bytes
        if any(mark in delimiter for mark in marks):
            raise ValueError("delimiter, quote and escape must differ")
        self.delimiter_text = Text(delimiter)
        self.delimiter_size = len(delimiter)
        self.is_single = len(delimiter) == 1 and not self.is_run
        self.delimiter = delimiter[0]
        self.quote = quote[0] if quote else _NONE
        self.escape = escape[0] if escape else _NONE
        self.highest = max(delimiter[0], escape[0] if escape else 0, 13)
        self.start = self.end = 0
        self.escape_or_delimiter = (escape or delimiter)[0]
        self.quote_word = (quote or delimiter)[0] * _ONES
        self.escape_word = (escape or quote or delimiter)[0] * _ONES
        stops = delimiter[:1] + (escape or b"")
        self.plain_stop = re.compile(b"[\\0-\\r" + re.escape(stops) + b"]")
        self.quoted_stop = re.compile(b"[\\0-\\r" + re.escape((quote or b"") + (escape or b"")) + b"]")
        self.max_record_bytes = max_record_bytes
        self.block = Text(b"")
        self.spare = Buffer(256)
        self.size = 0
        self.seen = self.marks = self.wide = 0
        self.is_final = False

    def open(self, block: Text, is_final: bool) -> None:
        """Takes a block to find records in; `is_final` where nothing follows it."""
        self.block = block
        self.size = len(block.data)
        self.marked = -64
        self.is_final = is_final

    def begin(self, record: cython.Py_ssize_t) -> cython.int:
        """Starts a record at a position of the block."""
        self.position = record
        self.limit = self.size
        self.lines = 1
        self.is_limited = self.size - record >= self.max_record_bytes
        if self.is_limited:
            self.limit = record + self.max_record_bytes
        if self.is_run:
            self.position = self.run_end(record)
        return 0

    def next_cell(self) -> cython.int:
        """Finds the cell at `position` and moves behind it. Returns what follows it."""
        i: cython.Py_ssize_t = self.position
        limit: cython.Py_ssize_t = self.limit
        highest: cython.uchar = self.highest
        seen: cython.uchar = 0
        c: cython.uchar = 0
        escapes: cython.bint = False
        self.start = i
        self.form = 0
        self.is_spare = False
        if i < limit and self.block.data[i] == self.quote:
            return self.quoted_cell()
        self.seen = 0
        i = self.next_stop(i)
        while i < limit:
            c = self.block.data[i]
            if c <= highest:
                if c in (self.delimiter, 10, 13):
                    if self.is_single or c != self.delimiter or self.is_delimiter(i):
                        break
                elif c == 9 and self.is_run:
                    break
                if c == self.escape:
                    escapes = True
                    i += 1
                    if i >= limit:
                        break
                    c = self.block.data[i]
                    if c == 10 or (c == 13 and not (i + 1 < self.size and self.block.data[i + 1] == 10)):
                        self.lines += 1
                if c == 0:
                    self.form |= HAS_NUL
            seen |= c
            i += 1
        if seen >= 128 or (self.seen & _HIGH_BITS) != 0:
            self.form |= NON_ASCII
        self.end = i
        if i >= limit:
            if self.is_limited or not self.is_final:
                return self.at_limit(OVERLONG)
            self.end = limit
        elif c == self.delimiter and self.is_single and not escapes:
            self.position = i + 1
            return NEXT_CELL
        if escapes:
            if self.end - self.start == 2 and self.block.data[self.start + 1] == 78:
                self.end = self.start
            else:
                self.unescape(self.start, self.end)
        return self.after_cell(i)

    def is_delimiter(self, i: cython.Py_ssize_t) -> cython.bint:
        """Whether the whole delimiter stands at a position where its first character does."""
        k: cython.Py_ssize_t
        if i + self.delimiter_size > self.limit:
            return False
        for k in range(1, self.delimiter_size):
            if self.block.data[i + k] != self.delimiter_text.data[k]:
                return False
        return True

    def run_end(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The position behind the blanks and tabs at `i`."""
        while i < self.limit and (self.block.data[i] == 32 or self.block.data[i] == 9):
            i += 1
        return i

    def next_stop(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The position of the next byte that may end an unquoted cell, or one before it.

        That is a control character up to CR, the delimiter or the escape; `seen` notes the bytes between.
        """
        if cython.compiled:
            bits: cython.ulonglong
            count: cython.int
            # Cells are short: the marks of 64 bytes serve several of them.
            while True:
                if i >= self.marked + 64:
                    if self.size - i < 64:
                        return i
                    self.marked = i
                    loadstone_mark(
                        cython.address(self.block.data[i]),
                        self.delimiter,
                        self.escape_or_delimiter,
                        cython.address(self.marks),
                        cython.address(self.wide),
                    )
                bits = self.marks >> (i - self.marked)
                if bits != 0:
                    count = loadstone_lowest(bits)
                    bits = (cython.cast(cython.ulonglong, 1) << count) - 1
                    if (self.wide >> (i - self.marked)) & bits:
                        self.seen = _HIGH_BITS
                    i += count
                    return min(self.limit, i)
                if self.wide >> (i - self.marked):
                    self.seen = _HIGH_BITS
                i = self.marked + 64
                if i >= self.limit:
                    return self.limit
        else:
            return self.search(self.plain_stop, i)

    def next_quote(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The same within quotes, where the quote takes the delimiter's place."""
        if cython.compiled:
            mark: cython.ulonglong = self.quote_word
            escape: cython.ulonglong = self.escape_word if self.escape >= 0 else mark
            word: cython.ulonglong
            stops: cython.ulonglong
            count: cython.int
            while self.limit - i >= 8:
                word = loadstone_word(cython.address(self.block.data[i]))
                # The high bit of a byte is set where it is below 14 or equals a mark; the lowest is exact.
                stops = (
                    ((word - _FOURTEENS) & ~word)
                    | (((word ^ mark) - _ONES) & ~(word ^ mark))
                    | (((word ^ escape) - _ONES) & ~(word ^ escape))
                ) & _HIGH_BITS
                if stops != 0:
                    count = loadstone_lowest(stops) >> 3
                    self.seen |= word & ((cython.cast(cython.ulonglong, 1) << (8 * count)) - 1)
                    return i + count
                self.seen |= word
                i += 8
        else:
            i = self.search(self.quoted_stop, i)
        return i

    def search(self, pattern: re.Pattern[bytes], i: cython.Py_ssize_t) -> int:
        """As the two above, uncompiled."""
        found = pattern.search(self.block.data, i, self.limit)
        end = found.start() if found else self.limit
        if not bytes(self.block.data[i:end]).isascii():
            self.seen = _HIGH_BITS
        return end

    def quoted_cell(self) -> cython.int:
        """Finds the cell whose opening quote is at `position`. Returns what follows it."""
        i: cython.Py_ssize_t = self.position + 1
        limit: cython.Py_ssize_t = self.limit
        seen: cython.uchar = 0
        c: cython.uchar = 0
        escapes: cython.bint = False
        is_closed: cython.bint = False
        self.start = i
        self.form = QUOTED
        self.seen = 0
        while i < limit:
            i = self.next_quote(i)
            if i >= limit:
                break
            c = self.block.data[i]
            if c == self.quote:
                if i + 1 >= limit:
                    # Perhaps the first of two.
                    is_closed = self.is_final and not self.is_limited
                    break
                if self.block.data[i + 1] != self.quote:
                    is_closed = True
                    break
                escapes = True
                i += 1
            elif c == self.escape:
                escapes = True
                i += 1
                if i >= limit:
                    break
                c = self.block.data[i]
            if c <= 13:
                if c == 10 or (c == 13 and not (i + 1 < self.size and self.block.data[i + 1] == 10)):
                    self.lines += 1
                elif c == 0:
                    self.form |= HAS_NUL
            seen |= c
            i += 1
        if not is_closed:
            return self.at_limit(UNCLOSED)
        if seen >= 128 or (self.seen & _HIGH_BITS) != 0:
            self.form |= NON_ASCII
        self.end = i
        if escapes:
            self.unescape(self.start, i)
        return self.after_cell(i + 1)

    def after_cell(self, i: cython.Py_ssize_t) -> cython.int:
        """What the character at `i` says, which is behind a cell; moves `position` behind it, too."""
        c: cython.uchar
        if i >= self.size:
            self.position = self.size
            return NEXT_RECORD
        c = self.block.data[i]
        if self.is_run and c in {9, 32}:
            i = self.run_end(i)
            if i >= self.limit:
                self.position = i
                return NEXT_RECORD if self.is_final and not self.is_limited else self.at_limit(OVERLONG)
            c = self.block.data[i]
            if c not in {10, 13}:
                self.position = i
                return NEXT_CELL
        elif c == self.delimiter and self.is_delimiter(i):
            self.position = i + self.delimiter_size
            return NEXT_CELL
        elif c == self.delimiter and i + self.delimiter_size > self.limit:
            return self.at_limit(OVERLONG if self.is_limited else MALFORMED)
        if c not in {10, 13}:
            return MALFORMED
        i = self.line_break(i)
        if i < 0:
            return INCOMPLETE
        self.position = i
        return NEXT_RECORD

    def at_limit(self, otherwise: cython.int) -> cython.int:
        """What the end of the block, or of what a record may take, means: incomplete, or broken for good."""
        return otherwise if self.is_limited or self.is_final else INCOMPLETE

    def unescape(self, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Copies the cell to `spare` without what escapes its characters."""
        i: cython.Py_ssize_t = start
        c: cython.uchar
        is_quoted: cython.bint = (self.form & QUOTED) != 0
        self.spare.position = 0
        while i < end:
            c = self.block.data[i]
            if i + 1 < end and (c == self.escape or (is_quoted and c == self.quote)):
                i += 1
                c = self.block.data[i]
            self.spare.put_byte(c)
            i += 1
        self.is_spare = True
        self.start = 0
        self.end = self.spare.position
        return 0

    def read_record(self, record: int, errors: str = "strict") -> tuple[list[str | None], int, int, int]:
        """The cells of the record at a position, what follows the last, where, and its physical lines."""
        cells: list[str | None] = []
        what: cython.int = NEXT_CELL
        self.begin(record)
        while what == NEXT_CELL:
            what = self.next_cell()
            source: Text = self.spare if self.is_spare else self.block
            cell = bytes(source.data[self.start : self.end]).decode("utf-8", errors)
            cells.append(cell if cell or self.form & QUOTED else None)
        return cells, what, self.position, self.lines

    def first_line_end(self, start: int = 0) -> int:
        """The position behind the physical line at `start`; -1 where it goes on."""
        end: int = self.line_end(start)
        return end

    def line_break(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The position behind the line ending at `i`; -1 where it may go on in the next block."""
        if self.block.data[i] == 13:
            if i + 1 < self.size:
                return i + 2 if self.block.data[i + 1] == 10 else i + 1
            return i + 1 if self.is_final else -1
        return i + 1

    def line_end(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The position behind the physical line that `i` is on; -1 where it goes on in the next block."""
        c: cython.uchar
        while i < self.size:
            c = self.block.data[i]
            if c in {10, 13}:
                return self.line_break(i)
            i += 1
        return i if self.is_final else -1
