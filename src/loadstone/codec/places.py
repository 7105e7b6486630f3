"""Where the rows of a chunk came from, for plans that trace them."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import IntegerList
from loadstone.model.batch import RowIndex

__all__ = ["Places"]


class Places:
    """One place per row: row, line, offset and length in the file, and where its tuple ends."""

    def __init__(self) -> None:
        self.numbers = IntegerList()

    def note(
        self,
        row: cython.longlong,
        line: cython.longlong,
        offset: cython.longlong,
        length: cython.longlong,
        tuple_end: cython.longlong,
    ) -> cython.int:
        """Keeps the place of one row."""
        self.numbers.append(row)
        self.numbers.append(line)
        self.numbers.append(offset)
        self.numbers.append(length)
        return self.numbers.append(tuple_end)

    def take(self, text: bytes, text_offset: int) -> RowIndex:
        """All places, with the block that the rows are in; none are left."""
        taken = self.numbers.take()
        rows, lines, offsets, lengths, ends = (taken[first::5] for first in range(5))
        return RowIndex(rows, lines, offsets, lengths, ends, text, text_offset)
