"""The targets of a pipeline made into notifiers, and told of what is due."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from loadstone.executor.after_commit import AfterCommit, Recipient
from loadstone.model.notify import NotifyTarget
from loadstone.model.pipeline import Pipeline
from loadstone.platform.background import BackgroundThread
from loadstone.platform.clock import SystemClock
from loadstone.platform.logs import shows_cells
from loadstone.ports import Clock, Notifier
from loadstone.postgres import PostgresDatabase

if TYPE_CHECKING:
    from loadstone.wiring.workspace import Workspace

__all__ = ["after_commit_for", "notifying"]

logger = logging.getLogger(__name__)

#: How often a worker looks for what is due.
_EVERY_SECONDS = 60.0
#: How long its end waits for a pass that is under way.
_LAST_PASS_SECONDS = 10.0


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


@contextmanager
def notifying(workspace: Workspace, *, seconds: float = _EVERY_SECONDS) -> Iterator[None]:
    """Sends what is due now and every so often, in a thread beside what is inside; for workers.

    A pass that fails is logged, and the next one tries again. Without targets there is no thread.
    """
    if not workspace.has_targets:
        yield
        return
    ends: SimpleQueue[None] = SimpleQueue()
    thread = BackgroundThread(lambda: _notify_until(ends, workspace, seconds), "loadstone-notify")
    thread.start()
    try:
        yield
    finally:
        ends.put(None)
        thread.wait(_LAST_PASS_SECONDS)


def _notify_until(ends: SimpleQueue[None], workspace: Workspace, seconds: float) -> None:
    while True:
        try:
            for _ in workspace.notify():
                pass
        except Exception as error:  # noqa: BLE001 - the worker goes on, whatever is wrong here
            logger.warning("notifications: %s", error)
        try:
            ends.get(timeout=seconds)
        except Empty:
            continue
        return


def _notifier(target: NotifyTarget, clock: Clock) -> Notifier:
    if target.sns is not None:
        from loadstone.notifiers.sns import SnsNotifier  # noqa: PLC0415 - only where it is asked for

        return SnsNotifier(target.sns)
    from loadstone.notifiers.webhook import WebhookNotifier  # noqa: PLC0415 - the same

    return WebhookNotifier(target.webhook or "", clock)
