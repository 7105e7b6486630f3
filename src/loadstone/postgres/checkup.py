"""What `doctor` asks of a pipeline's tables and of its history, beyond the server itself (see `health`)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from loadstone.model.pipeline import Dataset
from loadstone.postgres.connection import Connection
from loadstone.postgres.identifiers import parse_table

__all__ = [
    "BroughtObject",
    "DatasetState",
    "Session",
    "TableRights",
    "dataset_states",
    "last_event",
    "session",
    "table_rights",
]


class Session(Struct, frozen=True):
    """The connection itself.

    Attributes:
        tls: the protocol's version, such as `TLSv1.3`; None where nothing is encrypted.
        is_local: over a socket of this machine.
        now: by the server's clock.
    """

    tls: str | None
    is_local: bool
    now: datetime


class TableRights(Struct, frozen=True):
    """What the role may do with a dataset's table.

    Attributes:
        table: as configured.
        exists: whether it is there.
        missing: privileges that loading needs and the role lacks, such as `INSERT`.
        schema_exists: whether its schema is there.
    """

    table: str
    exists: bool
    missing: tuple[str, ...]
    schema_exists: bool


class DatasetState(Struct, frozen=True):
    """What the ledger knows of a dataset.

    Attributes:
        last_id: its last load.
        last_state: what became of it.
        last_at: when it began.
        last_error: why it failed, if it did.
        last_loaded_at: when one was last committed.
        newest_object: time of the newest object that was loaded.
        failed: how many loads failed within the last day.
        gone: how many are `running`, and their worker has not been heard of for two minutes.
    """

    last_id: int
    last_state: str
    last_at: datetime
    last_error: str | None
    last_loaded_at: datetime | None
    newest_object: datetime | None
    failed: int
    gone: int


class BroughtObject(Struct, frozen=True):
    """What an event of S3 brought.

    Attributes:
        load_id: the load that it led to.
        uri: of the object.
        at: when the load began.
    """

    load_id: int
    uri: str
    at: datetime


_SESSION = b"""
SELECT (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
    inet_client_addr() IS NULL, clock_timestamp()
"""

_TABLE = b"""
SELECT to_regclass(%(table)s) IS NOT NULL, to_regnamespace(%(schema)s) IS NOT NULL,
    ARRAY(
        SELECT privilege FROM unnest(%(privileges)s::text[]) AS privilege
        WHERE NOT has_table_privilege(to_regclass(%(table)s), privilege)
    ),
    coalesce(has_schema_privilege(to_regnamespace(%(schema)s), 'USAGE'), false),
    coalesce(has_schema_privilege(to_regnamespace(%(schema)s), 'CREATE'), false)
"""

_DATASETS = b"""
SELECT dataset, last.load_id, last.state, last.started_at, last.error, loaded_at, newest, failed, gone
FROM (
    SELECT dataset, max(load_id) AS load_id,
        max(finished_at) FILTER (WHERE state IN ('loaded', 'replaced')) AS loaded_at,
        max(object_time) FILTER (WHERE state IN ('loaded', 'replaced')) AS newest,
        count(*) FILTER (WHERE state IN ('failed', 'abandoned') AND started_at > now() - interval '1 day')
            AS failed,
        count(*) FILTER (WHERE state = 'running' AND heartbeat_at < now() - interval '2 minutes') AS gone
    FROM loadstone.loads WHERE pipeline = %(pipeline)s GROUP BY dataset
) AS summary JOIN loadstone.loads AS last USING (dataset, load_id)
"""


# Events of S3 have a sequencer; what is loaded by hand or found by a reconcile has that of an event before.
_LAST_EVENT = b"""
SELECT load_id, uri, started_at FROM loadstone.loads
WHERE pipeline = %(pipeline)s AND sequencer IS NOT NULL ORDER BY load_id DESC LIMIT 1
"""


def session(connection: Connection) -> Session:
    """How the connection is encrypted, and the server's time."""
    row = connection.execute(_SESSION).fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM returned nothing")
    tls, is_local, now = row
    # A proxy that ends TLS before the server is seen by libpq alone.
    return Session(tls or ("TLS" if connection.pgconn.ssl_in_use else None), is_local, now)


def table_rights(connection: Connection, table: str, dataset: Dataset) -> TableRights:
    """What the role may do with a dataset's table, of what loading as configured takes."""
    name = parse_table(table)
    row = connection.execute(b"SELECT current_schema()").fetchone()
    schema = name.schema or (row[0] if row else None) or "public"
    quoted = schema.replace('"', '""')
    given = {"table": name.sql, "schema": f'"{quoted}"', "privileges": _privileges(dataset)}
    found = connection.execute(_TABLE, given).fetchone()
    if found is None:
        raise AssertionError("a SELECT without FROM returned nothing")
    exists, schema_exists, missing, may_use, may_create = found
    if not exists:
        missing = [] if may_create else [f"CREATE on schema {schema}"]
    elif not may_use:
        missing = [f"USAGE on schema {schema}", *missing]
    return TableRights(table, exists, tuple(missing), schema_exists)


def dataset_states(connection: Connection, pipeline: str) -> dict[str, DatasetState]:
    """What the ledger knows of each dataset of a pipeline, by name."""
    rows = connection.execute(_DATASETS, {"pipeline": pipeline}).fetchall()
    return {row[0]: DatasetState(*row[1:]) for row in rows}


def last_event(connection: Connection, pipeline: str) -> BroughtObject | None:
    """What an event brought last; None where none did."""
    row = connection.execute(_LAST_EVENT, {"pipeline": pipeline}).fetchone()
    return None if row is None else BroughtObject(*row)


def _privileges(dataset: Dataset) -> list[str]:
    """What loading into a table takes; its owner has them all."""
    needed = ["SELECT", "INSERT"]
    if dataset.mode == "merge":
        needed.append("UPDATE")
    is_replace = dataset.mode == "replace"
    if is_replace and dataset.method == "truncate":
        needed.append("TRUNCATE")
    of_objects = dataset.lineage and (
        (dataset.overwrite == "replace_rows" and not is_replace) or dataset.on_delete == "remove_rows"
    )
    if of_objects or (is_replace and dataset.method == "delete"):
        needed.append("DELETE")
    return needed
