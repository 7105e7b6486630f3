"""What settings want to find at a place of a document, read from their annotations.

YAML guesses what an unquoted scalar is; this says what it has to be, so that `no`, `001` and `1.50` stay text
where text is wanted, and `25` is a number where a number is.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, TypeGuard

from msgspec import Meta, structs

from loadstone.model.configured import Configured

__all__ = [
    "Alternatives",
    "bare",
    "fields",
    "is_cell",
    "is_model",
    "members",
    "meta",
    "of_scalar",
    "within",
    "words",
]

#: The annotations that a value may satisfy.
Alternatives = tuple[Any, ...]


@cache
def fields(model: type[Configured]) -> dict[str, structs.FieldInfo]:
    """The settings of a model by their names."""
    return {field.name: field for field in structs.fields(model)}


def members(annotation: Any) -> Alternatives:
    """The members of a union, or the annotation itself."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return tuple(member for part in typing.get_args(annotation) for member in members(part))
    return (annotation,)


def bare(annotation: Any) -> Any:
    """The annotation without what msgspec is to check of it."""
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is Annotated else annotation


def meta(annotation: Any) -> Meta:
    """What msgspec is to check of it."""
    if typing.get_origin(annotation) is Annotated:
        return next(extra for extra in typing.get_args(annotation)[1:] if isinstance(extra, Meta))
    return Meta()


def is_cell(annotation: Any) -> bool:
    """Whether a number that is written there means the text of a cell."""
    return bool((meta(annotation).extra or {}).get("is_cell"))


def is_model(annotation: Any) -> TypeGuard[type[Configured]]:
    """Whether it is a class of settings."""
    return isinstance(annotation, type) and issubclass(annotation, Configured)


def words(annotation: Any) -> tuple[Any, ...]:
    """The words that may stand there; none where others may, too."""
    origin: Any = typing.get_origin(annotation)
    return typing.get_args(annotation) if origin is Literal else ()


def within(alternatives: Alternatives, step: str | int) -> Alternatives:
    """What is wanted under a key of a mapping, or at a position of a list."""
    inner = (one for annotation in alternatives for one in _inner(bare(annotation), step))
    return tuple(member for one in inner for member in members(one)) or (Any,)


def of_scalar(alternatives: Alternatives) -> frozenset[Any]:
    """The types that a single value may have here; a list of one may be written without its brackets."""
    return frozenset(_scalars(alternatives))


def _inner(annotation: Any, step: str | int) -> Iterable[Any]:
    if is_model(annotation):
        return (fields(annotation)[step].type,) if step in fields(annotation) else ()
    origin: Any = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is dict and isinstance(step, str):
        return arguments[1:]
    if origin is tuple and isinstance(step, int):
        return (arguments[0],) if step >= len(arguments) or arguments[-1] is ... else (arguments[step],)
    return ()


def _scalars(alternatives: Alternatives) -> Iterable[Any]:
    for annotation in map(bare, alternatives):
        origin: Any = typing.get_origin(annotation)
        arguments = typing.get_args(annotation)
        if origin is Literal:
            yield from (type(argument) for argument in arguments)
        elif origin is tuple:
            yield from _scalars(members(arguments[0]))
        else:
            yield origin or annotation
