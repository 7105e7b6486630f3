"""What people name (paths, globs, prefixes, datasets) made into orders for the executor."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct, structs

from loadstone.core.columns import resolve_columns
from loadstone.core.config_hash import config_hash
from loadstone.core.members import split_member
from loadstone.core.names import column_name, table_name
from loadstone.core.route import route
from loadstone.errors import ConfigurationError, ObjectMissing, UsageError
from loadstone.executor.load import Order
from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadRequest
from loadstone.model.mistake import InvalidSettings
from loadstone.model.pipeline import ChildConfig, Dataset, Pipeline
from loadstone.postgres.identifiers import unqualified
from loadstone.sources import open_source, resolve
from loadstone.sources.archives import ArchiveSource
from loadstone.wiring.archives import addressed, archive_notes, holds_data, wanted_by, without_rest

__all__ = ["Selection", "SourcedOrder", "make_order", "orders_for", "worker_name"]


class Selection(Struct, frozen=True):
    """What the command line says about the objects it names, over what the pipeline says.

    Attributes:
        dataset: the dataset to load into; None: the one whose `files` match.
        table: load into this table; without a matching dataset, one is made up for it.
        mode: `append`, `merge` or `replace`.
        key: key columns; with them, rows are merged unless a mode is named.
        all_text: load every column as text, untouched.
    """

    dataset: str | None = None
    table: str | None = None
    mode: Literal["append", "merge", "replace"] | None = None
    key: tuple[str, ...] = ()
    all_text: bool = False

    def applied(self, dataset: Dataset) -> Dataset:
        """The dataset with what the command line overrides.

        Raises:
            ConfigurationError: the two contradict one another.
        """
        if self.table:
            dataset = structs.replace(dataset, table=self.table)
        if self.all_text:
            children = {
                key: ChildConfig.unchecked(table=child.table, key=child.key)
                for key, child in dataset.children.items()
            }
            dataset = structs.replace(dataset, types="text", columns={}, children=children)
        if not self.mode and not self.key:
            return dataset
        mode = self.mode or ("merge" if dataset.mode == "append" else dataset.mode)
        try:
            return dataset.changed(mode=mode, key=self.key or dataset.key)
        except InvalidSettings as error:
            hint = "see `loadstone load --help`"
            raise ConfigurationError(error.what, where="command line", hint=hint) from None


class SourcedOrder(Struct, frozen=True):
    """An order and where its object comes from.

    Attributes:
        order: what is to be loaded.
        source: where its object is.
        finds_key: nobody says how the rows go in: the file's columns decide (see `wiring.keys`).
        notes: what a person should know of the archive that the object is in.
    """

    order: Order
    source: ArchiveSource
    finds_key: bool = False
    notes: tuple[str, ...] = ()


class _Found(Struct, frozen=True):
    """One object that was named, with the dataset that it belongs to."""

    source: ArchiveSource
    version: ObjectVersion
    name: str
    dataset: Dataset
    is_made_up: bool = False


def orders_for(
    uris: Sequence[str], pipeline: Pipeline, selection: Selection, *, again: bool = False
) -> list[SourcedOrder]:
    """One order per object that the URIs name, oldest object first.

    Without URIs, every dataset's files in the pipeline's source.

    Raises:
        UsageError: nothing is named, a dataset is unknown, or a file belongs to none.
        ObjectMissing: nothing is there.
        ConfigurationError: several files would become one table, and nobody asked for that.
    """
    found = list(_named(uris, pipeline, selection) if uris else _configured(pipeline, selection))
    found.sort(key=lambda item: (item.version.modified, item.version.key))
    if not selection.table:
        _require_own_tables([item for item in found if item.is_made_up])
    is_open = selection.mode is None and not selection.key
    told: set[str] = set()
    return [
        SourcedOrder(
            make_order(item.version, pipeline, item.name, item.dataset, again=again),
            item.source,
            finds_key=is_open and item.is_made_up,
            notes=tuple(_new_notes(item, pipeline, told)),
        )
        for item in found
    ]


def make_order(
    version: ObjectVersion, pipeline: Pipeline, name: str, dataset: Dataset, *, again: bool = False
) -> Order:
    """The order to load one version into one dataset."""
    dataset = replace_table(dataset, name)
    request = LoadRequest(
        pipeline=pipeline.name,
        dataset=name,
        table=dataset.table or name,
        version=version,
        config_hash=config_hash(dataset),
        worker=worker_name(),
        again=again,
    )
    return Order(request, dataset, resolve_columns(dataset))


def replace_table(dataset: Dataset, name: str) -> Dataset:
    """The dataset with its table filled in: without one it is called as the dataset."""
    return dataset if dataset.table else structs.replace(dataset, table=column_name(name))


def worker_name() -> str:
    """Who loads, for people who read the ledger."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _named(uris: Sequence[str], pipeline: Pipeline, selection: Selection) -> Iterator[_Found]:
    is_routed = bool(pipeline.datasets) and not selection.table and not selection.dataset
    for uri in uris:
        source, patterns = resolve(uri, within=pipeline.source)
        versions = list(source.list(patterns))
        if not versions:
            raise ObjectMissing("there is no such file", where=uri, hint="a folder or prefix ends in `/`")
        if is_routed:
            versions = addressed(versions, source, pipeline.datasets)
            versions = without_rest(source, versions, wanted_by(pipeline.datasets))
        elif not selection.table and not selection.dataset and split_member(uri) is None:
            versions = without_rest(source, versions, holds_data)
        for version in versions:
            name, dataset, is_made_up = _dataset_of(
                version.key.removeprefix(source.prefix), pipeline, selection
            )
            yield _Found(source, version, name, dataset, is_made_up)


def _configured(pipeline: Pipeline, selection: Selection) -> Iterator[_Found]:
    if not pipeline.datasets or pipeline.source is None:
        raise UsageError(
            "nothing to load is named",
            hint="name files (`loadstone load data/*.csv`), or write a pipeline.yaml with a `source:`",
        )
    source = open_source(pipeline.source)
    for name in [selection.dataset] if selection.dataset else pipeline.datasets:
        dataset = selection.applied(_known(name, pipeline))
        versions = list(source.list(dataset.files))
        if not versions:
            raise ObjectMissing(
                f"no file matches {', '.join(dataset.files)}",
                where=f"{pipeline.source}, dataset {name}",
                hint="check `files:` and `source:`; `loadstone validate` shows what matches",
            )
        versions = addressed(versions, source, pipeline.datasets)
        for version in versions:
            # A file that two datasets match is refused; one in an archive may be another dataset's.
            if route(version.key.removeprefix(source.prefix), pipeline.datasets) == name:
                yield _Found(source, version, name, dataset)


def _new_notes(item: _Found, pipeline: Pipeline, told: set[str]) -> Iterator[str]:
    """What is left out of the item's archive, once for each."""
    archive = (split_member(item.version.uri) or (item.version.uri,))[0]
    if archive not in told:
        told.add(archive)
        is_wanted = holds_data if item.is_made_up else wanted_by(pipeline.datasets)
        yield from archive_notes(item.source, item.version, is_wanted)


def _dataset_of(key: str, pipeline: Pipeline, selection: Selection) -> tuple[str, Dataset, bool]:
    """The name of a key's dataset, the dataset, and whether it is made up for this file."""
    if selection.dataset:
        return selection.dataset, selection.applied(_known(selection.dataset, pipeline)), False
    if pipeline.datasets and not selection.table:
        name = route(key, pipeline.datasets)
        return name, selection.applied(pipeline.datasets[name]), False
    table = selection.table or table_name(key)
    # However the table is written, it is the same dataset to the ledger.
    return unqualified(table), selection.applied(Dataset.unchecked(files=(key,), table=table)), True


def _require_own_tables(found: Sequence[_Found]) -> None:
    """Files named alike but for case, separators, folder or ending are not mixed by accident.

    Raises:
        ConfigurationError: two of them would become the same table.
    """
    by_table: dict[str, _Found] = {}
    for item in found:
        other = by_table.setdefault(item.name, item)
        if other.version.uri != item.version.uri:
            raise ConfigurationError(
                f"{other.version.uri} and this file would both become the table {item.name!r}",
                where=item.version.uri,
                hint=f"--table {item.name} loads them into one table; load them one by one with --table NAME"
                " for tables of their own, or write a pipeline.yaml (`loadstone init`)",
            )


def _known(name: str, pipeline: Pipeline) -> Dataset:
    if name not in pipeline.datasets:
        raise UsageError(
            f"there is no dataset {name!r}",
            hint=f"the datasets are: {', '.join(pipeline.datasets)}"
            if pipeline.datasets
            else "there are none",
        )
    return pipeline.datasets[name]
