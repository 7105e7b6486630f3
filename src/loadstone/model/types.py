"""PostgreSQL types by their own names, and what the codec can write of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["FAST_TYPES", "UNDECIDED", "PgType", "parse_type"]

# Canonical name -> every spelling that PostgreSQL itself accepts for it.
_ALIASES = {
    "boolean": ("bool",),
    "smallint": ("int2",),
    "integer": ("int", "int4"),
    "bigint": ("int8",),
    "real": ("float4",),
    "double precision": ("float8", "float"),
    "numeric": ("decimal",),
    "character varying": ("varchar",),
    "character": ("char", "bpchar"),
    "timestamp without time zone": ("timestamp",),
    "timestamp with time zone": ("timestamptz",),
    "time without time zone": ("time",),
    "time with time zone": ("timetz",),
}
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_SERIAL = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}

#: Types whose binary form the codec writes itself; every other type travels as text, cast by the database.
FAST_TYPES = frozenset(
    {
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "numeric",
        "text",
        "character varying",
        "character",
        "date",
        "time without time zone",
        "timestamp without time zone",
        "timestamp with time zone",
        "interval",
        "uuid",
        "json",
        "jsonb",
        "bytea",
        "inet",
    }
)

_PATTERN = re.compile(
    r"""^\s*(?P<name>(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?(?:\s+(?:varying|precision))?)
        \s*(?:\((?P<arguments>\s*-?\d+\s*(?:,\s*-?\d+\s*)?)\))?
        \s*(?P<zone>with(?:out)?\s+time\s+zone)?
        \s*(?P<array>(?:\[\d*\]\s*)*|array)\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PgType:
    """A parsed PostgreSQL type.

    Attributes:
        name: the canonical name of the element type (`integer`, not `int4`); a user-defined name as written.
        length: for `character varying(n)` and `character(n)`.
        precision: for `numeric(p, s)`, else fractional seconds of a time type.
        scale: for `numeric(p, s)`.
        is_array: whether it is an array of `name` (one or more dimensions).
        labels: the labels of an enum, known once the database was asked; None for anything else.
        oid: the element type's OID in the database, known once the database was asked; 0 before.
    """

    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    is_array: bool = False
    labels: tuple[str, ...] | None = field(default=None, compare=False)
    oid: int = field(default=0, compare=False)

    @property
    def is_fast(self) -> bool:
        """Whether the codec writes its binary form; otherwise text and a cast in the database."""
        return self.name in FAST_TYPES or self.labels is not None

    @property
    def sql(self) -> str:
        """The type as SQL."""
        text = self.name
        if self.length is not None:
            text += f"({self.length})"
        elif self.scale is not None:
            text += f"({self.precision},{self.scale})"
        elif self.precision is not None:
            head, _, zone = text.partition(" ")
            is_time = head in {"time", "timestamp"}
            text = f"{head}({self.precision}) {zone}" if is_time else f"{text}({self.precision})"
        return text + "[]" if self.is_array else text

    def __str__(self) -> str:
        return self.sql


#: The type of a configured column that names none: the table's, or what the file shows, takes its place.
UNDECIDED = PgType("unknown")


def parse_type(text: str) -> PgType:
    """Reads a type as PostgreSQL writes it: `numeric(12,2)`, `timestamptz`, `text[]`, `public.mood`.

    Raises:
        ValueError: the text is no type name.
    """
    match = _PATTERN.match(text)
    if not match:
        raise ValueError(f"{text!r} is not the name of a PostgreSQL type")
    written = re.sub(r"\s+", " ", match["name"])
    lower = written.lower()
    zone = re.sub(r"\s+", " ", (match["zone"] or "").lower())
    lower = _SERIAL.get(lower, lower)
    name = f"{lower} {zone}" if zone else lower
    name = _CANONICAL.get(name, name)
    if name not in FAST_TYPES and name not in _ALIASES and ('"' in written or "." in written):
        name = written
    return _with_arguments(name, match["arguments"], is_array=bool(match["array"]), written=text)


def _with_arguments(name: str, arguments: str | None, *, is_array: bool, written: str) -> PgType:
    numbers = [int(part) for part in arguments.split(",")] if arguments else []
    if name in {"character varying", "character"}:
        if len(numbers) > 1:
            raise ValueError(f"{written!r}: a length is one number")
        # SQL's bare `char` is char(1), but its internal alias bpchar has no limit.
        default = 1 if name == "character" and "bpchar" not in written.lower() else None
        return PgType(name, length=numbers[0] if numbers else default, is_array=is_array)
    if name == "numeric" and numbers:
        scale = numbers[1] if len(numbers) > 1 else 0
        return PgType(name, precision=numbers[0], scale=scale, is_array=is_array)
    if name not in FAST_TYPES and numbers:
        inside = ",".join(str(n) for n in numbers)
        return PgType(f"{name}({inside})", is_array=is_array)
    return PgType(name, precision=numbers[0] if numbers else None, is_array=is_array)
