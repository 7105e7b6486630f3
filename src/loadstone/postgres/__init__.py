"""The destination: tables, COPY, merge, and the ledger that commits together with the rows."""

from __future__ import annotations

from loadstone.postgres.database import PostgresDatabase
from loadstone.postgres.health import Health

__all__ = ["Health", "PostgresDatabase"]
