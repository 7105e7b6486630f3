"""Making room for a table's new content, at the end of the load that brings it."""

from __future__ import annotations

from typing import Literal

from loadstone.errors import DestinationError, EmptyReplace
from loadstone.model.pipeline import Dataset
from loadstone.postgres.catalog import Target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement

__all__ = ["make_room", "require_room", "require_rows"]


def require_room(target: Target, method: Literal["truncate", "delete"]) -> None:
    """Refuses early what `make_room` could not do.

    Raises:
        DestinationError: TRUNCATE is asked for, and foreign keys of other tables point to the table.
    """
    if method == "truncate" and target.is_referenced:
        raise DestinationError(
            "foreign keys of other tables point to the table, so it cannot be truncated",
            where=target.sql,
            hint="set method: delete (rows that are still referred to then fail the load)",
            code="referenced",
        )


def require_rows(dataset: Dataset, rows: int, where: str) -> None:
    """A table is not to be emptied by mistake.

    Raises:
        EmptyReplace: it would be.
    """
    if dataset.mode == "replace" and not rows and not dataset.allow_empty:
        raise EmptyReplace(
            "the file has no row to replace the table's with",
            where=where,
            hint="set allow_empty: true if an empty table is what is wanted",
        )


def make_room(connection: Connection, target: Target, method: Literal["truncate", "delete"]) -> None:
    """Takes all rows out. Views, grants and indexes stay; so do the partitions of a partitioned table."""
    verb = "TRUNCATE" if method == "truncate" else "DELETE FROM"
    connection.execute(statement(f"{verb} {target.sql}"))
