"""The members of some JSON objects as a table: what types are told by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadstone.codec.jsonmembers import Member

__all__ = ["names_of", "table_of"]

_AS_WRITTEN = frozenset({"number", "boolean", "nested"})


def names_of(rows: Sequence[Mapping[str, Member]], first: Sequence[str] = ()) -> tuple[str, ...]:
    """All keys, those of `first` before others, in the order in which they come."""
    names = dict.fromkeys(first)
    for members in rows:
        if not members.keys() <= names.keys():
            names |= dict.fromkeys(members)
    return tuple(names)


def table_of(
    rows: Sequence[Mapping[str, Member]], names: Sequence[str]
) -> tuple[tuple[tuple[str | None, ...], ...], tuple[frozenset[str], ...]]:
    """A row of texts for each object, and for each name the kinds of its values."""
    columns: list[list[str | None]] = []
    kinds: list[frozenset[str]] = []
    for name in names:
        members = [row.get(name) for row in rows]
        found = frozenset([member.kind for member in members if member is not None])
        kinds.append(found)
        if found <= _AS_WRITTEN:
            columns.append([None if member is None else member.raw for member in members])
        else:
            columns.append([None if member is None else member.text for member in members])
    return tuple(zip(*columns, strict=True)) if columns else ((),) * len(rows), tuple(kinds)
