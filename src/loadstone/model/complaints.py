"""What is the matter with a value that is not the one wanted, and the nearest thing that would do."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any

import msgspec

from loadstone.model.annotations import Alternatives, bare, is_model, meta, words
from loadstone.model.types import parse_type

__all__ = ["complaint", "nearest"]

# What a key takes that may be one of several things.
_TAKES = {
    "otherwise": "takes reject, null, or {set: VALUE}",
    "header": "takes true, false, or a list of names",
    "partitions": "takes a number, or names with their bounds",
    "reject_limit": "takes a count (25) or a share (10%)",
    "rejects_over": "takes a count (25) or a share (1%)",
    "nothing_by": "takes a time of day, with or without its zone (06:00 Europe/Berlin)",
}
_IS_NOT = {
    str: "is not text",
    int: "is not a whole number",
    float: "is not a number",
    bool: "is neither true nor false",
    tuple: "is not a list",
    dict: "is not a mapping of keys to values",
}
_LISTED_KEYS = 30
#: Keys whose values are secrets: a message names the key alone.
_SECRETS = {"webhook"}


def complaint(wanted: Alternatives, value: object, name: str, meant: object = None) -> tuple[str, str | None]:
    """What is the matter, and the way out.

    Args:
        wanted: what could stand there instead of the value.
        value: does not satisfy any of it.
        name: the key that it stands under.
        meant: the number or switch that is read from the value.
    """
    first = wanted[0]
    kind = typing.get_origin(bare(first)) or bare(first)
    if name in _SECRETS:
        return f"the value {_IS_NOT[kind]}", None
    if name in _TAKES:
        return f"{_shown(value)}: {name} {_TAKES[name]}", None
    if is_model(kind):
        hint = f"write {name}: {{type: {value}}}" if _is_type(value) else None
        return f"{_shown(value)} {_IS_NOT[dict]}", hint
    if known := words(first):
        return f"{_shown(value)} is none of {', '.join(known)}", nearest(str(value), known)
    if kind is tuple and isinstance(value, list):
        return _length(typing.get_args(bare(first)), value), None
    return _limit(first, value, meant) or f"{_shown(value)} {_IS_NOT[kind]}", None


def nearest(word: str, known: Sequence[str]) -> str | None:
    """A hint that names the known word which was probably meant, or all of them."""
    import difflib  # noqa: PLC0415 - only where a word is wrong

    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known and len(known) <= _LISTED_KEYS else None


def _length(members: Sequence[Any], value: list[object]) -> str:
    if members[-1] is ...:
        return "is empty"
    way = "long" if len(value) > len(members) else "short"
    return f"{_shown(value)} is too {way}: it takes {len(members)} values"


def _limit(wanted: Any, value: object, meant: object) -> str | None:
    """Which limit a value of the right type is beyond; None where the type is wrong already."""
    try:
        given: Any = msgspec.convert(meant, bare(wanted), strict=False)
    except msgspec.ValidationError:
        return None
    limits = meta(wanted)
    if limits.min_length is not None and len(given) < limits.min_length:
        return "is empty"
    said = None
    if limits.ge is not None and given < limits.ge:
        said = f"is less than {limits.ge:g}"
    elif limits.gt is not None and given <= limits.gt:
        said = f"is not greater than {limits.gt:g}"
    elif limits.le is not None and given > limits.le:
        said = f"is more than {limits.le:g}"
    elif limits.max_length is not None and len(given) > limits.max_length:
        most = "one character" if limits.max_length == 1 else f"{limits.max_length} characters"
        said = f"is too long: it takes {most}"
    return said and f"{_shown(value)} {said}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a message is one line


def _is_type(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_type(value))
    except ValueError:
        return False
