"""Only some rows of a file, under their own row numbers: how rejected rows are tried again.

The file is read and encoded as a whole, since that is what finds row numbers and lines; all but the wanted
tuples are dropped.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from loadstone.model.batch import Chunk, RowIndex
from loadstone.model.contract import LoadPlan
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Layout
from loadstone.model.pipeline import Format
from loadstone.ports import ByteStream, OpenFile, Reader

__all__ = ["SelectedReader"]


@dataclass(frozen=True, slots=True)
class SelectedReader:
    """Reads with another reader and keeps the wanted rows.

    Attributes:
        inner: what reads the file.
        wanted: row numbers.
    """

    inner: Reader
    wanted: frozenset[int]

    @contextmanager
    def open(self, stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[OpenFile]:
        """Opens the file with the other reader.

        Raises:
            FormatError: what that one raises.
        """
        with self.inner.open(stream, version, file_format) as file:
            yield _SelectedFile(file, self.wanted)


class _SelectedFile:
    def __init__(self, file: OpenFile, wanted: frozenset[int]) -> None:
        self._file = file
        self._wanted = wanted

    @property
    def layout(self) -> Layout:
        return self._file.layout

    @property
    def bytes_read(self) -> int:
        return self._file.bytes_read

    @property
    def sha256(self) -> str:
        return self._file.sha256

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        return self._file.encode(records, plan)

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        left = set(self._wanted)
        children = tuple(replace(child, plan=replace(child.plan, trace=True)) for child in plan.children)
        for chunk in self._file.chunks(replace(plan, trace=True, children=children)):
            tuples, index = _kept(chunk.tuples, chunk.index, left)
            late, late_index = _kept(chunk.late, chunk.late_index, left)
            rejects = [reject for reject in chunk.rejects if reject.row_number in left]
            seen = len(index.row_numbers) + len(late_index.row_numbers) + len(rejects)
            of_children = [_elements(child, left) for child in chunk.children]
            left.difference_update(index.row_numbers, late_index.row_numbers, (r.row_number for r in rejects))
            yield replace(
                chunk,
                tuples=tuples,
                rows=len(index.row_numbers),
                index=index,
                late=late,
                late_rows=len(late_index.row_numbers),
                late_index=late_index,
                rejects=rejects,
                records=seen,
                discarded=0,
                repaired=0,
                padded=0,
                truncated=0,
                children=of_children,
            )
        if left:  # neither taken nor rejected: the contract leaves them out by now
            numbers = sorted(left)
            yield Chunk(b"", 0, records=len(left), discarded=len(left), discarded_rows=numbers)


def _elements(chunk: Chunk, wanted: set[int]) -> Chunk:
    """The elements of the wanted records. What the contract leaves out of the others is not told apart."""
    tuples, index = _kept(chunk.tuples, chunk.index, wanted, by_line=True)
    rows = len(index.row_numbers)
    return Chunk(tuples, rows, records=rows, unknown_keys=chunk.unknown_keys)


def _kept(
    tuples: bytes | bytearray | memoryview,
    index: RowIndex | None,
    wanted: set[int],
    *,
    by_line: bool = False,
) -> tuple[bytes, RowIndex]:
    """The wanted rows of a run of tuples, with their places; by their number, or that of their line."""
    if index is None:
        return b"", RowIndex(_empty(), _empty(), _empty(), _empty(), _empty(), text=b"", text_offset=0)
    numbers = index.line_numbers if by_line else index.row_numbers
    positions = [i for i, number in enumerate(numbers) if number in wanted]
    parts, ends, total = [], _empty(), 0
    for position in positions:
        start = index.tuple_ends[position - 1] if position else 0
        parts.append(bytes(memoryview(tuples)[start : index.tuple_ends[position]]))
        total += len(parts[-1])
        ends.append(total)
    return b"".join(parts), RowIndex(
        row_numbers=_chosen(index.row_numbers, positions),
        line_numbers=_chosen(index.line_numbers, positions),
        byte_offsets=_chosen(index.byte_offsets, positions),
        byte_lengths=_chosen(index.byte_lengths, positions),
        tuple_ends=ends,
        text=index.text,
        text_offset=index.text_offset,
        record=index.record,
        raws=None if index.raws is None else [index.raws[position] for position in positions],
    )


def _chosen(column: array[int], positions: list[int]) -> array[int]:
    return array("q", (column[position] for position in positions))


def _empty() -> array[int]:
    return array("q")
