"""The SQL that makes a table from a contract, and that lets one grow. Pure, but for `evolve`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import errors, sql

from loadstone.errors import ConfigurationError, TableMismatch
from loadstone.model.contract import Column, LoadPlan
from loadstone.model.pipeline import Dataset, PartitionBy
from loadstone.model.table import TableShape
from loadstone.postgres.catalog import look_up
from loadstone.postgres.connection import Connection
from loadstone.postgres.fitting import widens
from loadstone.postgres.identifiers import TableName, check_name, literal, quote, shortened
from loadstone.postgres.sqlstate import translate

__all__ = ["Creation", "create_schema", "creation", "evolution", "evolve", "statement"]

# A view, a partition key, a generated or an identity column holds on to the type of a column.
_HELD_FAST = (errors.FeatureNotSupported, errors.InvalidTableDefinition, errors.InvalidParameterValue)


class Creation(Struct, frozen=True):
    """How a table comes to be.

    Attributes:
        before: statements that come before the rows: schema, table, partitions, comment.
        after: statements that come after them: keys and indexes, which cost far less on rows that are there.
        numbering: statements between the two that give all rows the load's number, where the table is made
            without `_load_id`. PostgreSQL keeps the default of a column that is added to a table in the
            catalog alone: the number is sent and stored once, not with every row.
        told: what makes the same table, for people.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    numbering: tuple[str, ...]
    told: tuple[str, ...]


def statement(text: str) -> sql.SQL:
    """SQL that was put together here, from quoted names, for psycopg."""
    return sql.SQL(text)


def creation(table: TableName, plan: LoadPlan, dataset: Dataset, *, numbers_later: bool = False) -> Creation:
    """The statements that create a dataset's table from the plan of its first load.

    Args:
        table: its name.
        plan: of the load, with its number.
        dataset: keys, indexes, partitions.
        numbers_later: leave `_load_id` to `Creation.numbering`.

    Raises:
        ConfigurationError: a name is too long, or a key, index or partition names an unknown column.
    """
    columns = {column.name: column for column in plan.columns}
    for name in columns:
        check_name(name, "the name of a column")
    first = () if table.schema is None else (create_schema(table.schema),)
    last: list[str] = []
    if dataset.partition_by is not None:
        _require_known(_partition_key(dataset.partition_by), columns, "partition_by")
        last.extend(_partitions(table, dataset.partition_by))
    files = ", ".join(dataset.files)
    last.append(f"COMMENT ON TABLE {table.sql} IS {literal(f'Loaded by loadstone from {files}')}")
    after = tuple(_indexes(table, columns, plan, dataset))
    lineage = ['"_row" bigint', '"_load_id" bigint'] if plan.lineage else []
    whole = (*first, _create_table(table, columns.values(), lineage, dataset), *last)
    if not (plan.lineage and numbers_later):
        return Creation(whole, after, (), (*whole, *after))
    begun = (*first, _create_table(table, columns.values(), lineage[:1], dataset), *last)
    numbering = (
        f'ALTER TABLE {table.sql} ADD COLUMN "_load_id" bigint DEFAULT {plan.load_id:d}',
        f'ALTER TABLE {table.sql} ALTER COLUMN "_load_id" DROP DEFAULT',
    )
    return Creation(begun, after, numbering, (*whole, *after))


def evolution(shape: TableShape, columns: Iterable[Column]) -> list[str]:
    """What lets a table take these columns: new ones added, types widened where no value can change.

    What neither does (a narrower or another type) is left for the load to report.
    """
    existing = {column.name: column for column in shape.columns}
    changes: list[str] = []
    for column in columns:
        found = existing.get(column.name)
        if found is None:
            changes.append(f"ADD COLUMN IF NOT EXISTS {quote(column.name)} {column.type.definition}")
        elif found.is_plain and widens(found.type, column.type):
            changes.append(f"ALTER COLUMN {quote(column.name)} TYPE {column.type.sql}")
    return [f"ALTER TABLE {shape.name} {change}" for change in changes]


def evolve(connection: Connection, table: str, columns: Sequence[Column]) -> None:
    """Lets a table take these columns, in the caller's transaction; a table that is gone stays gone.

    Raises:
        ConfigurationError: a name is too long.
        TableMismatch: something depends on a column's type.
    """
    shape = look_up(connection, table)
    if shape is None:
        return
    for column in columns:
        check_name(column.name, "the name of a column")
        for text in evolution(shape, [column]):
            try:
                connection.execute(statement(text))
            except _HELD_FAST as error:
                raise _held_fast(shape, column, error) from error


def _held_fast(shape: TableShape, column: Column, error: psycopg.Error) -> TableMismatch:
    kind = next((found.type for found in shape.columns if found.name == column.name), None)
    return TableMismatch(
        f"column {column.name!r} is {kind}, and values of the file need {column.type}: {translate(error)}",
        where=shape.name,
        hint=f"drop what depends on the column, ALTER TABLE {shape.name} ALTER COLUMN {quote(column.name)}"
        f" TYPE {column.type}, and make it again; or write type: {kind} for the column in pipeline.yaml,"
        " so that such rows are rejected",
    )


def create_schema(schema: str) -> str:
    """The statement that makes a schema where there is none."""
    # IF NOT EXISTS asks for the right to create schemas even where there is nothing to create.
    name = quote(schema)
    return (
        f"DO $loadstone$ BEGIN IF to_regnamespace({literal(name)}) IS NULL"
        f" THEN CREATE SCHEMA {name}; END IF; END $loadstone$"
    )


def _create_table(
    table: TableName, columns: Iterable[Column], lineage: Iterable[str], dataset: Dataset
) -> str:
    lines = [f"{quote(c.name)} {c.type.definition}" + (" NOT NULL" if c.required else "") for c in columns]
    lines += lineage
    partitioned = ""
    if dataset.partition_by is not None:
        key = _partition_key(dataset.partition_by)
        partitioned = f" PARTITION BY {_strategy(dataset.partition_by)} ({_listed(key)})"
    return f"CREATE TABLE {table.sql} (\n    " + ",\n    ".join(lines) + f"\n){partitioned}"


def _strategy(partition_by: PartitionBy) -> str:
    return next(name.upper() for name in ("hash", "range", "list") if getattr(partition_by, name))


def _partition_key(partition_by: PartitionBy) -> tuple[str, ...]:
    return partition_by.hash or partition_by.range or partition_by.list or ()


def _partitions(table: TableName, partition_by: PartitionBy) -> Iterator[str]:
    given = partition_by.partitions
    if isinstance(given, int):
        for remainder in range(given):
            child = TableName(table.schema, shortened(table.name, f"_{remainder}"))
            bounds = f"WITH (MODULUS {given}, REMAINDER {remainder})"
            yield f"CREATE TABLE {child.sql} PARTITION OF {table.sql} FOR VALUES {bounds}"
        return
    for name, bounds in (given or {}).items():
        check_name(name, "the name of a partition")
        child = TableName(table.schema, name)
        if isinstance(bounds, str) and bounds.lower() == "default":
            yield f"CREATE TABLE {child.sql} PARTITION OF {table.sql} DEFAULT"
        else:
            values = _range(name, bounds, partition_by.range) if partition_by.range else _values(bounds)
            yield f"CREATE TABLE {child.sql} PARTITION OF {table.sql} FOR VALUES {values}"


def _range(name: str, bounds: Any, key: tuple[str, ...]) -> str:
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:  # noqa: PLR2004 - from, to
        raise ConfigurationError(
            f"partition {name!r} needs its two bounds",
            where="partition_by",
            hint=f"write {name}: [from, to], `to` exclusive, null for no bound, or {name}: default",
        )
    sides = []
    for bound, unbounded in zip(bounds, ("MINVALUE", "MAXVALUE"), strict=True):
        values = bound if isinstance(bound, (list, tuple)) else [bound] * (1 if len(key) == 1 else 0)
        if len(values) != len(key):
            raise ConfigurationError(
                f"a bound of partition {name!r} has {len(values)} values for {len(key)} columns",
                where="partition_by",
                hint=f"write one value for each of {', '.join(key)}",
            )
        sides.append("(" + ", ".join(unbounded if v is None else _constant(v) for v in values) + ")")
    return f"FROM {sides[0]} TO {sides[1]}"


def _values(bounds: Any) -> str:
    values = bounds if isinstance(bounds, (list, tuple)) else [bounds]
    return "IN (" + ", ".join("NULL" if value is None else _constant(value) for value in values) + ")"


def _constant(value: Any) -> str:
    text = str(value)
    return text.upper() if text.upper() in {"MINVALUE", "MAXVALUE"} else literal(text)


def _indexes(table: TableName, columns: dict[str, Column], plan: LoadPlan, dataset: Dataset) -> Iterator[str]:
    key = dataset.key
    _require_known(key, columns, "key")
    if dataset.deduplicates and dataset.mode != "append":
        outside = dataset.partition_by and set(_partition_key(dataset.partition_by)) - set(key)
        if outside:  # a unique index would have to hold the partition key
            yield f"CREATE INDEX ON {table.sql} ({_listed(key)})"
        elif all(columns[name].required for name in key):
            yield f"ALTER TABLE {table.sql} ADD PRIMARY KEY ({_listed(key)})"
        else:
            yield f"CREATE UNIQUE INDEX ON {table.sql} ({_listed(key)})"
    for index in dataset.indexes:
        _require_known(index, columns, "indexes")
        yield f"CREATE INDEX ON {table.sql} ({_listed(index)})"
    if dataset.children and not dataset.links_by_key:
        yield f'CREATE UNIQUE INDEX ON {table.sql} ("_load_id", "_row")'
    elif plan.lineage:
        # A load's rows lie together, so a few kilobytes are enough to find them.
        yield f'CREATE INDEX ON {table.sql} USING brin ("_load_id") WITH (autosummarize = on)'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quote(name) for name in names)


def _require_known(names: Iterable[str], columns: dict[str, Column], where: str) -> None:
    for name in names:
        if name not in columns:
            raise ConfigurationError(
                f"{name!r} is not a column of the table",
                where=where,
                hint=f"the columns are: {', '.join(columns)}",
            )
