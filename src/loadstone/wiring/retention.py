"""Retention by hand, and as a chore of workers and schedules."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from loadstone.errors import UsageError
from loadstone.model.pipeline import Pipeline
from loadstone.postgres import PostgresDatabase
from loadstone.postgres.retention import Forgotten

if TYPE_CHECKING:
    from loadstone.wiring.workspace import Workspace

__all__ = ["forgotten", "retain"]

logger = logging.getLogger(__name__)

_KINDS = ("raw_texts", "rejects", "notifications")


def forgotten(pipeline: Pipeline, database: PostgresDatabase, older_than: timedelta | None) -> dict[str, int]:
    """Applies retention now; how many of each kind went.

    Args:
        pipeline: whose `retention:` counts where no age is given.
        database: that it is applied in.
        older_than: the age of texts of rejected rows, and of notifications, of all pipelines.

    Raises:
        UsageError: no age is given, or a negative one.
    """
    if older_than is None and pipeline.retention is None:
        raise UsageError(
            "nothing says what is to go",
            where="retention",
            hint="name an age (--older-than 90d), or write `retention: 90d` into pipeline.yaml",
        )
    if older_than is not None and older_than < timedelta(0):
        raise UsageError("retention cannot be negative")
    if older_than is not None:
        found = database.forget({"raw_texts": older_than, "notifications": older_than})
    else:
        found = database.forget(pipeline.retention.ages if pipeline.retention else {}, pipeline.name)
    return {**dict.fromkeys(_KINDS, 0), **_counted(found)}


def retain(workspace: Workspace) -> Iterator[Forgotten]:
    """Applies the pipeline's retention where nobody has lately, and logs what went; loads go first.

    Yields each batch as it is done: whoever has no more time leaves off, and a later pass goes on.

    Raises:
        LoadstoneError: the database could not be asked.
    """
    if workspace.pipeline.retention is None:
        return
    gone: Counter[str] = Counter()
    batches = workspace.database.forget_if_due(workspace.pipeline.retention.ages, workspace.pipeline.name)
    try:
        for batch in batches:
            gone[batch.kind] += batch.rows
            yield batch
    finally:
        if gone:
            logger.info("retention applied", extra={"pipeline": workspace.pipeline.name, **gone})


def _counted(batches: Iterator[Forgotten]) -> Counter[str]:
    gone: Counter[str] = Counter()
    for batch in batches:
        gone[batch.kind] += batch.rows
    return gone
