"""Rows of one file set aside in temporary tables, until it is clear which of them go into the table.

`rows` holds those that are to go there, one per key; `late` holds all rivals: rows whose key the file has
more than once. A row that the table refuses thus makes way for the one before it.
"""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from loadstone.postgres.catalog import Target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.fitting import Fitted
from loadstone.postgres.identifiers import quote

__all__ = ["Field", "Key", "Staging", "Window", "staged_fields", "window_of"]

Window = tuple[int, int]


class Field(Struct, frozen=True):
    """A column of the temporary tables.

    Attributes:
        name: as in the table.
        type: of the temporary column, as SQL.
        cast: what it is cast to on the way into the table; None where it has the table's type already.
        declared: the table's type without domains, with its length or precision; None where there is no cast.
        domain: the column's domain, or its type as declared; None where there is no cast.
    """

    name: str
    type: str
    cast: str | None = None
    declared: str | None = None
    domain: str | None = None

    @property
    def input_type(self) -> str:
        """The type that each of its texts must be a value of, as SQL: an array's elements' one."""
        if self.type.endswith("[]"):
            return (self.declared or self.cast or self.type).removesuffix("[]")
        return self.domain or self.cast or self.type

    def value(self, alias: str) -> str:
        """The value as the table's type, as SQL."""
        plain = f"{alias}.{quote(self.name)}"
        return f"CAST({plain} AS {self.cast})" if self.cast else plain


class Key(Struct, frozen=True):
    """The columns that tell rows apart; NULL equals NULL.

    Attributes:
        fields: the key's columns.
        has_nulls: whether any row at hand has a NULL among them.
    """

    fields: tuple[Field, ...]
    has_nulls: bool

    def values(self, alias: str) -> str:
        """The key as a list, as SQL."""
        return ", ".join(field.value(alias) for field in self.fields)

    def names(self, alias: str | None = None) -> str:
        """The key's columns as a list, as SQL."""
        prefix = f"{alias}." if alias else ""
        return ", ".join(prefix + quote(field.name) for field in self.fields)

    def without_null(self, alias: str) -> str:
        """The condition that no column of the key is NULL."""
        return " AND ".join(f"{alias}.{quote(field.name)} IS NOT NULL" for field in self.fields)

    def with_null(self, alias: str) -> str:
        """The condition that some column of the key is NULL."""
        return "(" + " OR ".join(f"{alias}.{quote(field.name)} IS NULL" for field in self.fields) + ")"

    def equal(self, left: str, right: str) -> str:
        """The condition that two keys without NULL are the same; `right` is cast."""
        return " AND ".join(f"{left}.{quote(field.name)} = {field.value(right)}" for field in self.fields)

    def same(self, left: str, right: str) -> str:
        """The condition that two keys are the same, NULL equal to NULL. Merged or hashed as records are."""
        return f"ROW({self.names(left)})::record = ROW({self.values(right)})::record"

    def matches(self, left: str, right: str) -> list[str]:
        """`equal`, and for keys with a NULL, which `=` never finds, `same`: they exclude each other."""
        conditions = [self.equal(left, right)]
        if self.has_nulls:
            conditions.append(
                f"{self.with_null(left)} AND {self.with_null(right)} AND {self.same(left, right)}"
            )
        return conditions


class Staging:
    """The temporary tables of one load. They go with the transaction.

    Args:
        connection: inside the load's transaction.
        load_id: names the tables.
        fields: the columns of the plan, in its order, without `_load_id` and `_row`.
        copied: the names that COPY brings, in its order.
    """

    def __init__(
        self, connection: Connection, load_id: int, fields: Sequence[Field], copied: Sequence[str]
    ) -> None:
        self._connection = connection
        self.fields = tuple(fields)
        self.rows = f"pg_temp.{quote(f'_loadstone_{load_id}_rows')}"
        self.late = f"pg_temp.{quote(f'_loadstone_{load_id}_late')}"
        #: A sequence, for counting in passing: COPY brings the row numbers.
        self.counter = f"pg_temp.{quote(f'_loadstone_{load_id}_rows_number')}"
        self._copied = ", ".join(quote(name) for name in copied)
        self._columns = ", ".join([*(quote(field.name) for field in fields), "_row"])
        self.has_late = False
        for table in (self.rows, self.late):
            self._create(table, has_load_id="_load_id" in copied)

    def copy_statement(self, table: str) -> str:
        """The COPY into one of the two tables."""
        return f"COPY {table} ({self._copied}) FROM STDIN (FORMAT BINARY)"

    def count(self, table: str) -> int:
        """How many rows one of the two tables holds."""
        return self._scalar(f"SELECT count(*) FROM {table}")

    def bounds(self, table: str) -> Window:
        """The range of row numbers, its end beyond the last one."""
        row = self._execute(f"SELECT min(_row), max(_row) + 1 FROM {table}").fetchone()
        return (0, 0) if row is None or row[0] is None else (row[0], row[1])

    def analyze(self, table: str) -> None:
        """Tells the planner how many rows there are; without it a join may take hours."""
        self._execute(f"ANALYZE {table}")

    def index_rows(self, table: str) -> None:
        """Finds rows by number, for windows of them."""
        self._execute(f"CREATE INDEX ON {table} (_row)")

    def move_rivals(self, source: str, key: Key, *, condition: str = "", has_row_numbers: bool = True) -> int:
        """Moves rows that share their key with a late one from `source` to `late`; returns how many.

        Args:
            source: `rows`, or the target itself.
            key: what tells rows apart.
            condition: which rows of `source` may move.
            has_row_numbers: whether `source` has `_row`; without it, its rows came before all late ones.
        """
        self.analyze(self.late)
        names = [quote(field.name) for field in self.fields]
        returned = ", ".join([*(f"t.{name}" for name in names), "t._row" if has_row_numbers else "0::bigint"])
        moved = 0
        for match in key.matches("t", "k"):
            moved += self._scalar(
                f"WITH moved AS (DELETE FROM {source} AS t"
                f" USING (SELECT DISTINCT {key.names()} FROM {self.late}) AS k"
                f" WHERE {match}{condition} RETURNING {returned}),"
                f" kept AS (INSERT INTO {self.late} ({self._columns}) SELECT * FROM moved)"
                " SELECT count(*) FROM moved"
            )
        return moved

    def choose_winners(self, key: Key, order: str) -> int:
        """Puts the last row of each late key into `rows`; returns how many.

        Args:
            key: what tells rows apart.
            order: what makes a row come later, as a list for ORDER BY over alias `l`.
        """
        return self._choose(key, order, self.late, "true")

    def drop(self, refused: Sequence[int], key: Key | None, order: str) -> None:
        """Takes refused rows out; the next rival of their key takes their place."""
        numbers = _listed(refused)
        if key is not None and self.has_late:
            self._execute(f"DELETE FROM {self.late} WHERE _row = ANY({numbers})")
            of_key = f"ROW({key.values('g')})::record = ROW({key.values('l')})::record"
            refused_keys = f"SELECT FROM {self.rows} AS g WHERE g._row = ANY({numbers}) AND {of_key}"
            self._choose(key, order, self.late, f"EXISTS ({refused_keys})")
        self.remove(self.rows, refused)

    def remove(self, table: str, rows: Sequence[int]) -> None:
        """Takes rows out of one of the two tables."""
        self._execute(f"DELETE FROM {table} WHERE _row = ANY({_listed(rows)})")

    def _choose(self, key: Key, order: str, source: str, condition: str) -> int:
        columns = ", ".join(f"l.{name}" for name in self._columns.split(", "))
        return self._execute(
            f"INSERT INTO {self.rows} ({self._columns})"
            f" SELECT DISTINCT ON ({key.values('l')}) {columns} FROM {source} AS l"
            f" WHERE {condition} ORDER BY {key.values('l')}, {order}"
        ).rowcount

    def _create(self, table: str, *, has_load_id: bool) -> None:
        columns = [f"{quote(field.name)} {field.type}" for field in self.fields]
        if has_load_id:
            columns.append("_load_id bigint")
        # Where the file's rows come without a number, the order in which they come is theirs.
        sequence = f'{table[:-1]}_number"'
        columns.append(f"_row bigint GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME {sequence})")
        name = table.removeprefix("pg_temp.")
        self._execute(f"CREATE TEMP TABLE {name} (" + ", ".join(columns) + ") ON COMMIT DROP")

    def _execute(self, text: str) -> psycopg.Cursor[Any]:
        return self._connection.execute(statement(text))

    def _scalar(self, text: str) -> int:
        row = self._execute(text).fetchone()
        return int(row[0]) if row else 0


def _listed(numbers: Sequence[int]) -> str:
    return "'{" + ",".join(str(number) for number in numbers) + "}'::bigint[]"


def window_of(alias: str, window: Window | None) -> str:
    """The condition that a row's number lies in a window; none where there is no window."""
    return "true" if window is None else f"{alias}._row >= {window[0]} AND {alias}._row < {window[1]}"


def staged_fields(fitted: Fitted, target: Target) -> list[Field]:
    """The columns of a plan as a temporary table holds them."""
    fields = []
    for column in fitted.plan.columns:
        found, cast = target.columns[column.name], fitted.casts.get(column.name)
        if cast is None:
            fields.append(Field(column.name, found.base))
        else:
            fields.append(Field(column.name, column.type.sql, cast, found.base, found.declared))
    return fields
