"""What a table is: its columns and types, its indexes, and whether it may refuse rows.

Reads the catalogs only, so that looking takes no lock on the table.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import tuple_row

from loadstone.errors import TableMismatch
from loadstone.model.table import TableColumn, TableShape
from loadstone.model.types import PgType, parse_type
from loadstone.postgres.connection import Connection
from loadstone.postgres.identifiers import TableName, qualified
from loadstone.postgres.queries import query

__all__ = ["Index", "Target", "TargetColumn", "find_target", "look_up"]

_KINDS = {
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "S": "a sequence",
    "i": "an index",
}


class TargetColumn(Struct, frozen=True):
    """A column, as far as rows are written to it.

    Attributes:
        shape: name, type (a domain's is its base type), whether it takes NULL.
        base: the type without domains, as SQL, length, scale and collation included.
        cast_to: the same without length and scale: a cast to it cuts and rounds nothing.
        declared: the type as it was declared.
        is_always_identity: GENERATED ALWAYS AS IDENTITY: an INSERT must say that it overrides.
        is_domain: values are checked by a domain's constraints.
        is_bytewise: whether equal values have equal bytes (not so under a nondeterministic collation).
        is_text: whether an empty text is a value of the type: whether it is one of PostgreSQL's string types.
        delimiter: what separates the elements in an array's literal: a comma for nearly all types.
    """

    shape: TableColumn
    base: str
    cast_to: str
    declared: str
    is_always_identity: bool
    is_domain: bool
    is_bytewise: bool
    is_text: bool
    delimiter: str


class Index(Struct, frozen=True):
    """A valid index on plain columns, without a predicate.

    Attributes:
        columns: in its order.
        is_unique: whether it is unique.
        is_immediate: whether uniqueness is checked at once, as `ON CONFLICT` needs.
    """

    columns: tuple[str, ...]
    is_unique: bool
    is_immediate: bool


class Target(Struct, frozen=True):
    """A table that rows are written to.

    Attributes:
        name: schema and name.
        shape: what the rest of the program knows of it.
        columns: by name, in their order.
        indexes: those that can find or keep apart keys.
        is_partitioned: whether it is the parent of partitions.
        is_referenced: whether foreign keys of other tables point to it.
        has_row_triggers: any that fire for each row.
        has_statement_triggers: any that fire once per INSERT or UPDATE.
        has_rules: rewrite rules, which COPY and ON CONFLICT do not go with.
        has_row_security: policies apply to this role: COPY is not allowed.
        can_refuse: whether a row that the codec accepted may be refused.
        is_new: created in this transaction: nobody else sees it.
    """

    name: TableName
    shape: TableShape
    columns: dict[str, TargetColumn]
    indexes: tuple[Index, ...]
    is_partitioned: bool
    is_referenced: bool
    has_row_triggers: bool
    has_statement_triggers: bool
    has_rules: bool
    has_row_security: bool
    can_refuse: bool
    is_new: bool = False

    @property
    def sql(self) -> str:
        """The name as SQL."""
        return self.shape.name

    def has_unique_key(self, key: tuple[str, ...]) -> bool:
        """Whether a unique index stands on exactly these columns, fit for `ON CONFLICT`."""
        return any(i.is_unique and i.is_immediate and set(i.columns) == set(key) for i in self.indexes)

    def can_find(self, key: tuple[str, ...]) -> bool:
        """Whether an index finds rows by (the first of) these columns."""
        return any(index.columns[0] in key for index in self.indexes)


def look_up(connection: Connection, table: str) -> TableShape | None:
    """A table's shape by its name as people write it; None where there is no such table.

    Raises:
        TableMismatch: the name is that of something else.
    """
    target = find_target(connection, table)
    return None if target is None else target.shape


def find_target(connection: Connection, table: str) -> Target | None:
    """All that a load must know of a table; None where there is no such table.

    Raises:
        TableMismatch: the name is that of something else.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query("table", "catalog"), {"table": qualified(table)}).fetchone()
        if row is None:
            return None
        oid, schema, name, kind, *facts = row
        if kind not in {"r", "p"}:
            raise TableMismatch(
                f"this is {_KINDS.get(kind, 'no table')}; rows are loaded into tables",
                where=table,
                hint="name a table, or another name for one that is to be created",
            )
        rows = cursor.execute(query("columns", "catalog"), {"oid": oid}).fetchall()
        columns = {row[0]: _column(row) for row in rows}
        found = cursor.execute(query("indexes", "catalog"), {"oid": oid}).fetchall()
    indexes = tuple(Index(tuple(names), unique, immediate) for names, unique, immediate in found)
    return _target(TableName(schema, name), columns, indexes, facts)


def _target(
    name: TableName, columns: dict[str, TargetColumn], indexes: tuple[Index, ...], facts: list[bool]
) -> Target:
    partitioned, referenced, row_triggers, statement_triggers, rules, row_security, constraints = facts
    shape = TableShape(
        name=name.sql,
        columns=tuple(column.shape for column in columns.values()),
        unique_keys=tuple(index.columns for index in indexes if index.is_unique),
        has_lineage={"_load_id", "_row"} <= columns.keys(),
    )
    return Target(
        name=name,
        shape=shape,
        columns=columns,
        indexes=indexes,
        is_partitioned=partitioned,
        is_referenced=referenced,
        has_row_triggers=row_triggers,
        has_statement_triggers=statement_triggers,
        has_rules=rules,
        has_row_security=row_security,
        can_refuse=row_triggers
        or row_security
        or constraints
        or any(column.is_domain or column.shape.is_generated for column in columns.values()),
    )


def _column(row: tuple[Any, ...]) -> TargetColumn:
    name, base, kind, cast_to, declared, element, array_of_domain, *rest = row
    delimiter, is_text, labels, nullable, *rest = rest
    default, generated, always_identity, is_domain, bytewise = rest
    pg_type = _type(kind, opaque=array_of_domain)
    pg_type = replace(pg_type, oid=element, labels=tuple(labels) if labels else None)
    is_plain = not is_domain and " COLLATE " not in base
    shape = TableColumn(name, pg_type, nullable, default, generated, is_plain)
    return TargetColumn(
        shape, base, cast_to, declared, always_identity, is_domain, bytewise, is_text, delimiter
    )


def _type(text: str, *, opaque: bool) -> PgType:
    """A type as `format_type` writes it; what our reader of types does not know keeps its name."""
    is_array = text.endswith("[]")
    try:
        parsed = parse_type(text)
    except ValueError:
        return PgType(re.sub(r"\[\]$", "", text), is_array=is_array)
    # The elements' own type is in the binary form of an array, and a domain is none that the codec writes.
    return PgType(re.sub(r"\[\]$", "", text), is_array=True) if opaque and is_array else parsed
