"""Delimited text into cells: quotes, doubled and escaped quotes, every kind of line ending, line numbers.

A record ends with LF, CRLF or a lone CR, mixed as they come; within quotes they belong to the cell. A quote
that does not begin its cell is a character like any other. A doubled quote within quotes is one quote; the
escape character, where there is one, takes the next character as it is, within quotes and without.
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
    "Tokenizer",
    "split_record",
]

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
        ValueError: delimiter, quote or escape are not single ASCII characters, or not different.
    """

    def __init__(
        self, delimiter: bytes, quote: bytes | None, escape: bytes | None, max_record_bytes: int = 16 * 2**20
    ) -> None:
        if escape == quote:
            escape = None
        special = [mark for mark in (delimiter, quote, escape) if mark is not None]
        if any(len(mark) != 1 or mark > b"\x7e" or mark in b"\r\n\0" for mark in special):
            raise ValueError("delimiter, quote and escape are single ASCII characters, and no line ending")
        if len(set(special)) < len(special):
            raise ValueError("delimiter, quote and escape must differ")
        self.delimiter = delimiter[0]
        self.quote = quote[0] if quote else _NONE
        self.escape = escape[0] if escape else _NONE
        self.highest = max(delimiter[0], escape[0] if escape else 0, 13)
        self.start = self.end = 0
        self.escape_or_delimiter = (escape or delimiter)[0]
        self.quote_word = (quote or delimiter)[0] * _ONES
        self.escape_word = (escape or quote or delimiter)[0] * _ONES
        marks = delimiter + (escape or b"")
        self.plain_stop = re.compile(b"[\\0-\\r" + re.escape(marks) + b"]")
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
        elif c == self.delimiter and not escapes:
            self.position = i + 1
            return NEXT_CELL
        if escapes:
            self.unescape(self.start, self.end)
        return self.after_cell(i)

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
        if c == self.delimiter:
            self.position = i + 1
            return NEXT_CELL
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

    def read_cells(self) -> tuple[list[str | None], int, int]:
        """The cells of the block's first record, what follows the last, and where."""
        cells: list[str | None] = []
        what: cython.int = NEXT_CELL
        self.begin(0)
        while what == NEXT_CELL:
            what = self.next_cell()
            source: Text = self.spare if self.is_spare else self.block
            cell = bytes(source.data[self.start : self.end]).decode()
            cells.append(cell if cell or self.form & QUOTED else None)
        return cells, what, self.position

    def first_line_end(self) -> int:
        """The position behind the block's first physical line; -1 where it goes on."""
        end: int = self.line_end(0)
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


def split_record(
    text: bytes | bytearray | memoryview,
    delimiter: bytes,
    quote: bytes | None,
    escape: bytes | None = None,
    *,
    final: bool = False,
) -> tuple[list[str | None], int]:
    """The cells of the record that `text` begins with, and how many bytes it takes with its line ending.

    An unquoted empty cell is None. Where the record goes on beyond the text, and `final` does not say that
    nothing follows, its cells so far come with 0 bytes. A record with broken quotes is one cell, its first
    physical line.

    Raises:
        UnicodeDecodeError: the record is not UTF-8.
    """
    tokenizer = Tokenizer(delimiter, quote, escape, len(text) + 1)
    tokenizer.open(Text(text), final)
    cells, what, position = tokenizer.read_cells()
    if what == NEXT_RECORD:
        return cells, position
    if what == INCOMPLETE:
        return cells, 0
    end = tokenizer.first_line_end()
    if end < 0:
        return cells, 0
    return [bytes(text[:end]).rstrip(b"\r\n").decode()], end
