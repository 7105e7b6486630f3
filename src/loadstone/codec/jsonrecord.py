"""One JSON record to a row: the members of an object, found by key, become cells.

- Of a key that comes twice, the last value counts, as in `jsonb`.
- A missing key and null are NULL.
- A number or boolean is read by its column's type from its own text, so that every digit counts; a string as
  the quoted cell of a delimited file would be: "12" suits an integer column, "" is NULL for all but text.
- `json` and `jsonb` columns take each value as its JSON text, strings with their quotes. Objects and arrays
  also go to text columns as they are written, and arrays to array and split columns; elsewhere they are
  rejected.
- Flattened, the members of an object within the record are cells of their own, named after all the keys that
  lead to them. A record in which two objects give the same name is rejected.
- In a file of values, each value, whatever it is, is the cell `value`.
- The elements of a list (or the one value) under the key of a child are records themselves, of a writer of
  their own. One that does not fit rejects the record that it is in, and no row of that record remains.
"""

from __future__ import annotations

import cython

from loadstone.codec.bloom import BloomFilter
from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import (
    CHILD_ELEMENT,
    INVALID_JSON,
    INVALID_UTF8,
    KEY_TWICE,
    NESTED_VALUE,
    NOT_AN_OBJECT,
    NUL_CHARACTER,
    RECORD_TOO_LONG,
    UNKNOWN_KEY,
)
from loadstone.codec.jsonmembers import read_members
from loadstone.codec.jsonobject import (
    MISSING,
    NESTED,
    NULL_VALUE,
    STRING,
    WIDE_STRING,
    ObjectScanner,
)
from loadstone.codec.jsonstrings import decode_string, decoded, has_escape
from loadstone.codec.jsontext import scan_value, skip_space, utf8_length
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, PLAIN, QUOTED
from loadstone.codec.rowmarks import RowMark
from loadstone.codec.rows import RowWriter
from loadstone.model.batch import Chunk
from loadstone.model.contract import Cell, LoadPlan

__all__ = ["JsonRecordWriter"]

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


class JsonRecordWriter:
    """Writes the records that a front end finds: `scan` from a record's first byte, then `write` or `broken`.

    After `write` comes `write_children`, where there are any (`child_count`).

    Args:
        plan: what the tuples are made of; its cells' sources are the keys, in any order.
        first_row: the number of the first record.
        bloom: which keys were seen before; by default one of its own, where the plan deduplicates.
        max_record_bytes: what sentences say of longer records.
        separator: between the keys of flattened objects; None to leave nested objects as they are.
        takes_values: whether each record is a value, rather than an object.
    """

    def __init__(
        self,
        plan: LoadPlan,
        first_row: int,
        bloom: BloomFilter | None,
        max_record_bytes: int,
        separator: str | None = None,
        takes_values: bool = False,
    ) -> None:
        self.rows = RowWriter(plan, first_row, bloom)
        self.rows.set_limit(RECORD_TOO_LONG, f"{max_record_bytes:,}")
        self.size = len(plan.cells)
        self.forms = bytes(_form(cell) for cell in plan.cells) + b"\x00"
        names = {
            cell.source.encode(): i if cell.columns or cell.is_unknown else -1
            for i, cell in enumerate(plan.cells)
        }
        self.child_count = len(plan.children)
        names |= {child.key.encode(): self.size + i for i, child in enumerate(plan.children)}
        self.unknown_keys = _DRIFT[plan.unknown_keys]
        self.separator = separator
        self.takes_values = takes_values
        flat = None if separator is None else separator.encode()
        self.scanner = ObjectScanner(names, self.size + self.child_count, self.unknown_keys == IGNORE, flat)
        self.strings = Buffer(4096)
        self.raws: dict[int, bytes] = {}
        self.found_keys: dict[str, str] = {}
        self.mark = RowMark()
        self.number = 0
        self.sibling: JsonRecordWriter | None = None
        self.children: list[JsonRecordWriter] = []
        self.keys = [child.key for child in plan.children]
        self.child: JsonRecordWriter | None = None
        for i, child in reversed(list(enumerate(plan.children))):
            writer = JsonRecordWriter(child.plan, 1, None, max_record_bytes, separator, child.takes_values)
            writer.become_child(self.size + i, self.child)
            self.child = writer
            self.children.insert(0, writer)

    def chunk(self, text: bytes | bytearray | memoryview, offset: int, consumed: int) -> Chunk:
        """Everything since the last chunk; see `RowWriter.chunk`."""
        chunk = self.rows.chunk(text, offset, consumed, self.raws)
        self.raws = {}
        if self.found_keys:
            chunk.unknown_keys, self.found_keys = self.found_keys, {}
        if self.child_count:
            from loadstone.codec.childrejects import with_elements  # noqa: PLC0415 - most files have none

            chunk.children = [child.chunk(b"", 0, 0) for child in self.children]
            elements = [child.rejects for child in chunk.children]
            chunk.rejects = with_elements(chunk.rejects, list(zip(self.keys, elements, strict=True)))
            for child in chunk.children:
                child.rejects = ()
        return chunk

    def scan(self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The position after the record that begins at `start`, or -2 less that of the byte that is wrong."""
        if block.data[start] == 123 and not self.takes_values:
            return self.scanner.scan(block, start, end)
        return scan_value(block, start, end, False)

    def write(self, block: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Writes the record block[start:end] that `scan` has just seen, after `rows.begin`."""
        if self.takes_values:
            self.scanner.only(block, start, end)
        elif block.data[start] != 123:
            return self.rows.refuse_record(NOT_AN_OBJECT, block, start, end, 0)
        elif self.scanner.twice_start >= 0:
            return self.rows.refuse_record(
                KEY_TWICE, block, self.scanner.twice_start + 1, self.scanner.twice_end - 1, 0
            )
        elif self.scanner.unknown_start >= 0 and self.unknown(block, start, end):
            return 0
        return self.values(block)

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

    def become_child(self, number: int, sibling: JsonRecordWriter | None) -> None:
        """Makes this the writer of the elements under one key.

        Args:
            number: the key's, with the scanner of the record.
            sibling: the writer of the next such key.
        """
        self.number = number
        self.sibling = sibling
        self.rows.field_count += 2  # the record's row number and the place in the list

    def write_children(self, block: Text) -> cython.int:
        """Writes the elements of the record that was just written; none remain where it is rejected."""
        if self.rows.is_discarded or self.rows.is_refused or self.child is None:
            return 0
        self.child.elements(self, block)
        return self.child.withdraw() if self.rows.is_bad else 0

    def elements(self, parent: JsonRecordWriter, block: Text) -> cython.int:
        """Writes the elements that a record has under this child's key, and under those of its siblings."""
        kind: cython.int = parent.scanner.kinds[self.number]
        start: cython.Py_ssize_t = parent.scanner.starts[self.number]
        end: cython.Py_ssize_t = parent.scanner.ends[self.number]
        position: cython.int = 0
        self.mark.take(self.rows)
        if kind == NESTED and block.data[start] == 91:
            start = skip_space(block, start + 1, end)
            while start >= 0 and start < end and block.data[start] != 93:
                start = self.element(parent, block, start, end, position)
                position += 1
                if start >= 0:
                    start = skip_space(block, start, end)
                    if start < end and block.data[start] == 44:
                        start = skip_space(block, start + 1, end)
        elif kind in (STRING, WIDE_STRING):
            self.element(parent, block, start - 1, end + 1, 0)
        elif kind not in (MISSING, NULL_VALUE):
            self.element(parent, block, start, end, 0)
        return 0 if self.sibling is None else self.sibling.elements(parent, block)

    def element(
        self,
        parent: JsonRecordWriter,
        block: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        position: cython.int,
    ) -> cython.Py_ssize_t:
        """Writes one element; returns the position after it, or -2 where it does not fit."""
        after: cython.Py_ssize_t
        fits: cython.bint
        self.rows.begin(parent.rows.row_number, position)
        self.rows.out.put_field64(parent.rows.row_number)
        self.rows.out.put_field32(position)
        after = self.scan(block, start, end)
        if after < 0:
            self.broken(block, start, end, -2 - after)
        else:
            self.write(block, start, after)
        fits = not self.rows.is_bad or (self.rows.is_discarded and not self.rows.is_refused)
        self.rows.end(0)
        if fits:
            return after
        parent.rows.refuse(-1, CHILD_ELEMENT, self.rows.out, 0, 0, 0)
        return -2

    def withdraw(self) -> cython.int:
        """Takes back what `elements` wrote of the record at hand, here and with the siblings."""
        self.mark.restore(self.rows)
        return 0 if self.sibling is None else self.sibling.withdraw()

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
        """Refuses the record block[start:end], which is no JSON from `position` on."""
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
            return self.report(bytes(block.data[start:end]))

    def report(self, record: bytes) -> bool:
        """Notes keys of a record that the plan does not know, each once in the file, with its first value.

        Refuses a record with a key that can name no column; whether it did.
        """
        nameless: list[bytes] = []
        for name, member in (read_members(record, self.separator, nameless) or {}).items():
            key = name.encode()
            if member.kind != "null" and not self.scanner.knows(key):
                self.found_keys[name] = member.raw[:SAMPLE_LIMIT]
                self.scanner.ignore(key)
                if self.scanner.known_count >= self.size + KEY_LIMIT:
                    self.scanner.ignores_unknown = True
        if not nameless:
            return False
        code = INVALID_UTF8 if decoded(nameless[0]) is None else NUL_CHARACTER
        self.rows.refuse_record(code, Text(nameless[0]), 0, len(nameless[0]), 0)
        return True


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
