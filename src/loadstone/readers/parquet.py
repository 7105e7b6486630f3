"""Parquet: typed columns, read by pyarrow in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from loadstone.errors import ConfigurationError, FormatError
from loadstone.platform.stored import PeekedStream
from loadstone.readers.seekable import SeekableFile

try:
    from pyarrow import parquet

    from loadstone.readers.arrow_file import ArrowFile, reading
    from loadstone.readers.parquet_columns import batches_of, bytes_of_a_row, shared_texts, source_columns
except ImportError as missing:
    raise ConfigurationError(
        f"reading Parquet needs pyarrow, which is not installed ({missing})",
        hint="pip install 'loadstone[parquet]'",
    ) from missing

if TYPE_CHECKING:
    import pyarrow as pa

    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream
    from loadstone.readers.arrow_types import SourceColumn

__all__ = ["ParquetReader"]

MAGIC = b"PAR1"
_ENCRYPTED_MAGIC = b"PARE"
#: Bytes of values, and rows, that a batch is to have.
_BATCH_BYTES = 2 * 1024 * 1024
_BATCH_ROWS = 16_384
_BUFFER_SIZE = 256 * 1024


class ParquetReader:
    """Reads Parquet files."""

    @contextmanager
    def open(self, stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[ArrowFile]:
        """Reads the footer; where the file is no local one, all of it is spooled to disk before.

        Raises:
            FormatError: the file is no Parquet file, is damaged, encrypted, or holds what cannot be read.
        """
        peeked = stream if isinstance(stream, PeekedStream) else PeekedStream(stream)
        _check_magic(peeked, version.uri)
        stored = SeekableFile(peeked, file_format, MAGIC)
        try:
            yield _opened(stored, version.uri)
        finally:
            stored.close()


def _opened(stored: SeekableFile, where: str) -> ArrowFile:
    with reading("Parquet", where):
        rows = _Rows(stored)
        metadata = rows.file.metadata
        columns = source_columns(rows.file, rows.reopened)
        count = sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
    dialect = {
        "format": "parquet",
        "written_by": metadata.created_by,
        "row_groups": metadata.num_row_groups,
    }
    return ArrowFile(stored, where, "Parquet", columns, count, rows.batches, dialect)


class _Rows:
    """The rows of a file.

    Attributes:
        file: opened for its footer, which is read once.
    """

    def __init__(self, stored: SeekableFile) -> None:
        self._stored = stored
        self.file = self.reopened()

    def reopened(self, **options: Any) -> Any:
        """The file, as pyarrow opens it with these options."""
        return parquet.ParquetFile(
            self._stored.file,
            buffer_size=_BUFFER_SIZE,  # rather than whole column chunks
            pre_buffer=False,
            page_checksum_verification=True,
            **{"coerce_int96_timestamp_unit": "us", **options},
        )

    def batches(self, columns: Sequence[SourceColumn]) -> Iterator[pa.RecordBatch]:
        """All rows with these columns, in batches of moderate size."""
        metadata = self.file.metadata
        is_old = any(column.is_int96 for column in columns)
        shared = [] if is_old else shared_texts(metadata, columns)
        file = self.reopened(read_dictionary=shared, metadata=metadata) if shared else self.file
        width = bytes_of_a_row(file, [column for column in columns if column.name not in shared])
        rows = max(1, min(_BATCH_ROWS, int(_BATCH_BYTES / max(1.0, width))))
        yield from batches_of(file, self.reopened, columns, rows)


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
