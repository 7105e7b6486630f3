"""What a pipeline would do, found out without a database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadstone.core.columns import resolve_columns
from loadstone.core.route import matching
from loadstone.errors import LoadstoneError
from loadstone.model.contract import Column
from loadstone.model.event import ObjectVersion
from loadstone.model.pipeline import Dataset, Pipeline
from loadstone.sources import open_source
from loadstone.wiring.archives import addressed
from loadstone.wiring.pipeline_location import open_pipeline

__all__ = ["DatasetFiles", "inspect", "matching_files"]


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """The files of one dataset.

    Attributes:
        name: the dataset's.
        dataset: as configured.
        columns: as configured, split columns taken apart.
        files: that match now; None where the source was not looked at.
        shared: keys among them that another dataset matches, too: loading those is refused.
    """

    name: str
    dataset: Dataset
    columns: tuple[Column, ...]
    files: tuple[ObjectVersion, ...] | None = None
    shared: tuple[str, ...] = ()


def inspect(file: Path | str) -> Pipeline:
    """Reads and checks a pipeline file, or what lies at `s3://bucket/key` or `ssm://NAME`.

    Raises:
        ConfigurationError: something in it is wrong.
    """
    return open_pipeline(file, os.environ)


def matching_files(pipeline: Pipeline, *, look: bool) -> tuple[list[DatasetFiles], LoadstoneError | None]:
    """Every dataset with its columns and, if asked to `look` at the source, the files that match.

    The error is why the source could not be looked at.
    """
    described = [DatasetFiles(name, d, resolve_columns(d)) for name, d in pipeline.datasets.items()]
    if not look or pipeline.source is None:
        return described, None
    try:
        return list(_with_files(described, pipeline.source)), None
    except LoadstoneError as error:
        return described, error


def _with_files(described: list[DatasetFiles], uri: str) -> Iterator[DatasetFiles]:
    source = open_source(uri)
    datasets = {one.name: one.dataset for one in described}
    for one in described:
        listed = addressed(source.list(one.dataset.files), source, datasets)
        routed = {v.key: matching(v.key.removeprefix(source.prefix), datasets) for v in listed}
        files = tuple(version for version in listed if one.name in routed[version.key])
        shared = tuple(version.key for version in files if len(routed[version.key]) > 1)
        yield DatasetFiles(one.name, one.dataset, one.columns, files, shared)
