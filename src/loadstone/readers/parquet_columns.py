"""The columns of a Parquet file, and its rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from loadstone.readers.arrow_texts import is_nested, texts_of
from loadstone.readers.arrow_types import SourceColumn

__all__ = ["batches_of", "sample_of", "source_columns"]


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
        file: read with timestamps of the old kind (INT96) in microseconds, which hold all of them.
        reopen: opens it once more, with other options.
        columns: to read.
        rows: of a batch.
    """
    names = [column.name for column in columns]
    batches = file.iter_batches(rows, columns=names, use_threads=False)
    old = [column.name for column in columns if column.is_int96]
    if not old:
        yield from batches
        return
    exact = reopen(coerce_int96_timestamp_unit="ns").iter_batches(rows, columns=old, use_threads=False)
    for batch, nanoseconds in zip(batches, exact, strict=True):
        yield _with_nanoseconds(batch, nanoseconds, old)


def sample_of(batch: pa.RecordBatch, column: SourceColumn) -> list[str | None]:
    """The texts of a batch's column."""
    cells = texts_of(batch.column(column.name), logical=column.logical, is_hex=True).to_pylist()
    return [None if cell is None else cell.decode("utf-8", "replace") for cell in cells]


def _with_nanoseconds(
    batch: pa.RecordBatch, nanoseconds: pa.RecordBatch, names: Sequence[str]
) -> pa.RecordBatch:
    """The batch with texts for the columns whose digits go beyond microseconds.

    Nanoseconds of far years overflow; their difference to the microseconds does not.
    """
    for name in names:
        position = batch.schema.get_field_index(name)
        whole = batch.column(position)
        scaled = pc.multiply(whole.cast(pa.int64()), 1000)
        rest = pc.subtract(nanoseconds.column(name).cast(pa.int64()), scaled)
        if not pc.any(pc.not_equal(rest, 0)).as_py():
            continue
        digits = pc.ascii_lpad(rest.cast(pa.string()), 3, "0")
        texts = pc.binary_join_element_wise(whole.cast(pa.string()), digits, "")
        batch = batch.set_column(position, name, texts)
    return batch
