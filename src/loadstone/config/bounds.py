"""Whether the bounds of a `range` are values of the column's type, and in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from loadstone.model.contract import Column
from loadstone.model.types import UNDECIDED

__all__ = ["bounds_problem"]

_NUMBERS = {"smallint", "integer", "bigint", "real", "double precision", "numeric"}
# Texts have an order, but not one that anybody means by a range: '10' comes before '9'.
_UNORDERED = {"boolean", "json", "jsonb", "bytea", "uuid", "text", "character varying", "character"}


def bounds_problem(column: Column) -> tuple[str, str | None] | None:
    """What is wrong with a column's range, and the way out.

    None where nothing is, or where only the database could tell.
    """
    bounds = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    if not bounds:
        return None
    if column.type.is_array or column.type.name in _UNORDERED:
        return f"{column.type} has no range", "give the column a type with an order, such as numeric or date"
    read = _reader(column)
    return _reading_problem(bounds, column, read) if read is not None else None


def _reading_problem(
    bounds: list[str], column: Column, read: Callable[[str], Any]
) -> tuple[str, str | None] | None:
    values = []
    for bound in bounds:
        try:
            values.append(read(bound))
        except (ValueError, InvalidOperation):
            of = "" if column.type == UNDECIDED else f" of type {column.type}"
            return f"{bound!r} is not a value{of}", "write bounds with a decimal point, dates as 2024-12-31"
    try:
        is_in_order = values[0] <= values[-1]
    except TypeError:
        return f"{bounds[0]!r} and {bounds[-1]!r} cannot be compared", None
    if is_in_order:
        return None
    return f"{bounds[0]} is more than {bounds[1]}", "write the smaller bound first; null leaves an end open"


def _reader(column: Column) -> Callable[[str], Any] | None:
    if column.type.name in _NUMBERS:
        return _number
    readers: dict[str, Callable[[str], Any]] = {
        "date": date.fromisoformat,
        "time without time zone": time.fromisoformat,
        "timestamp without time zone": datetime.fromisoformat,
        "timestamp with time zone": _moment,
        UNDECIDED.name: _number_or_time,
    }
    return readers.get(column.type.name)


def _number(text: str) -> Decimal:
    if "_" in text:  # Python's reading, nobody else's
        raise ValueError(text)
    value = Decimal(text)
    if value.is_nan():
        raise ValueError(text)
    return value


def _moment(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _number_or_time(text: str) -> Any:
    try:
        return _number(text)
    except InvalidOperation:
        return _moment(text)
