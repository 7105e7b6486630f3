"""A dataset's columns as people write them, resolved into the contract that everything else reads.

A configured column stands under its name in the file. In the table it has the name that `rename` gives, else
the file's name as a PostgreSQL identifier (`InvoiceNo` becomes `invoiceno`).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.core.names import column_name
from loadstone.model.contract import Column, Metadata, Otherwise, SplitPart
from loadstone.model.pipeline import ColumnConfig, Dataset
from loadstone.model.types import UNDECIDED, PgType, parse_type

__all__ = ["resolve_columns", "table_column"]

_TEXT = PgType("text")
_METADATA_TYPES: dict[Metadata, PgType] = {
    "modified": parse_type("timestamptz"),
    "loaded_at": parse_type("timestamptz"),
    "size": parse_type("bigint"),
}
# What a split column says of itself rather than of its parts.
_OF_THE_WHOLE = frozenset({"split", "sep", "rename"})


def resolve_columns(dataset: Dataset) -> tuple[Column, ...]:
    """The columns that a dataset configures, in the order in which they are written.

    A split column is replaced by its parts. What is configured under a part's own name (type, rules) applies
    to the part; what is configured for the split column applies to all parts that do not say otherwise.
    """
    return tuple(_resolved(dataset))


def table_column(source: str, config: ColumnConfig | None = None) -> str:
    """The name in the table of a column that the file calls `source`."""
    if config is not None and config.rename is not None:
        return config.rename
    return column_name(source)


def _resolved(dataset: Dataset) -> Iterator[Column]:
    parts = {name for config in dataset.columns.values() for name in config.split or ()}
    for source, config in dataset.columns.items():
        if config.split is not None:
            yield from _parts(source, config, config.split, dataset)
        elif source not in parts:
            yield _column(source, config)


def _parts(source: str, whole: ColumnConfig, names: tuple[str, ...], dataset: Dataset) -> Iterator[Column]:
    inherited = {name: getattr(whole, name) for name in whole.stated - _OF_THE_WHOLE}
    for index, name in enumerate(names):
        own = dataset.columns.get(name)
        stated = {key: getattr(own, key) for key in own.stated} if own else {}
        config = ColumnConfig.unchecked(**{**inherited, **stated})
        split = SplitPart(index, len(names), whole.sep)
        yield _column(name, config, source=source, split=split)


def _column(
    written: str, config: ColumnConfig, *, source: str | None = None, split: SplitPart | None = None
) -> Column:
    low, high = config.range or (None, None)
    fixed = config.constant is not None or config.metadata is not None
    return Column(
        name=table_column(written, config),
        type=_type(config, is_part=split is not None),
        source=None if fixed else source or written,
        required=config.required,
        null_values=config.null_values,
        trim=config.trim,
        decimal=config.decimal,
        thousands=config.thousands,
        formats=(config.format,) if config.format is not None else config.formats,
        timezone=config.timezone,
        round=config.round,
        minimum=low,
        maximum=high,
        max_length=config.max_length,
        values=config.values,
        pattern=config.pattern,
        otherwise=_otherwise(config),
        default=config.default,
        constant=config.constant,
        metadata=config.metadata,
        split=split,
    )


def _type(config: ColumnConfig, *, is_part: bool) -> PgType:
    if config.type is not None:
        return parse_type(config.type)
    if config.metadata is not None:
        return _METADATA_TYPES.get(config.metadata, _TEXT)
    return _TEXT if is_part else UNDECIDED


def _otherwise(config: ColumnConfig) -> Otherwise:
    if isinstance(config.otherwise, dict):
        return Otherwise("set", config.otherwise["set"])
    return Otherwise(config.otherwise)
