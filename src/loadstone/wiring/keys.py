"""What tells the rows of a file apart, where nobody says: a column `id`, else `email`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from msgspec.structs import replace

from loadstone.core.config_hash import config_hash
from loadstone.core.names import column_name
from loadstone.errors import LoadstoneError
from loadstone.executor.load import Order
from loadstone.model.contract import Column
from loadstone.model.load import Layout, LoadOutcome
from loadstone.ports import Reader, Source

__all__ = ["KEY_COLUMNS", "key_of", "likely_key", "telling_of_key", "with_key"]

#: In the order in which they are looked for.
KEY_COLUMNS = ("id", "email")


def key_of(names: Sequence[str]) -> tuple[str, ...]:
    """The key of a file with these columns, by their names in the file."""
    columns = {column_name(name) for name in names}
    return next(((name,) for name in KEY_COLUMNS if name in columns), ())


def likely_key(columns: Sequence[Column], layout: Layout) -> tuple[tuple[str, ...], str]:
    """The key that a file's rows suggest, and why; none where values are missing or there twice."""
    key = key_of([column.name for column in columns])
    if not key:
        return (), "no column is called id or email"
    (name,) = key
    column = next(column for column in columns if column.name == name)
    position = layout.names.index(column.source or name)
    values = [row[position] if position < len(row) else None for row in layout.sample]
    given = [value for value in values if value]
    if len(given) < len(values):
        return (), f"{len(values) - len(given):,} of {len(values):,} rows have no {name}"
    if len(set(given)) < len(given):
        return (), f"{len(given) - len(set(given)):,} of {len(given):,} values of {name} are there before"
    return key, f"{len(given):,} of {len(given):,} values of {name} differ"


def with_key(order: Order, source: Source, reader: Reader) -> Order:
    """The order as the file's columns ask for it: merged by its key where it has one, else appended."""
    dataset = order.dataset
    try:
        with (
            source.open(order.request.version) as stream,
            reader.open(stream, order.request.version, dataset.format) as file,
        ):
            key = key_of(file.layout.names)
    except LoadstoneError:
        return order  # the load will meet the same, and tell it
    if not key:
        return order
    dataset = structs.replace(dataset, mode="merge", key=key)
    return replace(order, dataset=dataset, request=replace(order.request, config_hash=config_hash(dataset)))


def telling_of_key(outcome: LoadOutcome, order: Order) -> LoadOutcome:
    """The outcome with a note on the key that nobody named."""
    if order.dataset.mode != "merge" or outcome.state != "loaded":
        return outcome
    note = f"merged by {order.dataset.key[0]}, as the file has such a column; --mode append adds every row"
    return replace(outcome, notes=(note, *outcome.notes))
