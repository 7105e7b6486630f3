"""Columns that nobody knew of when the load began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from loadstone.core.infer import infer_json_type
from loadstone.core.names import column_name
from loadstone.errors import ContractError
from loadstone.model.contract import Column
from loadstone.model.types import parse_type

__all__ = ["late_columns"]


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
