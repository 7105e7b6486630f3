"""All members of a JSON object as Python values, for samples and for keys that nobody expected."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cython

from loadstone.codec.buffers import Text
from loadstone.codec.jsonstrings import decoded
from loadstone.codec.jsontext import scan_string, scan_value, skip_space

__all__ = ["Kind", "Member", "read_elements", "read_members", "read_value"]

Kind = Literal["string", "number", "boolean", "null", "nested"]

_KINDS: dict[int, Kind] = {
    34: "string",
    110: "null",
    116: "boolean",
    102: "boolean",
    123: "nested",
    91: "nested",
}


class Member(NamedTuple):
    """One value of an object.

    Attributes:
        kind: what it is.
        raw: its JSON text.
    """

    kind: Kind
    raw: str

    @property
    def text(self) -> str | None:
        """As a cell: strings without quotes and escapes, null as None, all else as it is written."""
        if self.kind == "null":
            return None
        if self.kind != "string":
            return self.raw
        text = decoded(self.raw[1 : len(self.raw) - 1].encode())
        return self.raw if text is None else text


def read_members(
    record: bytes, separator: str | None = None, nameless: list[bytes] | None = None
) -> dict[str, Member] | None:
    """The members of a JSON object, the last of each key; None where the text is no such thing.

    Args:
        record: the object.
        separator: with one, objects within the object are flattened.
        nameless: is given the keys, as they are written, that can name no column: they hold half a surrogate
            pair, or a NUL character. Their members are left out.
    """
    left_out = [] if nameless is None else nameless
    members = _own_members(record, left_out)
    return members if members is None or separator is None else _flattened(members, separator, left_out)


def read_value(record: bytes) -> Member:
    """A JSON value as if it were a member's."""
    raw = record.strip()
    return Member(_KINDS.get(raw[0], "number"), raw.decode())


def read_elements(value: bytes) -> list[bytes]:
    """The elements of a JSON list, as they are written; any other value is the only one."""
    text = Text(value)
    size: cython.Py_ssize_t = len(value)
    i: cython.Py_ssize_t = skip_space(text, 0, size)
    first: cython.Py_ssize_t
    elements: list[bytes] = []
    if i >= size or value[i] != 91:
        return [value]
    i = skip_space(text, i + 1, size)
    while value[i] != 93:
        first = i
        i = scan_value(text, i, size, False)
        elements.append(value[first:i])
        i = skip_space(text, i, size)
        if value[i] == 44:
            i = skip_space(text, i + 1, size)
    return elements


def _flattened(members: dict[str, Member], separator: str, nameless: list[bytes]) -> dict[str, Member]:
    flat: dict[str, Member] = {}
    for name, member in members.items():
        if member.raw[:1] != "{":
            flat[name] = member
            continue
        inner = _flattened(_own_members(member.raw.encode(), nameless) or {}, separator, nameless)
        flat.update((f"{name}{separator}{key}", value) for key, value in inner.items())
    return flat


def _own_members(line: bytes, nameless: list[bytes]) -> dict[str, Member] | None:
    found: dict[str, Member] = {}
    text = Text(line)
    size: cython.Py_ssize_t = len(line)
    i: cython.Py_ssize_t = skip_space(text, 0, size)
    first: cython.Py_ssize_t
    if i >= size or line[i] != 123:
        return None
    first = scan_value(text, i, size, False)
    if first < 0 or skip_space(text, first, size) != size:
        return None
    # The grammar holds from here on.
    i = skip_space(text, i + 1, size)
    while line[i] == 34:
        first = i
        i = scan_string(text, i, size, False)
        key = line[first + 1 : i - 1]
        name = decoded(key)
        i = skip_space(text, skip_space(text, i, size) + 1, size)
        first = i
        i = scan_value(text, i, size, False)
        if name is None or "\0" in name:
            nameless.append(key)
        else:
            found[name] = Member(_KINDS.get(line[first], "number"), line[first:i].decode())
        i = skip_space(text, i, size)
        i = skip_space(text, i + 1, size) if line[i] == 44 else i
    return found
