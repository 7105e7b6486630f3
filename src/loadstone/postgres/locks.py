"""Advisory locks that last as long as the transaction, named by what they protect."""

from __future__ import annotations

import hashlib

from loadstone.model.load import LoadRecord, LoadRequest
from loadstone.postgres.connection import Connection
from loadstone.postgres.identifiers import qualified

__all__ = ["lock_key", "merge_lock", "object_lock", "record_lock", "take", "try_take"]


def lock_key(*parts: str) -> int:
    """A lock's 64-bit number: the same words give the same number in every process."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in ("loadstone", *parts))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], signed=True)


def object_lock(request: LoadRequest) -> int:
    """One load of an object into a table at a time; the table as the ledger names it."""
    version = request.version
    return _object_lock(request.pipeline, request.dataset, request.table, version.bucket, version.key)


def record_lock(record: LoadRecord) -> int:
    """The lock of the object that a row of the ledger speaks of."""
    return _object_lock(record.pipeline, record.dataset, record.table, record.bucket, record.key)


def merge_lock(table: str) -> int:
    """One merge settles in a table at a time, so that each knows what came before it."""
    return lock_key("merge", qualified(table))


def _object_lock(pipeline: str, dataset: str, table: str, bucket: str, key: str) -> int:
    return lock_key("object", pipeline, dataset, table, bucket, key)


def try_take(connection: Connection, key: int) -> bool:
    """Takes a lock if it is free."""
    row = connection.execute(b"SELECT pg_try_advisory_xact_lock(%s)", [key]).fetchone()
    return row is not None and bool(row[0])


def take(connection: Connection, key: int) -> None:
    """Takes a lock, waiting for as long as `lock_timeout` allows."""
    connection.execute(b"SELECT pg_advisory_xact_lock(%s)", [key])
