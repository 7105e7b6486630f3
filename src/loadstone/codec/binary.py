"""Types whose binary form is made by the standard library: addresses and byte strings."""

from __future__ import annotations

import ipaddress
import re
import struct

__all__ = ["encode_bytea", "encode_inet"]

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")
_ESCAPE = re.compile(rb"\\(?:\\|([0-3][0-7]{2}))")
_FAMILIES = {4: 2, 6: 3}


def encode_inet(text: str) -> bytes:
    """PostgreSQL's binary form of an IPv4 or IPv6 address with an optional netmask length.

    Raises:
        ValueError: it is none.
    """
    written, slash, bits = text.partition("/")
    if "%" in written:
        raise ValueError(text)
    address = ipaddress.ip_address(written)
    length: int = address.max_prefixlen
    if slash:
        if not re.fullmatch(r"0|[1-9]\d{0,2}", bits, re.ASCII) or int(bits) > length:
            raise ValueError(text)
        length = int(bits)
    packed = address.packed
    return struct.pack("!BBBB", _FAMILIES[address.version], length, 0, len(packed)) + packed


def encode_bytea(value: bytes) -> bytes:
    r"""The bytes that PostgreSQL's hex form (`\x00ff`) or escape form (`\\`, `\000`) writes.

    Raises:
        ValueError: it is neither.
    """
    if value.startswith(b"\\x"):
        digits = value[2:].decode("ascii")
        if not _HEX.fullmatch(digits):
            raise ValueError(digits)
        return bytes.fromhex(digits)
    if b"\\" in _ESCAPE.sub(b"", value):
        raise ValueError("a backslash that escapes nothing")
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 8)]) if match[1] else b"\\", value)
