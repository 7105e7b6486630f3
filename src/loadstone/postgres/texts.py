"""Staged texts that are no values of their columns' types: all of them found at once, with their reasons.

Types that the codec does not write travel as text, and the INSERT casts them. Which texts a cast refuses is
asked for when an INSERT was refused; what a cast would quietly change is asked for before. PostgreSQL 16 and
later tell it for all rows in one statement per column; an older server is asked window by window.
"""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from loadstone.model.batch import Reject
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.identifiers import literal, quote
from loadstone.postgres.refused import is_refusal, one_line, reason_of, sift
from loadstone.postgres.staging import Field, Window, window_of

__all__ = ["TextCheck", "is_of_a_value"]

_HAS_INPUT_CHECKS = 160_000
_AT_ONCE = 10_000

# Input functions also report a value by classes that otherwise speak of the statement: a syntax error in a
# jsonpath, a table that a regclass names and does not exist, whatever an extension raises.
_ALSO_OF_A_VALUE = frozenset({"0A", "3F", "42", "XX"})
_DAMAGED = frozenset({"XX001", "XX002"})

_IS_NO_NUMBER = "{v} !~ '^ *(0[xX][0-9a-fA-F]+|[0-9]+) *$'"
_HAS_MORE_THAN_MICROS = r"{v} ~ '\.\d{{6}}\d*[1-9]'"
# How many digits a currency has, and what stands before them, is a setting of the server.
_HAS_MORE_THAN_CENTS = (
    r"{v} ~ ('[0-9]' || (SELECT coalesce("
    r"'[' || left(f[1], 1) || ']\d{{' || length(f[1]) - 1 || '}}\d*', '(?!)')"
    r" FROM (SELECT regexp_match(1::numeric::money::text, '1([^0-9]0+)')) AS of_one (f)) || '[1-9]')"
)

#: What a cast cuts or rounds without a word: base type -> condition over the text {v}, what would be lost.
_QUIETLY_CHANGED = {
    "name": ("octet_length({v}) > 63", "a name keeps 63 bytes"),
    '"char"': (r"octet_length({v}) > 1 AND {v} !~ '^\\[0-3][0-7]{{2}}$'", 'a "char" keeps one byte'),
    "time with time zone": (_HAS_MORE_THAN_MICROS, "a time keeps six digits of a second"),
    "interval": (_HAS_MORE_THAN_MICROS, "an interval keeps six digits of a second"),
    "money": (_HAS_MORE_THAN_CENTS, "money keeps the digits of its currency"),
    # Before 16, PostgreSQL takes any word for the transaction 0.
    "xid": (_IS_NO_NUMBER, "a transaction is a number"),
    "xid8": (_IS_NO_NUMBER, "a transaction is a number"),
    "cid": (_IS_NO_NUMBER, "a command is a number"),
}
_CUT_TO_DECLARED = frozenset({"interval", "time with time zone", '"bit"', "bit varying"})


class TextCheck:
    """The check of one load's staged texts.

    Args:
        connection: inside the load's transaction.
        fields: of the staging tables; those without a cast have their type already.
    """

    def __init__(self, connection: Connection, fields: Sequence[Field]) -> None:
        self._connection = connection
        self._fields = [field for field in fields if field.cast]
        self._tells_all = connection.info.server_version >= _HAS_INPUT_CHECKS

    @property
    def has_fields(self) -> bool:
        """Whether any column travels as text."""
        return bool(self._fields)

    @property
    def must_run(self) -> bool:
        """Whether some cast would quietly change a value, so that no INSERT may come before the check."""
        return any(_losses(field) for field in self._fields)

    def refused(self, table: str) -> Iterator[Reject]:
        """Rows of a staging table with texts that are no values of their types; only their numbers are known.

        A row comes once for each of its columns that is refused. What a cast would quietly change is told
        once nothing unreadable is left.
        """
        is_readable = True
        for reject in self._unreadable(table):
            is_readable = False
            yield reject
        if is_readable:
            yield from self._changed(table)

    def refused_by_cast(self, table: str) -> Iterator[Reject]:
        """The same, by trying the casts: a few are pickier than their types, as of numbers to regclass."""
        for field in self._fields:
            yield from self._sifted(table, field)

    def _unreadable(self, table: str) -> Iterator[Reject]:
        for field in self._fields:
            refused = self._told(table, field) if self._tells_all else None
            if refused is None:
                refused = self._sifted(table, field)
            yield from refused

    def _changed(self, table: str) -> Iterator[Reject]:
        for field in self._fields:
            for condition, loss in _losses(field):
                rows = self._connection.execute(
                    statement(
                        f"SELECT s._row, left(min(v.value), 100) FROM {table} AS s, {_values(field)}"
                        f" WHERE {condition.format(v='v.value')} GROUP BY s._row ORDER BY s._row"
                    )
                )
                for number, value in rows.fetchall():
                    yield _reject(number, field, "22001", f'"{value}" would lose a part of it: {loss}')

    def _told(self, table: str, field: Field) -> Iterator[Reject] | None:
        """What the server tells in one statement; None where the type's own functions do not let it."""
        wanted = literal(field.input_type)
        text = (
            f"SELECT DISTINCT ON (s._row) s._row, e.sql_error_code, e.message, e.detail"
            f" FROM {table} AS s, {_values(field)}, pg_input_error_info(v.value, {wanted}) AS e"
            f" WHERE v.value IS NOT NULL AND NOT pg_input_is_valid(v.value, {wanted}) ORDER BY s._row"
        )
        connection = self._connection
        connection.execute(b"SAVEPOINT loadstone_told")
        cursor = connection.cursor(name="loadstone_told")
        cursor.itersize = _AT_ONCE
        try:
            cursor.execute(statement(text))
            first = cursor.fetchmany(_AT_ONCE)
        except psycopg.Error as error:
            if not is_of_a_value(error):
                raise
            connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_told")
            connection.execute(b"RELEASE SAVEPOINT loadstone_told")
            return None

        def rows() -> Iterator[Reject]:
            with cursor:
                found = first
                while found:
                    for number, code, message, detail in found:
                        reason = f"{message} ({detail.rstrip('.')})" if detail else message
                        yield _reject(number, field, code, one_line(reason))
                    found = cursor.fetchmany(_AT_ONCE)
            connection.execute(b"RELEASE SAVEPOINT loadstone_told")

        return rows()

    def _sifted(self, table: str, field: Field) -> Iterator[Reject]:
        """The same by halves, under savepoints."""
        self._read(table, field, (1, 1))  # an error without any row is not one of a value
        bounds = self._connection.execute(
            statement(f"SELECT coalesce(min(_row), 0), coalesce(max(_row) + 1, 0) FROM {table}")
        ).fetchone()
        self._connection.execute(
            statement(f"CREATE INDEX IF NOT EXISTS {_index_of(table)} ON {table} (_row)")
        )

        def attempt(low: int, high: int) -> psycopg.Error | None:
            self._connection.execute(b"SAVEPOINT loadstone_read")
            try:
                self._read(table, field, (low, high))
            except psycopg.Error as error:
                if not is_of_a_value(error):
                    raise
                self._connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_read")
                self._connection.execute(b"RELEASE SAVEPOINT loadstone_read")
                return error
            self._connection.execute(b"RELEASE SAVEPOINT loadstone_read")
            return None

        first, end = bounds or (0, 0)
        for number, error in sift(first, end, attempt):
            yield _reject(number, field, error.sqlstate or "refused", reason_of(error))

    def _read(self, table: str, field: Field, window: Window) -> None:
        # What the second cast cuts is none of its business; what it refuses is.
        value = f"CAST({field.value('s')} AS {field.domain or field.cast})"
        self._connection.execute(
            statement(f"SELECT count({value}) FROM {table} AS s WHERE {window_of('s', window)}")
        )


def is_of_a_value(error: psycopg.Error) -> bool:
    """Whether a cast may have raised an error because of the text that it was given."""
    state = error.sqlstate or ""
    return is_refusal(error) or (state[:2] in _ALSO_OF_A_VALUE and state not in _DAMAGED)


def _reject(number: int, field: Field, code: str, reason: str) -> Reject:
    return Reject(number, 0, 0, 0, field.name, code, reason, b"")


def _values(field: Field) -> str:
    """The texts of a field as rows, one or one for each element, for a FROM list."""
    if field.type.endswith("[]"):
        return f"LATERAL unnest(s.{quote(field.name)}) AS v (value)"
    return f"LATERAL (SELECT s.{quote(field.name)}) AS v (value)"


def _losses(field: Field) -> Iterator[tuple[str, str]]:
    base = (field.cast or "").removesuffix("[]")
    if base in _QUIETLY_CHANGED:
        yield _QUIETLY_CHANGED[base]
    kept = (field.declared or "").removesuffix("[]")
    if base in _CUT_TO_DECLARED and kept != base:
        exact = f"CAST({{v}} AS {base})"
        yield f"CAST({exact} AS {kept}) IS DISTINCT FROM {exact}", f"the column is {kept}"


def _index_of(table: str) -> str:
    return quote(table.removeprefix("pg_temp.").strip('"') + "_by_row")
