"""Parquet's old timestamps: read in seconds and in nanoseconds, and put together again.

Seconds hold every one of them; nanoseconds overflow, but what they lack of the seconds does not.
"""

from __future__ import annotations

import pyarrow as pa

from loadstone.readers.arrow_texts import stored

__all__ = ["joined_moments"]

#: Seconds whose microseconds fit into 64 bits.
_FARTHEST = 9_000_000_000_000


def joined_moments(seconds: pa.Array, nanoseconds: pa.Array) -> pa.Array:
    """The same values, read in both units; those that are no such timestamps, or hold none, are equal.

    Returns:
        Timestamps in microseconds; texts where some have further digits, or are too far away.
    """
    seconds, nanoseconds = stored(seconds), stored(nanoseconds)
    kind, types = seconds.type, pa.types
    if kind == nanoseconds.type:
        return seconds
    if types.is_struct(kind):
        fields = [joined_moments(seconds.field(i), nanoseconds.field(i)) for i in range(kind.num_fields)]
        names = [field.name for field in kind]
        return pa.StructArray.from_arrays(fields, names, mask=seconds.is_null())
    if types.is_map(kind):
        keys = joined_moments(seconds.keys, nanoseconds.keys)
        items = joined_moments(seconds.items, nanoseconds.items)
        return pa.MapArray.from_arrays(_offsets(seconds), keys, items)
    if types.is_nested(kind):
        return pa.ListArray.from_arrays(_offsets(seconds), joined_moments(seconds.values, nanoseconds.values))
    return _moments(seconds, nanoseconds)


def _offsets(array: pa.Array) -> pa.Array:
    """Where the items of lists or maps begin, NULL where there is no list; the last is where they end."""
    offsets = array.offsets.to_pylist()
    is_there = [*array.is_valid().to_pylist(), True]
    pairs = zip(offsets, is_there, strict=True)
    return pa.array([offset if valid else None for offset, valid in pairs], pa.int32())


def _moments(seconds: pa.Array, nanoseconds: pa.Array) -> pa.Array:
    import pyarrow.compute as pc  # noqa: PLC0415 - takes as long as a small load

    whole = seconds.cast(pa.int64())
    rest = pc.subtract(nanoseconds.cast(pa.int64()), pc.multiply(whole, 1_000_000_000))
    micros = pc.divide(rest, 1000)
    is_exact = pc.equal(pc.multiply(micros, 1000), rest)
    if pc.all(pc.and_(is_exact, pc.less(pc.abs(whole), _FARTHEST))).as_py() is not False:
        return pc.add(pc.multiply(whole, 1_000_000), micros).cast(pa.timestamp("us"))
    digits = pc.utf8_lpad(rest.cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(seconds.cast(pa.string()), digits, ".")
