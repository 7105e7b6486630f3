"""JSON Lines to binary tuples: one object per line, its members found by key, its values written as cells.

- A line ends with LF or CRLF. Blank lines count as lines, not as records.
- A line that is no JSON costs that record alone; reading goes on at the next line.
- Of a key that comes twice, the last value counts, as in `jsonb`.
- A missing key and null are NULL.
- A number or boolean is read by its column's type from its own text, so that every digit counts; a string as
  the quoted cell of a delimited file would be: "12" suits an integer column, "" is NULL for all but text.
- `json` and `jsonb` columns take each value as its JSON text, strings with their quotes. Objects and arrays
  also go to text columns as they are written, and arrays to array and split columns; elsewhere they are
  rejected.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import (
    INVALID_JSON,
    INVALID_UTF8,
    NESTED_VALUE,
    NOT_AN_OBJECT,
    RECORD_TOO_LONG,
    UNKNOWN_KEY,
)
from loadstone.codec.jsonobject import (
    MISSING,
    NESTED,
    NULL_VALUE,
    STRING,
    WIDE_STRING,
    ObjectScanner,
)
from loadstone.codec.jsonstrings import decode_string, has_escape
from loadstone.codec.jsontext import Bytes, check_json, skip_space, utf8_length
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, PLAIN, QUOTED
from loadstone.codec.rows import RowWriter

if cython.compiled:
    from cython.cimports.libc.string import memchr

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.jsonmembers import read_members
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.contract import Cell, LoadPlan

__all__ = ["JsonLinesEncoder"]

# What values a cell takes, added up.
IS_JSON = 1
HAS_NO_COLUMN = 2
TAKES_OBJECT = 4
TAKES_ARRAY = 8

# What a key beyond the plan does.
IGNORE = 0
REJECT_ROW = 1
DISCARD_ROW = 2
REPORT = 3

#: Keys beyond the plan that are told; what a file with data in its keys has more of is not.
KEY_LIMIT = 1000
#: Characters of a key's first value that are told with it.
SAMPLE_LIMIT = 100

_DRIFT = {"discard_value": 0, "freeze": 1, "discard_row": 2, "evolve": 3}
_TEXT_TYPES = frozenset({"text", "character varying", "character"})


class JsonLinesEncoder:
    """Turns the blocks of one file into chunks.

    Args:
        plan: what the tuples are made of; its cells' sources are the keys, in any order.
        first_line: the physical line on which the first block begins.
        first_row: the number of its first record.
        first_offset: its offset in the decompressed text.
        max_record_bytes: a longer line is rejected.
        bloom: which keys were seen before; by default one of the encoder's own, where the plan deduplicates.
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
    ) -> None:
        self.rows = RowWriter(plan, first_row, bloom)
        self.rows.set_limit(RECORD_TOO_LONG, f"{max_record_bytes:,}")
        self.size = len(plan.cells)
        self.forms = bytes(_form(cell) for cell in plan.cells) + b"\x00"
        names = {
            cell.source.encode(): i if cell.columns or cell.is_unknown else -1
            for i, cell in enumerate(plan.cells)
        }
        self.unknown_keys = _DRIFT[plan.unknown_keys]
        self.scanner = ObjectScanner(names, self.size, self.unknown_keys == IGNORE)
        self.strings = Buffer(4096)
        self.max_record_bytes = max_record_bytes
        self.line = first_line
        self.offset = first_offset
        self.long_start = -1
        self.long_raw = b""
        self.raws: dict[int, bytes] = {}
        self.found_keys: dict[str, str] = {}

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
        chunk = self.rows.chunk(text, self.offset, consumed, self.raws)
        self.raws = {}
        self.offset += consumed
        if self.found_keys:
            chunk.unknown_keys, self.found_keys = self.found_keys, {}
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
        self.rows.refuse_record(RECORD_TOO_LONG, self.strings, 0, 0, 0)
        self.rows.end(end - self.long_start)
        self.long_start = -1
        with cython.gil:
            self.raws[self.rows.row_number] = self.long_raw
        return 0

    def record(
        self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, length: cython.Py_ssize_t
    ) -> cython.int:
        """One line that is not blank, between `begin` and `end` of its row."""
        position: cython.Py_ssize_t
        if block.data[start] != 123:
            position = check_json(block, start, end)
            if position < 0:
                self.rows.refuse_record(NOT_AN_OBJECT, block, start, start, 0)
            else:
                self.broken(block, start, end, position)
            return self.rows.end(length)
        position = self.scanner.scan(block, start, end)
        if position >= 0:
            self.broken(block, start, end, position)
        elif self.scanner.unknown_start >= 0 and self.unknown(block, start, end):
            pass
        else:
            self.values(block)
        return self.rows.end(length)

    def values(self, block: Text) -> cython.int:
        """Hands the values of an object to their cells, in the plan's order."""
        index: cython.Py_ssize_t
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        kind: cython.int
        form: cython.int
        for index in range(self.size):
            kind = self.scanner.kinds[index]
            if kind in (MISSING, NULL_VALUE):
                self.rows.missing(index)
                continue
            start = self.scanner.starts[index]
            end = self.scanner.ends[index]
            form = self.forms[index]
            if form & HAS_NO_COLUMN:
                return self.rows.discard()
            if form & IS_JSON:
                if kind in (STRING, WIDE_STRING):
                    start -= 1
                    end += 1
                self.rows.cell(index, block, start, end, PLAIN | NON_ASCII)
            elif kind == STRING:
                self.rows.cell(index, block, start, end, QUOTED)
            elif kind == WIDE_STRING:
                self.wide_string(index, block, start, end)
            elif kind != NESTED:
                self.rows.cell(index, block, start, end, PLAIN)
            elif form & (TAKES_ARRAY if block.data[start] == 91 else TAKES_OBJECT):
                self.rows.cell(index, block, start, end, PLAIN | NON_ASCII)
            else:
                self.rows.refuse_cell(index, NESTED_VALUE, block, start, end, 0)
        return 0

    def wide_string(
        self, index: cython.Py_ssize_t, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.int:
        """A string with escapes or with characters beyond ASCII."""
        form: cython.int = QUOTED | NON_ASCII
        i: cython.Py_ssize_t
        if not has_escape(block, start, end):
            return self.rows.cell(index, block, start, end, form)
        self.strings.position = 0
        if decode_string(block, start, end, self.strings) >= 0:
            return self.rows.refuse_cell(index, INVALID_UTF8, block, start, end, 0)
        for i in range(self.strings.position):
            if self.strings.data[i] == 0:
                form |= HAS_NUL
        return self.rows.cell(index, self.strings, 0, self.strings.position, form)

    def broken(
        self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, position: cython.Py_ssize_t
    ) -> cython.int:
        """Refuses a line that is no JSON from `position` on."""
        if position < end and block.data[position] >= 128 and not utf8_length(block, position, end):
            return self.rows.refuse_record(INVALID_UTF8, block, start, end, position - start)
        return self.rows.refuse_record(INVALID_JSON, block, start, end, position - start)

    def unknown(self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """What the contract says of keys that it does not know; returns 1 where the row goes no further."""
        if self.unknown_keys == REJECT_ROW:
            self.rows.refuse_record(
                UNKNOWN_KEY, block, self.scanner.unknown_start + 1, self.scanner.unknown_end - 1, 0
            )
            return 1
        if not self.scanner.unknown_has_value:
            return 0
        if self.unknown_keys == DISCARD_ROW:
            self.rows.discard()
            return 1
        with cython.gil:
            self.report(bytes(block.data[start:end]))
        return 0

    def report(self, line: bytes) -> None:
        """Notes keys of a line that the plan does not know, each once in the file, with its first value."""
        for name, member in (read_members(line) or {}).items():
            key = name.encode()
            if member.kind != "null" and not self.scanner.knows(key):
                self.found_keys[name] = member.raw[:SAMPLE_LIMIT]
                self.scanner.ignore(key)
                if self.scanner.known_count >= self.size + KEY_LIMIT:
                    self.scanner.ignores_unknown = True


def line_end(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position of the first LF in text.data[start:end], or -1."""
    if not cython.compiled:
        found_at = bytes(text.data[start:end]).find(b"\n")
        return found_at if found_at < 0 else start + found_at
    if start >= end or end > len(text.data):
        return -1
    first: cython.p_const_uchar = cython.address(text.data[start])
    found: cython.p_const_uchar = cython.cast(cython.p_const_uchar, memchr(first, 10, end - start))
    if found == cython.NULL:
        return -1
    return start + (found - first)


def _form(cell: Cell) -> int:
    """What values a cell takes, as flags."""
    if cell.is_unknown:
        return HAS_NO_COLUMN
    types = {column.type.name if not column.type.is_array else "array" for column in cell.columns}
    if any(column.split for column in cell.columns):
        return TAKES_ARRAY
    if types <= {"json", "jsonb"}:
        return IS_JSON
    if types <= _TEXT_TYPES:
        return TAKES_ARRAY | TAKES_OBJECT
    return TAKES_ARRAY if types == {"array"} else 0
