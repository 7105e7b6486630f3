"""Arrays as text: PostgreSQL's own literal, `{1,2,NULL}`, or a JSON list, `[1, 2, null]`, up to six deep.

A JSON list for an array of json or jsonb has one dimension: what its elements hold is theirs, and stays as it
is written.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Any

__all__ = ["encode_array"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[{},])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^{},"\\\s]|\\.|\s+(?![\s},]))+))\s*""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MOST_DIMENSIONS = 6
_JSON_OIDS = frozenset({114, 3802})  # json, jsonb
_NEXT_VALUE = re.compile(r"[ \t\r\n]*")
_decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)  # only the end counts


def encode_array(text: str, element_oid: int, encode: Callable[[str], bytes]) -> bytes:
    """PostgreSQL's binary form of an array.

    Args:
        text: the literal or list.
        element_oid: the OID of the elements' type.
        encode: makes the binary form of one element.

    Raises:
        ValueError: it is not an array, or not a rectangular one; or what `encode` raises.
    """
    try:
        if not text.startswith("["):
            nested = _read_literal(text)
        else:
            nested = _split_json(text) if element_oid in _JSON_OIDS else _read_json(text)
    except RecursionError:
        raise ValueError(text) from None
    sizes: list[int] = []
    level: Any = nested
    while isinstance(level, list):
        sizes.append(len(level))
        level = level[0] if level else None
    if len(sizes) > _MOST_DIMENSIONS or (0 in sizes and len(sizes) > 1):
        raise ValueError(text)
    elements: list[str | None] = []
    _flatten(nested, sizes, 0, elements)
    if not elements:
        return struct.pack("!iiI", 0, 0, element_oid)
    parts = [struct.pack("!iiI", len(sizes), None in elements, element_oid)]
    parts.extend(struct.pack("!ii", size, 1) for size in sizes)
    for element in elements:
        if element is None:
            parts.append(b"\xff\xff\xff\xff")
        else:
            payload = encode(element)
            parts += (struct.pack("!i", len(payload)), payload)
    return b"".join(parts)


def _flatten(level: Any, sizes: list[int], depth: int, elements: list[str | None]) -> None:
    if isinstance(level, list) != (depth < len(sizes)):
        raise ValueError("not rectangular")
    if not isinstance(level, list):
        elements.append(level)
        return
    if len(level) != sizes[depth]:
        raise ValueError("not rectangular")
    for item in level:
        _flatten(item, sizes, depth + 1, elements)


def _read_json(text: str) -> list[Any]:
    def as_text(value: Any) -> Any:
        if isinstance(value, list):
            return [as_text(item) for item in value]
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            raise ValueError(text)  # noqa: TRY004 - the text is wrong, not a type of ours
        return value

    # Numbers stay as they are written.
    read = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    nested: list[Any] = as_text(read)
    return nested


def _split_json(text: str) -> list[Any]:
    """The elements of a JSON list, each as its text; null is NULL, as in every other array."""
    elements: list[str | None] = []
    position = _skip(text, 1)
    while not text.startswith("]", position):
        if elements:
            if not text.startswith(",", position):
                raise ValueError(text)
            position = _skip(text, position + 1)
        _, end = _decoder.raw_decode(text, position)
        element = text[position:end]
        elements.append(None if element == "null" else element)
        position = _skip(text, end)
    if position + 1 != len(text):
        raise ValueError(text)
    return elements


def _skip(text: str, position: int) -> int:
    """The position after white space."""
    match = _NEXT_VALUE.match(text, position)
    return match.end() if match else position


def _read_literal(text: str) -> list[Any]:
    stack: list[list[Any]] = []
    position = 0
    wants_value = True
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match or (not stack and match["mark"] != "{"):
            raise ValueError(text)
        position = match.end()
        mark = match["mark"]
        if mark == "{" and wants_value:
            level: list[Any] = []
            if stack:
                stack[-1].append(level)
            stack.append(level)
        elif mark == "}" and stack and (not wants_value or not stack[-1]):
            level = stack.pop()
            wants_value = False
            if not stack:
                if position != len(text):
                    raise ValueError(text)
                return level
        elif mark == "," and not wants_value:
            wants_value = True
        elif mark is None and wants_value:
            stack[-1].append(_element(match))
            wants_value = False
        else:
            raise ValueError(text)
    raise ValueError(text)


def _element(match: re.Match[str]) -> str | None:
    if match["quoted"] is not None:
        return _ESCAPE.sub(r"\1", match["quoted"])
    plain = match["plain"]
    return None if plain.upper() == "NULL" else _ESCAPE.sub(r"\1", plain)
