"""Making room for a table's new content, at the end of the load that brings it."""

from __future__ import annotations

from loadstone.errors import DestinationError, EmptyReplace
from loadstone.model.pipeline import Dataset
from loadstone.postgres.catalog import Target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import statement
from loadstone.postgres.identifiers import qualified
from loadstone.postgres.queries import query

__all__ = ["make_room", "require_room", "require_rows"]


def require_room(connection: Connection, target: Target, dataset: Dataset) -> None:
    """Refuses early what `make_room` could not do.

    Raises:
        DestinationError: TRUNCATE is asked for, and foreign keys of other tables point to the table.
    """
    if dataset.method != "truncate" or not target.is_referenced:
        return
    parameters = {"table": target.sql, "children": _children(dataset)}
    row = connection.execute(query("referenced_by_others", "catalog"), parameters).fetchone()
    if row is not None and row[0]:
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


def make_room(connection: Connection, target: Target, dataset: Dataset) -> None:
    """Takes all rows out, and those of children. Views, grants and indexes stay, and so do partitions."""
    if dataset.method == "delete":
        connection.execute(statement(f"DELETE FROM {target.sql}"))  # noqa: S608 - a quoted name
        return
    tables = [target.sql]
    if dataset.children:
        row = connection.execute(query("existing", "catalog"), {"tables": _children(dataset)}).fetchone()
        tables += (row and row[0]) or ()
    connection.execute(statement(f"TRUNCATE {', '.join(tables)}"))


def _children(dataset: Dataset) -> list[str]:
    if not dataset.children:
        return []
    from loadstone.core.children import child_dataset  # noqa: PLC0415 - few datasets have any

    return [qualified(child_dataset(dataset, key).table or "") for key in dataset.children]
