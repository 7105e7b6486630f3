"""The rows of one load into its table, inside the load's transaction: which way they take."""

# ruff: noqa: S608 - names come quoted from psycopg.sql, numbers are our own

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from loadstone.errors import RejectLimitExceeded, TableBusy, TableMismatch
from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import LoadPlan
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.catalog import Target, find_target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import Creation, statement
from loadstone.postgres.direct import CopySource, GuardedWriter, PlainWriter
from loadstone.postgres.fitting import Fitted, fit
from loadstone.postgres.identifiers import TableName, quote
from loadstone.postgres.locks import merge_lock, try_take
from loadstone.postgres.new_table import make_table
from loadstone.postgres.pump import Pump
from loadstone.postgres.replace import require_room
from loadstone.postgres.settle import Settled, Settlement
from loadstone.postgres.staging import Staging, staged_fields

__all__ = ["Settled", "TableLoader"]

_LATE_MEMORY = 4 * 1024 * 1024


class TableLoader:
    """Loads one file's rows into one table.

    Direct: COPY into the table itself. Staged: COPY into a temporary table and one INSERT at the end.

    Attributes:
        shape: the table as it is; None where it does not exist.
        is_late: whether rows of a newer object may be in the table; may be set until `settle`.

    Args:
        connection: inside the load's transaction.
        dataset: mode, key, what an overwritten file means.
        table: its name as configured.
        load_id: of this load.
        object_time: the object's time.
        is_late: see the attribute.
        stall_timeout: seconds without progress of a COPY after which the load is given up.

    Raises:
        TableMismatch: the name is that of a view or something else that takes no rows.
    """

    def __init__(
        self,
        connection: Connection,
        dataset: Dataset,
        table: str,
        load_id: int,
        *,
        object_time: datetime,
        is_late: bool,
        stall_timeout: float = 300.0,
    ) -> None:
        self._connection = connection
        self._dataset = dataset
        self._table = table
        self._load_id = load_id
        self._object_time = object_time
        self._stall_timeout = stall_timeout
        self.is_late = is_late
        self._stop = threading.Event()
        self._late = SpooledBytes(_LATE_MEMORY)
        self._prepared: _Prepared | None = None
        self._target = find_target(connection, table)
        self.shape: TableShape | None = self._target.shape if self._target else None

    def prepare(self, plan: LoadPlan, replaced_loads: Sequence[int], *, sets_aside: bool = False) -> LoadPlan:
        """Makes the table and the way into it ready; returns the plan to encode with.

        Args:
            plan: the contract's, with the load's id.
            replaced_loads: older versions of the object, whose rows go.
            sets_aside: rows must not be in the table before `settle`, nor stay if that is undone.

        Raises:
            TableMismatch: the table does not fit the plan.
            TableBusy: another load is creating the table, or it was altered this moment.
            DestinationError: the table cannot be replaced in this way.
        """
        made: Creation | None = None
        target = self._target
        plan = replace(plan, load_id=self._load_id)
        if target is None:
            target, made = make_table(
                self._connection, self._table, plan, self._dataset, sets_aside=sets_aside
            )
        if made is not None and made.numbering:
            plan = replace(plan, lineage=False, row_numbers=True)
        fitted = fit(plan, target)
        if replaced_loads and not target.is_new:
            self._require_lineage(target)
            if self._dataset.mode == "append":
                self._delete(target, replaced_loads)
        if self._dataset.mode == "replace":
            require_room(self._connection, target, self._dataset)
        self._prepared = self._choose_way(fitted, target, made, tuple(replaced_loads), sets_aside=sets_aside)
        return self._prepared.fitted.plan

    @property
    def creation(self) -> Creation | None:
        """How the table came to be, where this load made it."""
        return None if self._prepared is None else self._prepared.made

    @property
    def target(self) -> Target:
        """The table, once `prepare` found or made it."""
        return self._ready.target

    @property
    def staging(self) -> Staging | None:
        """Where the rows are until `settle`; None where they go into the table itself."""
        return self._ready.staging

    def write(self, chunk: Chunk) -> None:
        """Hands over a chunk; a thread sends it while the next one is made.

        Raises:
            psycopg.Error: the database failed at an earlier one.
        """
        prepared = self._ready
        prepared.records += chunk.records
        prepared.late_rows += chunk.late_rows
        if chunk.late_rows:
            self._late.append(chunk.late)
        if not chunk.rows:
            return
        if prepared.holds_all_back or prepared.sorts_all:
            prepared.late_rows += chunk.rows
            self._late.append(chunk.tuples)
        else:
            prepared.pump.put(chunk)

    def drain(self) -> None:
        """Waits until all rows were sent; from then on the connection takes other statements.

        Raises:
            psycopg.Error: the database failed at one of them.
        """
        prepared = self._ready
        prepared.pump.finish()
        prepared.writer.finish()

    def settle(self, null_keys: int, late_rows: int, left_out: Sequence[Reject] = ()) -> Settled:
        """Waits for the COPY, settles duplicates, merges or replaces, builds the indexes of a new table.

        Where rows were set aside it may be called again, once what it did was undone.

        Args:
            null_keys: rows with a NULL in the key.
            late_rows: rows handed over as late; those that were written are what counts.
            left_out: rows set aside that are rejected for what the loader does not see.

        Raises:
            EmptyReplace: a replace would leave nothing.
            DestinationError: a deferred constraint does not hold.
        """
        del late_rows
        self.drain()
        prepared = self._ready
        settlement = Settlement(
            connection=self._connection,
            dataset=self._dataset,
            target=prepared.target,
            plan=prepared.fitted.plan,
            staging=prepared.staging,
            make_staging=lambda: self._make_staging(prepared.target, prepared.fitted),
            late=self._late,
            late_source=self._copy_source,
            load_id=self._load_id,
            lineage=prepared.lineage,
            object_time=self._object_time,
            is_late=self.is_late,
            replaced=prepared.replaced,
            records=prepared.records,
            merge_lock=merge_lock(self._table),
        )
        settled = settlement.run(
            prepared.writer.rows,
            prepared.late_rows,
            null_keys=null_keys,
            sorts_all=prepared.sorts_all,
            left_out=left_out,
        )
        settled.refused.extend(prepared.writer.rejects)
        if prepared.made is not None:
            for text in (*prepared.made.numbering, *prepared.made.after):
                self._connection.execute(statement(text))
        return settled

    def close(self) -> None:
        """Ends what is under way. The transaction is the caller's to roll back. May be called again.

        Raises:
            ConnectionLost: the database does not answer; the connection must be closed.
        """
        self._late.close()
        if self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            prepared.pump.close()
            self._stop.set()
            prepared.writer.abort()

    # --- the table ---

    def _require_lineage(self, target: Target) -> None:
        if not target.shape.has_lineage:
            raise TableMismatch(
                "the rows of an object's older version cannot be found: the table has no _load_id",
                where=target.sql,
                hint="set on_overwrite: append or ignore, or give the table its lineage:"
                f" ALTER TABLE {target.sql} ADD _load_id bigint, ADD _row bigint",
            )

    def _delete(self, target: Target, loads: Sequence[int]) -> None:
        numbers = ", ".join(str(int(load)) for load in loads)
        self._connection.execute(statement(f"DELETE FROM {target.sql} WHERE _load_id IN ({numbers})"))

    # --- the way ---

    def _choose_way(
        self,
        fitted: Fitted,
        target: Target,
        made: Creation | None,
        replaced: tuple[int, ...],
        *,
        sets_aside: bool,
    ) -> _Prepared:
        lineage = fitted.plan.lineage
        # A replay's rows meet those of their load: the last one of a key may be on either side.
        joins_its_load = self.is_late and self._dataset.mode == "append" and fitted.plan.deduplicate
        if not sets_aside and self._goes_direct(fitted, target):
            self._hold(target)
            plan = replace(fitted.plan, trace=fitted.plan.trace or target.can_refuse)
            source = self._copy_source(target.sql, plan.output_columns, target.name)
            writer: PlainWriter | GuardedWriter = (
                GuardedWriter(source, enough=self._require_few) if target.can_refuse else PlainWriter(source)
            )
            return _Prepared(
                replace(fitted, plan=plan),
                target,
                made,
                replaced,
                lineage,
                writer,
                self._stop,
                holds_all_back=joins_its_load,
            )
        # Keys that are equal by more than their bytes cannot be told apart by the codec: all are held back.
        sorts_all = fitted.plan.deduplicate and any(
            name in fitted.casts or not target.columns[name].is_bytewise for name in fitted.plan.key
        )
        plan = replace(
            fitted.plan,
            lineage=False,
            row_numbers=True,
            deduplicate=fitted.plan.deduplicate and not sorts_all,
        )
        staged = replace(fitted, plan=plan)
        staging = self._make_staging(target, staged)
        source = self._copy_source(staging.rows, plan.output_columns, TableName(None, ""))
        return _Prepared(
            staged,
            target,
            made,
            replaced,
            lineage,
            PlainWriter(source),
            self._stop,
            staging=staging,
            sorts_all=sorts_all,
        )

    def _hold(self, target: Target) -> None:
        """Nobody alters the table from here on: COPY takes bytes for what its columns' types say.

        Raises:
            TableBusy: it was altered since it was looked at.
        """
        if target.is_new:
            return
        self._connection.execute(statement(f"LOCK TABLE ONLY {target.sql} IN ROW EXCLUSIVE MODE"))
        if find_target(self._connection, self._table) != target:
            raise TableBusy(
                "the table was altered while the load began",
                where=target.sql,
                hint="load again: it is looked at anew",
            )

    def _require_few(self, refused: int) -> None:
        """A count can be exceeded at any time; a share is known at the end."""
        limit = self._dataset.reject_limit
        if limit.count is not None and refused > limit.count:
            raise RejectLimitExceeded(
                f"the database refused {refused:,} rows so far; the limit is {limit}",
                where=self._table,
                hint="see the reasons (`loadstone rejects`), or raise reject_limit if so many are expected",
            )

    def _goes_direct(self, fitted: Fitted, target: Target) -> bool:
        plan, dataset = fitted.plan, self._dataset
        if fitted.casts or target.has_statement_triggers or target.has_row_security or target.has_rules:
            return False
        if plan.deduplicate:
            # Rows that lose are deleted again, which nobody else may be told of.
            if target.has_row_triggers or target.is_referenced:
                return False
            if not all(target.columns[name].is_bytewise for name in plan.key):
                return False
            if not plan.lineage and (target.can_refuse or (dataset.mode == "append" and not target.is_new)):
                return False
        return target.is_new or dataset.mode == "append" or self._holds_empty_table(target)

    def _holds_empty_table(self, target: Target) -> bool:
        """Whether the table is empty and no other load can bring rows before this one is done."""
        return (
            self._is_empty(target)
            and try_take(self._connection, merge_lock(self._table))
            and self._is_empty(target)
        )

    def _is_empty(self, target: Target) -> bool:
        row = self._connection.execute(statement(f"SELECT EXISTS (SELECT FROM {target.sql})")).fetchone()
        return row is not None and not row[0]

    def _make_staging(self, target: Target, fitted: Fitted) -> Staging:
        fields = staged_fields(fitted, target)
        return Staging(self._connection, self._load_id, fields, fitted.plan.output_columns)

    def _copy_source(self, table: str, columns: Sequence[str], name: TableName) -> CopySource:
        listed = ", ".join(quote(column) for column in columns)
        return CopySource(
            self._connection,
            f"COPY {table} ({listed}) FROM STDIN (FORMAT BINARY)",
            name.name,
            self._stall_timeout,
            self._stop,
        )

    @property
    def _ready(self) -> _Prepared:
        if self._prepared is None:
            raise AssertionError("prepare comes first")
        return self._prepared


class _Prepared(Struct):
    """A load under way."""

    fitted: Fitted
    target: Target
    made: Creation | None
    replaced: tuple[int, ...]
    lineage: bool
    writer: PlainWriter | GuardedWriter
    stop: threading.Event
    staging: Staging | None = None
    sorts_all: bool = False
    holds_all_back: bool = False
    records: int = 0
    late_rows: int = 0
    pump: Pump = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.pump = Pump(self.writer.write, self.stop)
