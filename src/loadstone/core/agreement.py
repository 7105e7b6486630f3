"""Names: which of the file's are the contract's, and which of them cannot stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from loadstone.core.names import column_name
from loadstone.errors import ContractError
from loadstone.model.contract import Cell
from loadstone.model.pipeline import Dataset

__all__ = ["LINEAGE", "check_apart", "check_names", "listed", "match_names", "match_table"]

#: The columns that say where a row came from.
LINEAGE = frozenset({"_load_id", "_row"})


def match_names(names: Sequence[str], sources: Collection[str], where: str) -> dict[str, str]:
    """File name -> the contract's name for it: exactly, else without regard to case and separators.

    Raises:
        ContractError: a name of the contract could be any of several.
    """
    matched = {name: name for name in names if name in sources}
    loose: dict[str, list[str]] = {}
    for name in names:
        if name not in matched:
            loose.setdefault(_normal(name), []).append(name)
    for source in sources:
        candidates = loose.get(_normal(source), []) if source not in matched else []
        if len(candidates) > 1:
            raise ContractError(
                f"{source!r} of the contract could be any of {listed(candidates)}",
                where=where,
                hint="write the column under the name that it has in the file",
            )
        if candidates:
            matched[candidates[0]] = source
    return matched


def match_table(names: Sequence[str], columns: Collection[str], where: str) -> dict[str, str]:
    """File name -> the table's column of that name: as an identifier, else without regard to separators.

    `Order ID` is `order_id`, and so is `orderId` where no other name in the file is.

    Raises:
        ContractError: a name could be any of several columns, or several names one column.
    """
    matched = {name: target for name in names if (target := column_name(name)) in columns}
    left = [name for name in names if name not in matched]
    loose: dict[str, list[str]] = {}
    for column in sorted(set(columns) - set(matched.values())):
        loose.setdefault(_normal(column), []).append(column)
    taken: dict[str, str] = {}
    for name in left:
        candidates = loose.get(_normal(name), [])
        if len(candidates) > 1:
            raise ContractError(
                f"{name!r} in the file could be any of the table's {listed(candidates)}",
                where=where,
                hint="say which: `rename:` under `columns:`",
            )
        for column in candidates:
            if column in taken:
                raise ContractError(
                    f"{listed([taken[column], name])} would become the same column {column!r}",
                    where=where,
                    hint="rename one of them with `rename:` under `columns:`",
                )
            matched[name] = column
            taken[column] = name
    return matched


def check_apart(cells: Sequence[Cell], where: str) -> None:
    """No two names in the file may become one column of the table, as `id` and `ID` would.

    Raises:
        ContractError: two do.
    """
    sources: dict[str, list[str]] = {}
    for cell in cells:
        for column in cell.columns:
            sources.setdefault(column.name, []).append(cell.source)
    for name, same in sources.items():
        if len(same) > 1:
            raise ContractError(
                f"{listed(same)} would become the same column {name!r}",
                where=where,
                hint="rename one of them with `rename:` under `columns:`",
            )


def check_names(names: AbstractSet[str], dataset: Dataset, where: str) -> None:
    """The key must be there, and nothing may be called as the lineage is.

    Raises:
        ContractError: it is not, or something is.
    """
    if absent := [name for name in dataset.key if name not in names]:
        raise ContractError(
            f"the key names {listed(absent)}, which the file does not have",
            where=where,
            hint=f"the columns are: {', '.join(sorted(names))}",
        )
    if taken := sorted(names & LINEAGE) if dataset.lineage else []:
        raise ContractError(
            f"{listed(taken)} is the name of a lineage column",
            where=where,
            hint="rename the file's column with `rename:`, or turn `lineage: false`",
        )


def listed(names: Sequence[str]) -> str:
    """Names for a message: `'a', 'b' and 'c'`."""
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def _normal(name: str) -> str:
    return column_name(name).replace("_", "")
