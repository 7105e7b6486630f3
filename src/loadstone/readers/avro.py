"""Avro: records block by block, decoded by fastavro, and from there on as columns, like Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from loadstone.errors import ConfigurationError, FormatError

try:
    import fastavro
    import pyarrow as pa

    from loadstone.readers.arrow_file import ArrowFile
    from loadstone.readers.arrow_types import SourceColumn
    from loadstone.readers.avro_arrays import array_of, shape_of
except ImportError as missing:
    raise ConfigurationError(
        f"reading Avro needs fastavro and pyarrow ({missing})",
        hint="pip install 'loadstone[avro]'",
    ) from missing

if TYPE_CHECKING:
    from loadstone.readers.avro_arrays import Shape
    from loadstone.readers.seekable import SeekableFile

__all__ = ["opened_avro"]

#: Rows of a batch, at most; a block of the file ends one, too.
_BATCH_ROWS = 4_096


def opened_avro(stored: SeekableFile, where: str) -> ArrowFile:
    """Reads the header of an Avro object container file.

    Raises:
        FormatError: it is none, is damaged, or holds no records.
    """
    with _reading(where, 0):
        blocks = fastavro.block_reader(cast("IO[bytes]", stored.file))
        schema = fastavro.parse_schema(_without_logical_types(blocks.writer_schema), _force=True)
    if not isinstance(schema, dict) or schema["type"] != "record":
        raise FormatError(
            "the Avro file holds single values, no records",
            where=where,
            hint="write each as a record with one field",
        )
    shape = shape_of(blocks.writer_schema, where)
    columns = [SourceColumn(name, one.type, one.logical) for name, one in shape.fields.items()]

    def batches(wanted: Sequence[SourceColumn]) -> Iterator[pa.RecordBatch]:
        yield from _batches(blocks, schema, shape, [column.name for column in wanted], where)

    dialect: dict[str, object] = {"format": "avro", "codec": blocks.codec}
    return ArrowFile(stored, where, "Avro", columns, None, batches, dialect)


def _batches(
    blocks: Any, schema: Any, shape: Shape, names: Sequence[str], where: str
) -> Iterator[pa.RecordBatch]:
    """All rows with these columns, some thousand of a block at a time."""
    end = 0
    while True:
        with _reading(where, end):
            block = next(blocks, None)
        if block is None:
            return
        end = block.offset + block.size
        for start in range(0, block.num_records, _BATCH_ROWS):
            with _reading(where, block.offset):
                rows = min(_BATCH_ROWS, block.num_records - start)
                records = [_record(block.bytes_, schema) for _ in range(rows)]
                arrays = [array_of(shape.fields[name], [row[name] for row in records]) for name in names]
                batch = pa.RecordBatch.from_arrays(arrays, list(names))
            yield batch
        if block.bytes_.read(1):
            raise _damaged("a block is longer than its records", where, block.offset)


def _record(data: Any, schema: Any) -> dict[str, Any]:
    """One record, with the values as they are stored: what the logical types make of them loses digits."""
    record = fastavro.schemaless_reader(data, schema, None, handle_unicode_errors="surrogateescape")
    return cast("dict[str, Any]", record)


def _without_logical_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_logical_types(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = {"logicalType", "__fastavro_parsed_schema", "__named_schemas"}
    return {
        key: [{**field, "type": _without_logical_types(field["type"])} for field in value]
        if key == "fields"
        else _without_logical_types(value)
        if key in {"type", "items", "values"}
        else value
        for key, value in schema.items()
        if key not in left_out
    }


@contextmanager
def _reading(where: str, offset: int) -> Iterator[None]:
    """What fastavro finds wrong with a file is the file's fault; it raises whatever its decoding ran into."""
    try:
        yield
    except FormatError:
        raise
    except ImportError as error:
        raise ConfigurationError(
            f"the Avro file is compressed with what is not installed: {error}",
            where=where,
            hint="pip install the package that is named",
        ) from error
    except Exception as error:
        raise _damaged(" ".join(str(error).split()) or type(error).__name__, where, offset) from error


def _damaged(reason: str, where: str, offset: int) -> FormatError:
    return FormatError(
        f"the Avro file cannot be read, in the block at byte {offset:,}: {reason}",
        where=where,
        hint="it is damaged, or ends too early: write it again",
    )
