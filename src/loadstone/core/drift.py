"""Columns that nobody knew of when the load began, and types that a file's values outgrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from loadstone.core.infer import infer_json_type
from loadstone.core.names import column_name
from loadstone.errors import ContractError
from loadstone.model.contract import Column
from loadstone.model.types import PgType, parse_type

__all__ = ["late_columns", "wider_types"]

_TEXT = PgType("text")

# Whatever a type holds, the types behind it hold unchanged. `text` is never among them, though it holds
# everything: what was a number would be none any more to those who read the table.
_WIDER: dict[str, tuple[PgType, ...]] = {
    "smallint": (PgType("integer"), PgType("bigint"), PgType("numeric")),
    "integer": (PgType("bigint"), PgType("numeric")),
    "bigint": (PgType("numeric"),),
    "real": (PgType("double precision"),),
}


def late_columns(
    unknown: Mapping[str, str], known: Sequence[Column], types: Literal["infer", "text"], where: str
) -> tuple[Column, ...]:
    """The columns for JSON keys that appeared after the sample, each with one value to tell its type by.

    Args:
        unknown: key -> the JSON text of its first value.
        known: the columns of the plan so far.
        types: the dataset's; `text` makes them all text.
        where: the file, for messages.

    Raises:
        ContractError: a key would become a column that is there already, as `ID` beside `id`.
    """
    taken = {column.name: column.source or column.name for column in known}
    made = []
    for name, value in unknown.items():
        target = column_name(name)
        if target in taken:
            raise ContractError(
                f"{taken[target]!r} and {name!r} would become the same column {target!r}",
                where=where,
                hint="rename one of them with `rename:` under `columns:`",
            )
        taken[target] = name
        made.append(Column(target, infer_json_type(value) if types == "infer" else parse_type("text"), name))
    return tuple(made)


def wider_types(narrow: PgType, *, is_new: bool = False) -> tuple[PgType, ...]:
    """What a column of a type may become where values do not fit, the narrowest first; often nothing.

    A limit (of characters, of digits) goes; an integer gets more digits, then decimals; a real gets double
    precision. A column that is new, whose type the file's first rows suggested, may become `text` in the end:
    nobody reads it yet, and the type of a new column is what all its values prove.
    """
    if is_new and not narrow.is_array and narrow != _TEXT:
        return (*wider_types(narrow), _TEXT)
    if narrow.is_array or narrow.name == "character":
        return ()
    if narrow.length is not None or narrow.precision is not None:
        return (PgType(narrow.name),)
    return _WIDER.get(narrow.name, ())
