"""Random batches of typed columns, and what must become of them, computed from their bits without the codec.

The bytes of an input choose the columns, how Arrow holds them (sliced, in a dictionary, with 64-bit offsets),
the rules, and every value, bit by bit: also those that no writer would write.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import pyarrow as pa

from fuzz.copyformat import array_of, number_of
from fuzz.outcomes import Outcome, take
from loadstone.codec.columnar import ColumnarEncoder
from loadstone.model.contract import Cell, Column, LoadPlan, Otherwise
from loadstone.model.types import parse_type
from loadstone.readers.arrow_batches import BatchPacker
from loadstone.readers.arrow_types import SourceColumn

__all__ = ["ColumnarTarget"]

_DAYS_TO_2000 = 10_957
_MICROSECONDS_TO_2000 = 946_684_800_000_000
_PICOSECONDS = {"s": 10**12, "ms": 10**9, "us": 10**6, "ns": 10**3}


class Refused(NamedTuple):
    """A value that cannot be written, with the code of its reject."""

    code: str


#: What a field must be: these bytes, none, refused, or whatever passes a look at it.
Wanted = bytes | None | Refused | Callable[[bytes], bool]


class Draw:
    """The bytes of an input, one choice after the other; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._position : self._position + size].ljust(size, b"\0")
        self._position += size
        return taken

    def number(self, below: int) -> int:
        return self.take(1)[0] % below


@dataclass(frozen=True)
class Kind:
    """Columns of one Arrow type.

    Attributes:
        type: Arrow's.
        targets: the PostgreSQL types that it is loaded into.
        wanted: the field of a value in a type.
        draw: makes a value; by default the bits of a type with a fixed width.
    """

    type: pa.DataType
    targets: tuple[str, ...]
    wanted: Callable[[Any, str], Wanted]
    draw: Callable[[Draw], Any] | None = None

    def array(self, draw: Draw, rows: int) -> tuple[pa.Array, list[Any]]:
        """An array, and its values: bits where these are drawn, else as Python has them; None for NULL."""
        values = [None if draw.number(8) == 7 else self._value(draw) for _ in range(rows)]
        if self.draw is not None and not (pa.types.is_string(self.type) or pa.types.is_binary(self.type)):
            return pa.array(values, self.type), values
        bits = sum(1 << i for i, value in enumerate(values) if value is not None)
        validity = pa.py_buffer(bits.to_bytes(rows // 8 + 1, "little"))
        data = [value if value is not None else bytes(self._width) for value in values]
        if self.draw is None:
            return pa.Array.from_buffers(self.type, rows, [validity, pa.py_buffer(b"".join(data))]), values
        data = [value or b"" for value in values]
        bounds = [sum(map(len, data[:i])) for i in range(rows + 1)]
        buffers = [
            validity,
            pa.py_buffer(struct.pack(f"<{rows + 1}i", *bounds)),
            pa.py_buffer(b"".join(data)),
        ]
        return pa.Array.from_buffers(self.type, rows, buffers), values

    @property
    def _width(self) -> int:
        return 0 if self.draw is not None else self.type.bit_width // 8

    def _value(self, draw: Draw) -> Any:
        return draw.take(self._width) if self.draw is None else self.draw(draw)


# --- what must become of a value ---


def _integer(signed: bool) -> Callable[[bytes, str], Wanted]:
    def wanted(bits: bytes, target: str) -> Wanted:
        value = int.from_bytes(bits, "little", signed=signed)
        if target == "numeric":
            return lambda field: number_of(field) == value
        if target == "text":
            return str(value).encode()
        size = {"smallint": 2, "integer": 4, "bigint": 8}[target]
        is_held = -(2 ** (8 * size - 1)) <= value < 2 ** (8 * size - 1)
        return value.to_bytes(size, "big", signed=True) if is_held else Refused("out_of_range")

    return wanted


def _real(bits: bytes, target: str) -> Wanted:
    (value,) = struct.unpack("<f" if len(bits) == 4 else "<d", bits)
    if target == "text":
        return lambda field: math.isnan(value) if field == b"NaN" else _as_single(float(field), bits) == value
    if target == ("real" if len(bits) == 4 else "double precision"):
        return bits[::-1]
    return lambda field: _same(struct.unpack("!d", field)[0], value)


def _as_single(value: float, bits: bytes) -> float:
    """A number whose text was that of a single, as that single."""
    if len(bits) == 8 or math.isinf(value):
        return value
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _decimal(scale: int, short: bool) -> Callable[[bytes, str], Wanted]:
    def wanted(bits: bytes, target: str) -> Wanted:
        del target
        value = int.from_bytes(bits, "little", signed=True)
        if short and not -(2**63) <= value < 2**63:
            return Refused("out_of_range")
        exact = Fraction(value, 10**scale)
        return lambda field: number_of(field) == exact

    return wanted


def _day(bits: bytes, target: str) -> Wanted:
    del target
    day = int.from_bytes(bits, "little", signed=True) - _DAYS_TO_2000
    return struct.pack("!i", day) if -2_451_545 <= day <= 2_145_031_948 else Refused("out_of_range")


def _moment(unit: str) -> Callable[[bytes, str], Wanted]:
    def wanted(bits: bytes, target: str) -> Wanted:
        value = int.from_bytes(bits, "little", signed=True) * _PICOSECONDS[unit]
        micros, rest = divmod(value, 10**6)
        if not -(2**63) <= micros < 2**63:
            return Refused("out_of_range")
        if rest:
            return Refused("too_many_digits")
        if target == "interval":
            return struct.pack("!qq", micros, 0)
        if target == "time":
            return struct.pack("!q", micros) if 0 <= micros <= 86_400 * 10**6 else Refused("out_of_range")
        micros -= _MICROSECONDS_TO_2000
        is_held = -211_813_488_000_000_000 <= micros < 9_223_371_331_200_000_000
        return struct.pack("!q", micros) if is_held else Refused("out_of_range")

    return wanted


def _boolean(value: bool, target: str) -> Wanted:
    return (b"true" if value else b"false") if target == "text" else bytes([value])


def _bytes(value: bytes, target: str) -> Wanted:
    if target != "text":
        return value
    if b"\0" in value:
        return Refused("nul_character")
    try:
        value.decode()
    except UnicodeDecodeError:
        return Refused("invalid_utf8")
    return value


def _list(value: list[Any], target: str) -> Wanted:
    def read(item: bytes) -> Any:
        return item.decode() if target == "text[]" else int.from_bytes(item, "big", signed=True)

    def is_it(field: bytes) -> bool:
        return [item if item is None else read(item) for item in array_of(field)] == value

    return is_it


def _json(value: Any, target: str) -> Wanted:
    del target
    wanted = dict(value) if isinstance(value, list) else value
    return lambda field: json.loads(field.removeprefix(b"\x01")) == wanted


def _texts(draw: Draw) -> bytes:
    return draw.take(draw.number(6))


def _word(draw: Draw) -> str:
    return "".join('aé"\\ ,{}N1'[draw.number(10)] for _ in range(draw.number(4)))


def _maybe(value: Any, draw: Draw) -> Any:
    return None if draw.number(6) == 5 else value


_INTEGERS = ("smallint", "integer", "bigint", "numeric", "text")
KINDS = (
    *(Kind(kind, _INTEGERS, _integer(True)) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())),
    *(Kind(kind, _INTEGERS, _integer(False)) for kind in (pa.uint8(), pa.uint16(), pa.uint32())),
    Kind(pa.uint64(), ("numeric", "bigint", "text"), _integer(False)),
    Kind(pa.float32(), ("real", "double precision", "text"), _real),
    Kind(pa.float64(), ("double precision", "text"), _real),
    Kind(pa.decimal128(18, 4), ("numeric",), _decimal(4, True)),
    Kind(pa.decimal128(18, 0), ("numeric",), _decimal(0, True)),
    Kind(pa.decimal128(38, 9), ("numeric",), _decimal(9, False)),
    Kind(pa.date32(), ("date",), _day),
    *(Kind(pa.time32(unit), ("time",), _moment(unit)) for unit in ("s", "ms")),
    *(Kind(pa.time64(unit), ("time",), _moment(unit)) for unit in ("us", "ns")),
    *(Kind(pa.timestamp(unit), ("timestamp", "timestamptz"), _moment(unit)) for unit in _PICOSECONDS),
    *(Kind(pa.timestamp(unit, "Asia/Tokyo"), ("timestamptz",), _moment(unit)) for unit in _PICOSECONDS),
    *(Kind(pa.duration(unit), ("interval",), _moment(unit)) for unit in _PICOSECONDS),
    Kind(pa.binary(16), ("uuid", "bytea"), _bytes),
    Kind(pa.binary(3), ("bytea", "text"), _bytes),
    Kind(pa.bool_(), ("boolean", "text"), _boolean, lambda draw: draw.number(2) == 1),
    Kind(pa.string(), ("text",), _bytes, _texts),
    Kind(pa.binary(), ("bytea", "text"), _bytes, _texts),
    Kind(
        pa.list_(pa.int32()),
        ("integer[]",),
        _list,
        lambda draw: [_maybe(int.from_bytes(draw.take(2), "little"), draw) for _ in range(draw.number(4))],
    ),
    Kind(
        pa.list_(pa.string()),
        ("text[]",),
        _list,
        lambda draw: [_maybe(_word(draw), draw) for _ in range(draw.number(4))],
    ),
    Kind(
        pa.struct({"a": pa.int64(), "b": pa.string()}),
        ("jsonb",),
        _json,
        lambda draw: {"a": _maybe(draw.number(200), draw), "b": _maybe(_word(draw), draw)},
    ),
    Kind(
        pa.map_(pa.string(), pa.bool_()),
        ("jsonb",),
        _json,
        lambda draw: [(_word(draw), _maybe(True, draw)) for _ in range(draw.number(3))],
    ),
)

#: Of which every value is judged alone, so that what is refused is known without the codec.
_RULES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"required": True},
    {"max_length": 2},
    {"null_values": ("1", "a")},
    {"pattern": "[a-c]*", "otherwise": Otherwise("null")},
    {"max_length": 1, "otherwise": Otherwise("set", "z")},
)


class ColumnarTarget:
    """Arrow's batches through the packer and `ColumnarEncoder`."""

    name = "columnar"

    def run(self, data: bytes) -> Outcome:
        """Encodes a batch whole, and in another form and other pieces, and checks all that must hold.

        Raises:
            AssertionError: something does not.
        """
        draw = Draw(data)
        rows, options = draw.number(12), draw.take(1)[0]
        arrays, columns, wanted = [], [], []
        for index in range(1 + draw.number(3)):
            kind = KINDS[draw.number(len(KINDS))]
            target = kind.targets[draw.number(len(kind.targets))]
            rule = _RULES[draw.number(len(_RULES))] if target == "text" else {"required": options & 8 > 0}
            array, values = kind.array(draw, rows)
            arrays.append(array)
            columns.append(Column(f"c{index}", parse_type(target), source=f"c{index}", **rule))
            is_known = not rule or set(rule) == {"required"}
            wanted.append([_required(rule, v, kind, target) for v in values] if is_known else None)
        deduplicates = bool(options & 1)
        plan = LoadPlan(
            tuple(Cell(column.name, (column,)) for column in columns),
            lineage=deduplicates,
            key=("c0",) if deduplicates else (),
            deduplicate=deduplicates,
        )
        whole = _encoded(plan, arrays, 1 << 20)
        _compare(whole, wanted, rows, deduplicates=deduplicates)
        forms = [_in_another_form(array, options >> 4) for array in arrays]
        other = _encoded(plan, forms, 1 + options % 64)
        assert other.facts == whole.facts, "another form of the same makes a difference"
        return whole


def _required(rule: dict[str, Any], value: Any, kind: Kind, target: str) -> Wanted:
    if value is not None:
        # An empty text is one; that of any other type than text would be NULL.
        return kind.wanted(value, target)
    return Refused("required") if rule.get("required") else None


def _encoded(plan: LoadPlan, arrays: list[pa.Array], chunk_bytes: int) -> Outcome:
    names = [cell.source for cell in plan.cells]
    sources = [SourceColumn(name, array.type) for name, array in zip(names, arrays, strict=True)]
    packer = BatchPacker(sources, plan)
    batch = pa.RecordBatch.from_arrays(arrays, names)
    packed = packer.pack(batch)
    encoder = ColumnarEncoder(plan, chunk_bytes=chunk_bytes)
    out, start = Outcome(), 0
    types = [column.type.sql for column in plan.columns] + (["bigint", "bigint"] if plan.lineage else [])
    while start < batch.num_rows:
        chunk, end = encoder.feed(packed, start, 0)
        assert end > start
        start = end
        take(out, chunk, types)
    for reject in out.rejects:
        (record,) = packer.records(batch, [reject.row_number - 1])
        assert set(json.loads(record.decode("utf-8", "replace"))) == set(names)
    return out


def _in_another_form(array: pa.Array, way: int) -> pa.Array:
    """The same values, held in another way."""
    if way & 1:
        array = pa.concat_arrays([array.slice(0, min(len(array), 3)), array]).slice(min(len(array), 3))
    if way & 2 and (pa.types.is_string(array.type) or pa.types.is_binary(array.type)):
        array = array.dictionary_encode()
    elif way & 4 and pa.types.is_binary(array.type):
        array = array.cast(pa.large_binary())
    return array


def _compare(out: Outcome, wanted: list[list[Wanted] | None], rows: int, *, deduplicates: bool) -> None:
    """Holds every field against what is wanted; columns with rules are not looked at."""
    assert out.records == rows == len(out.rows) + len(out.late) + len(out.rejects)
    refused = {reject.row_number - 1: reject for reject in out.rejects}
    kept = [row for row in range(rows) if row not in refused]
    found = out.rows + out.late
    if deduplicates:
        found = sorted(found, key=lambda row: row[-1] or b"")
    for index, column in enumerate(wanted):
        if column is None:
            continue
        for row, reject in refused.items():
            codes = {name: code for name, code, _ in (reject[4:7], *reject.others)}
            cell = column[row]
            expected = cell.code if isinstance(cell, Refused) else None
            assert codes.get(f"c{index}") == expected, f"{cell} was refused: {codes}"
        for row, fields in zip(kept, found, strict=True):
            cell, field = column[row], fields[index]
            is_right = cell(field) if callable(cell) and field is not None else field == cell
            assert is_right, f"{cell} became {field!r}"
