"""A load's transaction: its rows, its rejects and its ledger row commit together or not at all.

Must never commit anything of a load in a transaction of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from msgspec import structs

from loadstone.errors import BalanceError, DestinationError, LoadstoneError, TableBusy
from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import LoadPlan
from loadstone.model.load import ChildCounts, Counts, Layout, LoadRecord
from loadstone.model.table import TableShape
from loadstone.postgres import closing, ledger
from loadstone.postgres.admission import Admitted
from loadstone.postgres.catalog import look_up
from loadstone.postgres.commit import Receipt, commit
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.heartbeat import Heartbeat
from loadstone.postgres.loader import TableLoader
from loadstone.postgres.locks import merge_lock, object_lock, take
from loadstone.postgres.no_table import NoTable
from loadstone.postgres.queries import query
from loadstone.postgres.rejects import RejectSpool
from loadstone.postgres.replay import Replay
from loadstone.postgres.sqlstate import translated

if TYPE_CHECKING:
    from loadstone.postgres.children import ChildTables

__all__ = ["PostgresLoadTransaction"]

logger = logging.getLogger(__name__)


class PostgresLoadTransaction:
    """Implements `ports.LoadTransaction` on a connection that is inside it and holds the locks.

    Attributes:
        load_id: of the load.
        has_evolved: whether this process altered a table since the load's own was looked at.
    """

    def __init__(self, connector: Connector, connection: Connection, admitted: Admitted) -> None:
        self.load_id = admitted.load_id
        self.has_evolved = False
        self._connector = connector
        self._connection = connection
        self._admitted = admitted
        self._where = admitted.request.version.uri
        self._is_over = False
        self._null_keys = 0
        self._late_rows = 0
        self._receipt: Receipt | None = None
        self._unexplained: dict[int, Reject] = {}
        self._replay = Replay(admitted.load_id, admitted.request.worker) if admitted.is_replay else None
        self._layout: Layout | None = None
        self._children: ChildTables | None = None
        self._elements: dict[str, dict[str, Any]] = {}
        self.rejects = RejectSpool(self.load_id)
        with translated(self._where):
            self._loader: TableLoader | NoTable = self._make_loader()
        self._heartbeat = Heartbeat(connector, self.load_id)

    @property
    def table(self) -> TableShape | None:
        """The table as it is now; None where it does not exist."""
        return self._loader.shape

    @property
    def refused(self) -> Sequence[int]:
        """Row numbers that the database refused and whose raw text is still to be given."""
        return tuple(self._unexplained)

    @property
    def children(self) -> Sequence[ChildCounts]:
        """What became of the elements; see `ports.LoadTransaction`."""
        return () if self._children is None else self._children.counts

    def look_up(self, table: str) -> TableShape | None:
        """Another table as it is now; None where it does not exist."""
        with translated(self._where):
            return look_up(self._connection, table)

    def keep_alive(self) -> None:
        """Tells the others from now on that this load is under way, until it ends."""
        self._heartbeat.start()

    def prepare(self, plan: LoadPlan, layout: Layout) -> LoadPlan:
        """Makes ready; see `ports.LoadTransaction`."""
        self._layout = layout
        with translated(self._where):
            if self.has_evolved:
                self._loader.close()
                self._loader = self._make_loader()
            if self._loader.shape is None and not plan.makes_table:
                self._loader = NoTable(self._admitted.dataset, self._admitted.request.table)
            self._require_lineage_to_replace()
            if plan.children and isinstance(self._loader, TableLoader):
                prepared = self._prepare_with_children(plan, self._loader)
            else:
                prepared = self._loader.prepare(plan, self._admitted.replaced)
        return prepared if self._replay is None else structs.replace(prepared, trace=True)

    def write(self, chunk: Chunk) -> None:
        """Hands over a chunk; see `ports.LoadTransaction`."""
        self._null_keys += chunk.null_keys
        self._late_rows += chunk.late_rows
        if self._replay is not None:
            self._replay.saw(chunk)
        self.rejects.extend(chunk.rejects)
        if chunk.rows or chunk.late_rows:
            with translated(self._where):
                self._loader.write(chunk)
        if self._children is not None:
            self._children.write(chunk.children)

    def confirm(self, sha256: str) -> int | None:
        """Whether these bytes are what stands for the key already; see `ports.LoadTransaction`."""
        request, standing = self._admitted.request, self._standing_to_compare
        if standing is None:
            return None
        with translated(self._where):
            self._loader.drain()
            if not ledger.is_same_content(self._connection, request, standing.load_id, sha256):
                return None
        self.withdraw()
        closing.touch(self._connector, request, standing.load_id)
        return standing.load_id

    @property
    def _standing_to_compare(self) -> LoadRecord | None:
        """The load whose bytes may be those of this one, where that would make this one needless."""
        request, standing = self._admitted.request, self._admitted.standing
        has_own_name = request.version.version_id is not None or request.version.etag is not None
        if standing is None or has_own_name or request.again or self._replay is not None:
            return None
        return None if self._admitted.dataset.mode == "merge" else standing

    def finish(self, counts: Counts, *, sha256: str, source_bytes: int) -> Counts:
        """Settles, merges, writes rejects and the ledger row; see `ports.LoadTransaction`."""
        with translated(self._where):
            self._loader.drain()
            self._order_among_loads()
            settle = partial(self._loader.settle, self._null_keys, self._late_rows)
            if self._children is not None and isinstance(self._loader, TableLoader):
                settled = self._children.settle(settle, self._loader.staging, records=counts.read)
            else:
                settled = settle()
            self._unexplained = {reject.row_number: reject for reject in settled.refused_rows}
            full = counts.plus(
                inserted=settled.inserted,
                updated=settled.updated,
                unchanged=settled.unchanged,
                deduplicated=settled.deduplicated,
                rejected=len(settled.refused) + len(self._unexplained),
            )
            _require_balance(full, self._where)
            self.rejects.extend(settled.refused)
            self._heartbeat.stop()
            xid = self._close_books(full, sha256, source_bytes)
        self._receipt = Receipt(
            xid, self.load_id, object_lock(self._admitted.request), is_told_by_ledger=self._replay is None
        )
        return full

    def explain(self, rejects: Iterable[Reject]) -> None:
        """Gives place and raw text for rows in `refused`; see `ports.LoadTransaction`."""
        for place in rejects:
            refused = self._unexplained.pop(place.row_number, None)
            if refused is not None:
                known = place._replace(
                    column=refused.column, code=refused.code, reason=refused.reason, others=refused.others
                )
                self.rejects.extend([known])

    def commit(self) -> None:
        """Commits; see `ports.LoadTransaction`."""
        if self._receipt is None:
            raise AssertionError("commit before finish")
        with translated(self._where):
            # What the second look at the file did not find is kept without its text.
            self.rejects.extend(self._unexplained.values())
            self._unexplained = {}
            self.rejects.write(self._connection)
        commit(self._connection, self._receipt, self._connector)
        self._end()  # the connection is as good as before, and its lender's

    def rollback(self) -> None:
        """Undoes everything; harmless when already committed."""
        if self._is_over:
            return
        try:
            if self._children is not None:
                self._children.close()
            self._loader.close()
            if not self._connection.closed:
                self._connection.rollback()
        except (psycopg.Error, LoadstoneError) as error:
            logger.debug("load %d: rolled back by closing the connection: %s", self.load_id, error)
        self._connection.close()
        self._end()

    def withdraw(self) -> None:
        """Undoes everything and takes the running row back."""
        if self._is_over:
            return
        self.rollback()
        if self._replay is None:
            closing.withdraw(self._connector, self.load_id)

    def _end(self) -> None:
        self._heartbeat.stop()
        self._is_over = True

    def _make_loader(self) -> TableLoader:
        request, dataset = self._admitted.request, self._admitted.dataset
        if self._replay is not None and dataset.mode == "replace":
            # The rows join those of their load, which replaced the table already.
            dataset = structs.replace(dataset, mode="append", on_overwrite=None)
        return TableLoader(
            self._connection,
            dataset,
            request.table,
            self.load_id,
            object_time=request.version.modified,
            is_late=self._replay is not None,
            stall_timeout=self._connector.limits.stall_timeout,
        )

    def _prepare_with_children(self, plan: LoadPlan, loader: TableLoader) -> LoadPlan:
        from loadstone.postgres.children import ChildTables  # noqa: PLC0415 - few datasets have any

        dataset = self._admitted.dataset
        if self._replay is not None and plan.deduplicate and dataset.mode != "merge":
            raise DestinationError(
                "rejected rows of a dataset with children and deduplicate are not replayed by themselves",
                where=self._where,
                hint=f"`loadstone replay {self.load_id}` loads the whole object again",
                code="not_replayable",
            )
        self._children = ChildTables(
            self._connection,
            dataset,
            self._admitted.request.table,
            plan.children,
            self.load_id,
            stall_timeout=self._connector.limits.stall_timeout,
        )
        plan = loader.prepare(plan, self._admitted.replaced, sets_aside=self._children.may_refuse)
        self._elements = {
            child.key: {"names": [cell.source for cell in child.plan.cells], "values": child.takes_values}
            for child in plan.children
        }
        return structs.replace(plan, children=self._children.prepare(loader.target))

    @property
    def _noted(self) -> dict[str, Any] | None:
        """What the ledger keeps of the file."""
        if self._layout is None:
            return None
        return self._layout.noted | ({"elements": self._elements} if self._elements else {})

    def _require_lineage_to_replace(self) -> None:
        admitted, shape = self._admitted, self._loader.shape
        if not admitted.replaced or shape is None or (admitted.dataset.lineage and shape.has_lineage):
            return
        what = f"the rows of the older version (load {admitted.replaced[-1]:,}) cannot be found"
        raise DestinationError(
            f"{what}: the table has no _load_id",
            where=shape.name,
            hint="set on_overwrite: append or ignore, use mode: merge, or give the table lineage:"
            f" ALTER TABLE {shape.name} ADD _load_id bigint, ADD _row bigint",
            code="no_lineage",
        )

    def _order_among_loads(self) -> None:
        """Before rows of other loads are touched: who is newer is known, and stays so until COMMIT.

        Raises:
            TableBusy: a newer object replaced the table meanwhile.
        """
        request, dataset = self._admitted.request, self._admitted.dataset
        if dataset.mode == "append" or self._replay is not None:
            return
        if dataset.mode == "merge" and dataset.order_by is not None:
            return  # each row carries its own order
        # Who waits here has done its work, and waits for another's settling, not for its file.
        self._set_lock_timeout(self._connector.limits.stall_timeout)
        take(self._connection, merge_lock(request.table))
        self._set_lock_timeout(self._connector.limits.lock_timeout)
        if dataset.mode == "merge":
            self._loader.is_late = ledger.is_late(self._connection, request.table, request.version.modified)
        elif request.is_event and not request.again and ledger.newer_in_table(self._connection, request):
            raise TableBusy("a newer object has replaced the table meanwhile", where=request.table)

    def _set_lock_timeout(self, seconds: float) -> None:
        milliseconds = f"{max(1, int(seconds * 1000))}ms"
        self._connection.execute(b"SELECT set_config('lock_timeout', %s, true)", [milliseconds])

    def _close_books(self, full: Counts, sha256: str, source_bytes: int) -> str:
        """Rejects and ledger row; returns the transaction's id."""
        admitted, connection = self._admitted, self._connection
        if self._replay is not None:
            xid = self._replay.close(connection, full, [*self._unexplained])
            self.rejects.write(connection)
            if self.children:
                ledger.add_children(connection, self.load_id, self.children)
            return xid
        self.rejects.write(connection)
        closing.retire(
            connection, admitted.request, admitted.dataset, self.load_id, admitted.standing, admitted.replaced
        )
        parameters = {
            **ledger.counts_as_parameters(full),
            "load_id": self.load_id,
            "sha256": sha256 or None,
            "source_bytes": source_bytes,
            "dialect": ledger.as_json(self._noted),
        }
        row = connection.execute(query("finish"), parameters).fetchone()
        if row is None:
            raise DestinationError(
                f"the ledger's row of load {self.load_id:,} is gone",
                where=self._where,
                hint="rows of loadstone.loads are not to be deleted while a load runs; load the object again",
            )
        if self.children:
            ledger.add_children(connection, self.load_id, self.children)
        return str(row[0])


def _require_balance(counts: Counts, where: str) -> None:
    if counts.difference:
        raise BalanceError(
            f"{counts.read:,} rows were read, but {counts.inserted:,} inserted, {counts.updated:,} updated,"
            f" {counts.unchanged:,} unchanged, {counts.deduplicated:,} deduplicated,"
            f" {counts.discarded:,} discarded and {counts.rejected:,} rejected make"
            f" {counts.read - counts.difference:,}; nothing was committed",
            where=where,
            hint="this is a fault of loadstone: please report it",
        )
