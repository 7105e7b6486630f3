"""JSON Lines to binary tuples: one object per line; what becomes of it, `jsonrecord` says.

- A line ends with LF or CRLF. Blank lines count as lines, not as records.
- A line that is no JSON costs that record alone; reading goes on at the next line.
"""

from __future__ import annotations

import cython

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Text
from loadstone.codec.codes import NOT_AN_OBJECT, RECORD_TOO_LONG
from loadstone.codec.jsonrecord import JsonRecordWriter
from loadstone.codec.jsontext import Bytes, check_json, skip_space
from loadstone.codec.lines import line_end
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["JsonLinesEncoder"]


class JsonLinesEncoder:
    """Turns the blocks of one file into chunks.

    Args:
        plan: what the tuples are made of; its cells' sources are the keys, in any order.
        first_line: the physical line on which the first block begins.
        first_row: the number of its first record.
        first_offset: its offset in the decompressed text.
        max_record_bytes: a longer line is rejected.
        bloom: which keys were seen before; by default one of the encoder's own, where the plan deduplicates.
        separator: between the keys of flattened objects; None to leave nested objects as they are.
    """

    def __init__(
        self,
        plan: LoadPlan,
        *,
        first_line: int = 1,
        first_row: int = 1,
        first_offset: int = 0,
        max_record_bytes: int = 16 * 1024 * 1024,
        bloom: BloomFilter | None = None,
        separator: str | None = None,
    ) -> None:
        self.writer = JsonRecordWriter(plan, first_row, bloom, max_record_bytes, separator)
        self.rows = self.writer.rows
        self.max_record_bytes = max_record_bytes
        self.line = first_line
        self.offset = first_offset
        self.long_start = -1
        self.long_raw = b""

    def feed(self, text: Bytes, final: bool) -> tuple[Chunk, int]:
        """Encodes the complete lines of a block.

        Args:
            text: what the last call did not consume, and what follows it in the file.
            final: whether the file ends here, so that the last line needs no line ending.

        Returns:
            What became of the records, and how many bytes they take: 0 where not one line is complete.
        """
        block = Text(text if cython.compiled else bytes(text))
        size: cython.Py_ssize_t = len(text)
        is_final: cython.bint = final
        consumed: cython.Py_ssize_t
        with cython.nogil:
            consumed = self.lines(block, size, is_final)
        chunk = self.writer.chunk(text, self.offset, consumed)
        self.offset += consumed
        return chunk, consumed

    def lines(self, block: Text, size: cython.Py_ssize_t, final: cython.bint) -> cython.Py_ssize_t:
        """Reads line by line; returns where the first incomplete one begins."""
        i: cython.Py_ssize_t = 0
        end: cython.Py_ssize_t
        after: cython.Py_ssize_t
        first: cython.Py_ssize_t
        while i < size:
            end = line_end(block, i, size)
            after = end + 1
            if end < 0:
                if not final:
                    return i if not self.is_long(block, i, size) else size
                end = after = size
            if self.long_start >= 0:
                self.end_long_record(self.offset + after)
            elif after - i > self.max_record_bytes:
                self.rows.begin(self.line, self.offset + i)
                self.rows.refuse_record(RECORD_TOO_LONG, block, i, i, 0)
                self.rows.end(after - i)
            else:
                first = skip_space(block, i, end)
                if first < end:
                    self.rows.begin(self.line, self.offset + i)
                    self.record(block, first, end, after - i)
            self.line += 1
            i = after
        if final and self.long_start >= 0:
            self.end_long_record(self.offset + size)
        return size

    def is_long(self, block: Text, start: cython.Py_ssize_t, size: cython.Py_ssize_t) -> cython.bint:
        """Whether a line whose end is not in sight is too long already; its beginning is kept, then."""
        if self.long_start < 0:
            if size - start <= self.max_record_bytes:
                return False
            self.long_start = self.offset + start
            with cython.gil:
                self.long_raw = bytes(block.data[start : min(size, start + RAW_LIMIT)])
        return True

    def end_long_record(self, end: cython.longlong) -> cython.int:
        """Rejects a line that filled more than a block; `end` is its end in the decompressed text."""
        self.rows.begin(self.line, self.long_start)
        self.rows.refuse_record(RECORD_TOO_LONG, self.rows.out, 0, 0, 0)
        self.rows.end(end - self.long_start)
        self.long_start = -1
        with cython.gil:
            self.writer.raws[self.rows.row_number] = self.long_raw
        return 0

    def record(
        self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, length: cython.Py_ssize_t
    ) -> cython.int:
        """One line that is not blank, between `begin` and `end` of its row."""
        position: cython.Py_ssize_t
        if block.data[start] != 123:
            position = check_json(block, start, end)
            if position < 0:
                self.rows.refuse_record(NOT_AN_OBJECT, block, start, end, 0)
            else:
                self.writer.broken(block, start, end, position)
            return self.rows.end(length)
        position = self.writer.scan(block, start, end)
        if position < 0:
            self.writer.broken(block, start, end, -2 - position)
        elif skip_space(block, position, end) < end:
            self.writer.broken(block, start, end, skip_space(block, position, end))
        else:
            self.writer.write(block, start, position)
            if self.writer.child_count:
                self.writer.write_children(block)
        return self.rows.end(length)
