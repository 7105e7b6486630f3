"""The Python API: the command line's words as functions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Literal, Self

from msgspec import structs

from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Pipeline as PipelineModel
from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

__all__ = ["Pipeline", "load"]


class Pipeline(PipelineModel, frozen=True, kw_only=True):
    """Datasets, a source and a destination: read from `pipeline.yaml`, or written in code.

    >>> pipeline = Pipeline(
    ...     source="s3://landing",
    ...     destination="postgresql://localhost/shop",
    ...     datasets={"orders": Dataset(files=("orders/*.csv",), mode="merge", key=("order_id",))},
    ... )
    """

    @classmethod
    def from_file(cls, file: str | os.PathLike[str] = "pipeline.yaml") -> Self:
        """Reads a pipeline file, or what lies at `s3://bucket/key` or `ssm://NAME`.

        Raises:
            ConfigurationError: it is not there, or something in it is wrong.
        """
        from loadstone.wiring.pipeline_location import open_pipeline  # noqa: PLC0415 - brings PyYAML

        return cls.unchecked(**structs.asdict(open_pipeline(os.fspath(file), os.environ)))

    def load(self, *uris: str, to: str | None = None, wait: bool = False) -> Iterator[LoadOutcome]:
        """Loads what the URIs name, or all that the source holds; yields each object's outcome.

        Raises:
            ConfigurationError: the pipeline contradicts itself.
            UsageError: a file belongs to no dataset.
            ObjectMissing: nothing is there.
        """
        from loadstone.config.pipeline_file import check_pipeline  # noqa: PLC0415 - brings PyYAML

        check_pipeline(self)
        with Workspace(self, to) as workspace:
            yield from workspace.load(uris, wait=wait)


def load(
    uri: str | Sequence[str],
    *,
    to: str | None = None,
    table: str | None = None,
    mode: Literal["append", "merge", "replace"] | None = None,
    key: str | Sequence[str] = (),
    all_text: bool = False,
) -> list[LoadOutcome]:
    """Loads files without a pipeline file: one outcome per object.

    Args:
        uri: a path, a glob, `s3://bucket/key`, a prefix ending in `/`, or several of these.
        to: the database; None: LOADSTONE_DATABASE_URL, DATABASE_URL, else the embedded one.
        table: the table; None: called as the file.
        mode: None: `merge` where there is a key, else `append`.
        key: the key columns of a merge; none: `id`, else `email`, where the file has such a column.
        all_text: every column as text, untouched.

    Raises:
        ObjectMissing: nothing is there.
        UsageError: the arguments contradict one another.
    """
    uris = [uri] if isinstance(uri, str) else list(uri)
    selection = Selection(
        table=table, mode=mode, key=(key,) if isinstance(key, str) else tuple(key), all_text=all_text
    )
    with Workspace(PipelineModel.unchecked(), to) as workspace:
        return list(workspace.load(uris, selection=selection))
