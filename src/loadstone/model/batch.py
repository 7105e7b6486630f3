"""What the codec hands on: tuples for COPY, and rows that did not fit."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct, field

__all__ = ["RAW_LIMIT", "Chunk", "Reject", "RowIndex"]

#: Bytes of a rejected record that are kept.
RAW_LIMIT = 64 * 1024


# A named tuple, since there may be as many as rows: a frozen dataclass takes several times as long to make.
class Reject(NamedTuple):
    """One row that did not fit: where it stands, which column failed first, and why.

    Attributes:
        row_number: the record's number in the file, from 1, header not counted.
        line_number: the physical line on which it begins, from 1, everything counted.
        byte_offset: where it begins in the decompressed text.
        byte_length: how long it is there, line ending included; the length of `raw` before it was capped
            where the format is no text.
        column: the first column that failed (its name in the table); None where the whole record is at fault.
        code: a stable short name (`not_a_number`, `required`, `unclosed_quote`), or a SQLSTATE.
        reason: a sentence for people, with the value.
        others: further columns of the row that failed: (column, code, reason).
        raw: the record as it stands in the file (where the format is no text, as JSON), the first `RAW_LIMIT`
            bytes.
    """

    row_number: int
    line_number: int
    byte_offset: int
    byte_length: int
    column: str | None
    code: str
    reason: str
    raw: bytes
    others: tuple[tuple[str, str, str], ...] = ()


class RowIndex(Struct, frozen=True):
    """Where each accepted row of a chunk came from, one entry per tuple in `Chunk.tuples`, in order.

    Attributes:
        row_numbers: as in `Reject`.
        line_numbers: as in `Reject`.
        byte_offsets: as in `Reject`.
        byte_lengths: as in `Reject`.
        tuple_ends: where each tuple ends in `Chunk.tuples`.
        text: the block's text; a row's raw bytes are `text[offset - text_offset :][:length]`.
        text_offset: the byte offset of `text` in the decompressed file.
        record: for formats that are no text: makes the raw record of a row number, in place of `text`.
        raws: each row's raw bytes, where they are not a piece of `text` (a workbook's rows).
    """

    row_numbers: array[int]
    line_numbers: array[int]
    byte_offsets: array[int]
    byte_lengths: array[int]
    tuple_ends: array[int]
    text: bytes | bytearray | memoryview
    text_offset: int
    record: Callable[[int], bytes] | None = None
    raws: Sequence[bytes] | None = None

    def rejects(self, wanted: frozenset[int]) -> Iterator[Reject]:
        """The places of the wanted row numbers, as rejects that still lack their reason."""
        for position, row_number in enumerate(self.row_numbers):
            if row_number in wanted:
                record = None if self.record is None else self.record(row_number)
                yield Reject(
                    row_number=row_number,
                    line_number=self.line_numbers[position],
                    byte_offset=self.byte_offsets[position],
                    byte_length=self.byte_lengths[position] if record is None else len(record),
                    column=None,
                    code="",
                    reason="",
                    raw=self.raw(position) if record is None else record[:RAW_LIMIT],
                )

    def raw(self, position: int) -> bytes:
        """The record of the tuple at `position`, capped at `RAW_LIMIT`."""
        if self.raws is not None:
            return self.raws[position]
        start = self.byte_offsets[position] - self.text_offset
        return bytes(self.text[start : start + min(self.byte_lengths[position], RAW_LIMIT)])


class Chunk(Struct):
    """What became of one block of a file.

    Every record read is exactly one of: a tuple, a late tuple, discarded, rejected.

    Attributes:
        tuples: binary COPY tuples, without COPY's header and trailer.
        rows: how many.
        late: tuples whose key may have been seen before in this file; with `LoadPlan.deduplicate` only.
        late_rows: how many.
        rejects: the rows that did not fit.
        records: records read, header not counted.
        discarded: rows that the contract mode `discard_row` left out.
        repaired: cells that a rule's `otherwise` changed.
        null_keys: rows among tuples and late tuples with a NULL in the key.
        bytes_read: bytes of decompressed text consumed.
        unknown_keys: JSON keys that the plan does not know, where it asks for them.
        index: with `LoadPlan.trace`, where the rows of `tuples` came from.
        late_index: the same for `late`.
        padded: rows that had too few cells, and were given NULL for those that they lack.
        truncated: rows that had too many cells, and lost the last ones.
        discarded_rows: the numbers of the discarded rows, where rejects are tried again.
        children: one for each of `LoadPlan.children`: the elements of the records that were taken. Their rows
            have a record's row number for their line, and their place in its list for their offset.
    """

    tuples: bytes | bytearray | memoryview
    rows: int
    late: bytes | bytearray | memoryview = b""
    late_rows: int = 0
    rejects: Sequence[Reject] = ()
    records: int = 0
    discarded: int = 0
    repaired: int = 0
    null_keys: int = 0
    bytes_read: int = 0
    unknown_keys: dict[str, str] = field(default_factory=dict)
    index: RowIndex | None = None
    late_index: RowIndex | None = None
    padded: int = 0
    truncated: int = 0
    discarded_rows: Sequence[int] = ()
    children: Sequence[Chunk] = ()
