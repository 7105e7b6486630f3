"""A table that exists in the destination, as far as a load needs to know it."""

from __future__ import annotations

from msgspec import Struct

from loadstone.model.types import PgType

__all__ = ["TableColumn", "TableShape"]


class TableColumn(Struct, frozen=True):
    """A column of a table that exists.

    Attributes:
        name: as the catalog has it.
        type: a domain's is its base type.
        is_nullable: whether it takes NULL.
        has_default: whether it is filled where nothing is given.
        is_generated: whether it is computed from other columns.
        is_plain: neither of a domain nor under a collation of its own, which another type would lose.
    """

    name: str
    type: PgType
    is_nullable: bool
    has_default: bool
    is_generated: bool = False
    is_plain: bool = True


class TableShape(Struct, frozen=True):
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
