"""The columns of a Parquet file, and its rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa

from loadstone.readers.arrow_int96 import joined_moments
from loadstone.readers.arrow_texts import is_bytes, is_nested, is_text
from loadstone.readers.arrow_types import SourceColumn

__all__ = ["batches_of", "bytes_of_a_row", "shared_texts", "source_columns"]

#: Rows that are looked at to tell how many make a batch.
_LOOKED_AT = 64
#: A column whose values take no more than this, in bytes each, has few different ones.
_SHARED_BYTES = 3
#: Compressed bytes of a dictionary that is worth handing over with every batch.
_DICTIONARY_BYTES = 128 * 1024


def source_columns(file: Any, reopen: Callable[..., Any]) -> list[SourceColumn]:
    """The top-level columns of a `pyarrow.parquet.ParquetFile`, in its order.

    Args:
        file: as opened for its footer.
        reopen: opens it once more, with other options.
    """
    schema = file.schema
    leaves = {leaf.path: leaf for leaf in map(schema.column, range(len(schema)))}
    old: frozenset[str] = frozenset()
    if any(leaf.physical_type == "INT96" for leaf in leaves.values()):
        # These, and what holds them, change their type with the unit that is asked for.
        seconds = reopen(coerce_int96_timestamp_unit="s").schema_arrow
        pairs = zip(file.schema_arrow, seconds, strict=True)
        old = frozenset(field.name for field, other in pairs if field.type != other.type)
    columns = []
    for field in file.schema_arrow:
        leaf = None if is_nested(field.type) else leaves.get(field.name)
        logical = "NONE" if leaf is None else leaf.logical_type.type
        columns.append(SourceColumn(field.name, field.type, logical, field.name in old))
    return columns


def shared_texts(metadata: Any, columns: Sequence[SourceColumn]) -> list[str]:
    """The columns of texts that many rows share: they are read with their dictionaries.

    Where every value has one of its own, a dictionary would be built only to be looked up in.
    """
    texts = {column.name for column in columns if is_text(column.type) or is_bytes(column.type)}
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    groups = [group for group in groups if group.num_rows > 0]
    paths = {metadata.schema.column(number).path: number for number in range(metadata.num_columns)}
    return [
        name
        for name in sorted(texts & set(paths))
        if groups and all(_is_shared(group.column(paths[name])) for group in groups)
    ]


def _is_shared(chunk: Any) -> bool:
    if chunk.physical_type != "BYTE_ARRAY" or not chunk.has_dictionary_page:
        return False
    dictionary = chunk.data_page_offset - chunk.dictionary_page_offset
    is_small: bool = chunk.total_uncompressed_size <= _SHARED_BYTES * chunk.num_values
    return is_small and 0 < dictionary <= _DICTIONARY_BYTES


def bytes_of_a_row(file: Any, columns: Sequence[SourceColumn]) -> float:
    """What a row with these columns takes in memory, about."""
    varied = [column.name for column in columns if not _has_width(column.type)]
    width = sum(column.type.bit_width / 8 for column in columns if _has_width(column.type))
    if not varied:
        return float(width)
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    stored = [group.total_byte_size / group.num_rows for group in groups if group.num_rows > 0]
    # What a dictionary packs, no footer tells.
    batch = next(file.iter_batches(_LOOKED_AT, columns=varied, use_threads=False), None)
    seen = batch.nbytes / batch.num_rows if batch is not None and batch.num_rows else 0.0
    return float(max(width + seen, *stored, 0.0))


def _has_width(kind: pa.DataType) -> bool:
    try:
        return bool(kind.bit_width) and not is_nested(kind)
    except ValueError:
        return False


def batches_of(
    file: Any, reopen: Callable[..., Any], columns: Sequence[SourceColumn], rows: int
) -> Iterator[pa.RecordBatch]:
    """A file's rows with these columns, `rows` at a time.

    Args:
        file: as opened for the columns that hold no INT96.
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
        arrays = {name: joined_moments(whole.column(name), exact.column(name)) for name in old}
        arrays |= {} if other is None else {name: other.column(name) for name in names}
        yield pa.RecordBatch.from_pydict(arrays)
