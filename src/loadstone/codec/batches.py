"""A batch of rows as columns, laid out as Arrow does: where each lies in a block, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = [
    "BY_BIT",
    "BY_BYTES",
    "BY_DAY",
    "BY_DECIMAL",
    "BY_DOUBLE",
    "BY_DURATION",
    "BY_FIXED_BYTES",
    "BY_INTEGER",
    "BY_INTERVAL",
    "BY_MOMENT",
    "BY_NOTHING",
    "BY_SINGLE",
    "BY_TEXT",
    "BY_UNSIGNED",
    "BY_UUID",
    "PADDING",
    "ColumnBuffers",
    "ColumnarBatch",
    "check_bounds",
]

#: Bytes that must follow the last buffer of a block, so that a value can be taken eight bytes at a time.
PADDING = 8

# How a column is read: its route.
BY_NOTHING = 0  # no column is made of it
BY_TEXT = 1  # `offsets` into `data`, as cells
BY_INTEGER = 2  # `width` bytes, signed
BY_UNSIGNED = 3  # `width` bytes
BY_BIT = 4  # one bit each
BY_SINGLE = 5  # 32-bit floating-point
BY_DOUBLE = 6  # 64-bit floating-point
BY_DAY = 7  # 32 bits: days since 1970
BY_MOMENT = (
    8  # `width` bytes: since 1970, or since midnight, in units of 1/scale microseconds (or scale, below 0)
)
BY_UUID = 9  # 16 bytes
BY_BYTES = 10  # `offsets` into `data`, as they are
BY_FIXED_BYTES = 11  # `width` bytes, as they are
BY_DURATION = 12  # 64 bits in units as for a moment
BY_INTERVAL = 13  # 32 bits each of months, days and milliseconds, unsigned
BY_DECIMAL = 14  # `width` bytes, signed, of which the last `scale` decimal digits are behind the point


class ColumnBuffers(NamedTuple):
    """Where one column of a batch lies in its block, and how it is read.

    Attributes:
        route: one of the routes above.
        data: where the values begin; with `codes`, where those of the dictionary do.
        width: bytes of a value where that is fixed; bytes of an offset (4 or 8) where there are offsets.
        first_bit: the bit of the first value, for bits.
        offsets: where the offsets begin, one more than there are values; they count from `data - base`.
        base: the first offset.
        validity: where the bitmap of what is not NULL begins; -1 where nothing is NULL.
        first_valid: the bit of the first value there.
        scale: of a moment: units in a microsecond, or where negative, microseconds in a unit; of a decimal:
            the digits behind the point.
        form: of texts: see rows.py.
        codes: of texts: where the numbers of the rows' dictionary entries begin, 32 bits each; -1 where every
            row has a text of its own.
        entries: texts in the dictionary.
    """

    route: int
    data: int = 0
    width: int = 0
    first_bit: int = 0
    offsets: int = 0
    base: int = 0
    validity: int = -1
    first_valid: int = 0
    scale: int = 1
    form: int = 0
    codes: int = -1
    entries: int = 0


class ColumnarBatch(NamedTuple):
    """Rows to encode.

    Attributes:
        block: the buffers of all columns, and `PADDING` bytes behind.
        columns: one for each of `plan.cells`.
        rows: how many rows there are.
        describe: the text of a value that cannot be written, by its cell and row, for people.
    """

    block: bytes | bytearray
    columns: tuple[ColumnBuffers, ...]
    rows: int
    describe: Callable[[int, int], bytes]


def check_bounds(batch: ColumnarBatch) -> None:
    """Raises IndexError where the buffers of a column are not within their block."""
    size = len(batch.block) - PADDING
    for column in batch.columns:
        values = batch.rows if column.codes < 0 else column.entries
        if column.route in (BY_TEXT, BY_BYTES):
            ends = [column.offsets + (values + 1) * column.width, column.data, column.codes + 4 * batch.rows]
        elif column.route == BY_BIT:
            ends = [column.data + (column.first_bit + values + 7) // 8]
        else:
            ends = [column.data + values * column.width]
        if column.validity >= 0:
            ends.append(column.validity + (column.first_valid + batch.rows + 7) // 8)
        lowest = min(*column[1:8], column.codes, column.entries)
        if max(ends) > size or lowest < -1 or (column.codes >= 0 and column.route != BY_TEXT):
            raise IndexError(f"{max(ends):,} of {size:,} bytes")
