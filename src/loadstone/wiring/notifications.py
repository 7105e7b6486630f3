"""The targets of a pipeline made into notifiers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from loadstone.executor.after_commit import AfterCommit, Recipient
from loadstone.model.notify import NotifyTarget
from loadstone.model.pipeline import Pipeline
from loadstone.platform.clock import SystemClock
from loadstone.platform.logs import shows_cells
from loadstone.ports import Clock, Notifier
from loadstone.postgres import PostgresDatabase

__all__ = ["after_commit_for"]


def after_commit_for(
    pipeline: Pipeline,
    database: PostgresDatabase,
    *,
    clock: Clock | None = None,
    environment: Mapping[str, str] = os.environ,
) -> AfterCommit:
    """Who tells the targets of a pipeline. Asks and imports nothing yet."""
    clock = clock or SystemClock()
    notifiers: dict[str, Notifier] = {}

    def recipient(target: NotifyTarget) -> Recipient:
        where = target.sns or target.webhook or ""
        if where not in notifiers:
            notifiers[where] = _notifier(target, clock)
        return Recipient(target, notifiers[where])

    everybody = [recipient(target) for target in pipeline.notify]
    own = {
        name: [recipient(target) for target in dataset.notify]
        for name, dataset in pipeline.datasets.items()
        if dataset.notify is not None
    }

    def recipients(dataset: str) -> Sequence[Recipient]:
        return own.get(dataset, everybody)

    return AfterCommit(
        recipients,
        tuple(pipeline.datasets),
        database.notifications(pipeline.name),
        clock,
        shows_cells=shows_cells(environment),
    )


def _notifier(target: NotifyTarget, clock: Clock) -> Notifier:
    if target.sns is not None:
        from loadstone.notifiers.sns import SnsNotifier  # noqa: PLC0415 - only where it is asked for

        return SnsNotifier(target.sns)
    from loadstone.notifiers.webhook import WebhookNotifier  # noqa: PLC0415 - the same

    return WebhookNotifier(target.webhook or "", clock)
