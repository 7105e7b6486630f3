"""The plans of child tables: which elements the head of a file shows, and what their tables take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from loadstone.codec.jsonmembers import read_elements, read_members, read_value
from loadstone.codec.jsonobject import LONELY
from loadstone.core.children import (
    check_columns,
    child_dataset,
    child_keys,
    child_shape,
    link,
    with_children,
    without_keys,
)
from loadstone.core.columns import resolve_columns
from loadstone.core.planning import Planned, make_plan
from loadstone.model.contract import ChildPlan
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape

if TYPE_CHECKING:
    from loadstone.executor.load import Order, Parts
    from loadstone.ports import LoadTransaction

__all__ = ["ChildPlanner"]

#: Elements of one key that are looked at to tell their types.
_SAMPLE_ELEMENTS = 10_000


class ChildPlanner:
    """Plans the children of one load.

    Args:
        order: what is to be loaded.
        layout: of the file, lists and all.
        facts: metadata name -> text.

    Attributes:
        layout: of what is left for the parent.
    """

    def __init__(self, order: Order, layout: Layout, facts: Mapping[str, str | None]) -> None:
        self._order = order
        self._facts = facts
        self._whole = layout
        self._keys = child_keys(order.dataset, layout, order.request.version.uri)
        self.layout = without_keys(layout, list(self._keys.values()))

    def complete(self, planned: Planned, parts: Parts, transaction: LoadTransaction) -> Planned:
        """The parent's plan with those of its children; what `evolve` adds to their tables is done at once.

        Raises:
            ContractError: elements do not fit their contract.
        """
        made = {key: self._child(key, parts, transaction) for key in self._keys}
        return with_children(planned, self._order.dataset, made)

    def _child(self, key: str, parts: Parts, transaction: LoadTransaction) -> tuple[ChildPlan, Planned]:
        order, where = self._order, self._order.request.version.uri
        dataset, source = child_dataset(order.dataset, key), self._keys[key]
        table, reserved = dataset.table or "", link(order.dataset, key).reserved
        shape = child_shape(transaction.look_up(table), reserved)
        columns = (*resolve_columns(dataset), *order.child_columns.get(source, ()))
        prefix = f"{source}."
        outgrown = {
            name.removeprefix(prefix): kind
            for name, kind in order.outgrown.items()
            if name.startswith(prefix)
        }
        layout, takes_values = self._layout(source, dataset, shape)
        planned = make_plan(dataset, columns, layout, shape, self._facts, where, outgrown)
        check_columns(planned, reserved, table, where)
        changes = (*planned.additions, *planned.widenings)
        if changes and shape is not None:
            parts.database.evolve(shape.name, changes)
        plan = replace(planned.plan, lineage=False)
        return ChildPlan(source, table, plan, takes_values), planned

    def _layout(self, source: str, dataset: Dataset, shape: TableShape | None) -> tuple[Layout, bool]:
        """The names and values of the first elements, and whether these are plain values."""
        elements = self._elements(source)
        is_complete = self._whole.is_complete and len(elements) < _SAMPLE_ELEMENTS
        dialect = {"format": self._whole.dialect.get("format")}
        first = next((element for element in elements if element != b"null"), None)
        # Where rejected records are tried again, nothing of the file is seen in advance.
        noted = (self._whole.dialect.get("elements") or {}).get(source)
        if noted is not None and first is None:
            return Layout(tuple(noted["names"]), dialect), bool(noted["values"])
        if first is None:
            in_table = {column.name for column in shape.columns} if shape is not None else set()
            takes_values = (set(dataset.columns) or in_table) == {LONELY}
        else:
            takes_values = not first.startswith(b"{")
        if takes_values:
            rows = [{LONELY: read_value(element)} for element in elements]
        else:
            separator = self._whole.dialect.get("separator")
            read = (read_members(element, separator) for element in elements)
            rows = [members for members in read if members is not None]
        names = tuple(dict.fromkeys(name for members in rows for name in members))
        sample = tuple(
            tuple(members[name].text if name in members else None for name in names) for members in rows
        )
        kinds = tuple(frozenset(m[name].kind for m in rows if name in m) for name in names)
        return Layout(names, dialect, sample, is_complete, kinds), takes_values

    def _elements(self, source: str) -> Sequence[bytes]:
        if source not in self._whole.names:
            return ()
        position = self._whole.names.index(source)
        elements: list[bytes] = []
        for row in self._whole.sample:
            text = row[position]
            # A text has lost its quotes here; what lists hold is enough to go by.
            if text is not None and text[:1] in {"[", "{"} and len(elements) < _SAMPLE_ELEMENTS:
                elements += read_elements(text.encode())
        return elements[:_SAMPLE_ELEMENTS]
