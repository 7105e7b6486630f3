"""Avro's schemas and values as Arrow's types and arrays, column by column, without losing a digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from itertools import combinations
from typing import Any

import pyarrow as pa

from loadstone.errors import FormatError

__all__ = ["Shape", "array_of", "shape_of"]

_PLAIN: dict[str, tuple[pa.DataType, tuple[type, ...]]] = {
    "null": (pa.null(), (type(None),)),
    "boolean": (pa.bool_(), (bool,)),
    "int": (pa.int32(), (int,)),
    "long": (pa.int64(), (int,)),
    "float": (pa.float32(), (float,)),
    "double": (pa.float64(), (float,)),
    "bytes": (pa.binary(), (bytes,)),
    "string": (pa.string(), (str,)),
    "enum": (pa.string(), (str,)),
}
_LOGICAL: dict[tuple[str, str], pa.DataType] = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    **{
        ("long", f"{prefix}timestamp-{name}"): pa.timestamp(unit, zone)
        for prefix, zone in (("", "UTC"), ("local-", None))
        for name, unit in (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))
    },
}
_DURATION_BYTES, _UUID_BYTES = 12, 16
#: Digits that Arrow's two kinds of decimals hold.
_DECIMAL_128, _DECIMAL_256 = 38, 76
_EXACT = Context(prec=_DECIMAL_256)


@dataclass(frozen=True)
class Shape:
    """An Avro schema, resolved.

    Attributes:
        type: Arrow's.
        takes: the Python types of its values, as they are decoded without their logical type.
        logical: as Parquet calls it (`UUID`, `INTERVAL`), where that is what a value is.
        fields: of a record, by name; of an array or a map, its `items`; of a union, its branches.
    """

    type: pa.DataType
    takes: tuple[type, ...]
    logical: str = "NONE"
    fields: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether its values are what they are decoded as."""
        is_fixed = bool(pa.types.is_fixed_size_binary(self.type))
        return self.logical == "NONE" and (is_fixed or any(self.type == kind for kind, _ in _PLAIN.values()))


def shape_of(schema: Any, where: str) -> Shape:
    """The shape of a schema as `fastavro.parse_schema` gives it.

    Raises:
        FormatError: it holds itself, or a union whose values cannot be told apart.
    """
    return _Resolver(where).shape(schema)


class _Resolver:
    """Knows the types that were defined so far, by name."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._known: dict[str, Shape | None] = {}

    def shape(self, schema: Any) -> Shape:
        if isinstance(schema, list):
            return self._union(schema)
        if isinstance(schema, str):
            return self._named(schema) if schema in self._known else Shape(*_PLAIN[schema])
        kind, name = schema["type"], schema.get("name", "")
        if name:
            self._known[name] = None
        if kind in {"record", "error"}:
            found = self._record(schema["fields"])
        elif kind == "array":
            items = self.shape(schema["items"])
            found = Shape(pa.list_(items.type), (list,), fields={"items": items})
        elif kind == "map":
            items = self.shape(schema["values"])
            found = Shape(pa.map_(pa.string(), items.type), (dict,), fields={"items": items})
        elif isinstance(kind, list | dict):
            return self.shape(kind)
        else:
            found = _scalar(kind, schema)
        if name:
            self._known[name] = found
        return found

    def _named(self, name: str) -> Shape:
        known = self._known[name]
        if known is None:
            raise FormatError(
                f"the record {name!r} holds itself",
                where=self._where,
                hint="such a file cannot be loaded; write it as JSON Lines",
            )
        return known

    def _record(self, described: Sequence[Mapping[str, Any]]) -> Shape:
        fields = {one["name"]: self.shape(one["type"]) for one in described}
        return Shape(pa.struct([(name, one.type) for name, one in fields.items()]), (dict,), fields=fields)

    def _union(self, branches: Sequence[Any]) -> Shape:
        shapes = [self.shape(branch) for branch in branches]
        valued = [shape for shape in shapes if shape.type != pa.null()]
        if len(valued) <= 1:
            return valued[0] if valued else shapes[0]
        if not all(_can_be_told_apart(*pair) for pair in combinations(valued, 2)):
            kinds = ", ".join(str(shape.type) for shape in valued)
            raise FormatError(
                f"the values of a union of {kinds} cannot be told apart",
                where=self._where,
                hint="write such a field with one type, or as a record that names it",
            )
        fields = {str(number): shape for number, shape in enumerate(shapes)}
        kind = pa.sparse_union([pa.field(name, shape.type) for name, shape in fields.items()])
        return Shape(kind, (object,), fields=fields)


def _scalar(kind: str, schema: Mapping[str, Any]) -> Shape:
    logical = schema.get("logicalType", "")
    if kind == "fixed":
        size = schema["size"]
        plain = Shape(pa.binary(size), (bytes,))
        names = {("uuid", _UUID_BYTES): "UUID", ("duration", _DURATION_BYTES): "INTERVAL"}
        if (logical, size) in names:
            return Shape(plain.type, plain.takes, names[logical, size])
    else:
        plain = Shape(*_PLAIN[kind])
    if logical == "decimal" and kind in {"bytes", "fixed"}:
        digits, scale = schema["precision"], schema.get("scale", 0)
        if digits <= _DECIMAL_256:
            decimal = pa.decimal128 if digits <= _DECIMAL_128 else pa.decimal256
            return Shape(decimal(digits, scale), (bytes,))
    if logical == "uuid" and kind == "string":
        return Shape(plain.type, plain.takes, "UUID")
    return Shape(_LOGICAL.get((kind, logical), plain.type), plain.takes)


def array_of(shape: Shape, values: Sequence[Any]) -> pa.Array:
    """Values as they were decoded, as an array.

    Raises:
        pyarrow.ArrowException: a decimal has more digits than its schema says.
    """
    kind, types = shape.type, pa.types
    if types.is_nested(kind):
        return _nested_of(shape, values)
    if types.is_decimal(kind):
        return pa.array([None if value is None else _decimal(value, kind.scale) for value in values], kind)
    return _texts(values) if types.is_string(kind) else pa.array(values, kind)


def _nested_of(shape: Shape, values: Sequence[Any]) -> pa.Array:
    types = pa.types
    if types.is_union(shape.type):
        return _union(shape, values)
    if types.is_struct(shape.type):
        return _struct(shape, values)
    if types.is_map(shape.type):
        keys = [key for value in values if value is not None for key in value]
        items = [item for value in values if value is not None for item in value.values()]
        return pa.MapArray.from_arrays(_offsets(values), _texts(keys), array_of(shape.fields["items"], items))
    items = [item for value in values if value is not None for item in value]
    return pa.ListArray.from_arrays(_offsets(values), array_of(shape.fields["items"], items))


def _struct(shape: Shape, values: Sequence[Any]) -> pa.Array:
    if not shape.fields:
        return pa.array([None if value is None else {} for value in values], shape.type)
    children = [
        array_of(child, [None if value is None else value[name] for value in values])
        for name, child in shape.fields.items()
    ]
    mask = pa.array([value is None for value in values], pa.bool_())
    return pa.StructArray.from_arrays(children, list(shape.fields), mask=mask)


def _texts(values: Iterable[str | None]) -> pa.Array:
    """Texts, whatever their bytes are: those that are no UTF-8 are the codec's to refuse."""
    written = [None if value is None else value.encode("utf-8", "surrogateescape") for value in values]
    return pa.array(written, pa.binary()).view(pa.string())


def _decimal(value: bytes, scale: int) -> Decimal:
    return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-scale, _EXACT)


def _offsets(values: Sequence[Any]) -> pa.Array:
    offsets: list[int | None] = []
    end = 0
    for value in values:
        offsets.append(None if value is None else end)
        end += 0 if value is None else len(value)
    return pa.array([*offsets, end], pa.int32())


def _union(shape: Shape, values: Sequence[Any]) -> pa.Array:
    branches = list(shape.fields.values())
    chosen = [_branch(branches, value) for value in values]
    children = [
        array_of(
            branch, [value if one == number else None for value, one in zip(values, chosen, strict=True)]
        )
        for number, branch in enumerate(branches)
    ]
    return pa.UnionArray.from_sparse(pa.array(chosen, pa.int8()), children, list(shape.fields))


def _branch(branches: Sequence[Shape], value: Any) -> int:
    """The branch that a value is of: of those whose values look the same, the widest."""
    fitting = [number for number, branch in enumerate(branches) if _suits(branch, value)]
    return max(fitting, key=lambda number: _width(branches[number].type))


def _suits(branch: Shape, value: Any) -> bool:
    if type(value) not in branch.takes:
        return False
    if pa.types.is_struct(branch.type):
        return set(value) == set(branch.fields)
    is_fixed = pa.types.is_fixed_size_binary(branch.type)
    return not is_fixed or len(value) == branch.type.byte_width


def _width(kind: pa.DataType) -> int:
    return int(kind.bit_width) if kind in {pa.int64(), pa.float64()} else 0


def _can_be_told_apart(one: Shape, other: Shape) -> bool:
    """Whether values of both say which of them they are of, or it makes no difference."""
    if not set(one.takes) & set(other.takes):
        return True
    if pa.types.is_struct(one.type) and pa.types.is_struct(other.type):
        return set(one.fields) != set(other.fields) or one == other
    return one.is_plain and other.is_plain
