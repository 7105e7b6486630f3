"""JSON of any layout to binary tuples: arrays, objects one behind the other, what a path leads to.

What becomes of a record, `jsonrecord` says. Of what is around the records only the way down to them is kept,
so that memory is bounded by the longest record; what is wrong there fails the file. What is wrong with a
record rejects it, and reading goes on where `jsonresume` finds how; else the rest of the file goes with it.

- Line numbers count LF. A record's place is that of its first byte, its length that of the value alone.
- An array at the top is the whole file. Behind an object, others may follow, with white space or without.
- A file that ends within an array or what is around it fails. `[1,]` rejects the element that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import cython

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Text
from loadstone.codec.codes import INVALID_JSON, MISSING_COMMA, RECORD_TOO_LONG
from loadstone.codec.jsonfailures import (
    BEYOND_REPAIR,
    BROKEN_DOCUMENT,
    CUT_OFF,
    TOKEN_TOO_LONG,
    TRAILING_TEXT,
    json_failure,
)
from loadstone.codec.jsonoutline import (
    COLON,
    COMMA_OR_CLOSE,
    DOCUMENT,
    ELEMENT,
    ELEMENT_OR_CLOSE,
    MEMBER_OR_CLOSE,
    NOTHING,
    JsonOutline,
)
from loadstone.codec.jsonrecord import JsonRecordWriter
from loadstone.codec.jsonresume import BY_BRACKETS, BY_LINES, Resumption, trimmed_before
from loadstone.codec.jsontext import Bytes, scan_string, scan_value, skip_space
from loadstone.codec.lines import LineCount
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["JsonEncoder"]

WAITING = -1  # in place of the position after what was read: for more text
FAILED = -2

BLANKS_KEPT = 4096  # in front of a record that waits: by them a broken one is told from the next
CUT_TOKEN = 8  # so close to the end of a block, a token may be broken only because it is cut there

_REJECT_HOLDS = cython.declare(cython.Py_ssize_t, RAW_LIMIT)


class JsonEncoder:
    """Turns the blocks of one file into chunks.

    Args:
        plan: what the tuples are made of; its cells' sources are the keys, in any order.
        path: the keys that lead to the records, None for each element of an array; empty where the file's
            own array or objects are the records.
        first_line: the physical line on which the first block begins.
        first_row: the number of its first record.
        first_offset: its offset in the decompressed text.
        max_record_bytes: a longer record is rejected.
        bloom: which keys were seen before; by default one of the encoder's own, where the plan deduplicates.
        separator: between the keys of flattened objects; None to leave nested objects as they are.
        takes_values: whether each record is a value, rather than an object.
        stop_after: so many records are enough; 0 reads them all.
    """

    def __init__(
        self,
        plan: LoadPlan,
        *,
        path: Sequence[str | None] = (),
        first_line: int = 1,
        first_row: int = 1,
        first_offset: int = 0,
        max_record_bytes: int = 16 * 1024 * 1024,
        bloom: BloomFilter | None = None,
        separator: str | None = None,
        takes_values: bool = False,
        stop_after: int = 0,
    ) -> None:
        self.writer = JsonRecordWriter(plan, first_row, bloom, max_record_bytes, separator, takes_values)
        self.rows = self.writer.rows
        self.outline = JsonOutline(path)
        self.max_record_bytes = max_record_bytes
        self.stop_after = stop_after
        self.lines = LineCount(first_line)
        self.resumption = Resumption()
        self.offset = first_offset
        self.start_offset = first_offset
        self.found = False
        self.records = 0
        self.is_regular = True
        self.long_depth = -1
        self.long_start = 0
        self.long_line = 0
        self.long_raw = b""
        self.failure = 0
        self.failed_line = 0
        self.failed_offset = 0

    @property
    def has_found(self) -> bool:
        """Whether the path led anywhere so far."""
        return bool(self.found)

    def feed(self, text: Bytes, final: bool) -> tuple[Chunk, int]:
        """Encodes the complete records of a block.

        Args:
            text: what the last call did not consume, and what follows it in the file.
            final: whether the file ends here.

        Returns:
            What became of the records, and how many bytes were consumed.

        Raises:
            FormatError: the file is cut off, or broken where no single record is to blame.
        """
        block = Text(text if cython.compiled else bytes(text))
        size: cython.Py_ssize_t = len(text)
        is_final: cython.bint = final
        consumed: cython.Py_ssize_t
        with cython.nogil:
            consumed = self.read(block, size, is_final)
            self.lines.end_block(block, consumed)
        if self.failure:
            raise json_failure(self.failure, self.failed_line, self.failed_offset)
        chunk = self.writer.chunk(text, self.offset, consumed)
        self.offset += consumed
        return chunk, consumed

    def read(self, block: Text, size: cython.Py_ssize_t, final: cython.bint) -> cython.Py_ssize_t:
        """Reads token by token and record by record; returns where what is incomplete begins."""
        i: cython.Py_ssize_t = 0
        blanks: cython.Py_ssize_t
        after: cython.Py_ssize_t
        while True:
            blanks = i
            i = skip_space(block, i, size)
            if i >= size:
                if final:
                    if self.outline.state not in (DOCUMENT, NOTHING):
                        self.fail(CUT_OFF, block, size)
                    return size
                return blanks if size - blanks <= BLANKS_KEPT else size
            if self.stop_after > 0 and self.records >= self.stop_after:
                return i
            after = self.step(block, i, size, final)
            if after < 0:
                return blanks if i - blanks <= BLANKS_KEPT else i
            i = after

    def step(
        self, block: Text, i: cython.Py_ssize_t, size: cython.Py_ssize_t, final: cython.bint
    ) -> cython.Py_ssize_t:
        """Takes what begins at `i`; the position after it, `WAITING` or `FAILED`."""
        c: cython.uchar = block.data[i]
        state: cython.int = self.outline.state
        if state == COMMA_OR_CLOSE:
            if c == 44:
                self.outline.expect_next()
                return i + 1
            if self.outline.is_closed_by(c):
                return self.close(block, i)
            if self.long_depth < 0 and self.outline.holds_records():
                return self.record(block, i, size, final, False)
        elif state in (DOCUMENT, ELEMENT, ELEMENT_OR_CLOSE):
            if state == ELEMENT_OR_CLOSE and c == 93:
                return self.close(block, i)
            return self.value(block, i, size, final)
        elif state == COLON:
            if c == 58:
                self.outline.state = ELEMENT
                return i + 1
        elif state == NOTHING:
            return self.fail(TRAILING_TEXT, block, i)
        elif c == 34:
            return self.member(block, i, size, final)
        elif c == 125 and state == MEMBER_OR_CLOSE:
            return self.close(block, i)
        return self.fail(BROKEN_DOCUMENT, block, i)

    def value(
        self, block: Text, i: cython.Py_ssize_t, size: cython.Py_ssize_t, final: cython.bint
    ) -> cython.Py_ssize_t:
        """A value: a record, or something around the records."""
        c: cython.uchar = block.data[i]
        is_target: cython.bint = self.outline.match == self.outline.path_size
        if is_target:
            self.found = True
        if self.outline.match > self.outline.path_size:
            if c in (44, 93):
                return self.missing_element(block, i)
            return self.record(block, i, size, final, True)
        if is_target and (c != 91 or (self.outline.depth == 0 and self.outline.documents > 0)):
            return self.record(block, i, size, final, True)
        if c in (123, 91):
            return i + 1 if self.outline.open(c) else self.fail(BROKEN_DOCUMENT, block, i)
        return self.scalar(block, i, size, final)

    def member(
        self, block: Text, i: cython.Py_ssize_t, size: cython.Py_ssize_t, final: cython.bint
    ) -> cython.Py_ssize_t:
        """A key around the records: whether it is on the path."""
        after: cython.Py_ssize_t = scan_string(block, i, size, False)
        if after < 0:
            return self.unscanned(block, i, -2 - after, size, final)
        self.outline.take_key(block, i, after)
        return after

    def scalar(
        self, block: Text, i: cython.Py_ssize_t, size: cython.Py_ssize_t, final: cython.bint
    ) -> cython.Py_ssize_t:
        """A string, number or word around the records."""
        after: cython.Py_ssize_t = scan_value(block, i, size, False)
        is_quoted: cython.bint = block.data[i] == 34
        if after == size and not final and not is_quoted:
            after = -2 - size  # a number may go on
        if after < 0:
            return self.unscanned(block, i, -2 - after, size, final)
        if not is_quoted and self.outline.depth == 0 and after < size and block.data[after] > 32:
            return self.fail(BROKEN_DOCUMENT, block, after)
        return self.ended(block, after)

    def unscanned(
        self,
        block: Text,
        start: cython.Py_ssize_t,
        position: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        final: cython.bint,
    ) -> cython.Py_ssize_t:
        """A token around the records that is not complete, or wrong at `position`."""
        if final or position <= size - CUT_TOKEN:
            return self.fail(CUT_OFF if position >= size else BROKEN_DOCUMENT, block, position)
        if size - start > self.max_record_bytes:
            return self.fail(TOKEN_TOO_LONG, block, start)
        return WAITING

    def close(self, block: Text, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The closing bracket at `i`."""
        self.outline.close()
        self.settle(block, i + 1)
        return i + 1

    def ended(self, block: Text, after: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """A value without a closing bracket of its own here ends before `after`, which is returned."""
        self.outline.ended(False)
        self.settle(block, after)
        return after

    def settle(self, block: Text, after: cython.Py_ssize_t) -> cython.int:
        """Rejects the record that was too long to be kept, where it ends before `after`."""
        if self.long_depth < 0 or self.outline.depth != self.long_depth:
            return 0
        self.long_depth = -1
        self.records += 1
        self.rows.begin(self.long_line, self.long_start)
        self.rows.refuse_record(RECORD_TOO_LONG, block, 0, 0, 0)
        with cython.gil:
            self.writer.raws[self.rows.row_number] = self.long_raw
        self.lines.count(block, after)
        return self.rows.end(self.offset + after - self.long_start)

    def record(
        self,
        block: Text,
        i: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        final: cython.bint,
        is_expected: cython.bint,
    ) -> cython.Py_ssize_t:
        """The record that begins at `i`; not expected where there is no comma before it."""
        lines: cython.longlong = self.lines.number
        after: cython.Py_ssize_t = self.writer.scan(block, i, size)
        c: cython.uchar = block.data[i]
        is_scalar: cython.bint = c not in (123, 91, 34)
        if after < 0 or (is_scalar and after == size and not final):
            return self.incomplete(block, i, size if after >= 0 else -2 - after, size, final)
        if is_scalar and self.outline.depth == 0 and after < size and block.data[after] > 32:
            return self.damaged(block, i, after, size, final)
        self.begin(block, i)
        lines = self.lines.number - lines
        if not is_expected:
            self.rows.refuse_record(MISSING_COMMA, block, i, after, 0)
        elif after - i > self.max_record_bytes:
            self.rows.refuse_record(RECORD_TOO_LONG, block, i, i, 0)
        else:
            self.writer.write(block, i, after)
            if self.writer.child_count:
                self.writer.write_children(block)
        self.rows.end(after - i)
        if self.lines.count(block, after) > 0 or (lines == 0 and self.records > 1):
            self.is_regular = False
        return self.ended(block, after)

    def begin(self, block: Text, i: cython.Py_ssize_t) -> cython.int:
        """Begins a row at its place."""
        self.lines.count(block, i)
        self.records += 1
        return self.rows.begin(self.lines.number, self.offset + i)

    def incomplete(
        self,
        block: Text,
        start: cython.Py_ssize_t,
        position: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        final: cython.bint,
    ) -> cython.Py_ssize_t:
        """A record of which more is to come, or which is wrong at `position`."""
        if final or position <= size - CUT_TOKEN:
            return self.damaged(block, start, position, size, final)
        if size - start <= self.max_record_bytes:
            return WAITING
        # It is too long already: its end is looked for as if it stood around the records.
        self.lines.count(block, start)
        self.long_line = self.lines.number
        self.long_start = self.offset + start
        self.long_depth = self.outline.depth
        with cython.gil:
            self.long_raw = bytes(block.data[start : min(size, start + RAW_LIMIT)])
        self.outline.match = -1
        if self.outline.state != DOCUMENT:
            self.outline.state = ELEMENT
        return start

    def missing_element(self, block: Text, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """A comma or closing bracket where an element should be."""
        self.begin(block, i)
        self.rows.refuse_record(INVALID_JSON, block, i, i + 1, 0)
        self.rows.end(1)
        if block.data[i] == 44:
            return i + 1
        self.outline.state = COMMA_OR_CLOSE
        return i

    def damaged(
        self,
        block: Text,
        start: cython.Py_ssize_t,
        position: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        final: cython.bint,
    ) -> cython.Py_ssize_t:
        """Rejects the record at `start`, which is no JSON from `position` on, and looks for the next one."""
        in_array: cython.bint = self.outline.holds_records()
        end: cython.Py_ssize_t
        found: cython.int
        is_first: cython.bint = self.offset == self.start_offset
        is_regular: cython.bint = self.is_regular and self.records > 0
        if not in_array and (self.outline.depth > 0 or self.outline.path_size > 0):
            return self.fail(CUT_OFF if position >= size else BROKEN_DOCUMENT, block, position)
        found = self.resumption.find(block, start, size, final, in_array, is_first, is_regular)
        if found in (BY_BRACKETS, BY_LINES):
            end = self.resumption.end
            self.refuse(block, start, end, min(position, end))
            if found == BY_BRACKETS:
                return self.ended(block, end)
            if in_array:
                self.outline.expect_next()
                if self.resumption.closes:
                    self.outline.state = COMMA_OR_CLOSE
            return self.resumption.position
        if not final:
            return (
                WAITING if size - start <= self.max_record_bytes else self.fail(BEYOND_REPAIR, block, start)
            )
        if in_array and position >= size:
            return self.fail(CUT_OFF, block, size)
        end = trimmed_before(block, start, size)
        if end - start > _REJECT_HOLDS:
            return self.fail(BEYOND_REPAIR, block, start)
        self.refuse(block, start, end, position)
        self.outline.give_up()
        return size

    def refuse(
        self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, position: cython.Py_ssize_t
    ) -> cython.int:
        """Rejects the record block[start:end], which is no JSON from `position` on."""
        self.begin(block, start)
        self.writer.broken(block, start, end, position)
        self.lines.count(block, end)  # whether the next one begins a line of its own is told from here on
        return self.rows.end(end - start)

    def fail(self, failure: cython.int, block: Text, position: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Gives the file up at a position."""
        self.lines.count(block, position)
        self.failure = failure
        self.failed_line = self.lines.number
        self.failed_offset = self.offset + position
        return FAILED
