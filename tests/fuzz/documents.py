"""What Python's json module reads in a text, as the codec sees it: documents, and records in them."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["documents", "flat", "led_to", "text_of"]


class _Object(list[tuple[str, Any]]):
    """The members of a JSON object, in their order, with those that come twice."""


def documents(text: bytes) -> list[Any] | None:
    """The values that a text is made of, numbers as their text; None where it is no JSON."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    decoder = json.JSONDecoder(
        object_pairs_hook=_Object, parse_constant=refuse, parse_int=_Number, parse_float=_Number
    )
    found: list[Any] = []
    try:
        rest = text.decode().strip(" \t\r\n")
        while rest:
            value, end = decoder.raw_decode(rest)
            found.append(value)
            is_last = isinstance(found[0], list) and not isinstance(found[0], _Object)
            is_word = not isinstance(value, (list, str)) or isinstance(value, _Number)
            if end < len(rest) and (is_last or (is_word and rest[end] not in " \t\r\n")):
                return None
            rest = rest[end:].lstrip(" \t\r\n")
    except (ValueError, RecursionError):
        return None
    return found


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def led_to(value: Any, path: tuple[str | None, ...], *, is_top: bool = False) -> list[Any]:
    """The records that a path leads to; `is_top`: an array is one, having other documents before it."""
    is_array = isinstance(value, list) and not isinstance(value, _Object)
    if not path:
        return value if is_array and not is_top else [value]
    if path[0] is None:
        return [record for item in value for record in led_to(item, path[1:])] if is_array else []
    if not isinstance(value, _Object):
        return []
    return [record for name, item in value if name == path[0] for record in led_to(item, path[1:])]


def flat(record: _Object, separator: str, prefix: str = "") -> _Object:
    """A record with the members of its objects in their place, named by all keys that lead to them."""
    found = _Object()
    for name, value in record:
        if isinstance(value, _Object):
            found += flat(value, separator, prefix + name + separator)
        else:
            found.append((prefix + name, value))
    return found


def text_of(value: Any, found: bytes | None) -> bytes | None:
    """What a value is as text; an object or array is what was found, where that reads as it."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, list):
        assert found is not None
        assert documents(found) == [value]
        return found
    return None if value is None else str(value).encode()
