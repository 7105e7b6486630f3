"""The rarer types, through Python's standard library: intervals, addresses, byte strings, arrays."""

from __future__ import annotations

from typing import Protocol

from loadstone.codec import arrays
from loadstone.codec.binary import encode_bytea, encode_inet
from loadstone.codec.codes import NOT_AN_ADDRESS, NOT_AN_ARRAY, NOT_AN_INTERVAL, NOT_BYTES, OUT_OF_RANGE
from loadstone.codec.intervals import encode_interval
from loadstone.codec.kinds import BYTEA, INTERVAL
from loadstone.errors import ConfigurationError
from loadstone.model.types import PgType

__all__ = ["encode", "encode_array"]

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


class Encoder(Protocol):
    """What makes the payload of an element."""

    def payload(self, column: int, cell: bytes, form: int) -> tuple[int, bytes]:
        """0 and the payload, or the code of what is wrong."""


class _Refused(Exception):  # a message to ourselves, no error
    def __init__(self, code: int) -> None:
        self.code = code


def encode(kind: int, cell: bytes, precision: int) -> tuple[int, bytes]:
    """0 and the payload of an interval, address or byte string, or the code of what is wrong."""
    if kind == INTERVAL:
        try:
            return 0, encode_interval(cell.decode(), precision)
        except ValueError:
            return NOT_AN_INTERVAL, b""
        except OverflowError:
            return OUT_OF_RANGE, b""
    try:
        return 0, encode_bytea(cell) if kind == BYTEA else encode_inet(cell.decode())
    except ValueError:
        return NOT_BYTES if kind == BYTEA else NOT_AN_ADDRESS, b""


def encode_array(text: str, pg_type: PgType, encoder: Encoder, element: int, form: int) -> tuple[int, bytes]:
    """0 and the payload of an array, or the code of what is wrong with it or with one of its elements.

    Raises:
        ConfigurationError: the OID of an enum's type is not known.
    """
    oid = _OIDS.get(pg_type.name) or pg_type.oid
    if not oid:
        raise ConfigurationError(
            f"the OID of {pg_type.name} is not known, so that {pg_type} cannot be written"
        )

    def encode_element(value: str) -> bytes:
        code, payload = encoder.payload(element, value.encode(), form)
        if code:
            raise _Refused(code)
        return payload

    try:
        return 0, arrays.encode_array(text, oid, encode_element)
    except _Refused as refused:
        return refused.code, b""
    except (ValueError, UnicodeEncodeError):
        return NOT_AN_ARRAY, b""
