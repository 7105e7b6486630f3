"""pydantic's errors, said in our words: the path, what is the matter, the nearest thing that would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from loadstone.config.document import Document, path_text
from loadstone.config.expected import Alternatives, keys, within
from loadstone.config.problem import Path, Problem
from loadstone.model.types import parse_type

__all__ = ["complaints", "nearest"]

# What a key takes whose type is one of several: pydantic complains about each of them on its own.
_TAKES = {
    "otherwise": "takes reject, null, or {set: VALUE}",
    "header": "takes true, false, or a list of names",
    "partitions": "takes a number, or names with their bounds",
    "reject_limit": "takes a count (25) or a share (10%)",
}
_MESSAGES = {
    "string_type": "is not text",
    "tuple_type": "is not a list",
    "dict_type": "is not a mapping of keys to values",
    "model_type": "is not a mapping of keys to values",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "greater_than": "is not greater than {gt:g}",
    "greater_than_equal": "is less than {ge:g}",
    "less_than_equal": "is more than {le:g}",
}
_LISTED_KEYS = 30


def complaints(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """One problem for each place that is wrong."""
    seen: set[Path] = set()
    for details in error.errors(include_url=False):
        path = _existing(details["loc"], document)
        kind = details["type"]
        if kind == "missing":
            path = (*path, str(details["loc"][-1]))
        if path in seen or any(path[:n] in seen and path[n - 1] in _TAKES for n in range(1, len(path))):
            continue
        seen.add(path)
        what, hint = _said(kind, path, details, _wanted(path[:-1], model))
        place = document.place(path, key=kind in {"extra_forbidden", "value_error", "missing"})
        yield Problem(place, f"{path_text(path)}: {what}" if path else what, hint)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """A hint that names the known word which was probably meant, or all of them."""
    import difflib  # noqa: PLC0415 - only where a word is wrong

    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known and len(known) <= _LISTED_KEYS else None


def _existing(loc: tuple[int | str, ...], document: Document) -> Path:
    """The path without the steps by which pydantic names the members of a union."""
    path: Path = ()
    for step in loc:
        if (*path, step) in document.values:
            path = (*path, step)
    return path


def _wanted(path: Path, model: type[BaseModel]) -> Alternatives:
    wanted: Alternatives = (model,)
    for step in path:
        wanted = within(wanted, step)
    return wanted


def _said(kind: str, path: Path, details: Any, parent: Alternatives) -> tuple[str, str | None]:
    """What is the matter, and the way out."""
    given = details.get("input")
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    what: str
    hint: str | None = None
    if kind == "extra_forbidden":
        what, hint = "unknown key", nearest(name, keys(parent))
    elif kind == "missing":
        what, hint = "is missing", 'write files: ["folder/*.csv"]' if name == "files" else None
    elif kind == "value_error":
        what = str(details["ctx"]["error"])
    elif name in _TAKES:
        what = f"{_shown(given)}: {name} {_TAKES[name]}"
    elif kind == "literal_error":
        words = details["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        what, hint = f"{_shown(given)} is none of {', '.join(words)}", nearest(str(given), words)
    elif kind in {"too_short", "string_too_short"}:
        what = "is empty"
    elif kind in {"too_long", "string_too_long"}:
        what = f"{_shown(given)} is too long: it takes {_length(details)}"
    elif kind in _MESSAGES:
        what = f"{_shown(given)} {_MESSAGES[kind].format(**details.get('ctx', {}))}"
        hint = f"write {name}: {{type: {given}}}" if kind == "model_type" and _is_type(given) else None
    else:
        what = details["msg"][:1].lower() + details["msg"][1:]
    return what, hint


def _length(details: Any) -> str:
    most = details["ctx"]["max_length"]
    if details["type"] == "string_too_long":
        return "one character" if most == 1 else f"{most} characters"
    return f"{most} values"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a message is one line


def _is_type(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_type(value))
    except ValueError:
        return False
