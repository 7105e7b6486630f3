"""What happens once all rows of a file were sent: duplicates, refusals, the mode's own work, the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import psycopg
from msgspec import Struct, field

from loadstone.errors import DestinationError
from loadstone.model.batch import Reject
from loadstone.model.contract import LoadPlan
from loadstone.model.pipeline import Dataset
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.catalog import Target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.direct import CopySource
from loadstone.postgres.identifiers import TableName
from loadstone.postgres.locks import take
from loadstone.postgres.merge import Merge, Order, Taken, insert_into
from loadstone.postgres.refused import explained, is_refusal, only_column_of, reason_of, require_few, sift
from loadstone.postgres.replace import make_room, require_rows
from loadstone.postgres.staging import Field, Key, Staging, Window, window_of
from loadstone.postgres.texts import TextCheck, is_of_a_value

__all__ = ["Settled", "Settlement"]

# A merge sorts once; with the default of 4 MB that is done on disk in many passes.
_MORE_MEMORY = b"""
SELECT set_config('work_mem', '64MB', true)
WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')
"""


class Settled(Struct):
    """What became of the rows that were sent.

    Attributes:
        inserted: rows that are new in the table.
        updated: rows that changed one that was there.
        unchanged: rows that the table held already, or holds in a newer form.
        deduplicated: rows that lost to a later one of their key in the same file.
        refused: rows that the database refused, with their place and text.
        refused_rows: the same, but known by their number alone.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deduplicated: int = 0
    refused: list[Reject] = field(default_factory=list)
    refused_rows: list[Reject] = field(default_factory=list)


class Settlement(Struct, frozen=True):
    """The end of one load's work in its table.

    Attributes:
        connection: inside the load's transaction.
        dataset: mode, key, limits.
        target: the table.
        plan: what was encoded with.
        staging: where the rows are; None where they went into the table itself.
        make_staging: makes it, where it is wanted after all.
        late: tuples that were held back.
        late_source: how to COPY them, given the table's name and the columns.
        load_id: of this load.
        lineage: whether rows of the table carry `_load_id` and `_row`.
        object_time: the object's time.
        is_late: whether rows of a newer object may be in the table.
        replaced: loads of older versions of the object.
        records: read from the file.
        merge_lock: the number of the table's lock.
    """

    connection: Connection
    dataset: Dataset
    target: Target
    plan: LoadPlan
    staging: Staging | None
    make_staging: Callable[[], Staging]
    late: SpooledBytes
    late_source: Callable[[str, Sequence[str], TableName], CopySource]
    load_id: int
    lineage: bool
    object_time: datetime
    is_late: bool
    replaced: tuple[int, ...]
    records: int
    merge_lock: int

    def run(
        self,
        copied: int,
        late_rows: int,
        *,
        null_keys: int,
        sorts_all: bool,
        left_out: Sequence[Reject] = (),
    ) -> Settled:
        """Does it all.

        Args:
            copied: rows that COPY took.
            late_rows: rows that were held back.
            null_keys: rows with a NULL in the key.
            sorts_all: whether the codec could not tell keys apart and the rows are all held back.
            left_out: staged rows that were refused before, and are settled as if they had not come.

        Raises:
            EmptyReplace: nothing would be left of the table.
            DestinationError: a deferred constraint does not hold.
        """
        settled = Settled()
        if self.staging is None and not late_rows:
            settled.inserted = copied
            self.require_rows(copied)
        else:
            staging = self.staging or self.make_staging()
            key = self._key(staging, has_nulls=null_keys > 0 or sorts_all)
            work = _Work(self, staging, key)
            settled.refused_rows.extend(left_out)
            without = [reject.row_number for reject in left_out]
            if without:
                staging.remove(staging.rows, without)
            if late_rows and key is not None:
                work.settle_late(settled, copied, without)
            work.take(settled, copied, late_rows)
        self._require_constraints()
        return settled

    def _key(self, staging: Staging, *, has_nulls: bool) -> Key | None:
        if not self.dataset.key:
            return None
        fields = {field.name: field for field in staging.fields}
        return Key(tuple(fields[name] for name in self.dataset.key), has_nulls)

    def require_rows(self, rows: int) -> None:
        """A table is not to be emptied by mistake.

        Raises:
            EmptyReplace: it would be.
        """
        require_rows(self.dataset, rows, self.target.sql)

    def _require_constraints(self) -> None:
        """Deferred constraints speak now, while the reason can still be told."""
        try:
            self.connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            if not is_refusal(error):
                raise
            raise DestinationError(
                reason_of(error),
                where=self.target.sql,
                hint="the constraint is deferred, so the row that breaks it cannot be told and the load"
                " fails; make it NOT DEFERRABLE to have such rows rejected",
                code=error.sqlstate,
            ) from error


class _Work:
    """One settlement over staged rows."""

    def __init__(self, settlement: Settlement, staging: Staging, key: Key | None) -> None:
        self._settlement = settlement
        self._connection = settlement.connection
        self._staging = staging
        self._key = key
        self._moved = 0
        self._is_direct = settlement.staging is None
        self._merge = self._make_merge()

    def settle_late(self, settled: Settled, copied: int, without: Sequence[int]) -> None:
        """Of the rows of one key, wherever they are, only the last stays; all others are its rivals."""
        settlement, staging, key = self._settlement, self._staging, self._key
        if key is None:
            raise AssertionError("only rows with a key come late")
        columns = settlement.plan.output_columns
        stream = settlement.late_source(staging.late, columns, TableName(None, "")).stream()
        for block in settlement.late.blocks():
            stream.send(block)
        stream.end()
        staging.has_late = True
        if without:
            staging.remove(staging.late, without)
        self._refuse_unreadable_keys(settled, key.fields)
        self._connection.execute(b"SELECT set_config('enable_nestloop', 'off', true)")
        if self._is_direct:
            of_this_load = f" AND t._load_id = {settlement.load_id}" if settlement.lineage else ""
            self._moved = staging.move_rivals(
                settlement.target.sql, key, condition=of_this_load, has_row_numbers=settlement.lineage
            )
        elif copied:
            staging.move_rivals(staging.rows, key)
        self._connection.execute(b"SELECT set_config('enable_nestloop', 'on', true)")
        staging.choose_winners(key, self._order)

    def take(self, settled: Settled, copied: int, late_rows: int) -> None:
        """Brings the staged rows into the table; those that it refuses become rejects."""
        settlement, staging = self._settlement, self._staging
        self._lock()
        self._connection.execute(_MORE_MEMORY)
        staging.analyze(staging.rows)
        if settlement.dataset.mode == "replace" and not self._is_direct:
            settlement.require_rows(staging.count(staging.rows))
            make_room(self._connection, settlement.target, settlement.dataset)
        taken = self._take_all(settled)
        rows = staging.count(staging.rows)
        direct = copied - self._moved if self._is_direct else 0
        if settlement.dataset.mode == "replace":
            settlement.require_rows(direct + rows)
        if self._merge is not None:
            self._merge.remove_left_over()
        settled.inserted = direct + taken.inserted
        settled.updated = taken.updated
        settled.unchanged = taken.unchanged
        settled.deduplicated = copied + late_rows - direct - rows - len(settled.refused_rows)

    @property
    def _order(self) -> str:
        column = self._settlement.dataset.order_by
        if column is None:
            return "l._row DESC"
        ordering = next(field for field in self._staging.fields if field.name == column)
        return f"{ordering.value('l')} DESC NULLS LAST, l._row DESC"

    def _make_merge(self) -> Merge | None:
        settlement = self._settlement
        if settlement.dataset.mode != "merge" or self._is_direct or self._key is None:
            return None
        column = settlement.dataset.order_by
        fields = {field.name: field for field in self._staging.fields}
        order = Order(
            column=fields[column] if column else None,
            object_time=settlement.object_time,
            is_late=settlement.is_late,
            replaced=settlement.replaced,
            claims_all=bool(settlement.dataset.children),  # their rows may have changed where its own did not
        )
        return Merge(
            self._connection,
            settlement.target,
            self._staging,
            self._key,
            order,
            load_id=settlement.load_id,
            lineage=settlement.lineage,
        )

    def _lock(self) -> None:
        """Before any row of another load is touched, so that nobody waits for a lock while holding rows."""
        mode, number = self._settlement.dataset.mode, self._settlement.merge_lock
        if self._is_direct or mode == "append":
            return
        if self._merge is not None and self._merge.is_ordered and not self._merge.needs_lock:
            self._connection.execute(b"SELECT pg_advisory_xact_lock_shared(%s)", [number])
        else:
            take(self._connection, number)

    def _take_all(self, settled: Settled) -> Taken:
        connection, staging = self._connection, self._staging
        check = TextCheck(connection, staging.fields)
        is_indexed = False
        if check.must_run:
            while self._drop_unreadable(check, settled):
                pass
        while True:
            connection.execute(b"SAVEPOINT loadstone_settle")
            try:
                taken = self._apply(None)
            except psycopg.Error as error:
                if not (check.has_fields and is_of_a_value(error)) and not self._is_refusal(error):
                    raise
                connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_settle")
                is_explained = self._is_refusal(error)
                if self._drop_unreadable(check, settled, by_casting=not is_explained):
                    continue
                if not is_explained:
                    raise
                if not is_indexed:
                    staging.index_rows(staging.rows)
                    is_indexed = True
                connection.execute(b"SAVEPOINT loadstone_trial")
                found = self._sift(staging.rows, self._apply, settled)
                # One file is one statement, for triggers: what was tried is done again, all at once.
                connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_trial")
                if not found:
                    raise
                staging.drop(found, self._key, self._order)
                continue
            connection.execute(b"RELEASE SAVEPOINT loadstone_settle")
            return taken

    def _apply(self, window: Window | None) -> Taken:
        if self._merge is not None:
            return self._merge.apply(window)
        settlement, staging = self._settlement, self._staging
        load_id = settlement.load_id if settlement.lineage else None
        text = f"{insert_into(settlement.target, staging, load_id)} WHERE {window_of('s', window)}"
        if settlement.dataset.mode == "replace" and self._key is not None:
            text += f" ORDER BY {self._key.values('s')}"
        self._connection.execute(statement(text))
        # What a trigger diverts or leaves out was taken all the same.
        return Taken() if window else Taken(inserted=staging.count(staging.rows))

    def _refuse_unreadable_keys(self, settled: Settled, fields: Sequence[Field]) -> None:
        """Texts that are no value of the key's type must go before rows are compared by it."""
        check = TextCheck(self._connection, fields)
        while check.has_fields and (found := self._refuse(check.refused(self._staging.late), settled)):
            self._staging.remove(self._staging.late, found)

    def _drop_unreadable(self, check: TextCheck, settled: Settled, *, by_casting: bool = False) -> bool:
        """Takes out all staged rows whose texts are no values of their types; whether there were any.

        The rivals that take their places are not looked at yet.

        Args:
            check: of the staged texts.
            settled: where refused rows are noted.
            by_casting: try the casts themselves where the types' input functions take every text.
        """
        if not check.has_fields:
            return False
        found = self._refuse(check.refused(self._staging.rows), settled)
        if by_casting and not found:
            found = self._refuse(check.refused_by_cast(self._staging.rows), settled)
        if found:
            self._staging.drop(found, self._key, self._order)
        return bool(found)

    def _refuse(self, rejects: Iterator[Reject], settled: Settled) -> list[int]:
        """Notes refused rows, each once, with all that is said of it; returns their numbers."""
        places: dict[int, int] = {}
        for reject in rejects:
            at = places.setdefault(reject.row_number, len(settled.refused_rows))
            if at == len(settled.refused_rows):
                settled.refused_rows.append(reject)
                self._require_few(len(settled.refused_rows))
            else:
                first = settled.refused_rows[at]
                further = (reject.column or "", reject.code, reject.reason)
                settled.refused_rows[at] = first._replace(others=(*first.others, further))
        return list(places)

    def _sift(self, table: str, apply: Callable[[Window], Taken], settled: Settled) -> list[int]:
        """Row numbers that `apply` is refused for; they are told in `settled.refused_rows`, too."""

        def attempt(low: int, high: int) -> psycopg.Error | None:
            self._connection.execute(b"SAVEPOINT loadstone_window")
            try:
                apply((low, high))
            except psycopg.Error as error:
                if not self._is_refusal(error):
                    raise
                self._connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_window")
                self._connection.execute(b"RELEASE SAVEPOINT loadstone_window")
                return error
            self._connection.execute(b"RELEASE SAVEPOINT loadstone_window")
            return None

        found: list[int] = []
        for number, error in sift(*self._staging.bounds(table), attempt):
            found.append(number)
            settled.refused_rows.append(
                explained(Reject(number, 0, 0, 0, self._domain_of(error), "", "", b""), error)
            )
            self._require_few(len(settled.refused_rows))
        return found

    def _domain_of(self, error: psycopg.Error) -> str | None:
        """The only column of the domain whose constraint an error speaks of."""
        columns = self._settlement.target.columns
        declared = {field.name: columns[field.name].declared for field in self._staging.fields}
        return only_column_of(error.diag.datatype_name, declared)

    def _require_few(self, refused: int) -> None:
        settlement = self._settlement
        require_few(refused, settlement.records, settlement.dataset.reject_limit, settlement.target.sql)

    def _is_refusal(self, error: psycopg.Error) -> bool:
        return is_refusal(error, has_row_security=self._settlement.target.has_row_security)
