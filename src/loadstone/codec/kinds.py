"""What a cell can be, how it came, and what its column asks for: as the numbers that code switches on."""

from __future__ import annotations

from loadstone.errors import ConfigurationError
from loadstone.model.types import PgType

__all__ = [
    "ARRAY",
    "AS_WRITTEN",
    "BOOLEAN",
    "BYTEA",
    "CHAR",
    "DATE",
    "ELSE_NULL",
    "ELSE_SET",
    "EMPTY_IS_TEXT",
    "ENUM",
    "FLOAT4",
    "FLOAT8",
    "HAS_DEFAULT",
    "HAS_FORMATS",
    "HAS_MAXIMUM",
    "HAS_MAX_LENGTH",
    "HAS_MINIMUM",
    "HAS_NUL",
    "HAS_NULL_TEXTS",
    "HAS_PATTERN",
    "HAS_RULES",
    "HAS_SEPARATOR",
    "HAS_VALUES",
    "HAS_ZONE",
    "INET",
    "INT2",
    "INT4",
    "INT8",
    "INTERVAL",
    "IS_KEY",
    "IS_REQUIRED",
    "IS_SPLIT",
    "IS_UNKNOWN",
    "JSON",
    "JSONB",
    "LOCAL_NUMBERS",
    "NON_ASCII",
    "NUMERIC",
    "PLAIN",
    "QUOTED",
    "ROUNDS",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TRIMS",
    "UUID",
    "VARCHAR",
    "kind_of",
    "oid_of",
]

# What a cell becomes.
BOOLEAN = 1
INT2 = 2
INT4 = 3
INT8 = 4
FLOAT4 = 5
FLOAT8 = 6
NUMERIC = 7
TEXT = 8
VARCHAR = 9
CHAR = 10
DATE = 11
TIME = 12
TIMESTAMP = 13
TIMESTAMPTZ = 14
INTERVAL = 15
UUID = 16
JSON = 17
JSONB = 18
BYTEA = 19
INET = 20
ENUM = 21
ARRAY = 22

# How a cell came (the `form` of a cell, added up).
QUOTED = 1  # within quotes: an empty one is '' for text types
NON_ASCII = 2  # holds bytes above 127, which must be checked to be UTF-8
HAS_NUL = 4  # holds a NUL character
PLAIN = 8  # written plainly (decimal point, ISO dates) whatever the column's own way of writing is

# What a column asks for (its flags, added up).
TRIMS = 1
EMPTY_IS_TEXT = 2
IS_REQUIRED = 4
HAS_DEFAULT = 8
HAS_NULL_TEXTS = 16
HAS_RULES = 32
HAS_MINIMUM = 64
HAS_MAXIMUM = 128
HAS_VALUES = 256
HAS_PATTERN = 512
HAS_MAX_LENGTH = 1024
ELSE_NULL = 2048
ELSE_SET = 4096
ROUNDS = 8192
LOCAL_NUMBERS = 16384
HAS_FORMATS = 32768
HAS_ZONE = 65536
IS_KEY = 131072
AS_WRITTEN = 4194304  # what a number would lose of its text refuses it

# What a cell of the file is (its marks, added up).
IS_UNKNOWN = 1
IS_SPLIT = 2
HAS_SEPARATOR = 4

_KINDS = {
    "boolean": BOOLEAN,
    "smallint": INT2,
    "integer": INT4,
    "bigint": INT8,
    "real": FLOAT4,
    "double precision": FLOAT8,
    "numeric": NUMERIC,
    "text": TEXT,
    "character varying": VARCHAR,
    "character": CHAR,
    "date": DATE,
    "time without time zone": TIME,
    "timestamp without time zone": TIMESTAMP,
    "timestamp with time zone": TIMESTAMPTZ,
    "interval": INTERVAL,
    "uuid": UUID,
    "json": JSON,
    "jsonb": JSONB,
    "bytea": BYTEA,
    "inet": INET,
}


_OIDS = {
    "boolean": 16,
    "bytea": 17,
    "bigint": 20,
    "smallint": 21,
    "integer": 23,
    "text": 25,
    "json": 114,
    "real": 700,
    "double precision": 701,
    "inet": 869,
    "character": 1042,
    "character varying": 1043,
    "date": 1082,
    "time without time zone": 1083,
    "timestamp without time zone": 1114,
    "timestamp with time zone": 1184,
    "interval": 1186,
    "numeric": 1700,
    "uuid": 2950,
    "jsonb": 3802,
}


def oid_of(element: PgType) -> int:
    """The OID of an array's elements, which its binary form names.

    Raises:
        ConfigurationError: it is that of an enum, and not known yet.
    """
    oid = _OIDS.get(element.name) or element.oid
    if not oid:
        raise ConfigurationError(
            f"the OID of {element.name} is not known, so that no array of it can be written"
        )
    return oid


def kind_of(pg_type: PgType) -> int:
    """The kind of a cell of this type.

    Raises:
        KeyError: the codec does not write the type's binary form.
    """
    if pg_type.is_array:
        return ARRAY
    return ENUM if pg_type.labels is not None else _KINDS[pg_type.name]
