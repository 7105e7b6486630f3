"""The tables of lists within records: their names, what links them to their parent, their part of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from loadstone.core.agreement import LINEAGE, listed, match_names
from loadstone.core.names import column_name
from loadstone.core.planning import Planned
from loadstone.errors import ConfigurationError, ContractError
from loadstone.model.contract import Cell, ChildPlan, Column, LoadPlan
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape

__all__ = [
    "POSITION",
    "Link",
    "check_columns",
    "child_dataset",
    "child_keys",
    "child_shape",
    "link",
    "with_children",
    "without_keys",
]

#: The column that says where in its list an element stands, from 0.
POSITION = "_position"


class Link(NamedTuple):
    """What a foreign key of a child is made of.

    Attributes:
        parent: columns of the parent's table: its key, else its lineage.
        child: the same, as the child's table calls them.
    """

    parent: tuple[str, ...]
    child: tuple[str, ...]

    @property
    def is_lineage(self) -> bool:
        """Whether it is the load and the record that both come from."""
        return self.parent == self.child

    @property
    def reserved(self) -> frozenset[str]:
        """Columns of the child's table that no element fills."""
        return LINEAGE | {POSITION, *self.child}


def child_dataset(dataset: Dataset, key: str) -> Dataset:
    """What is configured of a child, as if it were a dataset whose rows are appended."""
    child = dataset.children[key]
    return Dataset.unchecked(
        files=dataset.files,
        table=child.table or _beside(dataset.table or "", key),
        columns=child.columns,
        contract=dataset.contract,
        types=dataset.types,
        format=dataset.format,
    )


def link(dataset: Dataset, key: str) -> Link:
    """How rows of a child find their parent."""
    if not dataset.links_by_key:
        return Link(("_load_id", "_row"), ("_load_id", "_row"))
    stem = column_name((dataset.table or "").rpartition(".")[2].strip('"'))
    given = dataset.children[key].key
    return Link(dataset.key, given or tuple(column_name(f"{stem}_{name}") for name in dataset.key))


def child_keys(dataset: Dataset, layout: Layout, where: str) -> dict[str, str]:
    """Key as configured -> as it stands in the file, where case or separators differ.

    Raises:
        ConfigurationError: the file is no JSON, or its records are values.
        ContractError: a key could be any of several.
    """
    if layout.dialect.get("format") not in {"jsonl", "json"} or layout.dialect.get("values"):
        raise ConfigurationError(
            "children: takes its rows from lists within JSON objects, and this file has none",
            where=where,
            hint="leave children: out for files of this kind",
        )
    matched = match_names(layout.names, dataset.children, where)
    return {key: key for key in dataset.children} | {key: name for name, key in matched.items()}


def without_keys(layout: Layout, keys: Sequence[str]) -> Layout:
    """A file's layout less some of its names."""
    kept = [i for i, name in enumerate(layout.names) if name not in keys]
    return layout._replace(
        names=tuple(layout.names[i] for i in kept),
        sample=tuple(tuple(row[i] for i in kept) for row in layout.sample),
        kinds=tuple(layout.kinds[i] for i in kept) if layout.kinds else (),
    )


def child_shape(shape: TableShape | None, reserved: frozenset[str]) -> TableShape | None:
    """A child's table as far as elements fill it."""
    if shape is None:
        return None
    return replace(
        shape,
        columns=tuple(column for column in shape.columns if column.name not in reserved),
        has_lineage=True,
    )


def check_columns(planned: Planned, reserved: frozenset[str], table: str, where: str) -> None:
    """No element may bring a column that links the tables.

    Raises:
        ContractError: one would.
    """
    if taken := sorted({column.name for column in planned.plan.columns} & reserved):
        raise ContractError(
            f"{listed(taken)} of {table} links it to its parent, and elements have a value of that name",
            where=where,
            hint="give the link another name with `key:` under `children:`, or rename the column",
        )


def with_children(
    planned: Planned, dataset: Dataset, made: Mapping[str, tuple[ChildPlan, Planned]]
) -> Planned:
    """The plan of a load with those of its children."""
    plan = planned.plan
    if dataset.links_by_key:
        # What has no key has nothing that its children could refer to.
        plan = replace(plan, cells=tuple(_required(plan, dataset.key)))
    notes = [f"{key}: {note}" for key, (_, child) in made.items() for note in child.notes]
    evidence = {
        f"{key}.{name}": why for key, (_, child) in made.items() for name, why in child.evidence.items()
    }
    return replace(
        planned,
        plan=replace(plan, children=tuple(child for child, _ in made.values())),
        notes=(*planned.notes, *notes),
        evidence={**planned.evidence, **evidence},
        evolving=planned.evolving | _qualified(made, "evolving"),
        fresh=planned.fresh | _qualified(made, "fresh"),
    )


def _required(plan: LoadPlan, key: Sequence[str]) -> Iterator[Cell]:
    for cell in plan.cells:
        yield replace(cell, columns=tuple(_with_value(column, key) for column in cell.columns))


def _with_value(column: Column, key: Sequence[str]) -> Column:
    return replace(column, required=True) if column.name in key else column


def _qualified(made: Mapping[str, tuple[ChildPlan, Planned]], attribute: str) -> frozenset[str]:
    return frozenset(
        f"{child.key}.{name}" for child, planned in made.values() for name in getattr(planned, attribute)
    )


def _beside(table: str, key: str) -> str:
    """`orders` -> `orders_items`; quoted where the parent's name is."""
    ending = f"_{column_name(key)}"
    return f'{table[:-1]}{ending}"' if table.endswith('"') else table + ending
