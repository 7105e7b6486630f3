"""Advisory locks that last as long as the transaction, named by what they protect."""

from __future__ import annotations

import hashlib

from loadstone.model.load import LoadRequest
from loadstone.postgres.connection import Connection
from loadstone.postgres.identifiers import qualified

__all__ = ["lock_key", "merge_lock", "object_lock", "take", "try_take"]


def lock_key(*parts: str) -> int:
    """A lock's 64-bit number: the same words give the same number in every process."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in ("loadstone", *parts))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], signed=True)


def object_lock(request: LoadRequest) -> int:
    """One load of an object at a time."""
    return lock_key("object", request.pipeline, request.dataset, request.version.bucket, request.version.key)


def merge_lock(table: str) -> int:
    """One merge settles in a table at a time, so that each knows what came before it."""
    return lock_key("merge", qualified(table))


def try_take(connection: Connection, key: int) -> bool:
    """Takes a lock if it is free."""
    row = connection.execute(b"SELECT pg_try_advisory_xact_lock(%s)", [key]).fetchone()
    return row is not None and bool(row[0])


def take(connection: Connection, key: int) -> None:
    """Takes a lock, waiting for as long as `lock_timeout` allows."""
    connection.execute(b"SELECT pg_advisory_xact_lock(%s)", [key])
