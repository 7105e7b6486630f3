"""The rules of a load's columns, parsed once by the columns' types: defaults, ranges, values, patterns."""

from __future__ import annotations

import re
import struct
from typing import Any

from loadstone.codec import kinds as k
from loadstone.codec.codes import (
    ABOVE_MAXIMUM,
    BELOW_MINIMUM,
    CODES,
    LONGER_THAN_ALLOWED,
    PATTERN_MISMATCH,
    WRONG_PART_COUNT,
)
from loadstone.codec.fields import FieldEncoder
from loadstone.codec.program import MAXIMUM, MINIMUM, STAND_IN, SUBSTITUTE, Program
from loadstone.codec.rejects import quoted
from loadstone.errors import ConfigurationError, ContractError
from loadstone.model.contract import Column, LoadPlan

__all__ = ["compile_rules", "fixed_fields", "payload_of"]

_COUNTED = frozenset({k.INT2, k.INT4, k.INT8, k.DATE, k.TIME, k.TIMESTAMP, k.TIMESTAMPTZ})
_MEASURED = frozenset({k.FLOAT4, k.FLOAT8})
_COMPARED = frozenset({k.NUMERIC, k.TEXT, k.VARCHAR, k.CHAR})


def compile_rules(program: Program, fields: FieldEncoder) -> None:
    """Completes a program with everything that is written as a cell in the contract.

    Raises:
        ConfigurationError: such a value is not of its column's type, or the type has no such rule.
    """
    constants: dict[tuple[int, int], bytes] = {}
    members: list[tuple[int, bytes]] = []
    for number, column in enumerate(program.columns):
        for which, text in ((MINIMUM, column.minimum), (MAXIMUM, column.maximum)):
            if text is not None:
                constants[number, which] = _limit(program, fields, number, which, text)
        if column.otherwise.action == "set":
            constants[number, SUBSTITUTE] = _field(fields, number, column.otherwise.value, "otherwise")
        if column.default is not None:
            constants[number, STAND_IN] = _field(fields, number, column.default, "default")
            program.add_flags(number, k.HAS_DEFAULT)
        for text in column.values or ():
            member = payload_of(fields, number, text, "values")
            if program.kind_at(number) == k.NUMERIC:
                member = member[:6] + member[8:]
            members.append((number, member))
        if column.pattern is not None:
            program.patterns[number] = _pattern(column)
        program.limits.update(_limits(number, column))
    program.set_constants(constants)
    program.set_values(members)


def payload_of(fields: FieldEncoder, number: int, text: str, what: str) -> bytes:
    """The binary form of a value from the contract, written plainly or in the column's own way.

    Raises:
        ConfigurationError: it is not of the column's type.
    """
    column: Column = fields.program.columns[number]
    cell = text.encode("utf-8", "surrogateescape")
    if column.trims:
        cell = cell.strip()
    code = 0
    if b"\0" not in cell:
        for form in (k.PLAIN, 0):
            code, payload = fields.payload(number, cell, form)
            if code == 0:
                found: bytes = payload
                return found
    name = CODES[code].name if code else "nul_character"
    raise ConfigurationError(
        f"{what}: {quoted(cell)} is not a value of {column.type} ({name})", where=f"column {column.name}"
    )


def fixed_fields(plan: LoadPlan, fields: FieldEncoder) -> bytes:
    """The fields that are the same in every row: the fixed columns, and the load id where there is lineage.

    Raises:
        ConfigurationError: a text is not of its column's type.
        ContractError: a column without a text is required.
    """
    written = b""
    first = len(plan.columns) - len(plan.fixed)
    for number, fixed in enumerate(plan.fixed, start=first):
        text = fixed.column.default if fixed.text is None else fixed.text
        if text is not None:
            written += _field(fields, number, text, "its value")
        elif fixed.column.required:
            raise ContractError(
                f"the file has no column {fixed.column.source or fixed.column.name}, which is required",
                hint="give the column a default, or drop required: true",
            )
        else:
            written += struct.pack("!i", -1)
    if plan.lineage:
        written += struct.pack("!iq", 8, plan.load_id)
    return written


def _field(fields: FieldEncoder, number: int, text: str | None, what: str) -> bytes:
    """A whole field; an empty text is NULL for all but text types."""
    if text is None or (text == "" and fields.program.kind_at(number) not in {k.TEXT, k.VARCHAR, k.CHAR}):
        raise ConfigurationError(
            f"{what} needs a value", where=f"column {fields.program.columns[number].name}"
        )
    payload = payload_of(fields, number, text, what)
    return struct.pack("!i", len(payload)) + payload


def _limit(program: Program, fields: FieldEncoder, number: int, which: int, text: str) -> bytes:
    kind = program.kind_at(number)
    if kind not in _COUNTED | _MEASURED | _COMPARED:
        column = program.columns[number]
        raise ConfigurationError(f"{column.type} has no range", where=f"column {column.name}")
    payload = payload_of(fields, number, text, "range")
    if kind not in _COMPARED:
        program.set_limit(number, which, fields.value, fields.real)
    return payload


def _pattern(column: Column) -> re.Pattern[str]:
    try:
        return re.compile(column.pattern or "")
    except re.error as error:
        raise ConfigurationError(
            f"pattern {column.pattern!r} is not a regular expression: {error}", where=f"column {column.name}"
        ) from None


def _limits(number: int, column: Column) -> dict[tuple[int, int], Any]:
    """What the sentences of rejects compare with."""
    found: dict[tuple[int, int], Any] = {
        (number, BELOW_MINIMUM): column.minimum,
        (number, ABOVE_MAXIMUM): column.maximum,
        (number, PATTERN_MISMATCH): column.pattern,
    }
    if column.max_length is not None:
        found[number, LONGER_THAN_ALLOWED] = f"{column.max_length:,}"
    if column.split is not None:
        found[number, WRONG_PART_COUNT] = column.split.parts
    return found
