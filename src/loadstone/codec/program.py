"""A load's columns as tables of numbers, one entry per column, which compiled code reads without the GIL.

`kinds` and `flags` are those of kinds.py. Behind the columns of the plan stand the elements of array columns,
found by `elements`. `constants` holds four pairs per column, start and end in `constant_bytes`: the field
that stands for a missing cell, the field that `otherwise: set` writes, and the binary forms of the minimum
and the maximum (for types that are compared as such). What needs the columns' own cell writer, `rules.py`
fills in.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from msgspec.structs import replace

from loadstone.codec import kinds as k
from loadstone.codec.buffers import Text
from loadstone.codec.codes import TOO_LONG
from loadstone.codec.formats import compile_formats
from loadstone.codec.sets import TextSets
from loadstone.codec.zones import LocalOffsets
from loadstone.errors import ConfigurationError
from loadstone.model.contract import Column

__all__ = ["MAXIMUM", "MINIMUM", "STAND_IN", "SUBSTITUTE", "Program"]

#: Which of a column's constants.
STAND_IN = 0
SUBSTITUTE = 1
MINIMUM = 2
MAXIMUM = 3

_INTEGERS = {k.INT2: 2**15, k.INT4: 2**31, k.INT8: 2**63}
_MOMENTS = {k.DATE, k.TIME, k.TIMESTAMP, k.TIMESTAMPTZ}
_TEXTS = {k.TEXT, k.VARCHAR, k.CHAR}


class Program:
    """The columns of a plan, compiled as far as that goes without parsing any value.

    Args:
        columns: in the order of the tuples.
        key: the names of the key's columns.

    Raises:
        ConfigurationError: a column asks for what its type cannot do.
    """

    def __init__(self, columns: Sequence[Column], key: Sequence[str] = ()) -> None:
        every = list(columns)
        elements = []
        for column in columns:
            elements.append(len(every) if column.type.is_array else -1)
            if column.type.is_array:
                every.append(
                    replace(
                        _bare(column), type=replace(column.type, is_array=False), trim=False, null_values=()
                    )
                )
        self.columns = tuple(every)
        self.zones = LocalOffsets()
        kinds = [_kind(column) for column in every]
        types = [column.type for column in every]
        count = len(every)
        self.kinds = array("i", kinds)
        self.flags = array("i", [_flags(c, kind, key) for c, kind in zip(every, kinds, strict=True)])
        self.precisions = array("i", [_precision(c, kind) for c, kind in zip(every, kinds, strict=True)])
        self.scales = array("i", [t.scale or 0 for t in types])
        self.lengths = array("i", [-1 if t.length is None else t.length for t in types])
        self.max_lengths = array("i", [-1 if c.max_length is None else c.max_length for c in every])
        self.zone_numbers = array("i", [self._zone(c, kind) for c, kind in zip(every, kinds, strict=True)])
        self.decimals = array("i", [ord(c.decimal) for c in every])
        self.thousands = array("i", [ord(c.thousands) if c.thousands else 0 for c in every])
        self.elements = array("i", elements + [-1] * (count - len(elements)))
        self.oids = array("q", [k.oid_of(t) if t.is_array else 0 for t in types])
        self.delimiters = array("i", [ord(t.delimiter) for t in types])
        self.lows = array("q", [-_INTEGERS.get(kind, 0) for kind in kinds])
        self.highs = array("q", [_INTEGERS.get(kind, 1) - 1 for kind in kinds])
        self.minimums = array("q", bytes(8 * count))
        self.maximums = array("q", bytes(8 * count))
        self.least_reals = array("d", bytes(8 * count))
        self.most_reals = array("d", bytes(8 * count))
        self.constants = array("q", [0]) * (8 * count)
        self.constant_bytes = Text(b"")
        self.null_texts = TextSets(
            (number, text.encode()) for number, column in enumerate(every) for text in column.null_values
        )
        self.values = TextSets()
        self.labels = TextSets(
            (number, label.encode()) for number, t in enumerate(types) for label in t.labels or ()
        )
        operations: list[int] = []
        self.operations = operations
        self.formats = array("i", [self._format(c, kind) for c, kind in zip(every, kinds, strict=True)])
        patterns: list[re.Pattern[str] | None] = [None] * count
        self.patterns = patterns
        self.limits = {
            (number, TOO_LONG): f"{column.type.length:,}"
            for number, column in enumerate(every)
            if column.type.length is not None
        }
        self.always_late = any(
            _key_is_unclear(kind) for c, kind in zip(every, kinds, strict=True) if c.name in key
        )

    def _zone(self, column: Column, kind: int) -> int:
        if kind != k.TIMESTAMPTZ:
            return -2
        if column.timezone is None or column.timezone.upper() in {"UTC", "Z", "ETC/UTC"}:
            return -1
        number: int = self.zones.number(column.timezone)
        return number

    def _format(self, column: Column, kind: int) -> int:
        if not column.formats or kind not in _MOMENTS:
            if column.formats:
                raise ConfigurationError(
                    f"formats are for dates and times, not for {column.type}", where=f"column {column.name}"
                )
            return -1
        first = len(self.operations)
        self.operations += compile_formats(column.formats, column.type.name)
        return first

    def constant_at(self, column: int, which: int) -> bytes:
        """One of a column's constants."""
        at = 8 * column + 2 * which
        return bytes(self.constant_bytes.data[self.constants[at] : self.constants[at + 1]])

    def set_constants(self, constants: dict[tuple[int, int], bytes]) -> None:
        """Sets constants by column and which."""
        heap = bytearray()
        for (column, which), value in constants.items():
            self.constants[8 * column + 2 * which] = len(heap)
            heap += value
            self.constants[8 * column + 2 * which + 1] = len(heap)
        self.constant_bytes = Text(bytes(heap))

    def set_limit(self, column: int, which: int, integer: int, real: float) -> None:
        """Sets the minimum or the maximum of a column whose values are compared as numbers."""
        if which == MINIMUM:
            self.minimums[column] = integer
            self.least_reals[column] = real
        else:
            self.maximums[column] = integer
            self.most_reals[column] = real

    def add_flags(self, column: int, flags: int) -> None:
        """Adds to what a column asks for."""
        self.flags[column] |= flags

    def set_values(self, members: Sequence[tuple[int, bytes]]) -> None:
        """Sets the values allowed, in binary form, by column."""
        self.values = TextSets(members)

    def kind_at(self, column: int) -> int:
        """The kind of a column's cells."""
        kind: int = self.kinds[column]
        return kind


def _bare(column: Column) -> Column:
    """A column without rules."""
    return replace(
        column,
        required=False,
        minimum=None,
        maximum=None,
        max_length=None,
        values=None,
        pattern=None,
        default=None,
    )


def _kind(column: Column) -> int:
    try:
        return k.kind_of(column.type)
    except KeyError:
        raise ConfigurationError(
            f"{column.type} has no binary form here",
            where=f"column {column.name}",
            hint="declare the column text for the codec, and let the database cast it",
        ) from None


def _flags(column: Column, kind: int, key: Sequence[str]) -> int:
    rules = {
        k.HAS_MINIMUM: column.minimum is not None,
        k.HAS_MAXIMUM: column.maximum is not None,
        k.HAS_VALUES: column.values is not None,
        k.HAS_PATTERN: column.pattern is not None,
        k.HAS_MAX_LENGTH: column.max_length is not None,
    }
    asked = {
        k.TRIMS: column.trims,
        k.EMPTY_IS_TEXT: kind in _TEXTS,
        k.IS_REQUIRED: column.required,
        k.HAS_NULL_TEXTS: bool(column.null_values),
        k.HAS_RULES: any(rules.values()),
        k.ELSE_NULL: column.otherwise.action == "null",
        k.ELSE_SET: column.otherwise.action == "set",
        k.ROUNDS: column.round,
        k.LOCAL_NUMBERS: column.decimal != "." or column.thousands is not None,
        k.HAS_FORMATS: bool(column.formats),
        k.IS_KEY: column.name in key,
        k.AS_WRITTEN: column.as_written,
    }
    return sum(flag for flag, is_asked in (rules | asked).items() if is_asked)


def _precision(column: Column, kind: int) -> int:
    precision = column.type.precision
    if kind == k.NUMERIC:
        return precision or 0
    return 6 if precision is None else precision


def _key_is_unclear(kind: int) -> bool:
    """Whether values of a kind may be equal to PostgreSQL although their binary forms differ."""
    return kind in {k.INTERVAL, k.JSON, k.JSONB, k.ARRAY}
