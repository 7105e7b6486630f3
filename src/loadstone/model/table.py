"""A table that exists in the destination, as far as a load needs to know it."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.model.types import PgType

__all__ = ["TableColumn", "TableShape"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table that exists."""

    name: str
    type: PgType
    is_nullable: bool
    has_default: bool
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table that exists.

    Attributes:
        name: schema-qualified and quoted.
        columns: in their order.
        unique_keys: the column sets of its plain unique indexes (no expressions, no predicate).
        has_lineage: whether it carries `_load_id` and `_row`.
    """

    name: str
    columns: tuple[TableColumn, ...]
    unique_keys: tuple[tuple[str, ...], ...]
    has_lineage: bool
