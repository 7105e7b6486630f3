"""Making the table of a first load, inside the load's transaction."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from loadstone.errors import TableBusy, TableMismatch
from loadstone.model.contract import LoadPlan
from loadstone.model.pipeline import Dataset
from loadstone.postgres.catalog import Target, find_target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import Creation, creation, statement
from loadstone.postgres.fitting import fit
from loadstone.postgres.identifiers import TableName, parse_table
from loadstone.postgres.locks import lock_key, try_take

__all__ = ["create_table", "make_table"]


def make_table(
    connection: Connection, table: str, plan: LoadPlan, dataset: Dataset, *, sets_aside: bool = False
) -> tuple[Target, Creation | None]:
    """Makes the table, unless another load made it this moment.

    Args:
        connection: inside the load's transaction.
        table: as the dataset names it.
        plan: of the load, with its number.
        dataset: keys, indexes, partitions.
        sets_aside: rows are to come from a temporary table.

    Returns:
        The table, and how it came to be: None where it was there already. Where `Creation.numbering` holds
        statements, the table has no `_load_id` before them.

    Raises:
        TableBusy: another load is making it.
        TableMismatch: it is not found by its name.
        ConfigurationError: a name is too long, or a key, index or partition names an unknown column.
    """
    # Rows that lose to others of their key are found by their load's number.
    target, made = create_table(
        connection, table, lambda name: creation(name, plan, dataset, numbers_later=not plan.deduplicate)
    )
    if made is None:
        return target, made
    target = _with_refusals(target, dataset)
    if made.numbering and (sets_aside or target.can_refuse or fit(plan, target).casts):
        # Rows go by another way than one COPY, on which each is given its number.
        connection.execute(statement(f'ALTER TABLE {target.sql} ADD COLUMN "_load_id" bigint'))
        made = replace(made, numbering=())
        target = _with_refusals(_created(connection, target.sql, table), dataset)
    return target, made


def create_table(
    connection: Connection, table: str, statements: Callable[[TableName], Creation]
) -> tuple[Target, Creation | None]:
    """Runs what comes before a new table's rows, unless another load made the table this moment.

    Args:
        connection: inside the load's transaction.
        table: as it is configured.
        statements: makes the table of this name.

    Returns:
        The table, and how it came to be: None where it was there already.

    Raises:
        TableBusy: another load is making it.
        TableMismatch: it is not found by its name.
    """
    name = parse_table(table)
    if not try_take(connection, lock_key("create", name.sql)):
        raise TableBusy(
            "another load is creating the table",
            where=table,
            hint="load again when it is done",
        )
    found = find_target(connection, table)
    if found is not None:  # made between our look and the lock
        return found, None
    made = statements(name)
    for text in made.before:
        connection.execute(statement(text))
    return _created(connection, name.sql, table), made


def _created(connection: Connection, name: str, table: str) -> Target:
    created = find_target(connection, name)
    if created is None:
        raise TableMismatch(
            "the table was created, but is not found by its name",
            where=table,
            hint="give the table's schema: it may not be on the search_path",
        )
    return replace(created, is_new=True)


def _with_refusals(target: Target, dataset: Dataset) -> Target:
    """Whether a table just made may refuse rows: where no partition takes them, or by a domain."""
    partition_by = dataset.partition_by
    can_refuse = bool(partition_by and not partition_by.hash) or any(
        column.is_domain for column in target.columns.values()
    )
    return replace(target, can_refuse=can_refuse)
