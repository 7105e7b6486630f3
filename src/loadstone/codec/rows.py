"""Rows out of cells: what delimited text, JSON and worksheets share once they found the cells of a record.

A front end says for each record, with the GIL released:

    begin(line_number, byte_offset)           the record's place in the decompressed file
    cell(index, text, start, end, form)       for each of `plan.cells` once, in their order; or
    missing(index)                                its value is absent; or
    refuse_cell(index, code, ...)                 the front end itself found it wrong
    discard()                                 the row is to be left out
    refuse_record(code, ...)                  the record as a whole is wrong, whatever its cells are
    end(byte_length)                          the record becomes a tuple, or is late, discarded or rejected

or `forget()` in place of `end`, as if `begin` had not been called, where the record turns out to be
incomplete. `text` is the block, or a buffer with decoded characters, which may be reused at once. `form` is a
sum of QUOTED, NON_ASCII (which must be set where a byte is above 127), HAS_NUL and PLAIN; codes are those of
codes.py. `chunk` takes out everything since the last one.
"""

from __future__ import annotations

from collections.abc import Mapping

import cython

from loadstone.codec.bloom import BloomFilter, mix
from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.cellmap import map_cells
from loadstone.codec.cells import CellWriter
from loadstone.codec.codes import NOT_A_LIST, WRONG_PART_COUNT
from loadstone.codec.fields import FieldEncoder
from loadstone.codec.findings import Findings
from loadstone.codec.kinds import HAS_NULL_TEXTS, HAS_SEPARATOR, IS_KEY, IS_SPLIT, IS_UNKNOWN
from loadstone.codec.places import Places
from loadstone.codec.program import Program
from loadstone.codec.rejects import Sentences, build_rejects
from loadstone.codec.rules import compile_rules, fixed_fields
from loadstone.codec.splitting import Splitter
from loadstone.codec.texts import trimmed_end, trimmed_start
from loadstone.model.batch import Chunk
from loadstone.model.contract import LoadPlan

__all__ = ["RowWriter"]

_NULL_HASH = cython.declare(cython.ulonglong, 0x4E554C4C)


class RowWriter:
    """The rows of one file, chunk by chunk.

    Args:
        plan: what the file's cells become.
        first_row: the number of the first record.
        bloom: the keys seen so far, where the plan deduplicates; its own where none is given.

    Raises:
        ConfigurationError: a column asks for what its type cannot do, or a value in the contract is not of
            its type. ContractError: a column that the file does not have is required.
    """

    def __init__(self, plan: LoadPlan, first_row: int = 1, bloom: BloomFilter | None = None) -> None:
        self.plan = plan
        self.program = Program(plan.columns, plan.key)
        self.out = Buffer(2**20)
        self.late = Buffer(256)
        self.fields = FieldEncoder(self.program, self.out)
        compile_rules(self.program, self.fields)
        self.cells = CellWriter(self.program, self.fields)
        self.splitter = Splitter()
        self.findings = Findings()
        self.sentences = Sentences(self.program.columns, self.program.limits)
        self.deduplicates = plan.deduplicate and bool(plan.key)
        self.bloom = BloomFilter(1) if bloom is None and not self.deduplicates else bloom or BloomFilter()
        self.places = Places()
        self.late_places = Places()
        self.traces = plan.trace
        self.numbers_rows = plan.lineage or plan.row_numbers
        self.field_count = len(plan.output_columns)
        cells = map_cells(plan)
        self.only_columns = cells.only_columns
        self.first_columns = cells.first_columns
        self.column_counts = cells.column_counts
        self.cell_marks = cells.marks
        self.separators = Text(cells.separators)
        self.separator_ends = cells.separator_ends
        self.parts = cells.parts
        self.part_counts = cells.part_counts
        self.fixed = Text(fixed_fields(plan, self.fields))
        self.fixed_key_is_null = any(
            fixed.column.name in plan.key and fixed.text is None for fixed in plan.fixed
        )
        self.row_number = first_row - 1
        self.row_start = 0
        self.is_bad = False
        self.is_refused = False
        self._start_chunk()

    def begin(self, line_number: cython.longlong, byte_offset: cython.longlong) -> cython.int:
        """Starts a record."""
        self.row_number += 1
        self.line_number = line_number
        self.byte_offset = byte_offset
        self.row_start = self.out.position
        self.is_bad = False
        self.is_refused = False
        self.is_discarded = False
        self.key_is_null = self.fixed_key_is_null
        self.key_hash = 0
        self.row_repaired = 0
        return self.out.put_int16(self.field_count)

    def cell(
        self,
        index: cython.Py_ssize_t,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes the columns of a cell."""
        first: cython.int = self.only_columns[index]
        field: cython.Py_ssize_t
        code: cython.int
        marks: cython.int
        i: cython.int
        if first >= 0:
            # As `write` does, without the call: most cells are the whole of one column.
            field = self.out.position
            code = self.cells.write(first, text, start, end, form)
            if code != 0:
                return self.refuse(first, code, text, start, end, self.cells.detail)
            return self.settle_cell(first, field) if self.cells.is_notable else 0
        marks = self.cell_marks[index]
        if marks & IS_UNKNOWN:
            if trimmed_start(text, start, end) < end:
                self.is_discarded = True
        elif marks & IS_SPLIT:
            return self.split_cell(index, text, start, end, form)
        else:
            first = self.first_columns[index]
            for i in range(first, first + self.column_counts[index]):
                self.write(i, text, start, end, form)
        return 0

    def missing(self, index: cython.Py_ssize_t) -> cython.int:
        """Writes the columns of a cell that the record does not have."""
        first: cython.int = self.first_columns[index]
        i: cython.int
        for i in range(first, first + self.column_counts[index]):
            self.write_missing(i)
        return 0

    def refuse_cell(
        self,
        index: cython.Py_ssize_t,
        code: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        detail: cython.longlong,
    ) -> cython.int:
        """Rejects the row because of a cell, if that cell is wanted."""
        if self.column_counts[index] == 0:
            return 0
        return self.refuse(self.first_columns[index], code, text, start, end, detail)

    def refuse_record(
        self,
        code: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        detail: cython.longlong,
    ) -> cython.int:
        """Rejects the record as a whole; what its cells are does not matter any more."""
        self.findings.forget()
        self.refuse(-1, code, text, start, end, detail)
        self.is_refused = True
        return 0

    def discard(self) -> cython.int:
        """Leaves the row out, unless the record as a whole is wrong."""
        self.is_discarded = True
        return 0

    def end(self, length: cython.longlong) -> cython.int:
        """Settles the record, `length` bytes long with its line ending."""
        self.records += 1
        if self.is_discarded and not self.is_refused:
            self.discarded += 1
            self.findings.forget()
            self.out.position = self.row_start
            return 0
        if self.is_bad:
            self.out.position = self.row_start
            return self.findings.reject(self.row_number, self.line_number, self.byte_offset, length)
        return self.accept(length)

    def forget(self) -> cython.int:
        """Takes `begin` back."""
        self.row_number -= 1
        self.out.position = self.row_start
        return self.findings.forget()

    def accept(self, length: cython.longlong) -> cython.int:
        """Completes the tuple, and decides whether its key may have been seen before."""
        is_late: cython.bint = False
        self.out.put_slice(self.fixed, 0, len(self.fixed.data))
        if self.numbers_rows:
            self.out.put_int32(8)
            self.out.put_int64(self.row_number)
        self.repaired += self.row_repaired
        if self.key_is_null:
            self.null_keys += 1
        if self.deduplicates:
            is_late = self.program.always_late or self.bloom.add(self.key_hash)
        if is_late:
            self.late.put_slice(self.out, self.row_start, self.out.position)
            self.out.position = self.row_start
            self.late_rows += 1
        else:
            self.rows += 1
        if not self.traces:
            return 0
        if is_late:
            return self.late_places.note(
                self.row_number, self.line_number, self.byte_offset, length, self.late.position
            )
        return self.places.note(
            self.row_number, self.line_number, self.byte_offset, length, self.out.position
        )

    def write(
        self,
        column: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes one column from text[start:end]."""
        field: cython.Py_ssize_t = self.out.position
        code: cython.int = self.cells.write(column, text, start, end, form)
        if code != 0:
            return self.refuse(column, code, text, start, end, self.cells.detail)
        return self.settle_cell(column, field) if self.cells.is_notable else 0

    def write_missing(self, column: cython.int) -> cython.int:
        """Writes one column that has no value."""
        field: cython.Py_ssize_t = self.out.position
        code: cython.int = self.cells.write_missing(column)
        if code != 0:
            return self.refuse(column, code, self.out, 0, 0, 0)
        return self.settle_cell(column, field)

    def settle_cell(self, column: cython.int, field: cython.Py_ssize_t) -> cython.int:
        """Notes what the field written at `field` was: repaired, a part of the key."""
        if self.cells.is_repaired:
            self.row_repaired += 1
        if self.program.flags[column] & IS_KEY:
            if self.cells.is_null:
                self.key_is_null = True
                self.key_hash = mix(self.key_hash, _NULL_HASH)
            elif self.deduplicates:
                self.key_hash = self.fields.hash_field(column, field + 4, self.key_hash)
        return 0

    def refuse(
        self,
        column: cython.int,
        code: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        detail: cython.longlong,
    ) -> cython.int:
        """Marks the row as bad, with the reason."""
        if self.is_refused:
            return 0
        self.is_bad = True
        return self.findings.note(column, code, text, start, end, detail)

    def split_cell(
        self,
        index: cython.Py_ssize_t,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        form: cython.int,
    ) -> cython.int:
        """Writes the columns of a cell that holds several values."""
        first: cython.int = self.first_columns[index]
        last: cython.int = first + self.column_counts[index]
        a: cython.Py_ssize_t = trimmed_start(text, start, end)
        b: cython.Py_ssize_t = trimmed_end(text, a, end)
        part: cython.Py_ssize_t
        i: cython.int
        if a == b:
            return self.missing(index)
        if (self.program.flags[first] & HAS_NULL_TEXTS) and self.program.null_texts.contains(
            first, text, a, b
        ):
            return self.missing(index)
        if self.cell_marks[index] & HAS_SEPARATOR:
            self.splitter.split_at(
                text, start, end, self.separators, self.separator_ends[index], self.separator_ends[index + 1]
            )
        elif not self.splitter.split_list(text, a, b):
            return self.refuse(first, NOT_A_LIST, text, a, b, 0)
        for i in range(first, last):
            part = self.parts[i]
            if part < 0:
                self.write(i, text, start, end, form)
            elif self.splitter.count != self.part_counts[i]:
                return self.refuse(i, WRONG_PART_COUNT, text, a, b, self.splitter.count)
            elif self.splitter.bounds.items[3 * part + 2] < 0:
                self.write_missing(i)
            else:
                self.write(
                    i,
                    self.splitter.parts,
                    self.splitter.bounds.items[3 * part],
                    self.splitter.bounds.items[3 * part + 1],
                    cython.cast(cython.int, self.splitter.bounds.items[3 * part + 2]),
                )
        return 0

    def set_limit(self, code: int, limit: str) -> None:
        """Says what a reject of a whole record compares with."""
        self.program.limits[-1, code] = limit

    def chunk(
        self,
        text: bytes | bytearray | memoryview,
        text_offset: int,
        bytes_read: int,
        raws: Mapping[int, bytes] | None = None,
    ) -> Chunk:
        """Everything since the last chunk.

        Args:
            text: the block that the records are in.
            text_offset: where it begins in the decompressed file.
            bytes_read: bytes of it that were consumed.
            raws: raw text of rejected records that are not in the block any more, by row number.
        """
        rejects = []
        if len(self.findings):
            view = memoryview(text)
            rejects = build_rejects(self.findings.take(), self.sentences, view, text_offset, raws or {})
        chunk = Chunk(
            tuples=bytes(self.out),
            rows=self.rows,
            late=bytes(self.late),
            late_rows=self.late_rows,
            rejects=rejects,
            records=self.records,
            discarded=self.discarded,
            repaired=self.repaired,
            null_keys=self.null_keys,
            bytes_read=bytes_read,
        )
        if self.traces:
            kept = bytes(text)
            chunk.index = self.places.take(kept, text_offset)
            chunk.late_index = self.late_places.take(kept, text_offset)
        self._start_chunk()
        return chunk

    def _start_chunk(self) -> None:
        self.out.position = 0
        self.late.position = 0
        self.rows = 0
        self.late_rows = 0
        self.records = 0
        self.discarded = 0
        self.repaired = 0
        self.null_keys = 0
