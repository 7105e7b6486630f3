"""A load's whole way into the database, ledger and all, in a transaction that is always rolled back.

Must never commit. What it holds until then is what a load holds: locks on rows, and on the table where the
load would alter it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from loadstone.model.batch import Reject
from loadstone.model.contract import Column, LoadPlan
from loadstone.model.load import Counts, Layout, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.model.rehearsal import Findings, Reason, Widened
from loadstone.ports import Admission
from loadstone.postgres import ledger, migrate
from loadstone.postgres.admission import Admitted, rehearse_admission
from loadstone.postgres.catalog import look_up
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.database import PostgresDatabase
from loadstone.postgres.ddl import evolution, evolve, statement
from loadstone.postgres.rejects import RejectSpool
from loadstone.postgres.sqlstate import translated
from loadstone.postgres.transaction import PostgresLoadTransaction

__all__ = ["RehearsalDatabase"]

_EXAMPLES = 3


class RehearsalDatabase(PostgresDatabase):
    """Lets loads run as they would, and takes everything back.

    Attributes:
        findings: of the last attempt.
    """

    findings = Findings()
    _rehearsed: RehearsedTransaction | None = None

    def ensure_schema(self) -> None:
        """Nothing: a rehearsal makes the schema, where it is missing, for itself alone."""

    @contextlib.contextmanager
    def admit(self, request: LoadRequest, dataset: Dataset) -> Iterator[Admission]:
        """Opens a transaction that ends in ROLLBACK; see `ports.Database`.

        The object's lock is not taken: a load of the same object goes on beside it.

        Raises:
            SlotUnavailable: the fleet's cap is reached.
            PermissionDenied: the schema is missing, and the role may not make it.
        """
        self.findings = Findings()
        with contextlib.closing(self._connector.open()) as connection:
            with translated(self._connector.where):
                self._connector.begin(connection)
                migrate.apply_missing(connection, self._connector.where)
                answer = rehearse_admission(connection, request, dataset)
            if isinstance(answer, Admission):
                connection.close()
                yield answer
                return
            transaction = RehearsedTransaction(self._connector, connection, answer, self.findings)
            self._rehearsed = transaction
            try:
                yield Admission(None, transaction, load_id=transaction.load_id)
            finally:
                transaction.rollback()
                self.findings.reasons = transaction.counted.reasons
                transaction.rejects.close()

    def evolve(self, table: str, columns: Sequence[Column]) -> None:
        """Alters the table inside the rehearsal's transaction."""
        if self._rehearsed is None:
            raise AssertionError("evolve comes after admit")
        self._rehearsed.evolve(table, columns)

    def record_failure(
        self,
        _request: LoadRequest,
        _load_id: int | None,
        _error: Exception,
        counts: Counts,
        _rejects: Sequence[Reject],
    ) -> int | None:
        """Keeps the counts; the ledger is told nothing."""
        self.findings.counts = counts
        return None


class RehearsedTransaction(PostgresLoadTransaction):
    """A load's transaction whose COMMIT is a ROLLBACK."""

    def __init__(
        self, connector: Connector, connection: Connection, admitted: Admitted, findings: Findings
    ) -> None:
        super().__init__(connector, connection, admitted)
        self.rejects: RejectSpool
        self.rejects = self.counted = CountedRejects(self.load_id)
        self._findings = findings

    def evolve(self, table: str, columns: Sequence[Column]) -> None:
        """Alters the table for the rest of this transaction, and notes what was done."""
        with translated(self._where):
            shape = look_up(self._connection, table)
            if shape is None:
                return
            before = {column.name: column.type for column in shape.columns}
            own = "" if self.table is not None and shape.name == self.table.name else f"{shape.name}."
            for column in columns:
                if column.name not in before:
                    self._findings.added[own + column.name] = column.type.sql
                elif evolution(shape, [column]):
                    was = before[column.name].sql
                    self._findings.widened.append(Widened(own + column.name, was, column.type.sql))
            self._findings.ddl += evolution(shape, columns)
            evolve(self._connection, table, columns)
            self.has_evolved = True

    def prepare(self, plan: LoadPlan, layout: Layout) -> LoadPlan:
        """Makes ready, and notes which table would come and which rows would go."""
        with translated(self._where):
            self._findings.removed = self._rows_to_go()
        prepared = super().prepare(plan, layout)
        made = self._loader.creation
        if made is not None:
            self._findings.creates_table = True
            self._findings.ddl += made.told
        for creation in self._children.creations if self._children is not None else ():
            self._findings.ddl += creation.told
        return prepared

    def confirm(self, sha256: str) -> int | None:
        """Whether these bytes are what stands for the key already; nothing is written of that, either."""
        standing = self._standing_to_compare
        if standing is None:
            return None
        with translated(self._where):
            self._loader.drain()
            if not ledger.is_same_content(self._connection, self._admitted.request, standing.load_id, sha256):
                return None
        return standing.load_id

    def commit(self) -> None:
        """Has the database check what it leaves to a COMMIT, and takes everything back."""
        with translated(self._where):
            self.rejects.extend(self._unexplained.values())
            self._unexplained = {}
            self.rejects.write(self._connection)
            self._connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        self.rollback()

    def withdraw(self) -> None:
        """Takes everything back; no row of the ledger was ever seen."""
        self.rollback()

    def _rows_to_go(self) -> int:
        shape, dataset = self.table, self._admitted.dataset
        if shape is None:
            return 0
        if dataset.mode == "replace":
            return self._count(f"SELECT count(*) FROM {shape.name}")  # noqa: S608 - a quoted name
        if not self._admitted.replaced or not shape.has_lineage or dataset.mode != "append":
            return 0
        loads = ", ".join(str(int(load)) for load in self._admitted.replaced)
        return self._count(
            f"SELECT count(*) FROM {shape.name} WHERE _load_id IN ({loads})"  # noqa: S608 - as above
        )

    def _count(self, text: str) -> int:
        row = self._connection.execute(statement(text)).fetchone()
        return int(row[0]) if row is not None else 0


class CountedRejects(RejectSpool):
    """A spool that counts the reasons as they come."""

    def __init__(self, load_id: int) -> None:
        super().__init__(load_id)
        self._rows: Counter[tuple[str | None, str]] = Counter()
        self._examples: dict[tuple[str | None, str], list[Reject]] = {}

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The commonest first."""
        return tuple(
            Reason(column, code, rows, tuple(self._examples[column, code]))
            for (column, code), rows in self._rows.most_common()
        )

    def extend(self, rejects: Iterable[Reject]) -> None:
        """Sets rejects aside."""
        super().extend(map(self._counted, rejects))

    def _counted(self, reject: Reject) -> Reject:
        reason = (reject.column, reject.code)
        self._rows[reason] += 1
        kept = self._examples.setdefault(reason, [])
        if len(kept) < _EXAMPLES:
            kept.append(reject)
        return reject
