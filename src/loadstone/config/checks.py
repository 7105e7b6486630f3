"""What no single key can tell: whether the parts of a pipeline agree with each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from loadstone.config.bounds import bounds_problem
from loadstone.config.notify_checks import notify_findings
from loadstone.config.time_zones import is_timezone
from loadstone.core.children import child_dataset
from loadstone.core.columns import resolve_columns
from loadstone.core.names import column_name
from loadstone.model.complaints import nearest
from loadstone.model.contract import Column
from loadstone.model.mistake import Mistake, Path
from loadstone.model.pipeline import ColumnConfig, Dataset, Pipeline

__all__ = ["findings"]

_LINEAGE = {"_load_id", "_row"}
_LONGEST_NAME = 63


def findings(pipeline: Pipeline) -> Iterator[Mistake]:
    """Everything in which the pipeline contradicts itself."""
    for name, dataset in pipeline.datasets.items():
        path: Path = ("datasets", name)
        yield from _own_columns(dataset, path)
        splits = list(_splits(dataset, path))
        yield from splits
        columns = resolve_columns(dataset)
        if not splits:
            yield from _names(dataset, columns, path)
        yield from _references(dataset, columns, path)
        yield from _partitions(dataset, path)
        yield from _child_tables(dataset, path)
        for key in dataset.children:
            child, here = child_dataset(dataset, key), (*path, "children", key)
            yield from _own_columns(child, here)
            splits = list(_splits(child, here))
            yield from splits
            if not splits:
                yield from _names(child, resolve_columns(child), here)
    yield from _shared_tables(pipeline)
    yield from notify_findings(pipeline)


def _own_columns(dataset: Dataset, path: Path) -> Iterator[Mistake]:
    for written, config in dataset.columns.items():
        here = (*path, "columns", written)
        if config.pattern is not None:
            try:
                re.compile(config.pattern)
            except re.error as error:
                yield Mistake((*here, "pattern"), f"{config.pattern!r} is not a regular expression: {error}")
        if config.timezone is not None and not is_timezone(config.timezone):
            what = f"{config.timezone!r} is not a time zone"
            yield Mistake((*here, "timezone"), what, "use an IANA name such as Europe/Berlin")
        if config.constant is not None and config.required:
            yield Mistake((*here, "required"), "says nothing of a constant", "leave it out")
        yield from _rules(config, here)


def _rules(config: ColumnConfig, here: Path) -> Iterator[Mistake]:
    has_rule = any(
        rule is not None for rule in (config.range, config.values, config.pattern, config.max_length)
    )
    if config.otherwise != "reject" and not has_rule and config.split is None:
        hint = "it goes with range, values, pattern or max_length; what does not parse is always a reject"
        yield Mistake((*here, "otherwise"), "there is no rule that it could stand in for", hint)
    if config.otherwise == "null" and config.required:
        yield Mistake((*here, "otherwise"), "null contradicts required", "use reject, or {set: VALUE}")
    if config.values is not None and not config.values:
        yield Mistake((*here, "values"), "no value is allowed", "list the values, or leave the key out")


def _splits(dataset: Dataset, path: Path) -> Iterator[Mistake]:
    owners: dict[str, str] = {}
    for written, config in dataset.columns.items():
        here = (*path, "columns", written, "split")
        for part in config.split or ():
            if part in owners:
                twice = owners[part] == written
                what = f"{part!r} is there twice" if twice else f"{part!r} is a part of {owners[part]!r}, too"
                yield Mistake(here, what, "give the parts names of their own")
            owners[part] = written
            own = dataset.columns.get(part)
            if own is not None and part != written and (own.split or own.constant or own.metadata):
                yield Mistake(here, f"{part!r} is a column of its own kind, it cannot be a part")
        if config.split is not None and not config.split:
            yield Mistake(here, "there are no parts", "name the columns that the cell is split into")
        if config.split is not None and (config.constant is not None or config.metadata is not None):
            yield Mistake(here, "a constant or metadata has no cell to split")
        if config.split is not None and config.rename is not None:
            yield Mistake((*here[:-1], "rename"), "a split column has no name of its own", "rename its parts")


def _names(dataset: Dataset, columns: tuple[Column, ...], path: Path) -> Iterator[Mistake]:
    for name, times in Counter(column.name for column in columns).items():
        if times > 1:
            sources = [column.source or column.name for column in columns if column.name == name]
            where = (*path, "columns", sources[-1])
            what = f"{times} columns would be called {name!r} in the table: {', '.join(sources)}"
            yield Mistake(where, what, "give one of them another name with rename")
    for column in columns:
        where = (*path, "columns", column.source or column.name)
        if dataset.lineage and column.name in _LINEAGE:
            hint = "rename the column, or turn lineage off"
            yield Mistake(where, f"{column.name!r} is the name of a lineage column", hint)
        if len(column.name.encode()) > _LONGEST_NAME:
            what = f"the name is longer than the {_LONGEST_NAME} bytes that PostgreSQL keeps"
            yield Mistake(where, what, "give it a shorter one with rename")
        if problem := bounds_problem(column):
            yield Mistake((*where, "range"), *problem)


def _references(dataset: Dataset, columns: tuple[Column, ...], path: Path) -> Iterator[Mistake]:
    """Names that other keys give must be the table's; a closed contract has them all."""
    known = [column.name for column in columns]
    partition = dataset.partition_by
    named: list[tuple[Path, str]] = [((*path, "key", i), name) for i, name in enumerate(dataset.key)]
    if dataset.order_by is not None:
        named.append(((*path, "order_by"), dataset.order_by))
    for i, index in enumerate(dataset.indexes):
        named.extend(((*path, "indexes", i, j), name) for j, name in enumerate(index))
    for kind in ("hash", "range", "list") if partition is not None else ():
        names = getattr(partition, kind) or ()
        named.extend(((*path, "partition_by", kind, i), name) for i, name in enumerate(names))
    for where, name in named:
        if name in known or name in _LINEAGE:
            continue
        written = name in dataset.columns
        renamed = [column.name for column in columns if written and column.source == name]
        if renamed and dataset.columns[name].split is not None:
            yield Mistake(where, f"{name!r} is split: the table has {', '.join(renamed)}")
        elif renamed:
            yield Mistake(where, f"{name!r} is called {renamed[0]!r} in the table", f"write {renamed[0]}")
        elif column_name(name) in known:
            yield Mistake(
                where, f"there is no column {name!r} in the table", f"did you mean {column_name(name)}?"
            )
        elif dataset.contract != "evolve" and known:
            yield Mistake(where, f"there is no column {name!r}", nearest(name, known))
    yield from _repeated(dataset, path)


def _repeated(dataset: Dataset, path: Path) -> Iterator[Mistake]:
    for name, times in Counter(dataset.key).items():
        if times > 1:
            yield Mistake((*path, "key"), f"{name!r} is there {times} times")


def _child_tables(dataset: Dataset, path: Path) -> Iterator[Mistake]:
    taken = {dataset.table}
    for key in dataset.children:
        table = child_dataset(dataset, key).table
        if table in taken:
            what = f"{table} is the table of other rows of the dataset"
            yield Mistake((*path, "children", key), what, "give each child a `table:` of its own")
        taken.add(table)


def _partitions(dataset: Dataset, path: Path) -> Iterator[Mistake]:
    partition = dataset.partition_by
    if partition is None or not isinstance(partition.partitions, dict):
        return
    here = (*path, "partition_by", "partitions")
    for name, bounds in partition.partitions.items():
        if bounds == "default":
            continue
        pair = 2
        if partition.range and not (isinstance(bounds, list | tuple) and len(bounds) == pair):
            yield Mistake((*here, name), "a range has two bounds", f"{name}: [from, to], or {name}: default")
        elif partition.list and not (isinstance(bounds, list | tuple) and bounds):
            yield Mistake(
                (*here, name), "a list partition has values", f"{name}: [value, ...], or {name}: default"
            )


def _shared_tables(pipeline: Pipeline) -> Iterator[Mistake]:
    owners: dict[str, str] = {}
    for name, dataset in pipeline.datasets.items():
        if dataset.table is None:
            continue
        table = dataset.table.removeprefix("public.")
        other = pipeline.datasets.get(owners.setdefault(table, name))
        if other is None or other is dataset:
            continue
        path: Path = ("datasets", name)
        if "replace" in {dataset.mode, other.mode}:
            what = (
                f"{dataset.table} also belongs to the dataset {owners[table]!r}, and mode: replace empties it"
            )
            yield Mistake((*path, "table"), what, "give them tables of their own, or make them one dataset")
        elif (dataset.mode, dataset.key) != (other.mode, other.key):
            what = f"the dataset {owners[table]!r} loads {dataset.table} with another mode or key"
            yield Mistake((*path, "table"), what, "datasets that share a table must agree on mode and key")
