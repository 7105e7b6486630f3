"""The destination and its ledger: `ports.Database` for PostgreSQL."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.model.batch import Reject
from loadstone.model.contract import Column
from loadstone.model.event import Event
from loadstone.model.load import Counts, LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset, Limits
from loadstone.ports import Admission, DatabaseAccess
from loadstone.postgres import closing, ledger, migrate, upkeep
from loadstone.postgres.admission import Admitted, seek_admission
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.ddl import evolve
from loadstone.postgres.health import Health, examine
from loadstone.postgres.slots import set_cap
from loadstone.postgres.transaction import PostgresLoadTransaction

if TYPE_CHECKING:
    from loadstone.postgres.notifications import PostgresNotifications
    from loadstone.postgres.retention import Forgotten

__all__ = ["PostgresDatabase"]

logger = logging.getLogger(__name__)


class PostgresDatabase:
    """One database. Between calls it holds as many connections as it is told to keep, which is none.

    Args:
        url: `postgresql://...` or `key=value` pairs, or who is to be asked for them at each connection.
        limits: of the pipeline.
        application_name: what `pg_stat_activity` shows.
        keeps: connections that wait for the next call; give 2 to who loads one file after the other.

    Raises:
        ConfigurationError: the URL cannot be understood.
    """

    def __init__(
        self,
        url: str | DatabaseAccess,
        *,
        limits: Limits | None = None,
        application_name: str = "loadstone",
        keeps: int = 0,
    ) -> None:
        self._limits = limits or Limits()
        self._connector = Connector(url, limits=self._limits, application_name=application_name, keeps=keeps)
        self._open: dict[int, PostgresLoadTransaction] = {}

    def close(self) -> None:
        """Gives back the connections that wait for another call."""
        self._connector.close()

    # --- the schema ---------------------------------------------------------------------------------------

    def ensure_schema(self) -> None:
        """Makes sure, once per process, that the `loadstone` schema is there and fits.

        Raises:
            PermissionDenied: it is missing and the role may not make it; the hint gives the grants.
            SchemaVersionError: it is newer than this program.
        """
        if migrate.ensure_schema(self._connector) and self._limits.max_concurrent_loads is not None:
            with self._connector.transaction() as connection:
                set_cap(connection, self._limits.max_concurrent_loads)

    def migrate(self) -> list[str]:
        """Makes or upgrades the `loadstone` schema; returns the names of the migrations that ran."""
        return migrate.migrate(self._connector)

    def grants(self, role: str, tables: Sequence[str] = (), *, read_only: bool = False) -> str:
        """The SQL that gives a role what it needs."""
        return migrate.grants(role, tuple(tables), read_only=read_only)

    def check(self) -> Health:
        """Version, privileges and state of the server, for `doctor`."""
        with self._connector.transaction() as connection:
            return examine(connection)

    # --- loads --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def admit(self, request: LoadRequest, dataset: Dataset) -> Iterator[Admission]:
        """Takes a slot and the object's lock, looks at the ledger, and opens the load's transaction.

        Raises:
            SlotUnavailable: the fleet's cap is reached; nothing is held.
            LoadNotFound: the load whose rejects are to be replayed is not in the ledger.
        """
        self.ensure_schema()
        with (
            closing.withdrawing_if_interrupted(self._connector) as noted,
            self._connector.borrowed() as connection,
        ):
            answer = seek_admission(self._connector, connection, request, dataset, noted)
            if isinstance(answer, Admission):
                self._connector.leave(connection)  # nothing is held while others are told
                yield answer
                return
            transaction = self._begin(connection, answer)
            try:
                self._open[transaction.load_id] = transaction
                transaction.keep_alive()
                yield Admission(None, transaction, load_id=transaction.load_id)
            finally:
                self._open.pop(transaction.load_id, None)
                transaction.rollback()
                transaction.rejects.close()

    def _begin(self, connection: Connection, admitted: Admitted) -> PostgresLoadTransaction:
        """The load's transaction; where it cannot be had, the `running` row turns to `failed`."""
        try:
            return PostgresLoadTransaction(self._connector, connection, admitted)
        except LoadstoneError as error:
            connection.close()  # the ledger is told by another
            error.load_id = self.record_failure(admitted.request, admitted.load_id, error, Counts(), ())
            raise

    def evolve(self, table: str, columns: Sequence[Column]) -> None:
        """Adds columns to an existing table, and widens what is narrower; see `ports.Database`."""
        with self._connector.transaction() as connection:
            evolve(connection, table, columns)
        for transaction in list(self._open.values()):  # other threads begin and end loads meanwhile
            transaction.has_evolved = True

    def record_failure(
        self,
        request: LoadRequest,
        load_id: int | None,
        error: Exception,
        counts: Counts,
        rejects: Sequence[Reject],
    ) -> int | None:
        """Writes a failed attempt and its reasons; returns its load id.

        Never raises: the first error is what counts.
        """
        try:
            self.ensure_schema()
        except LoadstoneError as trouble:
            logger.warning("%s: the failure could not be recorded: %s", request.version.uri, trouble)
            return load_id
        # A load that is still open here knows all its rejects, the database's refusals among them.
        transaction = self._open.get(load_id) if load_id is not None else None
        spool = None if transaction is None else transaction.rejects
        return closing.record_failure(self._connector, request, load_id, error, counts, rejects, spool)

    def remove(self, request: LoadRequest, dataset: Dataset, event: Event) -> Admission:
        """An object went: leaves a tombstone, and removes its rows where the dataset says so."""
        self.ensure_schema()
        return upkeep.remove(self._connector, request, dataset, event)

    def notifications(self, pipeline: str) -> PostgresNotifications:
        """What the targets of a pipeline were told."""
        from loadstone.postgres.notifications import PostgresNotifications  # noqa: PLC0415 - few need them

        return PostgresNotifications(self._connector, pipeline, self.ensure_schema)

    # --- the ledger ---------------------------------------------------------------------------------------

    def current(
        self, pipeline: str, dataset: str, bucket: str, table: str | None = None, *, in_archives: bool = False
    ) -> dict[str, str]:
        """Key -> identity of the current loads; see `ports.Database`."""
        self.ensure_schema()
        with self._connector.transaction() as connection:
            return ledger.current(connection, pipeline, dataset, bucket, table, in_archives=in_archives)

    def history(
        self, *, limit: int | None = None, dataset: str | None = None, key: str | None = None
    ) -> list[LoadRecord]:
        """The ledger, newest first."""
        self.ensure_schema()
        with self._connector.transaction() as connection:
            return ledger.history(connection, limit=limit, dataset=dataset, key=key)

    def find(self, load_id: int) -> LoadRecord:
        """One load.

        Raises:
            LoadNotFound: there is none.
        """
        self.ensure_schema()
        with self._connector.transaction() as connection:
            return ledger.find(connection, load_id)

    def rejects(
        self, load_id: int, *, limit: int | None = None, unreplayed: bool = False
    ) -> Iterator[Reject]:
        """A load's rejected rows in file order.

        Args:
            load_id: of the load.
            limit: how many at most.
            unreplayed: only those that were not loaded by a replay since.
        """
        self.ensure_schema()
        with self._connector.transaction() as connection:
            yield from ledger.rejects(connection, load_id, limit=limit, unreplayed=unreplayed)

    def undo(self, load_id: int) -> LoadRecord:
        """Takes a load's rows out again; see `upkeep.undo`."""
        self.ensure_schema()
        return upkeep.undo(self._connector, load_id)

    def forget(self, ages: Mapping[str, timedelta], pipeline: str | None = None) -> Iterator[Forgotten]:
        """Applies retention now; see `retention.forget`."""
        self.ensure_schema()
        from loadstone.postgres import retention  # noqa: PLC0415 - loads do without

        yield from retention.forget(self._connector, ages, pipeline)

    def forget_if_due(self, ages: Mapping[str, timedelta], pipeline: str) -> Iterator[Forgotten]:
        """The same, once in a while among all who ask; see `retention.forget_if_due`."""
        self.ensure_schema()
        from loadstone.postgres import retention  # noqa: PLC0415 - loads do without

        yield from retention.forget_if_due(self._connector, ages, pipeline)
