"""What the columns of a Parquet file are: their PostgreSQL types, and how the codec reads them."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from loadstone.codec import batches as c
from loadstone.codec import kinds as k
from loadstone.model.contract import Cell, Column
from loadstone.model.types import PgType, parse_type
from loadstone.readers.arrow_texts import is_bytes, is_nested, is_text

__all__ = ["SourceColumn", "natural_type", "route_of", "scale_of"]

# By Arrow's name for them; those with arguments, and nested ones, are below.
_NATURAL = {
    "bool": "boolean",
    "int8": "smallint",
    "uint8": "smallint",
    "int16": "smallint",
    "uint16": "integer",
    "int32": "integer",
    "uint32": "bigint",
    "int64": "bigint",
    "uint64": "numeric(20,0)",
    "halffloat": "real",
    "float": "real",
    "double": "double precision",
    "date32[day]": "date",
    "date64[ms]": "date",
}
_LOGICAL = {"ENUM": "text", "STRING": "text", "JSON": "jsonb", "UUID": "uuid", "INTERVAL": "interval"}
_FAMILIES = (
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "interval"),
    (is_bytes, "bytea"),
)
_UUID_BYTES = 16
_INTERVAL_BYTES = 12
_MICROSECOND_DIGITS = 6
# Units in a microsecond; where negative, microseconds in a unit.
_SCALES = {"s": -1_000_000, "ms": -1_000, "us": 1, "ns": 1_000}
_MOMENTS = {k.TIME, k.TIMESTAMP, k.TIMESTAMPTZ}
_INTEGERS = {k.INT2, k.INT4, k.INT8}
# Of a number that fits into 64 bits.
_SHORT_DIGITS = 18


class SourceColumn(NamedTuple):
    """One column of the file.

    Attributes:
        name: its name.
        type: its Arrow type, as it is read.
        logical: Parquet's logical type by name (`UUID`, `JSON`); `NONE` where it has none, or is nested.
        is_int96: a timestamp of the old kind, in nanoseconds, or holds such.
    """

    name: str
    type: pa.DataType
    logical: str = "NONE"
    is_int96: bool = False


def natural_type(column: SourceColumn) -> PgType:
    """The PostgreSQL type that holds every value of a column, or nearly: timestamps have microseconds."""
    return _typed(_storage(column.type), column.logical)


def _typed(kind: pa.DataType, logical: str = "NONE") -> PgType:
    types = pa.types
    if logical in _LOGICAL and (is_bytes(kind) or is_text(kind)):
        return PgType(_LOGICAL[logical])
    if types.is_decimal(kind):
        has_digits = 0 <= kind.scale <= kind.precision
        return (
            PgType("numeric", precision=kind.precision, scale=kind.scale) if has_digits else PgType("numeric")
        )
    if is_nested(kind):
        return _nested(kind)
    name = next((name for is_kind, name in _FAMILIES if is_kind(kind)), "text")
    if types.is_timestamp(kind):
        name = "timestamp" if kind.tz is None else "timestamptz"
    return parse_type(_NATURAL.get(str(kind), name))


def _nested(kind: pa.DataType) -> PgType:
    """An array of what has a type of its own; jsonb for everything deeper."""
    is_list = not (pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_union(kind))
    if not is_list or is_nested(_storage(kind.value_type)):
        return parse_type("jsonb")
    element = _typed(_storage(kind.value_type))
    return PgType(element.name, precision=element.precision, scale=element.scale, is_array=True)


def _storage(kind: pa.DataType) -> pa.DataType:
    """Without what only names or packs it."""
    if isinstance(kind, pa.BaseExtensionType):
        return _storage(kind.storage_type)
    return _storage(kind.value_type) if pa.types.is_dictionary(kind) else kind


def route_of(column: SourceColumn, cell: Cell) -> int:
    """How the codec reads a column's values for the columns of the contract that are made of it."""
    if cell.is_unknown:
        return c.BY_TEXT
    if not cell.columns:
        return c.BY_NOTHING
    target = cell.columns[0]
    if len(cell.columns) > 1 or target.split is not None or _needs_text(target):
        return c.BY_TEXT
    return _direct(column, target)


def _needs_text(target: Column) -> bool:
    """Whether a rule looks at the text of a cell, rather than at its value."""
    rules = target.null_values or target.pattern is not None or target.max_length is not None
    return bool(rules) or target.values is not None


def _direct(column: SourceColumn, target: Column) -> int:
    source, types = _storage(column.type), pa.types
    kind = k.kind_of(target.type) if target.type.is_fast and not target.type.is_array else 0
    has_microseconds = target.type.precision in {None, _MICROSECOND_DIGITS}
    size = source.byte_width if types.is_fixed_size_binary(source) else 0
    is_small = types.is_float32(source) or types.is_float16(source)
    integer = c.BY_UNSIGNED if types.is_unsigned_integer(source) else c.BY_INTEGER
    ways = (
        (integer, kind in _INTEGERS and types.is_integer(source) and source != pa.uint64()),
        (c.BY_BIT, kind == k.BOOLEAN and types.is_boolean(source)),
        (c.BY_DOUBLE, kind == k.FLOAT8 and types.is_float64(source)),
        (c.BY_SINGLE, kind in {k.FLOAT4, k.FLOAT8} and is_small),
        (c.BY_DAY, kind == k.DATE and types.is_date(source)),
        (c.BY_MOMENT, kind in _MOMENTS and has_microseconds and _is_same_moment(source, kind, target)),
        (c.BY_DECIMAL, kind == k.NUMERIC and _is_short(source)),
        (c.BY_DURATION, kind == k.INTERVAL and has_microseconds and types.is_duration(source)),
        (c.BY_INTERVAL, kind == k.INTERVAL and column.logical == "INTERVAL" and size == _INTERVAL_BYTES),
        (c.BY_UUID, kind == k.UUID and size == _UUID_BYTES),
        (c.BY_FIXED_BYTES, kind == k.BYTEA and size > 0),
        (c.BY_BYTES, kind == k.BYTEA and is_bytes(source)),
    )
    return next((route for route, is_possible in ways if is_possible), c.BY_TEXT)


def _is_short(source: pa.DataType) -> bool:
    """Whether it is a decimal whose digits fit into 64 bits, and some of them may be behind the point."""
    is_decimal = pa.types.is_decimal(source)
    return bool(is_decimal and source.precision <= _SHORT_DIGITS and 0 <= source.scale <= _SHORT_DIGITS)


def _is_same_moment(source: pa.DataType, kind: int, target: Column) -> bool:
    """Whether a time or timestamp means the same in the target's type, but for its unit."""
    if kind == k.TIME or not pa.types.is_timestamp(source):
        return kind == k.TIME and bool(pa.types.is_time(source))
    if kind == k.TIMESTAMP:
        return source.tz is None
    is_utc = target.timezone is None or target.timezone.upper() in {"UTC", "Z", "ETC/UTC"}
    return source.tz is not None or is_utc


def scale_of(kind: pa.DataType) -> int:
    """The units of a time, timestamp or duration, the digits of a decimal (`ColumnBuffers.scale`); else 1."""
    if pa.types.is_decimal(kind):
        return int(kind.scale)
    return _SCALES[kind.unit] if hasattr(kind, "unit") else 1
