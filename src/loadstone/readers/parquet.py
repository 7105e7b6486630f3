"""Parquet: typed columns, read by pyarrow in batches of rows, given to the codec as they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from loadstone.codec.columnar import ColumnarEncoder
from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.errors import ConfigurationError, FormatError
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.load import Layout
from loadstone.readers.blocks import joined
from loadstone.readers.seekable import PeekedStream, SeekableFile

try:
    import pyarrow as pa
    from pyarrow import parquet

    from loadstone.readers.arrow_batches import BatchPacker
    from loadstone.readers.arrow_types import natural_type
    from loadstone.readers.parquet_columns import batches_of, source_columns
except ImportError as missing:
    raise ConfigurationError(
        f"reading Parquet needs pyarrow, which is not installed ({missing})",
        hint="pip install 'loadstone[parquet]'",
    ) from missing

if TYPE_CHECKING:
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream
    from loadstone.readers.arrow_types import SourceColumn

__all__ = ["ParquetFile", "ParquetReader"]

MAGIC = b"PAR1"
_ENCRYPTED_MAGIC = b"PARE"
#: Rows that are looked at to tell how many make a batch.
_LOOKED_AT = 64
#: Bytes of values, and rows, that a batch is to have.
_BATCH_BYTES = 2 * 1024 * 1024
_BATCH_ROWS = 16_384
_BUFFER_SIZE = 1024 * 1024


class ParquetReader:
    """Reads Parquet files."""

    @contextmanager
    def open(self, stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[ParquetFile]:
        """Reads the footer; where the file is no local one, all of it is spooled to disk before.

        Raises:
            FormatError: the file is no Parquet file, is damaged, encrypted, or holds what cannot be read.
        """
        peeked = stream if isinstance(stream, PeekedStream) else PeekedStream(stream)
        _check_magic(peeked, version.uri)
        stored = SeekableFile(peeked, file_format, MAGIC)
        try:
            yield ParquetFile(stored, version.uri, file_format)
        finally:
            stored.close()


class ParquetFile:
    """A Parquet file whose columns are known: see `ports.OpenFile`."""

    def __init__(self, stored: SeekableFile, where: str, file_format: Format) -> None:
        self._stored = stored
        self._where = where
        self._format = file_format
        self._rows_read = 0
        with self._reading():
            self._file = self._opened()
            metadata = self._file.metadata
            self._columns = source_columns(self._file)
            self._rows = sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
        self._check_names()
        self.layout = Layout(
            tuple(column.name for column in self._columns),
            self._dialect(),
            is_complete=not self._rows,
            types=tuple(natural_type(column) for column in self._columns),
        )

    @property
    def bytes_read(self) -> int:
        """The share of the stored bytes that the rows read so far make up; all of them at the end."""
        if self._rows_read >= self._rows:
            return self._stored.size
        share: int = self._stored.size * self._rows_read // self._rows
        return share

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._stored.sha256

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The rows as tuples and rejects, batch by batch; once."""
        packer = BatchPacker(self._columns, plan)
        encoder = ColumnarEncoder(plan)
        for batch in self._batches(packer.names):
            first, start = self._rows_read + 1, 0
            with self._reading():
                packed = packer.pack(batch)
            while start < batch.num_rows:
                chunk, start = encoder.feed(packed, start, 0)
                self._rows_read = first - 1 + start
                yield _with_records(chunk, batch, packer, first)
        if self._rows_read != self._rows:
            raise FormatError(
                f"the file holds {self._rows_read:,} rows, and its footer speaks of {self._rows:,}",
                where=self._where,
                hint="it is damaged: write it again",
            )
        self._stored.finish()

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single rows, written as JSON, under a plan of their own."""
        chunk, _ = JsonLinesEncoder(plan).feed(joined(records), True)
        return chunk

    def _opened(self, **options: Any) -> Any:
        return parquet.ParquetFile(
            self._stored.file,
            buffer_size=_BUFFER_SIZE,  # rather than whole column chunks
            pre_buffer=False,
            page_checksum_verification=True,
            **{"coerce_int96_timestamp_unit": "us", **options},
        )

    def _batches(self, names: Sequence[str]) -> Iterator[Any]:
        """The batches with these columns; where none is wanted, with the first, for its rows."""
        wanted = set(names) or {self._columns[0].name}
        columns = [column for column in self._columns if column.name in wanted]
        with self._reading():
            yield from batches_of(self._file, self._opened, columns, self._batch_rows(columns))

    def _batch_rows(self, columns: Sequence[SourceColumn]) -> int:
        """How many rows of the widest row group make a batch of moderate size."""
        metadata = self._file.metadata
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        widths = [group.total_byte_size / group.num_rows for group in groups if group.num_rows > 0]
        return max(1, min(_BATCH_ROWS, int(_BATCH_BYTES / max(1.0, self._row_bytes(columns), *widths))))

    def _row_bytes(self, columns: Sequence[SourceColumn]) -> float:
        """What the first rows take in memory, each: what a dictionary packs, no footer tells."""
        batch = next(
            self._file.iter_batches(_LOOKED_AT, columns=[c.name for c in columns], use_threads=False), None
        )
        return batch.nbytes / batch.num_rows if batch is not None and batch.num_rows else 0.0

    def _check_names(self) -> None:
        names = [column.name for column in self._columns]
        if not names:
            raise FormatError("the file has no columns", where=self._where)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FormatError(
                f"the file has several columns named {twice[0]!r}",
                where=self._where,
                hint="rename all but one where the file is written",
            )
        if unusable := [name for name in names if not name or "\x00" in name]:
            raise FormatError(
                f"the file has a column named {unusable[0]!r}",
                where=self._where,
                hint="rename it where the file is written",
            )

    def _dialect(self) -> dict[str, object]:
        return {
            "format": "parquet",
            "written_by": self._file.metadata.created_by,
            "row_groups": self._file.metadata.num_row_groups,
            "rows": self._rows,
            "compression": self._stored.compression,
            "decided": [],
        }

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What pyarrow finds wrong with a file is the file's fault."""
        try:
            yield
        except (pa.ArrowException, OSError, RecursionError, OverflowError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FormatError(
                f"the Parquet file cannot be read: {reason}",
                where=self._where,
                hint="it is damaged, encrypted, or uses what pyarrow does not know; write it again, plainly",
            ) from error


def _check_magic(stream: PeekedStream, where: str) -> None:
    """Tells what can be no Parquet file from what may be one, compressed or not.

    Raises:
        FormatError: it is none, or its footer is encrypted.
    """
    head = stream.peek(len(MAGIC))
    if not head:
        raise FormatError(
            "the file is empty", where=where, hint="a Parquet file has a footer, even without rows"
        )
    if head == _ENCRYPTED_MAGIC:
        raise FormatError(
            "the Parquet file is encrypted",
            where=where,
            hint="write it without encryption, or decrypt it first",
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
