"""ORC: typed columns, read by pyarrow in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from loadstone.errors import ConfigurationError

try:
    import pyarrow as pa
    from pyarrow import orc
    from pyarrow.dataset import OrcFileFormat, field

    from loadstone.readers.arrow_file import ArrowFile, reading
    from loadstone.readers.arrow_types import SourceColumn
except ImportError as missing:
    raise ConfigurationError(
        f"reading ORC needs pyarrow, which is not installed ({missing})",
        hint="pip install 'loadstone[parquet]'",
    ) from missing

if TYPE_CHECKING:
    from loadstone.readers.seekable import SeekableFile

__all__ = ["opened_orc"]

#: Rows that are looked at to tell how many make a batch, and the bytes and rows that a batch is to have.
_LOOKED_AT = 64
_BATCH_BYTES = 2 * 1024 * 1024
_BATCH_ROWS = 16_384
#: Arrow keeps ORC's timestamps as nanoseconds; from this release on it refuses those that do not fit.
_REFUSES_OVERFLOW = 26


def opened_orc(stored: SeekableFile, where: str) -> ArrowFile:
    """Reads the footer of an ORC file.

    Raises:
        FormatError: it is none, is damaged, encrypted, or holds what cannot be read.
        ConfigurationError: it holds timestamps, which this release of pyarrow does not read reliably.
    """
    with reading("ORC", where):
        file = orc.ORCFile(stored.file)
        schema = file.schema
    if "timestamp" in str(schema) and int(pa.__version__.split(".")[0]) < _REFUSES_OVERFLOW:
        raise ConfigurationError(
            f"pyarrow {pa.__version__} may read an ORC file's timestamps wrongly",
            where=where,
            hint=f"pip install 'pyarrow>={_REFUSES_OVERFLOW}'",
        )
    columns = [SourceColumn(column.name, column.type) for column in schema]
    dialect = {"format": "orc", "written_by": file.writer, "stripes": file.nstripes}
    return ArrowFile(stored, where, "ORC", columns, file.nrows, partial(_batches, stored), dialect)


def _batches(stored: SeekableFile, columns: Sequence[SourceColumn]) -> Iterator[pa.RecordBatch]:
    """All rows with these columns, in batches of moderate size."""
    looked_at = next(_scanned(stored, columns, _LOOKED_AT), None)
    if looked_at is None or not looked_at.num_rows:
        return
    rows = int(_BATCH_BYTES * looked_at.num_rows / max(1, looked_at.nbytes))
    yield from _scanned(stored, columns, max(1, min(_BATCH_ROWS, rows)))


def _scanned(stored: SeekableFile, columns: Sequence[SourceColumn], rows: int) -> Iterator[Any]:
    # The ORC file itself gives whole stripes; the scanner of data sets takes them apart.
    fragment = OrcFileFormat().make_fragment(stored.file)
    names = {column.name: field(column.name) for column in columns}
    yield from fragment.to_batches(columns=names, batch_size=rows, use_threads=False, batch_readahead=1)
