"""A file that pyarrow decodes: its rows in batches, given to the codec as they lie in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from msgspec.structs import replace

from loadstone.codec.columnar import ColumnarEncoder
from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.errors import FormatError
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.load import Layout
from loadstone.readers.arrow_batches import BatchPacker
from loadstone.readers.arrow_types import natural_type
from loadstone.readers.blocks import joined

if TYPE_CHECKING:
    from loadstone.model.contract import LoadPlan
    from loadstone.readers.arrow_types import SourceColumn
    from loadstone.readers.seekable import SeekableFile

__all__ = ["ArrowFile", "Batches"]

#: A little more than a batch makes, so that it becomes one chunk.
_CHUNK_BYTES = 4 * 1024 * 1024

#: The rows with these columns of the file, a batch at a time.
Batches = Callable[["Sequence[SourceColumn]"], Iterator[pa.RecordBatch]]


class ArrowFile:
    """A file of typed columns, which are known: see `ports.OpenFile`.

    Args:
        stored: its bytes.
        where: its URI.
        kind: what it is called in messages.
        columns: all that it has.
        rows: how many its footer speaks of; None where it has none.
        batches: reads it.
        dialect: what the ledger is to say of it.

    Raises:
        FormatError: its columns have no names, or one twice.
    """

    def __init__(
        self,
        stored: SeekableFile,
        where: str,
        kind: str,
        columns: Sequence[SourceColumn],
        rows: int | None,
        batches: Batches,
        dialect: dict[str, object],
    ) -> None:
        _check_names([column.name for column in columns], where)
        self._stored = stored
        self._where = where
        self._kind = kind
        self._columns = columns
        self._rows = rows
        self._rows_read = 0
        self._is_done = rows == 0
        self._batches_of = batches
        self.layout = Layout(
            tuple(column.name for column in columns),
            {**dialect, "rows": rows, "compression": stored.compression, "decided": {}},
            is_complete=rows == 0,
            types=tuple(natural_type(column) for column in columns),
        )

    @property
    def bytes_read(self) -> int:
        """The share of the stored bytes that the rows read so far make up; all of them at the end."""
        if self._is_done or (self._rows is not None and self._rows_read >= self._rows):
            return self._stored.size
        if self._rows is None:
            return min(self._stored.file.tell(), self._stored.size)
        share: int = self._stored.size * self._rows_read // self._rows
        return share

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._stored.sha256

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The rows as tuples and rejects, batch by batch; once."""
        packer = BatchPacker(self._columns, plan)
        encoder = ColumnarEncoder(plan, chunk_bytes=_CHUNK_BYTES)
        for batch in self._batches(packer.names):
            first, start = self._rows_read + 1, 0
            with self.reading():
                packed = packer.pack(batch)
            while start < batch.num_rows:
                chunk, start = encoder.feed(packed, start, 0)
                self._rows_read = first - 1 + start
                yield _with_records(chunk, batch, packer, first)
        if self._rows not in {None, self._rows_read}:
            raise FormatError(
                f"the file holds {self._rows_read:,} rows, and its footer speaks of {self._rows:,}",
                where=self._where,
                hint="it is damaged: write it again",
            )
        self._is_done = True
        self._stored.finish()

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single rows, written as JSON, under a plan of their own."""
        chunk, _ = JsonLinesEncoder(plan).feed(joined(records), True)
        return chunk

    def reading(self) -> AbstractContextManager[None]:
        """See `reading`."""
        return reading(self._kind, self._where)

    def _batches(self, names: Sequence[str]) -> Iterator[Any]:
        """The batches with these columns; where none is wanted, with the first, for its rows."""
        wanted = set(names) or {self._columns[0].name}
        with self.reading():
            yield from self._batches_of([column for column in self._columns if column.name in wanted])


@contextmanager
def reading(kind: str, where: str) -> Iterator[None]:
    """What pyarrow finds wrong with a file is the file's fault."""
    try:
        yield
    except (pa.ArrowException, OSError, RecursionError, OverflowError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FormatError(
            f"the {kind} file cannot be read: {reason}",
            where=where,
            hint="it is damaged, encrypted, or uses what pyarrow does not know; write it again, plainly",
        ) from error


def _check_names(names: Sequence[str], where: str) -> None:
    if not names:
        raise FormatError("the file has no columns", where=where)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FormatError(
            f"the file has several columns named {twice[0]!r}",
            where=where,
            hint="rename all but one where the file is written",
        )
    if unusable := [name for name in names if not name or "\x00" in name]:
        raise FormatError(
            f"the file has a column named {unusable[0]!r}",
            where=where,
            hint="rename it where the file is written",
        )


def _with_records(chunk: Chunk, batch: Any, packer: BatchPacker, first: int) -> Chunk:
    """The chunk with the raw records of rejected rows, and the way to those of all others."""
    numbers = [reject.row_number for reject in chunk.rejects]
    if numbers:
        records = packer.records(batch, [number - first for number in numbers])
        chunk.rejects = [
            reject._replace(byte_length=len(record), raw=record[:RAW_LIMIT])
            for reject, record in zip(chunk.rejects, records, strict=True)
        ]

    def record(row_number: int) -> bytes:
        return packer.records(batch, [row_number - first])[0]

    if chunk.index is not None:
        chunk.index = replace(chunk.index, record=record)
    if chunk.late_index is not None:
        chunk.late_index = replace(chunk.late_index, record=record)
    return chunk
