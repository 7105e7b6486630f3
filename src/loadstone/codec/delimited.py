"""Delimited text to binary COPY tuples, block by block: one pass over the bytes, with the GIL released.

What cannot be read as a record costs as little of the file as possible: with broken quotes, one physical line
is rejected and reading goes on with the next; a record that is too long is rejected up to its line's end.
"""

from __future__ import annotations

import cython

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Text
from loadstone.codec.codes import (
    MALFORMED_QUOTE,
    RECORD_TOO_LONG,
    TOO_FEW_CELLS,
    TOO_MANY_CELLS,
    UNCLOSED_QUOTE,
)
from loadstone.codec.kinds import QUOTED
from loadstone.codec.rows import RowWriter
from loadstone.codec.tokens import (
    INCOMPLETE,
    NEXT_CELL,
    NEXT_RECORD,
    OVERLONG,
    UNCLOSED,
    Tokenizer,
)
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["DelimitedEncoder"]

_RAW_LIMIT = cython.declare(cython.Py_ssize_t, RAW_LIMIT)
_STOPPED = cython.declare(cython.Py_ssize_t, -1)


class DelimitedEncoder:
    """The records of one delimited file, in UTF-8 without a byte order mark.

    Args:
        plan: what the cells become; `plan.cells[i]` is the i-th cell of every record. delimiter: in
            UTF-8, or `tokens.WHITE_SPACE`. quote: what a cell may stand within; None where
            quotes mean nothing. escape: takes the next character as it is; None for none. first_line: the
            number of the physical line that the first block begins with. first_row: that of the first record.
            first_offset: where the first block begins in the decompressed file. max_record_bytes: a record as
            long as this is rejected, or cut at its first line where a quote is open. bloom: the keys seen so
            far, where the plan deduplicates. comment: a line that begins with this character is left out.
        trailing_delimiter: a record may end with a delimiter that no cell follows. pads: a record with too
            few cells lacks the last ones. truncates: a record with too many loses the last ones.

    Raises:
        ConfigurationError: a column asks for what its type cannot do, or a value in the contract is not of
            its type. ContractError: a column that the file does not have is required. ValueError: delimiter,
            quote or escape cannot be such.
    """

    def __init__(
        self,
        plan: LoadPlan,
        *,
        delimiter: bytes = b",",
        quote: bytes | None = b'"',
        escape: bytes | None = None,
        first_line: int = 1,
        first_row: int = 1,
        first_offset: int = 0,
        max_record_bytes: int = 16 * 2**20,
        bloom: BloomFilter | None = None,
        comment: bytes | None = None,
        trailing_delimiter: bool = False,
        pads: bool = False,
        truncates: bool = False,
    ) -> None:
        self.rows = RowWriter(plan, first_row, bloom)
        self.tokenizer = Tokenizer(delimiter, quote, escape, max_record_bytes)
        self.cell_count = len(plan.cells)
        for code in (TOO_FEW_CELLS, TOO_MANY_CELLS):
            self.rows.set_limit(code, f"{len(plan.cells):,}")
        self.rows.set_limit(RECORD_TOO_LONG, f"{max_record_bytes:,}")
        self.block = Text(b"")
        self.line = first_line
        self.offset = first_offset
        self.skipped_code = 0
        self.skipped_bytes = 0
        self.skipped_lines = 0
        self.skipped_raw = b""
        self.raws: dict[int, bytes] = {}
        self.max_record_bytes = max_record_bytes
        self.comment = comment[0] if comment else -1
        self.has_trailing = trailing_delimiter
        self.pads = pads
        self.truncates = truncates
        self.padded = self.truncated = 0

    def feed(self, text: bytes | bytearray | memoryview, final: bool) -> tuple[Chunk, int]:
        """Encodes the complete records of a block; `final` where nothing follows it.

        Returns what became of them and how many bytes they take. The rest is the beginning of a record, to be
        put in front of the next block; 0 bytes mean that the block holds no complete record and must grow.
        """
        consumed: cython.Py_ssize_t
        self.block = Text(text)
        self.tokenizer.open(self.block, final)
        with cython.nogil:
            consumed = self.encode()
        chunk = self.rows.chunk(text, self.offset, consumed, self.raws)
        self.raws = {}
        chunk.padded, chunk.truncated = self.padded, self.truncated
        self.padded = self.truncated = 0
        self.offset += consumed
        self.block = Text(b"")
        self.tokenizer.open(self.block, True)
        return chunk, consumed

    def encode(self) -> cython.Py_ssize_t:
        """Encodes record by record; returns the position behind the last complete one."""
        size: cython.Py_ssize_t = self.tokenizer.size
        i: cython.Py_ssize_t = 0
        after: cython.Py_ssize_t
        if self.skipped_code != 0:
            i = self.skip(0, 0)
        while i < size and self.skipped_code == 0:
            after = self.record(i)
            if after < 0:
                break
            i = after
        return i

    def record(self, record: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Encodes the record, or leaves out the blank line, at a position; returns the one behind, or -1."""
        what: cython.int = NEXT_CELL
        index: cython.Py_ssize_t = 0
        after: cython.Py_ssize_t
        if (self.block.data[record] == 10 or self.block.data[record] == 13) and self.cell_count != 1:
            after = self.tokenizer.line_break(record)
            if after >= 0:
                self.line += 1
            return after
        if self.block.data[record] == self.comment:
            after = self.tokenizer.line_end(record)
            if after >= 0 and after - record <= self.max_record_bytes:
                self.line += 1
                return after
            if after < 0 and self.tokenizer.size - record < self.max_record_bytes:
                return _STOPPED
        self.tokenizer.begin(record)
        self.rows.begin(self.line, self.offset + record)
        while what == NEXT_CELL:
            what = self.tokenizer.next_cell()
            if what > NEXT_RECORD:
                self.rows.forget()
                return _STOPPED if what == INCOMPLETE else self.cut(record, what)
            if index < self.cell_count:
                if self.tokenizer.is_spare:
                    self.rows.cell(
                        index,
                        self.tokenizer.spare,
                        self.tokenizer.start,
                        self.tokenizer.end,
                        self.tokenizer.form,
                    )
                else:
                    self.rows.cell(
                        index, self.block, self.tokenizer.start, self.tokenizer.end, self.tokenizer.form
                    )
            index += 1
        if index != self.cell_count:
            self.settle_width(index)
        self.rows.end(self.tokenizer.position - record)
        self.line += self.tokenizer.lines
        return self.tokenizer.position

    def settle_width(self, found: cython.Py_ssize_t) -> cython.int:
        """What becomes of a record that has more or fewer cells than there are columns."""
        i: cython.Py_ssize_t
        if found < self.cell_count and self.pads:
            for i in range(found, self.cell_count):
                self.rows.missing(i)
            self.padded += 1
        elif found == self.cell_count + 1 and self.has_trailing and self.is_empty_cell():
            return 0
        elif found > self.cell_count and self.truncates:
            self.truncated += 1
        else:
            code: cython.int = TOO_FEW_CELLS if found < self.cell_count else TOO_MANY_CELLS
            self.rows.refuse_record(code, self.block, 0, 0, found)
        return 0

    def is_empty_cell(self) -> cython.bint:
        """Whether there is nothing in the cell at hand, not even quotes."""
        return self.tokenizer.start == self.tokenizer.end and (self.tokenizer.form & QUOTED) == 0

    def cut(self, record: cython.Py_ssize_t, what: cython.int) -> cython.Py_ssize_t:
        """Rejects what is no record: its first line, or up to the end of the line on which it is too long."""
        i: cython.Py_ssize_t = record
        after: cython.Py_ssize_t
        code: cython.int = UNCLOSED_QUOTE if what == UNCLOSED else MALFORMED_QUOTE
        lines: cython.longlong = 1
        if what == OVERLONG:
            code = RECORD_TOO_LONG
            lines = self.tokenizer.lines
            i = self.tokenizer.limit
        after = self.tokenizer.line_end(i)
        if after < 0:
            if not self.tokenizer.is_limited:
                return _STOPPED
            self.skipped_code = code
            self.skipped_bytes = 0
            self.skipped_lines = lines
            return self.skip(record, i)
        self.refuse(code, self.offset + record, after - record, lines)
        return after

    def skip(self, record: cython.Py_ssize_t, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Leaves out the rest, from `i` on, of a rejected line that began at `record`, over blocks."""
        after: cython.Py_ssize_t = self.tokenizer.line_end(i)
        is_complete: cython.bint = after >= 0
        if not is_complete:
            after = self.tokenizer.size
            if after > 0 and self.block.data[after - 1] == 13:
                after -= 1  # a line feed may follow, and belong to it
        self.keep_raw(record, after)
        self.skipped_bytes += after - record
        if is_complete:
            self.refuse(
                self.skipped_code,
                self.offset + after - self.skipped_bytes,
                self.skipped_bytes,
                self.skipped_lines,
            )
            self.skipped_code = 0
            with cython.gil:
                self.raws[self.rows.row_number] = self.skipped_raw
        return after

    def keep_raw(self, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Keeps the beginning of a record that is longer than the block; takes the GIL."""
        wanted: cython.Py_ssize_t
        if self.skipped_bytes == 0:
            self.skipped_raw = b""
        wanted = _RAW_LIMIT - len(self.skipped_raw)
        if end - start > wanted:
            end = start + wanted
        self.skipped_raw += bytes(self.block.data[start:end])
        return 0

    def refuse(
        self, code: cython.int, offset: cython.longlong, length: cython.longlong, lines: cython.longlong
    ) -> cython.int:
        """Rejects a record that has no cells."""
        self.rows.begin(self.line, offset)
        self.rows.refuse_record(code, self.block, 0, 0, 0)
        self.rows.end(length)
        self.line += lines
        return 0
