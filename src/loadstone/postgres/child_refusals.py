"""Which records have elements that a child's table refuses, and which element of each list is the first one.

Tried are records, never elements: what an element that stays out with its record stood in the way of goes in.
"""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import psycopg
from msgspec import Struct

from loadstone.core.children import POSITION
from loadstone.model.batch import Reject
from loadstone.postgres.child_table import ChildTable
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.identifiers import quote
from loadstone.postgres.refused import explained, is_refusal, only_column_of, sift
from loadstone.postgres.staging import Field, Staging, Window
from loadstone.postgres.texts import TextCheck, is_of_a_value

__all__ = ["ElementRefusals", "Part", "Work"]

# Elements with unreadable texts whose places are looked up at once.
_BATCH = 10_000


class Part(Struct, frozen=True):
    """A part of the elements at hand; with None for both, all.

    Attributes:
        records: by the numbers of their records.
        positions: by their places in their list.
    """

    records: Window | None = None
    positions: Window | None = None


#: Does something to a part of the elements, or is refused; returns the rows.
Work = Callable[[Part], int]


class ElementRefusals:
    """What one child's table refuses.

    Args:
        connection: inside the load's transaction.
        table: the child's, ready.
        staged: the temporary table of the elements, with the record's number under the name `record`; where
            texts are to be cast, elements are numbered by `_row`.
        record: see `staged`.
        fields: the columns of elements.
        require_few: told how many records are refused so far; raises where they are too many to go on.
    """

    def __init__(
        self,
        connection: Connection,
        table: ChildTable,
        staged: str,
        record: str,
        fields: Sequence[Field],
        *,
        require_few: Callable[[int], None],
    ) -> None:
        self._connection = connection
        self._table = table
        self._staged = staged
        self._record = quote(record)
        self._require_few = require_few
        self._check = TextCheck(connection, fields)
        declared = {} if table.target is None else table.target.columns
        self._declared = {field.name: declared[field.name].declared for field in fields}

    @property
    def has_texts(self) -> bool:
        """Whether any column travels as text."""
        return self._check.has_fields

    def changed(self) -> dict[int, Reject]:
        """Records with texts that must go first, where casts would quietly change some."""
        return self._unreadable() if self._check.must_run else {}

    def of(self, work: Work, staging: Staging, *, has_positions: bool) -> tuple[int, dict[int, Reject]]:
        """Does some work on all elements.

        Args:
            work: what may be refused.
            staging: of the parents' rows.
            has_positions: whether the work is on single elements, rather than on all that a record has.

        Returns:
            Its rows, or the records for which it is refused. Where there are any, all of it was a trial.

        Raises:
            psycopg.Error: it is refused for no record's sake.
        """
        outcome = self._attempt(work, Part(), also_of_a_value=True)
        if isinstance(outcome, int):
            return outcome, {}
        is_explained = self.is_refusal(outcome)
        found = self._unreadable()
        if not found and not is_explained:
            found = self._unreadable(by_casting=True)
        if not found and is_explained:
            found = self._sifted(work, staging, has_positions=has_positions)
        if not found:
            raise outcome
        return 0, found

    def is_refusal(self, error: psycopg.Error) -> bool:
        """Whether an error is about a row of the child's table."""
        target = self._table.target
        return is_refusal(error, has_row_security=target is not None and target.has_row_security)

    # --- texts ---

    def _unreadable(self, *, by_casting: bool = False) -> dict[int, Reject]:
        """Records with texts that are no values of their types, as the first element of each list tells."""
        if not self.has_texts:
            return {}
        waiting = (self._check.refused_by_cast if by_casting else self._check.refused)(self._staged)
        first: dict[int, tuple[int, list[Reject]]] = {}
        while batch := list(islice(waiting, _BATCH)):
            places = self._places(batch)
            for reject in batch:
                record, position = places[reject.row_number]
                known = first.get(record)
                if known is None or position < known[0]:
                    first[record] = position, [reject]
                elif position == known[0]:
                    known[1].append(reject)
            self._require_few(len(first))
        return {record: self._joined(record, *told) for record, told in first.items()}

    def _places(self, rejects: Sequence[Reject]) -> dict[int, tuple[int, int]]:
        """An element's number -> that of its record, and its place in the list."""
        numbers = ",".join({str(reject.row_number) for reject in rejects})
        rows = self._connection.execute(
            statement(
                f"SELECT _row, {self._record}, {quote(POSITION)} FROM {self._staged}"
                f" WHERE _row = ANY('{{{numbers}}}'::bigint[])"
            )
        )
        return {number: (record, position) for number, record, position in rows}

    def _joined(self, record: int, position: int, notes: Sequence[Reject]) -> Reject:
        told = [(self._place(position, note.column), note.code, note.reason) for note in notes]
        (column, code, reason), *others = told
        return Reject(record, 0, 0, 0, column, code, reason, b"", tuple(others))

    # --- constraints ---

    def _sifted(self, work: Work, staging: Staging, *, has_positions: bool) -> dict[int, Reject]:
        """The records for which some work is refused, by halves; the work on all others is done."""
        self._execute(f"CREATE INDEX ON {self._staged} ({self._record}, {quote(POSITION)})")
        staging.index_rows(staging.rows)
        found: dict[int, Reject] = {}
        refused = sift(
            *staging.bounds(staging.rows), lambda low, high: self._refusal(work, Part((low, high)))
        )
        for record, error in refused:
            found[record] = self._explained(work if has_positions else None, record, error)
            self._require_few(len(found))
        return found

    def _explained(self, work: Work | None, record: int, error: psycopg.Error) -> Reject:
        """A refused record's reject, with the first of its elements that `work` is refused for."""
        position: int | None = None
        if work is not None:
            self._execute("SAVEPOINT loadstone_element")
            refused = sift(
                *self._positions(record),
                lambda low, high: self._refusal(work, Part((record, record + 1), (low, high))),
            )
            position, error = next(refused, (None, error))
            self._execute("ROLLBACK TO SAVEPOINT loadstone_element")
            self._execute("RELEASE SAVEPOINT loadstone_element")
        reject = explained(Reject(record, 0, 0, 0, None, "", "", b""), error)
        return reject._replace(column=self._place(position, self._column_of(error)))

    def _positions(self, record: int) -> Window:
        low_and_end = f"coalesce(min({quote(POSITION)}), 0), coalesce(max({quote(POSITION)}) + 1, 0)"
        row = self._connection.execute(
            statement(f"SELECT {low_and_end} FROM {self._staged} WHERE {self._record} = {record}")
        ).fetchone()
        return (0, 0) if row is None else (row[0], row[1])

    def _refusal(self, work: Work, part: Part) -> psycopg.Error | None:
        outcome = self._attempt(work, part)
        return None if isinstance(outcome, int) else outcome

    def _attempt(self, work: Work, part: Part, *, also_of_a_value: bool = False) -> int | psycopg.Error:
        """Does the work, or none of it and returns the refusal."""
        self._execute("SAVEPOINT loadstone_elements")
        try:
            rows = work(part)
        except psycopg.Error as error:
            is_of_text = also_of_a_value and self.has_texts and is_of_a_value(error)
            if not is_of_text and not self.is_refusal(error):
                raise
            self._execute("ROLLBACK TO SAVEPOINT loadstone_elements")
            self._execute("RELEASE SAVEPOINT loadstone_elements")
            return error
        self._execute("RELEASE SAVEPOINT loadstone_elements")
        return rows

    # --- places ---

    def _place(self, position: int | None, column: str | None) -> str:
        """`items[2].price`, as the codec calls it."""
        place = self._table.plan.key if position is None else f"{self._table.plan.key}[{position}]"
        return f"{place}.{column}" if column else place

    def _column_of(self, error: psycopg.Error) -> str | None:
        """The column of an element that an error is about, where it is one."""
        target, told = self._table.target, error.diag
        if target is None or told.table_name not in {None, target.name.name}:
            return None
        if told.column_name:
            return told.column_name
        if told.datatype_name:
            return only_column_of(told.datatype_name, self._declared)
        own = self._table.own_columns(told.constraint_name)
        return own[0] if len(own) == 1 else None

    def _execute(self, text: str) -> None:
        self._connection.execute(statement(text))
