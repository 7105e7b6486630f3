"""What the model wants to find at a place of the document, read from its annotations.

YAML guesses what an unquoted scalar is; this says what it has to be, so that `no`, `001` and `1.50` stay text
where text is wanted, and `25` is a number where a number is.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel

__all__ = ["Alternatives", "keys", "of_scalar", "unwrapped", "within"]

#: The annotations that a value may satisfy.
Alternatives = tuple[Any, ...]


def unwrapped(annotation: Any) -> Alternatives:
    """The members of a union, without what pydantic annotates them with."""
    origin: Any = typing.get_origin(annotation)
    if origin is Annotated:
        return unwrapped(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        return tuple(member for part in typing.get_args(annotation) for member in unwrapped(part))
    return (annotation,)


def within(alternatives: Alternatives, step: str | int) -> Alternatives:
    """What is wanted under a key of a mapping, or at a position of a list."""
    found = [unwrapped(inner) for annotation in alternatives for inner in _inner(annotation, step)]
    return tuple(member for members in found for member in members) or (Any,)


def keys(alternatives: Alternatives) -> list[str]:
    """The keys that a mapping may have here; empty where they are free."""
    return [name for annotation in alternatives if _is_model(annotation) for name in annotation.model_fields]


def of_scalar(alternatives: Alternatives) -> frozenset[Any]:
    """The types that a single value may have here; a list of one may be written without its brackets."""
    return frozenset(_scalars(alternatives))


def _inner(annotation: Any, step: str | int) -> Iterable[Any]:
    if _is_model(annotation):
        field = annotation.model_fields.get(step)
        return () if field is None else (field.annotation,)
    origin: Any = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is dict and isinstance(step, str):
        return arguments[1:]
    if origin is tuple and isinstance(step, int):
        return (arguments[0],) if step >= len(arguments) or arguments[-1] is ... else (arguments[step],)
    return ()


def _scalars(alternatives: Alternatives) -> Iterable[Any]:
    for annotation in alternatives:
        origin: Any = typing.get_origin(annotation)
        arguments = typing.get_args(annotation)
        if origin is Literal:
            yield from (type(argument) for argument in arguments)
        elif origin is tuple:
            yield from _scalars(unwrapped(arguments[0]))
        else:
            yield origin or annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
