r"""Arrow's values as texts: as a cell of a delimited file has them, and as JSON.

A cell is what PostgreSQL's types read: ISO dates and times, a decimal point, `true`, `\x00ff`. As JSON,
numbers and booleans stand as they are, everything else that has a cell is a string, and what JSON has no
number for (NaN, infinities) is a string, too. Bytes of a text that are no UTF-8 pass through unchanged: to
refuse them is the codec's.
"""

from __future__ import annotations

import json
import struct
from typing import Any
from uuid import UUID

import pyarrow as pa

__all__ = ["is_bytes", "is_nested", "is_text", "json_texts", "stored", "texts_of", "unwrapped"]

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_WIDTHS = {"UUID": 16, "INTERVAL": 12}


def is_nested(kind: pa.DataType) -> bool:
    """Whether values hold other values: lists, structs, maps."""
    return bool(pa.types.is_nested(kind)) and not pa.types.is_dictionary(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are byte strings, of fixed length or not."""
    types = pa.types
    is_varied = types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
    return bool(is_varied or types.is_fixed_size_binary(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether values are character strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def texts_of(array: pa.Array, *, logical: str = "NONE", is_hex: bool = False) -> pa.Array:
    r"""The cells of an array, as an array of byte strings with 64-bit offsets; NULL stays NULL.

    Args:
        array: of any type.
        logical: `UUID` or `INTERVAL`, where that is what its bytes are.
        is_hex: byte strings are written as `\\x00ff`; otherwise they are the text themselves.
    """
    array = unwrapped(array)
    kind = array.type
    if is_text(kind):
        return array.cast(pa.large_string(), safe=False).view(pa.large_binary())
    if is_bytes(kind):
        return _bytes_as_texts(array, logical, is_hex=is_hex)
    if is_nested(kind):
        return _binary([None if text is None else _bytes(text) for text in json_texts(array)])
    return _plain(array).cast(pa.large_string()).view(pa.large_binary())


def stored(array: pa.Array) -> pa.Array:
    """The array without what only names its values."""
    return stored(array.storage) if isinstance(array, pa.ExtensionArray) else array


def unwrapped(array: pa.Array) -> pa.Array:
    """The array without what only names or packs its values."""
    array = stored(array)
    return unwrapped(array.dictionary_decode()) if pa.types.is_dictionary(array.type) else array


def _bytes_as_texts(array: pa.Array, logical: str, *, is_hex: bool) -> pa.Array:
    kind = array.type
    if pa.types.is_fixed_size_binary(kind) and _WIDTHS.get(logical) == kind.byte_width:
        written = _uuid if logical == "UUID" else _interval
    elif is_hex:
        written = _hex
    else:
        return array.cast(pa.binary()).cast(pa.large_binary())
    return _binary([None if value is None else written(value) for value in array.to_pylist()])


def _plain(array: pa.Array) -> pa.Array:
    """Numbers, booleans, dates and times as strings."""
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_floating(kind):
        if pa.types.is_float16(kind):
            array = array.cast(pa.float32())
        import pyarrow.compute as pc  # noqa: PLC0415 - takes as long as a small load

        texts = array.cast(pa.string())
        if not pc.all(pc.is_finite(array)).as_py():
            texts = pc.replace_substring_regex(texts, "^nan$", "NaN")
            texts = pc.replace_substring_regex(texts, "inf$", "Infinity")
        return texts
    if pa.types.is_duration(kind):
        return pa.array(
            [_duration(v, _UNITS[kind.unit]) for v in array.cast(pa.int64()).to_pylist()], pa.string()
        )
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # The same moment; written in another zone, it would need that zone's rules.
        array = array.cast(pa.timestamp(kind.unit, "UTC"))
    return array.cast(pa.string())


def json_texts(array: pa.Array, *, logical: str = "NONE", is_hex: bool = True) -> list[str | None]:
    """The JSON texts of an array's values; None for NULL. The arguments are those of `texts_of`."""
    array = unwrapped(array)
    kind, types = array.type, pa.types
    if is_nested(kind):
        if types.is_union(kind):
            return _unions(array)
        return (_structs if types.is_struct(kind) else _maps if types.is_map(kind) else _lists)(array)
    texts = texts_of(array, logical=logical, is_hex=is_hex).to_pylist()
    cells = [None if text is None else text.decode("utf-8", "surrogateescape") for text in texts]
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_decimal(kind):
        return cells
    if types.is_floating(kind):
        return [f'"{cell}"' if cell is not None and cell[-1] in "Ny" else cell for cell in cells]
    return [None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in cells]


def _lists(array: pa.Array) -> list[str | None]:
    """Lists of any kind."""
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        array = array.cast(pa.large_list(array.type.value_field))
    offsets = array.offsets.to_pylist()
    first = offsets[0] if offsets else 0
    # `flatten` would leave out what stands under a NULL.
    values = _with_null(json_texts(array.values.slice(first, offsets[-1] - first)) if offsets else [])
    return [
        f"[{', '.join(values[start - first : end - first])}]" if is_there else None
        for start, end, is_there in zip(offsets, offsets[1:], array.is_valid().to_pylist(), strict=False)
    ]


def _structs(array: pa.Array) -> list[str | None]:
    keys = [json.dumps(field.name, ensure_ascii=False) for field in array.type]
    columns = [_with_null(json_texts(array.field(number))) for number in range(len(keys))]
    rows = zip(*columns, strict=True) if columns else [()] * len(array)
    return [
        "{" + ", ".join(f"{key}: {value}" for key, value in zip(keys, row, strict=True)) + "}"
        if is_there
        else None
        for row, is_there in zip(rows, array.is_valid().to_pylist(), strict=True)
    ]


def _unions(array: pa.UnionArray) -> list[str | None]:
    """Each value as what it is."""
    numbers = {code: number for number, code in enumerate(array.type.type_codes)}
    children = [json_texts(array.field(number)) for number in range(array.type.num_fields)]
    is_dense = array.type.mode == "dense"
    places = array.offsets.to_pylist() if is_dense else range(len(array))
    codes = array.type_codes.to_pylist()
    return [children[numbers[code]][place] for code, place in zip(codes, places, strict=True)]


def _maps(array: pa.Array) -> list[str | None]:
    """Objects where the keys have cells; lists of pairs where they are nested."""
    offsets = array.offsets.to_pylist()
    first, last = (offsets[0], offsets[-1]) if offsets else (0, 0)
    keys, items = array.keys.slice(first, last - first), array.items.slice(first, last - first)
    values = _with_null(json_texts(items))
    if is_nested(keys.type):
        pairs = [f"[{key}, {value}]" for key, value in zip(_with_null(json_texts(keys)), values, strict=True)]
        brackets = "[]"
    else:
        cells = (cell.decode("utf-8", "surrogateescape") for cell in texts_of(keys, is_hex=True).to_pylist())
        names = (json.dumps(cell, ensure_ascii=False) for cell in cells)
        pairs = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
        brackets = "{}"
    return [
        brackets[0] + ", ".join(pairs[start - first : end - first]) + brackets[1] if is_there else None
        for start, end, is_there in zip(offsets, offsets[1:], array.is_valid().to_pylist(), strict=False)
    ]


def _with_null(texts: list[str | None]) -> list[str]:
    return ["null" if text is None else text for text in texts]


def _duration(value: int | None, unit: int) -> str | None:
    """As PostgreSQL reads intervals: hours, minutes and seconds with a sign in front."""
    if value is None:
        return None
    seconds, rest = divmod(abs(value), unit)
    fraction = f".{rest:0{len(str(unit)) - 1}}" if unit > 1 else ""
    sign = "-" if value < 0 else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def _hex(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()


def _uuid(value: bytes) -> bytes:
    return str(UUID(bytes=value)).encode()


def _interval(value: bytes) -> bytes:
    """ISO 8601."""
    months, days, milliseconds = struct.unpack("<III", value)
    return f"P{months}M{days}DT{milliseconds // 1000}.{milliseconds % 1000:03}S".encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _binary(values: list[Any]) -> pa.Array:
    return pa.array(values, pa.large_binary())
