"""The ledger: one row of `loadstone.loads` per load.

Functions over a connection that is inside a transaction; who commits is the caller's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec.structs import asdict, replace
from psycopg.rows import dict_row

from loadstone.errors import ConfigurationError, LoadNotFound
from loadstone.model.batch import Reject
from loadstone.model.event import ObjectVersion
from loadstone.model.load import ChildCounts, Counts, LoadRecord, LoadRequest, RecordState
from loadstone.model.pipeline import Dataset
from loadstone.postgres.connection import Connection
from loadstone.postgres.identifiers import TableName, parse_table
from loadstone.postgres.queries import query

__all__ = [
    "abandon",
    "add_children",
    "as_json",
    "canonical",
    "canonical_table",
    "current",
    "earlier_loads",
    "end",
    "find",
    "history",
    "identity",
    "insert",
    "is_late",
    "is_same_content",
    "move_sequencer",
    "newer_in_table",
    "record_of",
    "rejects",
    "standing",
    "was_loaded",
]


def canonical(connection: Connection, request: LoadRequest) -> LoadRequest:
    """The request with its table as the catalog names it: what the ledger compares and locks are made of."""
    return replace(request, table=canonical_table(connection, request.table))


def canonical_table(connection: Connection, table: str) -> str:
    """A table as the catalog names it, or would once it is made.

    So `orders` and `public.orders` are one table, and `orders` on two search paths may be two. What is no
    name stays as it is, for the load to complain of.
    """
    try:
        name = parse_table(table)
    except ConfigurationError:
        return table
    if name.schema is None:
        row = connection.execute(query("schema_of", "catalog"), {"table": name.sql}).fetchone()
        name = TableName(row[0] if row else None, name.name)
    return name.written


def standing(connection: Connection, request: LoadRequest) -> LoadRecord | None:
    """What stands for the request's key: its current load, or a tombstone."""
    found = _records(connection, "standing", _facts(request))
    return found[0] if found else None


def was_loaded(connection: Connection, request: LoadRequest) -> int | None:
    """The load of this very version, if it has a name that is never given twice and was loaded."""
    version = request.version
    if version.version_id is None and version.etag is None:
        return None
    return _number(connection, "was_loaded", _facts(request))


def is_same_content(connection: Connection, request: LoadRequest, load_id: int, sha256: str) -> bool:
    """Whether a load was of these bytes, with the dataset configured as it is now."""
    parameters = {"load_id": load_id, "sha256": sha256, "config_hash": request.config_hash}
    return _number(connection, "is_same_content", parameters) is not None


def abandon(connection: Connection, request: LoadRequest) -> int:
    """Marks running rows of the key; only right under the object's lock. Returns how many."""
    return connection.execute(query("abandon"), _facts(request)).rowcount


def insert(
    connection: Connection, request: LoadRequest, state: Literal["running", "superseded", "removed"]
) -> int:
    """A new row; a removed one (a tombstone) is current. Returns its load id."""
    load_id = _number(connection, "insert", {**_facts(request), "state": state})
    if load_id is None:
        raise AssertionError("an INSERT ... RETURNING returned nothing")
    return load_id


def move_sequencer(connection: Connection, load_id: int, sequencer: str) -> None:
    """A later event spoke of the same version."""
    connection.execute(query("move_sequencer"), {"load_id": load_id, "sequencer": sequencer})


def earlier_loads(connection: Connection, request: LoadRequest, dataset: Dataset) -> tuple[int, ...]:
    """Loads of the key whose rows the table may still hold."""
    # A merge that was replaced by another may have left rows whose keys the other did not bring.
    states = ["loaded", "replaced"] if dataset.mode == "merge" else ["loaded"]
    rows = connection.execute(query("earlier_loads"), {**_facts(request), "states": states})
    return tuple(row[0] for row in rows)


def is_late(connection: Connection, table: str, object_time: datetime) -> bool:
    """Whether a newer object was loaded into the table."""
    row = connection.execute(query("is_late"), {"table": table, "object_time": object_time}).fetchone()
    return row is not None and bool(row[0])


def newer_in_table(connection: Connection, request: LoadRequest) -> tuple[int, str] | None:
    """Load id and URI of a newer object of another key that the table holds."""
    row = connection.execute(query("newer_in_table"), _facts(request)).fetchone()
    return (row[0], row[1]) if row else None


def add_children(connection: Connection, load_id: int, children: Sequence[ChildCounts]) -> None:
    """Adds to a load, beside its dialect, what became of the elements of its records."""
    before = (find(connection, load_id).dialect or {}).get("children") or ()
    told = {child["key"]: ChildCounts.from_json(child) for child in before}
    sums = {**told, **{c.key: told[c.key].plus(c) if c.key in told else c for c in children}}
    dialect = {"children": [child.as_json() for child in sums.values()]}
    connection.execute(query("add_to_dialect"), {"load_id": load_id, "more": as_json(dialect)})


def end(connection: Connection, load_ids: Sequence[int], state: Literal["removed", "undone"]) -> None:
    """Loads that stood end: their rows were taken out."""
    connection.execute(query("end"), {"load_ids": list(load_ids), "state": state})


def current(
    connection: Connection,
    pipeline: str,
    dataset: str,
    bucket: str,
    table: str | None = None,
    *,
    in_archives: bool = False,
) -> dict[str, str]:
    """Key -> identity of the current loads of a bucket, in any table or in one; see `ports.Database`."""
    parameters = {
        "pipeline": pipeline,
        "dataset": dataset,
        "bucket": bucket,
        "table": None if table is None else canonical_table(connection, table),
        "in_archives": in_archives,
    }
    rows = connection.execute(query("current"), parameters)
    return {
        key: _version(uri, bucket, key, version_id, etag, object_time, size).identity
        for key, uri, version_id, etag, object_time, size in rows
    }


def history(
    connection: Connection, *, limit: int | None = None, dataset: str | None = None, key: str | None = None
) -> list[LoadRecord]:
    """Rows of the ledger, newest first."""
    return _records(connection, "history", {"limit": limit, "dataset": dataset, "key": key})


def find(connection: Connection, load_id: int) -> LoadRecord:
    """One row.

    Raises:
        LoadNotFound: there is none.
    """
    found = _records(connection, "find", {"load_id": load_id})
    if not found:
        raise LoadNotFound(f"there is no load {load_id:,}", hint="`loadstone history` lists the loads")
    return found[0]


def rejects(
    connection: Connection, load_id: int, *, limit: int | None = None, unreplayed: bool = False
) -> Iterator[Reject]:
    """The rejects of a load in file order, streamed by a cursor of the transaction."""
    with connection.cursor(name="loadstone_rejects") as cursor:
        cursor.execute(query("rejects"), {"load_id": load_id, "limit": limit, "unreplayed": unreplayed})
        for row_number, line_number, offset, length, column, code, reason, raw, others in cursor:
            yield Reject(
                row_number=row_number,
                line_number=line_number,
                byte_offset=offset,
                byte_length=length,
                column=column,
                code=code,
                reason=reason,
                raw=bytes(raw) if raw is not None else b"",
                others=tuple((o["column"], o["code"], o["reason"]) for o in others or ()),
            )


def identity(record: LoadRecord) -> str | None:
    """The identity of the version that a row of the ledger speaks of."""
    if record.object_time is None:
        return None
    return _version(
        record.uri,
        record.bucket,
        record.key,
        record.version_id,
        record.etag,
        record.object_time,
        record.size_bytes or 0,
    ).identity


def counts_as_parameters(counts: Counts) -> dict[str, int]:
    """The counts by the names that the statements use."""
    return asdict(counts)


def as_json(value: Mapping[str, Any] | None) -> str | None:
    """A mapping as the text of a jsonb value."""
    return None if value is None else json.dumps(dict(value), ensure_ascii=False, default=str)


def _facts(request: LoadRequest) -> dict[str, Any]:
    version = request.version
    return {
        "pipeline": request.pipeline,
        "dataset": request.dataset,
        "table": request.table,
        "bucket": version.bucket,
        "key": version.key,
        "uri": version.uri,
        "version_id": version.version_id,
        "etag": version.etag,
        "object_time": version.modified,
        "size": version.size,
        "sequencer": request.sequencer,
        "config_hash": request.config_hash,
        "worker": request.worker,
    }


def _version(
    uri: str, bucket: str, key: str, version_id: str | None, etag: str | None, modified: datetime, size: int
) -> ObjectVersion:
    return ObjectVersion(uri, bucket, key, version_id, etag, modified.astimezone(UTC), size)


def _number(connection: Connection, name: str, parameters: Mapping[str, Any]) -> int | None:
    row = connection.execute(query(name), parameters).fetchone()
    return int(row[0]) if row else None


def _records(connection: Connection, name: str, parameters: Mapping[str, Any]) -> list[LoadRecord]:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(query(name), parameters)
        return [record_of(row) for row in cursor]


def record_of(row: Mapping[str, Any]) -> LoadRecord:
    """A row of `loadstone.loads` by the names of its columns."""
    state: RecordState = "abandoned" if row.get("is_stale") else row["state"]
    return LoadRecord(
        load_id=row["load_id"],
        pipeline=row["pipeline"],
        dataset=row["dataset"],
        table=row["table_name"],
        bucket=row["bucket"],
        key=row["key"],
        uri=row["uri"],
        state=state,
        is_current=row["is_current"],
        attempt=row["attempt"],
        counts=Counts(
            read=row["rows_read"],
            inserted=row["rows_inserted"],
            updated=row["rows_updated"],
            unchanged=row["rows_unchanged"],
            deduplicated=row["rows_deduplicated"],
            discarded=row["rows_discarded"],
            rejected=row["rows_rejected"],
            repaired=row["cells_repaired"],
        ),
        size_bytes=row["size_bytes"],
        version_id=row["version_id"],
        etag=row["etag"],
        object_time=row["object_time"],
        sequencer=row["sequencer"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        error_code=row["error_code"],
        error=row["error"],
        dialect=row["dialect"],
        worker=row["worker"],
    )
