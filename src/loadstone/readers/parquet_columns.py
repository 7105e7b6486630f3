"""The columns of a Parquet file, and its rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa

from loadstone.readers.arrow_texts import is_nested
from loadstone.readers.arrow_types import SourceColumn

__all__ = ["batches_of", "source_columns"]

#: Seconds whose microseconds fit into 64 bits.
_FARTHEST = 9_000_000_000_000


def source_columns(file: Any) -> list[SourceColumn]:
    """The top-level columns of a `pyarrow.parquet.ParquetFile`, in its order."""
    schema = file.schema
    leaves = {leaf.path: leaf for leaf in map(schema.column, range(len(schema)))}
    columns = []
    for field in file.schema_arrow:
        leaf = None if is_nested(field.type) else leaves.get(field.name)
        if leaf is None:
            columns.append(SourceColumn(field.name, field.type))
        else:
            is_int96 = leaf.physical_type == "INT96"
            columns.append(SourceColumn(field.name, field.type, leaf.logical_type.type, is_int96))
    return columns


def batches_of(
    file: Any, reopen: Callable[..., Any], columns: Sequence[SourceColumn], rows: int
) -> Iterator[pa.RecordBatch]:
    """A file's rows with these columns, `rows` at a time.

    Args:
        file: as opened for its footer.
        reopen: opens it once more, with other options.
        columns: to read.
        rows: of a batch.
    """
    old = [column.name for column in columns if column.is_int96]
    names = [column.name for column in columns if not column.is_int96]
    if not old:
        yield from file.iter_batches(rows, columns=names, use_threads=False)
        return
    # Seconds hold every such timestamp; nanoseconds overflow, but their difference to the seconds does not.
    seconds, nanoseconds = (
        reopen(coerce_int96_timestamp_unit=unit).iter_batches(rows, columns=old, use_threads=False)
        for unit in ("s", "ns")
    )
    others = file.iter_batches(rows, columns=names, use_threads=False) if names else repeat(None)
    for whole, exact, other in zip(seconds, nanoseconds, others, strict=False):
        arrays = {name: _moments(whole.column(name), exact.column(name)) for name in old}
        arrays |= {} if other is None else {name: other.column(name) for name in names}
        yield pa.RecordBatch.from_pydict(arrays)


def _moments(seconds: pa.Array, nanoseconds: pa.Array) -> pa.Array:
    """Timestamps in microseconds; as texts where some have further digits, or are too far away."""
    import pyarrow.compute as pc  # noqa: PLC0415 - takes as long as a small load

    whole = seconds.cast(pa.int64())
    rest = pc.subtract(nanoseconds.cast(pa.int64()), pc.multiply(whole, 1_000_000_000))
    micros = pc.divide(rest, 1000)
    is_exact = pc.equal(pc.multiply(micros, 1000), rest)
    if pc.all(pc.and_(is_exact, pc.less(pc.abs(whole), _FARTHEST))).as_py() is not False:
        return pc.add(pc.multiply(whole, 1_000_000), micros).cast(pa.timestamp("us"))
    digits = pc.utf8_lpad(rest.cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(seconds.cast(pa.string()), digits, ".")
