"""Making the table of a first load, inside the load's transaction."""

from __future__ import annotations

from loadstone.errors import TableBusy, TableMismatch
from loadstone.model.contract import LoadPlan
from loadstone.model.pipeline import Dataset
from loadstone.postgres.catalog import Target, find_target
from loadstone.postgres.connection import Connection
from loadstone.postgres.ddl import Creation, creation, statement
from loadstone.postgres.fitting import fit
from loadstone.postgres.identifiers import parse_table
from loadstone.postgres.locks import lock_key, try_take

__all__ = ["make_table"]


def make_table(
    connection: Connection, table: str, plan: LoadPlan, dataset: Dataset
) -> tuple[Target, Creation | None]:
    """Makes the table, unless another load made it this moment.

    Args:
        connection: inside the load's transaction.
        table: as the dataset names it.
        plan: of the load, with its number.
        dataset: keys, indexes, partitions.

    Returns:
        The table, and how it came to be: None where it was there already. Where `Creation.numbering` holds
        statements, the table has no `_load_id` before them.

    Raises:
        TableBusy: another load is making it.
        TableMismatch: it is not found by its name.
        ConfigurationError: a name is too long, or a key, index or partition names an unknown column.
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
    # Rows that lose to others of their key are found by their load's number.
    made = creation(name, plan, dataset, numbers_later=not plan.deduplicate)
    for text in made.before:
        connection.execute(statement(text))
    target = _created(connection, name.sql, dataset)
    if made.numbering and (target.can_refuse or fit(plan, target).casts):
        # Rows go by another way than one COPY, on which each is given its number.
        connection.execute(statement(f'ALTER TABLE {name.sql} ADD COLUMN "_load_id" bigint'))
        made = made._replace(numbering=())
        target = _created(connection, name.sql, dataset)
    return target, made


def _created(connection: Connection, table: str, dataset: Dataset) -> Target:
    created = find_target(connection, table)
    if created is None:
        raise TableMismatch(
            "the table was created, but is not found by its name",
            where=table,
            hint="give the table's schema: it may not be on the search_path",
        )
    partition_by = dataset.partition_by
    can_refuse = bool(partition_by and not partition_by.hash) or any(
        column.is_domain for column in created.columns.values()
    )
    return created._replace(is_new=True, can_refuse=can_refuse)
