"""Notifications in the database: what `executor.notification_ledger` asks for.

Each call is a short transaction of its own, after the one that it tells of: nothing here can undo a load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import dict_row

from loadstone.core.volume import FEWEST_DAYS, MOST_LOADS
from loadstone.errors import SchemaVersionError
from loadstone.model.load import LoadRecord
from loadstone.model.notice import Claim, Notice, ToldLoad
from loadstone.postgres import ledger
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.migrate import schema_version
from loadstone.postgres.queries import query

__all__ = ["PostgresNotifications"]

#: A claim whose sender said nothing for so long is taken over: then a copy may be sent.
_LEASE = timedelta(minutes=5)
#: How often one notification is tried, and for how long after its occasion.
_MOST_ATTEMPTS = 10
_OLDEST = timedelta(hours=24)
#: A load's time of ending is taken before its COMMIT; what committed late is still seen.
_OVERLAP = timedelta(hours=1)
#: Volumes of days are compared where more than three loads a day came, over four weeks and the day at hand.
_DAYS = timedelta(days=29)
_MANY_LOADS = 3 * 29
#: The schema's version that brought the tables.
_NEEDED = 2

_ON_LOAD = b"(load_id, target, kind) WHERE load_id IS NOT NULL"
_ON_DUE_TIME = b"(due_at, pipeline, dataset, target, kind) WHERE due_at IS NOT NULL"


class PostgresNotifications:
    """The notifications of one pipeline.

    Args:
        connector: to the database.
        pipeline: its name.
        ensure_schema: makes or upgrades the tables, where it may.
    """

    def __init__(self, connector: Connector, pipeline: str, ensure_schema: Callable[[], None]) -> None:
        self._connector = connector
        self._ensure_schema = ensure_schema
        self._pipeline = pipeline
        self._is_ready = False
        self._days: dict[str, tuple[datetime | None, tuple[int, ...]]] = {}

    def subscribe(self, wanted: Sequence[tuple[str, str, str]]) -> None:
        """Notes from when on targets want to be told: dataset, target and kind of each.

        Raises:
            SchemaVersionError: the schema is older than notifications, and this role may not upgrade it.
        """
        self._ready()
        datasets, targets, kinds = (list(column) for column in zip(*wanted, strict=True))
        with self._connector.transaction() as connection:
            parameters = {
                "pipeline": self._pipeline,
                "datasets": datasets,
                "targets": targets,
                "kinds": kinds,
            }
            connection.execute(query("subscribe", "notifications"), parameters)

    def since(self) -> Mapping[tuple[str, str, str], datetime]:
        """Dataset, target and kind -> from when on it is told."""
        with self._connector.transaction() as connection:
            rows = connection.execute(
                query("subscriptions", "notifications"), {"pipeline": self._pipeline}
            ).fetchall()
        return {(dataset, target, kind): since for dataset, target, kind, since, _ in rows}

    def ended(self, datasets: Sequence[str], now: datetime) -> tuple[set[int], set[int]]:
        """Loads that a pass is to look at: ended since the last one; with notifications to send again."""
        with self._connector.transaction() as connection:
            rows = connection.execute(
                query("subscriptions", "notifications"), {"pipeline": self._pipeline}
            ).fetchall()
            begins: dict[str, datetime] = {}
            for dataset, _, _, since, checked_at in rows:
                begin = max(since, checked_at - _OVERLAP, now - _OLDEST)
                begins[dataset] = min(begin, begins.get(dataset, begin))
            found: set[int] = set()
            for dataset in set(datasets) & begins.keys():
                parameters = {"pipeline": self._pipeline, "dataset": dataset, "since": begins[dataset]}
                found |= _numbers(connection, "ended_since", parameters)
            unsent = {"pipeline": self._pipeline, "age": _OLDEST}
            return found, _numbers(connection, "unsent", unsent)

    def checked(self, datasets: Sequence[str], at: datetime) -> None:
        """A pass has looked through everything that ended before."""
        with self._connector.transaction() as connection:
            connection.execute(
                query("checked", "notifications"),
                {"pipeline": self._pipeline, "datasets": list(datasets), "at": at},
            )

    def loads(self, load_ids: Sequence[int], *, with_earlier: frozenset[str]) -> list[ToldLoad]:
        """These loads, those that go on left out; with the rows of those before for datasets that ask."""
        with self._connector.transaction() as connection:
            with connection.cursor(row_factory=dict_row) as cursor:
                cursor.execute(query("loads", "notifications"), {"load_ids": list(load_ids)})
                records = [ledger.record_of(row) for row in cursor]
            return [
                ToldLoad(one, self._earlier(connection, one) if one.dataset in with_earlier else ())
                for one in records
                if one.state in {"loaded", "replaced", "failed"} and one.pipeline == self._pipeline
            ]

    def days(self, dataset: str, end: datetime) -> Sequence[int]:
        """The rows of each day up to `end`, oldest first; none for datasets that are judged load by load.

        The database is asked once for a midnight: a pass comes every minute.
        """
        known, found = self._days.get(dataset, (None, ()))
        if known != end:
            given = {"pipeline": self._pipeline, "dataset": dataset, "end": end, "within": _DAYS}
            with self._connector.transaction() as connection:
                if self._comes_often(connection, dataset, end):
                    found = tuple(row[0] for row in connection.execute(query("days", "notifications"), given))
                else:
                    found = ()
            self._days[dataset] = (end, found)
        return found

    def settled(self, load_ids: Sequence[int]) -> set[tuple[int, str, str]]:
        """Load, target and kind of what needs no sending any more."""
        with self._connector.transaction() as connection:
            rows = connection.execute(query("settled", "notifications"), {"load_ids": list(load_ids)})
            return {(load_id, target, kind) for load_id, target, kind in rows}

    def is_told(self, notice: Notice, target: str) -> bool:
        """Whether a notice that is about no load needs no sending any more."""
        with self._connector.transaction() as connection:
            row = connection.execute(
                query("is_told", "notifications"), self._facts(notice, target)
            ).fetchone()
        return bool(row and row[0])

    def loaded_between(self, dataset: str, begin: datetime, end: datetime) -> tuple[bool, datetime | None]:
        """Whether the dataset had a load that ended within the window, and when its last by the end was."""
        with self._connector.transaction() as connection:
            row = connection.execute(
                query("loaded_between", "notifications"),
                {"pipeline": self._pipeline, "dataset": dataset, "begin": begin, "end": end},
            ).fetchone()
        return (bool(row[0]), row[1]) if row else (False, None)

    def claim(self, notice: Notice, target: str) -> Claim | None:
        """The right to send it, committed before it is sent; None where another has it, or has sent it."""
        occasion = _ON_DUE_TIME if notice.load_id is None else _ON_LOAD
        statement = query("claim", "notifications").replace(b"{occasion}", occasion)
        with self._connector.transaction() as connection:
            row = connection.execute(statement, self._facts(notice, target)).fetchone()
        return Claim(*row) if row else None

    def postpone(self, notice: Notice, target: str, reason: str) -> None:
        """Leaves a notice to the next pass, untried."""
        with self._connector.transaction() as connection:
            connection.execute(
                query("postpone", "notifications"), {**self._facts(notice, target), "reason": reason}
            )

    def settle(self, claim: Claim, error: str | None = None, *, is_final: bool = False) -> None:
        """It is sent, or why not; a final error is not tried again."""
        with self._connector.transaction() as connection:
            connection.execute(
                query("settle", "notifications"),
                {
                    "number": claim.number,
                    "attempt": claim.attempt,
                    "error": error,
                    "is_final": is_final,
                    "most": _MOST_ATTEMPTS,
                },
            )

    def _earlier(self, connection: Connection, record: LoadRecord) -> tuple[int, ...]:
        if record.finished_at is None or self._comes_often(connection, record.dataset, record.finished_at):
            return ()
        given = {
            "pipeline": record.pipeline,
            "dataset": record.dataset,
            "load_id": record.load_id,
            "most": MOST_LOADS + 1,
        }
        rows = connection.execute(query("earlier_rows", "notifications"), given).fetchall()
        return tuple(row[0] for row in reversed(rows))

    def _comes_often(self, connection: Connection, dataset: str, at: datetime) -> bool:
        """Whether its loads are many a day, so that one of them says little."""
        given = {
            "pipeline": self._pipeline,
            "dataset": dataset,
            "at": at,
            "known": timedelta(days=FEWEST_DAYS),
            "within": _DAYS,
            "loads": _MANY_LOADS,
        }
        row = connection.execute(query("comes_often", "notifications"), given).fetchone()
        return bool(row and row[0])

    def _ready(self) -> None:
        if self._is_ready:
            return
        self._ensure_schema()
        with self._connector.transaction() as connection:
            version = schema_version(connection)
        if version < _NEEDED:
            raise SchemaVersionError(
                f"the loadstone schema is at version {version:,}, notifications need {_NEEDED:,}",
                where=self._connector.where,
                hint="as the database's owner, run `loadstone migrate`",
            )
        self._is_ready = True

    def _facts(self, notice: Notice, target: str) -> dict[str, Any]:
        return {
            "pipeline": self._pipeline,
            "dataset": notice.dataset,
            "load_id": notice.load_id,
            "due_at": notice.due,
            "target": target,
            "kind": notice.kind,
            "lease": _LEASE,
        }


def _numbers(connection: Connection, name: str, parameters: Mapping[str, Any]) -> set[int]:
    return {row[0] for row in connection.execute(query(name, "notifications"), parameters)}
