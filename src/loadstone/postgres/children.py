"""The child tables of one load: elements are set aside while the parent's rows go in, and follow at the end.

PostgreSQL takes one COPY at a time on a connection, and which parents are in the table in the end (not those
that lost to a later record of their key, or that the table refused) is known only when they have settled.
A record with an element that is refused then is rejected whole: the parents settle again as if it had not
come. Foreign keys cascade, so that rows go with their parent, whoever takes that out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from loadstone.core.children import Link, link
from loadstone.errors import TableMismatch
from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import ChildPlan
from loadstone.model.load import ChildCounts
from loadstone.model.pipeline import Dataset
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.catalog import Target
from loadstone.postgres.child_rows import ChildRows
from loadstone.postgres.child_table import ChildTable, listed
from loadstone.postgres.connection import Connection
from loadstone.postgres.copy import CopyStream
from loadstone.postgres.ddl import Creation
from loadstone.postgres.refused import require_few
from loadstone.postgres.settle import Settled
from loadstone.postgres.staging import Staging

__all__ = ["ChildTables"]

#: Settles the parents' rows but those of some rejected records.
SettleParents = Callable[[Sequence[Reject]], Settled]


class ChildTables:
    """All child tables of one load.

    Args:
        connection: inside the load's transaction.
        dataset: of the parent, as configured.
        parent: its table, as configured.
        plans: of the children.
        load_id: of this load.
        stall_timeout: seconds without progress of a COPY after which the load is given up.

    Attributes:
        counts: what became of the elements, after `settle`.
    """

    def __init__(
        self,
        connection: Connection,
        dataset: Dataset,
        parent: str,
        plans: Sequence[ChildPlan],
        load_id: int,
        *,
        stall_timeout: float,
    ) -> None:
        self._connection = connection
        self._dataset = dataset
        self._load_id = load_id
        self._stall_timeout = stall_timeout
        self._stop = threading.Event()
        self._parent = parent
        self._records = 0
        self._tables = [
            ChildTable(connection, parent, plan, link(dataset, key))
            for key, plan in zip(dataset.children, plans, strict=True)
        ]
        self._children: list[ChildRows] = []
        self.counts: tuple[ChildCounts, ...] = ()

    @property
    def may_refuse(self) -> bool:
        """Whether a table may refuse elements, so that their parents must not be in theirs for good."""
        return any(table.may_refuse for table in self._tables)

    def prepare(self, parent: Target) -> tuple[ChildPlan, ...]:
        """Makes the tables ready; returns the plans to encode with.

        Raises:
            TableMismatch: a table, or the parent's, lacks what links them.
            TableBusy: another load is creating a table.
        """
        if not (parent.is_new or parent.shape.has_lineage):
            raise TableMismatch(
                "rows of a child find their parent by _load_id and _row, which the table does not have",
                where=parent.sql,
                hint=f"ALTER TABLE {parent.sql} ADD _load_id bigint, ADD _row bigint",
            )
        self._parent = parent.sql
        for number, table in enumerate(self._tables):
            _require_unique(parent, table.link)
            table.prepare(parent)
            self._children.append(
                ChildRows(
                    self._connection, parent, table, self._load_id, number, require_few=self._require_few
                )
            )
        return tuple(table.plan for table in self._tables)

    @property
    def creations(self) -> Iterator[Creation]:
        """How those tables came to be that this load made."""
        for table in self._tables:
            if table.made is not None:
                yield table.made

    def write(self, chunks: Sequence[Chunk]) -> None:
        """Sets the elements of a chunk's records aside."""
        for child, chunk in zip(self._children, chunks, strict=False):
            child.write(chunk)

    def settle(self, settle_parents: SettleParents, staging: Staging | None, *, records: int) -> Settled:
        """Settles the parents' rows, and brings the elements of those that are in the table into theirs.

        Args:
            settle_parents: may be called again, where what it did was undone.
            staging: where the parents' rows are until they go into the table; None: they are there already.
            records: read from the file.

        Raises:
            RejectLimitExceeded: tables refuse more records than the dataset allows.
            DestinationError: a table refuses an element, and the parents went directly.
            BalanceError: the rows do not add up.
        """
        self._records = records
        refused: dict[int, Reject] = {}
        for child in self._children:
            child.stage(self._copy)
        for child in self._children:
            while found := child.changed():
                self._leave_out(found, refused)
        if staging is None:
            settled = settle_parents(())
            self._take_all(None)
        else:
            settled = self._settle_kept(settle_parents, staging, refused)
        for child in self._children:
            child.finish()
        self.counts = tuple(child.counts for child in self._children)
        return settled

    def close(self) -> None:
        """Gives memory and disk back."""
        self._stop.set()
        for child in self._children:
            child.close()

    def _settle_kept(
        self, settle_parents: SettleParents, staging: Staging, refused: dict[int, Reject]
    ) -> Settled:
        """Settles parents and elements, until no table refuses what is left of them."""
        while True:
            self._connection.execute(b"SAVEPOINT loadstone_records")
            settled = settle_parents(tuple(refused.values()))
            found = self._take_all(staging)
            if found:
                # Back to before the parents went in: a row that one of these lost to its key comes back.
                self._connection.execute(b"ROLLBACK TO SAVEPOINT loadstone_records")
                self._leave_out(found, refused)
            self._connection.execute(b"RELEASE SAVEPOINT loadstone_records")
            if not found:
                return settled

    def _take_all(self, staging: Staging | None) -> dict[int, Reject]:
        for child in self._children:
            found = child.take(staging, replaces=self._dataset.mode == "merge")
            if found:
                return found
        return {}

    def _leave_out(self, found: dict[int, Reject], refused: dict[int, Reject]) -> None:
        """Rejects records, with their elements in all lists."""
        refused.update(found)
        self._require_few(len(refused))
        for child in self._children:
            child.leave_out(found)

    def _require_few(self, refused: int) -> None:
        require_few(refused, self._records, self._dataset.reject_limit, self._parent)

    def _copy(self, copy: str, spool: SpooledBytes) -> int:
        stream = CopyStream(self._connection, copy, stall_timeout=self._stall_timeout, stop=self._stop)
        for block in spool.blocks():
            stream.send(block)
        return stream.end()


def _require_unique(parent: Target, tie: Link) -> None:
    if parent.is_new or parent.has_unique_key(tie.parent):
        return
    raise TableMismatch(
        f"a foreign key cannot refer to ({listed(tie.parent)}): there is no unique index on them",
        where=parent.sql,
        hint=f"CREATE UNIQUE INDEX ON {parent.sql} ({listed(tie.parent)})",
    )
