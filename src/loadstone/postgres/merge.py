"""Rows of a file into a table by key: new ones inserted, changed ones updated, newer ones left alone.

With a unique index on the key that is one `INSERT ... ON CONFLICT`; where there can be none, or a key has a
NULL, an UPDATE and an INSERT in one statement, under the lock of the table. Updating, rather than deleting
and inserting, leaves alone what refers to a row and columns that the file does not know.
"""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from loadstone.postgres.catalog import Target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.identifiers import literal, quote
from loadstone.postgres.staging import Field, Key, Staging, window_of

__all__ = ["Merge", "Order", "Taken"]

Window = tuple[int, int]


class Taken(Struct, frozen=True):
    """What became of rows that a table took."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged
        )


class Order(Struct, frozen=True):
    """Which of two rows with one key is the newer.

    Attributes:
        column: the one that says so; None where the object's time does.
        object_time: of this load's object.
        is_late: whether the table may hold rows of a newer object.
        replaced: loads whose rows this one may always overwrite: older versions of the same object.
        claims_all: rows that stay as they are become this load's, too, wherever it is the newer one.
    """

    column: Field | None
    object_time: datetime
    is_late: bool
    replaced: tuple[int, ...] = ()
    claims_all: bool = False


class Merge:
    """The merge of a load's staged rows into a table.

    Args:
        connection: inside the load's transaction.
        target: the table.
        staging: the rows, one per key.
        key: what tells rows apart.
        order: what the newer row is.
        load_id: of this load.
        lineage: whether rows carry `_load_id` and `_row`.
    """

    def __init__(
        self,
        connection: Connection,
        target: Target,
        staging: Staging,
        key: Key,
        order: Order,
        *,
        load_id: int,
        lineage: bool,
    ) -> None:
        self._connection = connection
        self._target = target
        self._staging = staging
        self._key = key
        self._order = order
        self._load_id = load_id
        self._lineage = lineage
        names = {field.name for field in key.fields}
        self._others = tuple(field for field in staging.fields if field.name not in names)

    @property
    def uses_index(self) -> bool:
        """Whether a unique index settles conflicts, so that other merges may go on beside this one."""
        target = self._target
        names = tuple(field.name for field in self._key.fields)
        # One file is to fire statement triggers once, and ON CONFLICT does not go with rules.
        return target.has_unique_key(names) and not target.has_statement_triggers and not target.has_rules

    @property
    def is_ordered(self) -> bool:
        """Whether each row carries its own order, so that it does not matter which merge comes first."""
        return self._order.column is not None

    @property
    def needs_lock(self) -> bool:
        """Whether two merges of this kind at once could both insert a key."""
        return not self.uses_index or self._key.has_nulls

    def apply(self, window: Window | None = None) -> Taken:
        """Merges the staged rows, or those whose number lies in a window."""
        inside = window_of("s", window)
        if not self.uses_index:
            taken = self._join(f"{inside} AND {self._key.without_null('s')}", self._key.equal("t", "s"))
        else:
            taken = self._upsert(f"{inside} AND {self._key.without_null('s')}")
        if self._key.has_nulls:
            condition = f"{self._key.with_null('t')} AND {self._key.same('t', 's')}"
            taken += self._join(f"{inside} AND {self._key.with_null('s')}", condition, is_record=True)
        return taken

    def remove_left_over(self) -> None:
        """Takes out rows of older versions of the object that the new version does not have."""
        if self._order.replaced and self._lineage:
            self._execute(
                f"DELETE FROM {self._target.sql} AS t WHERE _load_id <> {self._load_id}"
                f" AND (false{self._or_replaced})"
            )

    # --- with a unique index ---

    def _upsert(self, inside: str) -> Taken:
        total = self._count(inside)
        conflict = f"ON CONFLICT ({self._key.names()}) DO"
        if self._only_adds or not (self._others or self._claims_unchanged):
            inserted = self._execute(f"{self._insert(inside)} {conflict} NOTHING")
            return Taken(inserted, 0, total - inserted)
        update = f"{conflict} UPDATE SET {self._assignments_counting()} WHERE {self._may_touch}"
        before = self._counter()
        if self._target.is_partitioned:
            # The parent of partitions cannot tell an inserted row from an updated one.
            inserted = self._execute(f"{self._insert(inside)} {conflict} NOTHING")
            touched = self._execute(f"{self._insert(inside)} {update}") if inserted < total else 0
        else:
            inserted, touched = self._both(
                f"WITH done AS ({self._insert(inside)} {update} RETURNING xmax = 0 AS is_new)"
                " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM done"
            )
        updated = touched - (self._counter() - before)
        return Taken(inserted, updated, total - inserted - updated)

    @property
    def _only_adds(self) -> bool:
        """Rows that are there may be newer, and nothing tells: they stay."""
        return self._order.column is None and self._order.is_late and not self._lineage

    @property
    def _claims_unchanged(self) -> bool:
        """Whether unchanged rows become this load's, so that a late older file does not undo them."""
        order = self._order
        return self._lineage and (order.column is None or bool(order.replaced) or order.claims_all)

    @property
    def _may_touch(self) -> str:
        """Which rows that are there are written anew."""
        changed = self._is_changed("excluded", is_cast=False)
        may = self._may("excluded", is_cast=False)
        if not self._claims_unchanged:
            return f"{changed} AND {may}"
        own = "true"
        if self._target.is_partitioned:  # the second pass meets the rows of the first
            own = f"(t._load_id, t._row) IS DISTINCT FROM ({self._load_id}, excluded._row)"
        if self._order.column is None:
            return f"{may} AND {own}"
        claim = self._may_claim("excluded")
        return f"(({changed} AND {may}) OR (NOT {changed} AND {claim})) AND {own}"

    def _assignments_counting(self) -> str:
        """The assignments; those of a row that did not change are counted by a sequence in passing.

        Nothing else tells them from changed ones in one pass: before 18, PostgreSQL returns no old values.
        """
        assignments = self._assignments("excluded", is_cast=False)
        if not self._claims_unchanged:
            return assignments
        changed = self._is_changed("excluded", is_cast=False)
        counted = f"excluded._row + 0 * nextval({literal(self._staging.counter)})"
        return assignments.removesuffix("excluded._row") + (
            f"CASE WHEN {changed} THEN excluded._row ELSE {counted} END"
        )

    def _counter(self) -> int:
        return self._both(
            f"SELECT last_value - 1 + CASE WHEN is_called THEN 1 ELSE 0 END, 0 FROM {self._staging.counter}"
        )[0]

    # --- without one ---

    def _join(self, inside: str, match: str, *, is_record: bool = False) -> Taken:
        """UPDATE and INSERT in one statement, over one snapshot: nobody else may merge meanwhile."""
        rows, target = self._staging.rows, self._target.sql
        may = "false" if self._only_adds else self._may("s")
        claims = f"m.is_same AND {self._may_claim('s')}" if self._claims_unchanged else "false"
        changed = self._is_changed("s")
        assignments = self._assignments("s")
        updated = (
            f"updated AS (UPDATE {target} AS t SET {assignments}"
            f" FROM {rows} AS s JOIN matched AS m USING (_row)"
            f" WHERE {inside} AND {match} AND (({may} AND NOT m.is_same) OR ({claims}))),"
            if assignments
            else ""
        )
        is_absent = "NOT EXISTS (SELECT FROM matched AS m WHERE m._row = s._row)"
        nested_loops = not is_record and self._target.can_find(tuple(f.name for f in self._key.fields))
        self._allow_nested_loops(nested_loops)
        row = self._connection.execute(
            statement(
                f"WITH matched AS MATERIALIZED (SELECT s._row, bool_or(NOT ({may})) AS is_kept,"
                f" NOT bool_or({changed}) AS is_same"
                f" FROM {rows} AS s JOIN {target} AS t ON {match} WHERE {inside} GROUP BY s._row),"
                f" {updated}"
                f" inserted AS ({self._insert(f'{inside} AND {is_absent}')}"
                " RETURNING 1)"
                " SELECT (SELECT count(*) FROM matched WHERE NOT is_kept AND NOT is_same),"
                " (SELECT count(*) FROM matched WHERE is_kept OR is_same)"
            )
        ).fetchone()
        self._allow_nested_loops(True)
        changed_rows, unchanged = row or (0, 0)
        return Taken(self._count(inside) - changed_rows - unchanged, changed_rows, unchanged)

    def _allow_nested_loops(self, allowed: bool) -> None:
        state = "on" if allowed else "off"
        self._connection.execute(b"SELECT set_config('enable_nestloop', %s, true)", [state])

    # --- parts of statements ---

    def _insert(self, inside: str) -> str:
        return (
            f"{insert_into(self._target, self._staging, self._load_id if self._lineage else None)}"
            f" WHERE {inside} ORDER BY {self._key.values('s')}"
        )

    def _assignments(self, new: str, *, is_cast: bool = True) -> str:
        values = [f"{quote(f.name)} = {_new(f, new, is_cast=is_cast)}" for f in self._others]
        if self._lineage:
            values += [f"_load_id = {self._load_id}", f"_row = {new}._row"]
        return ", ".join(values)

    def _is_changed(self, new: str, *, is_cast: bool = True) -> str:
        """Byte by byte: it also tells 1.0 from 1.00, and works for types without an equality."""
        if not self._others:
            return "false"
        old = ", ".join(f"t.{quote(field.name)}" for field in self._others)
        values = ", ".join(_new(field, new, is_cast=is_cast) for field in self._others)
        return f"ROW({old})::record OPERATOR(pg_catalog.*<>) ROW({values})::record"

    def _may(self, new: str, *, is_cast: bool = True) -> str:
        """The condition that this load's row is the newer one."""
        order = self._order
        if order.column is not None:
            value, old = _new(order.column, new, is_cast=is_cast), f"t.{quote(order.column.name)}"
            newer = f"({old} IS NULL OR {value} >= {old}) IS TRUE"
        elif order.is_late and self._lineage:
            newer = (
                "(t._load_id IN (SELECT l.load_id FROM loadstone.loads AS l"
                f" WHERE l.object_time > {literal(order.object_time.isoformat())}::timestamptz)) IS NOT TRUE"
                f" AND (t._load_id = {self._load_id} AND t._row > {new}._row) IS NOT TRUE"
            )
        else:
            return "true"
        return f"({newer}{self._or_replaced})"

    def _may_claim(self, new: str) -> str:
        """The same for unchanged rows: where a column orders them, only replaced ones need a claim."""
        if self._order.column is None or self._order.claims_all:
            return self._may(new)
        return f"(false{self._or_replaced})"

    @property
    def _or_replaced(self) -> str:
        if not (self._order.replaced and self._lineage):
            return ""
        return f" OR t._load_id IN ({', '.join(str(number) for number in self._order.replaced)})"

    def _count(self, inside: str) -> int:
        return self._both(f"SELECT count(*), 0 FROM {self._staging.rows} AS s WHERE {inside}")[0]

    def _execute(self, text: str) -> int:
        return self._connection.execute(statement(text)).rowcount

    def _both(self, text: str) -> Sequence[int]:
        row = self._connection.execute(statement(text)).fetchone()
        return row or (0, 0)


def insert_into(target: Target, staging: Staging, load_id: int | None) -> str:
    """`INSERT INTO table (...) SELECT ... FROM rows AS s`, for a condition or an order to follow.

    Args:
        target: the table.
        staging: the rows.
        load_id: for `_load_id`; None where rows carry no lineage.
    """
    names = [quote(field.name) for field in staging.fields]
    values = [field.value("s") for field in staging.fields]
    if load_id is not None:
        names += ["_load_id", "_row"]
        values += [f"{load_id}::bigint", "s._row"]
    overriding = ""
    if any(target.columns[field.name].is_always_identity for field in staging.fields):
        overriding = " OVERRIDING SYSTEM VALUE"
    return (
        f"INSERT INTO {target.sql} AS t ({', '.join(names)}){overriding}"
        f" SELECT {', '.join(values)} FROM {staging.rows} AS s"
    )


def _new(field: Field, alias: str, *, is_cast: bool) -> str:
    """The new value; `excluded` has the table's types already."""
    return field.value(alias) if is_cast else f"{alias}.{quote(field.name)}"
