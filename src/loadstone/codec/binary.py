r"""Byte strings and network addresses.

A byte string is written in PostgreSQL's hex form, `\x00ff`, or in its escape form, `\\` and `\000`. An
address is one of IPv4 in four decimal numbers or of IPv6, with a netmask's length behind it or not.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.codes import NOT_AN_ADDRESS, NOT_BYTES
from loadstone.codec.texts import hex_digit

__all__ = ["put_bytea", "put_inet"]


def put_bytea(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.int:
    """Appends the bytes that text[start:end] stands for. Returns 0 or NOT_BYTES."""
    high: cython.int
    low: cython.int
    i: cython.Py_ssize_t
    if end - start < 2 or text.data[start] != 92 or text.data[start + 1] != 120:  # \x
        return put_escaped(text, start, end, out)
    if (end - start) % 2 != 0:
        return NOT_BYTES
    i = start + 2
    while i < end:
        high = hex_digit(text.data[i])
        low = hex_digit(text.data[i + 1])
        if high < 0 or low < 0:
            return NOT_BYTES
        out.put_byte(16 * high + low)
        i += 2
    return 0


def put_escaped(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.int:
    """The same for the escape form."""
    i: cython.Py_ssize_t = start
    plain: cython.Py_ssize_t = start
    while i < end:
        if text.data[i] != 92:
            i += 1
            continue
        out.put_slice(text, plain, i)
        if i + 1 < end and text.data[i + 1] == 92:
            out.put_byte(92)
            i += 2
        elif end - i < 4 or not (
            48 <= text.data[i + 1] <= 51 and 48 <= text.data[i + 2] <= 55 and 48 <= text.data[i + 3] <= 55
        ):
            return NOT_BYTES
        else:
            out.put_byte(64 * (text.data[i + 1] - 48) + 8 * (text.data[i + 2] - 48) + (text.data[i + 3] - 48))
            i += 4
        plain = i
    return out.put_slice(text, plain, end)


def put_inet(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.int:
    """Appends PostgreSQL's binary form of an address. Returns 0 or NOT_AN_ADDRESS."""
    begin: cython.Py_ssize_t = out.position
    slash: cython.Py_ssize_t = start
    size: cython.int
    bits: cython.int
    is_sixth: cython.bint = False
    while slash < end and text.data[slash] != 47:
        is_sixth = is_sixth or text.data[slash] == 58
        slash += 1
    out.put_int32(0)
    if is_sixth:
        if not put_address6(text, start, slash, out):
            return NOT_AN_ADDRESS
    elif not put_address4(text, start, slash, out):
        return NOT_AN_ADDRESS
    size = 16 if is_sixth else 4
    bits = 8 * size
    if slash < end:
        bits = small_number(text, slash + 1, end, bits)
        if bits < 0:
            return NOT_AN_ADDRESS
    # Family, netmask's length, not a cidr, size of the address.
    return out.set_int32(begin, ((3 if is_sixth else 2) << 24) | (bits << 16) | size)


def small_number(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, most: cython.int
) -> cython.int:
    """The decimal number text[start:end], of up to three digits and without leading zeros; -1 for others."""
    i: cython.Py_ssize_t
    value: cython.int = 0
    if start >= end or end - start > 3 or (text.data[start] == 48 and end - start > 1):
        return -1
    for i in range(start, end):
        if not 48 <= text.data[i] <= 57:
            return -1
        value = 10 * value + text.data[i] - 48
    return value if value <= most else -1


def put_address4(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.bint:
    """Appends the four bytes of an IPv4 address; whether it is one."""
    i: cython.Py_ssize_t = start
    value: cython.int
    part: cython.int
    for part in range(4):
        while i < end and text.data[i] != 46:
            i += 1
        if (i == end) != (part == 3):
            return False
        value = small_number(text, start, i, 255)
        if value < 0:
            return False
        out.put_byte(value)
        i += 1
        start = i
    return True


def put_address6(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.bint:
    """Appends the sixteen bytes of an IPv6 address; whether it is one."""
    base: cython.Py_ssize_t = out.position
    i: cython.Py_ssize_t = start
    group: cython.Py_ssize_t
    groups: cython.int = 0
    gap: cython.int = -1
    value: cython.int
    if end - start >= 2 and text.data[start] == 58 and text.data[start + 1] == 58:
        gap = 0
        i += 2
    while i < end or gap != groups:
        if groups == 8:
            return False
        group = i
        value = 0
        while i < end and i - group < 5 and hex_digit(text.data[i]) >= 0:
            value = 16 * value + hex_digit(text.data[i])
            i += 1
        if i < end and text.data[i] == 46:  # the last two groups as IPv4
            if groups > 6 or not put_address4(text, group, end, out):
                return False
            groups += 2
            break
        if i == group or i - group > 4:
            return False
        out.put_int16(value)
        groups += 1
        if i == end:
            break
        if text.data[i] != 58:
            return False
        i += 1
        if i < end and text.data[i] == 58:
            if gap >= 0:
                return False
            gap = groups
            i += 1
    if gap < 0:
        return groups == 8
    return groups < 8 and fill_gap(out, base, gap, groups)


def fill_gap(out: Buffer, base: cython.Py_ssize_t, gap: cython.int, groups: cython.int) -> cython.bint:
    """Moves what stands behind the `::` to the end of the address that begins at `base`."""
    i: cython.Py_ssize_t
    missing: cython.int = 16 - 2 * groups
    while out.position < base + 16:
        out.put_byte(0)
    i = base + 15
    while i >= base + 2 * gap + missing:
        out.room[i] = out.room[i - missing]
        i -= 1
    while i >= base + 2 * gap:
        out.room[i] = 0
        i -= 1
    return True
