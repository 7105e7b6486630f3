"""Plain values become settings, level by level, so that every mistake is found, each in its own place.

msgspec converts and checks single values; it ends at the first that is wrong, and does not name the keys that
lead there. So mappings and lists are gone through here, and what is wrong is noted and left out.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from typing import Any, Final, TypeVar, Union, cast

import msgspec

from loadstone.model.annotations import Alternatives, bare, fields, is_cell, is_model, members, meta, words
from loadstone.model.complaints import complaint, nearest
from loadstone.model.configured import Configured
from loadstone.model.mistake import Mistake, Path

__all__ = ["read"]

_Model = TypeVar("_Model", bound=Configured)

_WRONG: Final = object()
# What YAML 1.1 takes for a switch, and environments.
_SWITCHES = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "t": True,
    "f": False,
    "yes": True,
    "y": True,
    "on": True,
    "no": False,
    "n": False,
    "off": False,
}


def read(model: type[_Model], value: object) -> tuple[_Model | None, list[Mistake]]:
    """The settings that a value describes, or else everything that is wrong with it."""
    reader = _Reader()
    made = reader.settings(model, value, ())
    return (None if made is _WRONG else cast("_Model", made)), reader.mistakes


class _Reader:
    """Notes mistakes, and goes on behind them."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def settings(self, model: type[Configured], value: object, path: Path) -> object:
        try:
            given = model.short_form(value)
        except ValueError as error:
            return self._note(path, str(error), is_of_key=True)
        if isinstance(given, model):
            return given
        if not isinstance(given, Mapping):
            return self._refuse((model,), value, path)
        noted = len(self.mistakes)
        read = {}
        for name, inner in given.items():
            if name in fields(model):
                read[name] = self._value(members(fields(model)[name].type), inner, (*path, name))
            else:
                hint = nearest(str(name), list(fields(model)))
                self._note((*path, str(name)), "unknown key", hint, is_of_key=True)
        for name, field in fields(model).items():
            if field.required and name not in given:
                hint = 'write files: ["folder/*.csv"]' if name == "files" else None
                self._note((*path, name), "is missing", hint, is_of_key=True)
        return self._made(model, read, path) if len(self.mistakes) == noted else _WRONG

    def _made(self, model: type[Configured], settings: dict[str, object], path: Path) -> object:
        made = model.unchecked(**settings)
        try:
            made.check()
        except ValueError as error:
            return self._note(path, str(error), is_of_key=True)
        return made

    def _value(self, wanted: Alternatives, value: object, path: Path) -> object:
        if value is None and type(None) in wanted:
            return None
        for one in wanted:
            kind = bare(one)
            if is_model(kind):
                return self.settings(kind, value, path)
            if typing.get_origin(kind) is dict and isinstance(value, Mapping):
                return self._mapping(one, wanted, value, path)
            if typing.get_origin(kind) is tuple and isinstance(value, list | tuple | set | frozenset):
                return self._sequence(one, wanted, list(value), path)
        return self._scalar(wanted, value, path)

    def _mapping(self, kind: Any, wanted: Alternatives, value: Mapping[object, object], path: Path) -> object:
        key, inner = typing.get_args(kind)
        if words(key) and set(value) != set(words(key)):
            return self._refuse(wanted, value, path)
        for name in value:
            if not isinstance(name, str):
                return self._note(path, f"the key {name!r} is not text")
        read = {
            name: self._value(members(inner), item, (*path, name))
            for name, item in cast("Mapping[str, object]", value).items()
        }
        return _WRONG if _WRONG in read.values() else read

    def _sequence(self, kind: Any, wanted: Alternatives, value: list[object], path: Path) -> object:
        of = typing.get_args(bare(kind))
        is_open = of[-1] is ...
        if (not is_open and len(of) != len(value)) or len(value) < (meta(kind).min_length or 0):
            return self._refuse(wanted, value, path)
        kinds: Sequence[Any] = [of[0]] * len(value) if is_open else of
        read = tuple(
            self._value(members(kind), item, (*path, i))
            for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
        )
        return _WRONG if any(item is _WRONG for item in read) else read

    def _scalar(self, wanted: Alternatives, value: object, path: Path) -> object:
        kinds = tuple(one for one in wanted if one is not type(None))
        if Any in kinds:
            return value
        meant = value
        if any(map(is_cell, kinds)):
            meant = _cell(value)
        elif isinstance(value, str):
            meant = _written({bare(one) for one in kinds}, value)
        try:
            return msgspec.convert(meant, Union[kinds], strict=False)  # noqa: UP007 - of a tuple
        except msgspec.ValidationError:
            return self._refuse(kinds, value, path, meant)

    def _refuse(self, wanted: Alternatives, value: object, path: Path, meant: object = None) -> object:
        return self._note(path, *complaint(wanted, value, str(path[-1]) if path else "", meant))

    def _note(self, path: Path, what: str, hint: str | None = None, *, is_of_key: bool = False) -> object:
        self.mistakes.append(Mistake(path, what, hint, is_of_key))
        return _WRONG


def _written(kinds: set[Any], text: str) -> object:
    """The number or switch that a text, quoted or from a variable, stands for where text is not wanted."""
    read: Callable[[str], object]
    if str in kinds:
        return text
    for kind, read in ((bool, lambda word: _SWITCHES[word.lower()]), (int, int), (float, float)):
        if kind in kinds:
            with suppress(KeyError, ValueError):
                return read(text)
    return text


def _cell(value: object) -> object:
    """What is written without quotes (5, 0.5, 2024-01-01) is meant as the text of a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | Decimal | date | time) else value
