"""Rows straight into the table: one COPY where it cannot refuse any, else small ones under savepoints."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable

import psycopg
from msgspec import Struct

from loadstone.model.batch import Chunk, Reject, RowIndex
from loadstone.postgres.connection import Connection
from loadstone.postgres.copy import CopyStream
from loadstone.postgres.refused import explained, is_refusal, line_of, sift

__all__ = ["CopySource", "GuardedWriter", "PlainWriter"]

# Bytes per savepoint: few of them for a large file, and little to be sent again when a row is refused.
_GROUP_BYTES = 4 * 1024 * 1024


class CopySource(Struct, frozen=True):
    """How COPYs into one table are made.

    Attributes:
        connection: inside the load's transaction.
        statement: the COPY, as SQL.
        table: the target's name as the catalog has it, by which errors call it.
        stall_timeout: in seconds.
        stop: set when the load is given up.
    """

    connection: Connection
    statement: str
    table: str
    stall_timeout: float
    stop: threading.Event

    def stream(self) -> CopyStream:
        """A COPY of its own."""
        return CopyStream(self.connection, self.statement, stall_timeout=self.stall_timeout, stop=self.stop)


class PlainWriter:
    """One COPY for the whole file."""

    def __init__(self, source: CopySource) -> None:
        self._stream = source.stream()
        self.rows = 0
        self.rejects: list[Reject] = []

    def write(self, chunk: Chunk) -> None:
        """Sends a chunk's tuples."""
        if chunk.rows:
            self._stream.send(chunk.tuples)
            self.rows += chunk.rows

    def finish(self) -> None:
        """Ends the COPY."""
        self._stream.end()

    def abort(self) -> None:
        """Gives the COPY up."""
        self._stream.abort()


class GuardedWriter:
    """A COPY for every few MiB, each under a savepoint; what the table refuses becomes a reject.

    Needs chunks with an index (`LoadPlan.trace`).

    Args:
        source: of the COPYs.
        enough: told the number of rejects so far; raises where they are too many to go on.
    """

    def __init__(self, source: CopySource, *, enough: Callable[[int], None]) -> None:
        self._source = source
        self._enough = enough
        self._group: list[_Piece] = []
        self._group_bytes = 0
        self._stream: CopyStream | None = None
        self.rows = 0
        self.rejects: list[Reject] = []

    def write(self, chunk: Chunk) -> None:
        """Sends a chunk's tuples, together with those before it."""
        if not chunk.rows:
            return
        if chunk.index is None:
            raise AssertionError("rows that may be refused come with their index")
        start = self._group[-1].end if self._group else 0
        self._group.append(_Piece(start, memoryview(chunk.tuples).cast("B"), chunk.index))
        self._group_bytes += len(chunk.tuples)
        if self._group_bytes >= _GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Sends what is left."""
        self._flush()

    def abort(self) -> None:
        """Gives the COPY up."""
        if self._stream is not None:
            self._stream.abort()

    def _flush(self) -> None:
        if not self._group:
            return
        end = self._group[-1].end
        refused = 0
        for position, error in sift(0, end, self._copy, self._locate):
            refused += 1
            self.rejects.append(explained(self._place(position), error))
            self._enough(len(self.rejects))
        self.rows += end - refused
        self._group, self._group_bytes = [], 0

    def _copy(self, low: int, high: int) -> psycopg.Error | None:
        connection = self._source.connection
        connection.execute(b"SAVEPOINT loadstone_copy")
        self._stream = self._source.stream()
        try:
            for piece in self._group:
                if piece.start < high and low < piece.end:
                    self._stream.send(piece.tuples(low, high))
            self._stream.end()
        except psycopg.Error as error:
            if not is_refusal(error):
                raise
            connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_copy")
            connection.execute(b"RELEASE SAVEPOINT loadstone_copy")
            return error
        connection.execute(b"RELEASE SAVEPOINT loadstone_copy")
        return None

    def _locate(self, error: psycopg.Error, low: int) -> int | None:
        line = line_of(error, self._source.table)
        # A COPY that was ended to hear a notice went on as another one, which counts from 1 again.
        before = self._stream.rows if self._stream is not None else 0
        return None if line is None else low + before + line - 1

    def _place(self, position: int) -> Reject:
        piece = next(piece for piece in self._group if position < piece.end)
        return piece.place(position)


class _Piece(Struct, frozen=True):
    """A chunk's tuples within a group; positions are counted through the group."""

    start: int
    data: memoryview
    index: RowIndex

    @property
    def end(self) -> int:
        return self.start + len(self.index.tuple_ends)

    def tuples(self, low: int, high: int) -> memoryview:
        """The tuples of this piece from `low` to before `high`."""
        ends: array[int] = self.index.tuple_ends
        first, last = max(low - self.start, 0), min(high - self.start, len(ends))
        return self.data[ends[first - 1] if first else 0 : ends[last - 1]]

    def place(self, position: int) -> Reject:
        """Where the row at a position stands in the file."""
        row_number = self.index.row_numbers[position - self.start]
        return next(self.index.rejects(frozenset({row_number})))
