"""Parquet: typed columns, read by pyarrow in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from loadstone.errors import ConfigurationError

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

    from loadstone.readers.arrow_types import SourceColumn
    from loadstone.readers.seekable import SeekableFile

__all__ = ["opened_parquet"]

#: Bytes of values, and rows, that a batch is to have.
_BATCH_BYTES = 2 * 1024 * 1024
_BATCH_ROWS = 16_384
_BUFFER_SIZE = 256 * 1024


def opened_parquet(stored: SeekableFile, where: str) -> ArrowFile:
    """Reads the footer of a Parquet file.

    Raises:
        FormatError: it is none, is damaged, or holds what cannot be read.
    """
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
