"""A small reader of binary COPY tuples, written from PostgreSQL's documentation and not from the codec."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["Malformed", "array_of", "number_of", "read_tuples"]

_SIZES = {
    "boolean": 1,
    "smallint": 2,
    "integer": 4,
    "bigint": 8,
    "real": 4,
    "double precision": 8,
    "date": 4,
    "time without time zone": 8,
    "timestamp without time zone": 8,
    "timestamp with time zone": 8,
    "interval": 16,
    "uuid": 16,
}
_NEGATIVE = 0x4000
_NUMERIC_SIGNS = {0x0000, _NEGATIVE, 0xC000, 0xD000, 0xF000}


class Malformed(AssertionError):
    """PostgreSQL would refuse these bytes, or misread them."""


def read_tuples(data: bytes, types: Sequence[str]) -> list[list[bytes | None]]:
    """The fields of every tuple, each looked at by its type (`integer`, or `integer[]`)."""
    types = [re.sub(r"\(.*?\)", "", name) for name in types]
    rows = []
    at = 0
    while at < len(data):
        (count,) = struct.unpack_from("!h", data, at)
        at += 2
        if count != len(types):
            raise Malformed(f"{count} fields for {len(types)} columns")
        row: list[bytes | None] = []
        for name in types:
            field, at = _field(data, at)
            if field is not None:
                _check(field, name)
            row.append(field)
        rows.append(row)
    return rows


def number_of(field: bytes) -> Fraction:
    """What a numeric is."""
    count, weight, sign, _ = struct.unpack_from("!HhHH", field)
    groups = struct.unpack_from(f"!{count}H", field, 8)
    value = sum((group * Fraction(10_000) ** (weight - i) for i, group in enumerate(groups)), Fraction())
    return -value if sign == _NEGATIVE else value


def array_of(field: bytes) -> list[bytes | None]:
    """The items of an array of one dimension, or of none."""
    (dimensions,) = struct.unpack_from("!i", field)
    items = []
    at = 20
    while dimensions and at < len(field):
        item, at = _field(field, at)
        items.append(item)
    return items


def _field(data: bytes, at: int) -> tuple[bytes | None, int]:
    (size,) = struct.unpack_from("!i", data, at)
    at += 4
    if size == -1:
        return None, at
    if size < 0 or at + size > len(data):
        raise Malformed(f"a field of {size} bytes where {len(data) - at} are left")
    return data[at : at + size], at + size


def _check(field: bytes, name: str) -> None:  # noqa: C901 - one branch per type
    if name.endswith("[]"):
        _check_array(field, name.removesuffix("[]"))
    elif name in _SIZES:
        if len(field) != _SIZES[name]:
            raise Malformed(f"{name} of {len(field)} bytes")
    elif name == "numeric":
        digits, _, sign, scale = struct.unpack_from("!HhHH", field)
        groups = struct.unpack_from(f"!{digits}H", field, 8)
        if (
            len(field) != 8 + 2 * digits
            or sign not in _NUMERIC_SIGNS
            or scale > 0x3FFF
            or max(groups, default=0) > 9999
        ):
            raise Malformed(f"numeric {field.hex()}")
    elif name == "inet":
        family, bits, is_cidr, size = field[:4]
        if (family, size) not in {(2, 4), (3, 16)} or bits > 8 * size or is_cidr or len(field) != 4 + size:
            raise Malformed(f"inet {field.hex()}")
    elif name == "jsonb":
        if field[:1] != b"\x01" or b"\0" in field:
            raise Malformed("jsonb without its version, or with a NUL")
        field.decode()
    elif name != "bytea":
        if b"\0" in field:
            raise Malformed("a text with a NUL")
        field.decode()


def _check_array(field: bytes, element: str) -> None:
    dimensions, flags, _ = struct.unpack_from("!iiI", field)
    if not 0 <= dimensions <= 6 or flags not in {0, 1}:
        raise Malformed(f"array {field.hex()}")
    at, count = 12, 1 if dimensions else 0
    for _ in range(dimensions):
        size, _lower = struct.unpack_from("!ii", field, at)
        count *= size
        at += 8
        if size < 1:
            raise Malformed("an array with a dimension of none")
    has_null = False
    for _ in range(count):
        item, at = _field(field, at)
        has_null = has_null or item is None
        if item is not None:
            _check(item, element)
    if at != len(field) or has_null != bool(flags):
        raise Malformed("an array that does not end where it should, or tells of NULLs wrongly")
