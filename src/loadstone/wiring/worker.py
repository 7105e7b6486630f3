"""The worker's composition: a queue or a folder, the database, the endpoint for health."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.members import split_member
from loadstone.errors import UsageError
from loadstone.executor.deliveries import Journal
from loadstone.executor.load import Parts
from loadstone.executor.stopping import StoppableClock, StoppableProgress, Stopping
from loadstone.executor.worker import Ending, Tasks, Worker, WorkerLimits
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.platform.clock import SystemClock
from loadstone.platform.metrics import PrometheusMetrics
from loadstone.ports import Clock, Progress, Refusal, Source, Trigger
from loadstone.wiring.events import handle, reconcile
from loadstone.wiring.workspace import Workspace

if TYPE_CHECKING:
    from loadstone.wiring.chores import Chores

__all__ = ["Ending", "Journal", "RunningWorker", "WorkerLimits", "WorkerOptions", "open_worker"]

#: How long the worker's end waits for a step that is under way.
_LAST_CHORE_SECONDS = 10.0


#: Of the connections that are kept, beside one for each loader: the ledger's, which all of them share.
_BESIDE = 1


class WorkerOptions(Struct, frozen=True):
    """What the command line says.

    Attributes:
        queue: its URL; None: LOADSTONE_QUEUE_URL, else the pipeline's source is watched, which is a folder.
        limits: how much at a time, and for how long.
        health: address and port to answer probes on; None for none.
    """

    queue: str | None = None
    limits: WorkerLimits = WorkerLimits()
    health: tuple[str, int] | None = None


class RunningWorker(Struct, frozen=True):
    """A worker that is ready to run.

    Attributes:
        worker: its `run` returns when it has ended, its `stop` ends it.
        watches: the queue or the folder, for people.
        database: where the rows go, as it may be shown.
        warnings: what a person should know of how things are set up.
        health_port: that probes are answered on.
    """

    worker: Worker
    watches: str
    database: str
    warnings: tuple[str, ...] = ()
    health_port: int | None = None


@contextmanager
def open_worker(
    file: Path | str | None,
    to: str | None,
    options: WorkerOptions,
    journal: Journal,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[RunningWorker]:
    """Makes a worker, and tidies up after it.

    Raises:
        UsageError: there is nothing to watch.
        LoadstoneError: the database or the queue cannot be used.
    """
    stopping = Stopping()
    with ExitStack() as stack:
        opened = _WorkerWorkspace.open(file, to, keeps=options.limits.concurrency + _BESIDE)
        workspace = stack.enter_context(opened.stopping_by(stopping))
        clock = StoppableClock(SystemClock(), stopping)
        trigger, watches, warnings = _trigger(workspace, options, clock, environment)
        metrics = PrometheusMetrics(workspace.pipeline.name)
        tasks = Tasks(
            trigger=trigger,
            handle=lambda event: handle(workspace, event, waits=True),
            reconcile=lambda: reconcile(workspace, waits=True),
            check=lambda: _reach(workspace),
            journal=_Measured(journal, metrics, clock),
            clock=clock,
        )
        worker = Worker(tasks, options.limits, stopping)
        stack.callback(_begin_chores(workspace, clock, journal, options.limits, stopping))
        port = None
        if options.health is not None:
            from loadstone.platform.health_server import HealthServer  # noqa: PLC0415 - few ask for it
            from loadstone.wiring.health import Readiness, health_routes  # noqa: PLC0415

            readiness = Readiness({"database": tasks.check, "trigger": trigger.check}, clock)
            routes = health_routes(readiness, lambda: stopping.is_draining, metrics.render)
            health = HealthServer(*options.health, routes)
            stack.callback(health.close)
            port = health.port
        yield RunningWorker(worker, watches, workspace.database_url, warnings, port)


def _begin_chores(
    workspace: Workspace, clock: Clock, journal: Journal, limits: WorkerLimits, stopping: Stopping
) -> Callable[[], None]:
    """Begins what is seen to beside loads, where there is anything; what waits for its end.

    A worker that ends once there is nothing more to do sees to all of it once.
    """
    if not workspace.has_targets and workspace.pipeline.retention is None:
        return lambda: None
    from loadstone.wiring.chores import Chores, chores_of  # noqa: PLC0415 - few have any

    is_thorough = limits.until_empty
    chores = Chores(chores_of(workspace), clock, journal, lambda: stopping.is_draining and not is_thorough)
    return lambda: _awaited(chores, stopping, limits.drain_seconds if is_thorough else _LAST_CHORE_SECONDS)


def _awaited(chores: Chores, stopping: Stopping, seconds: float) -> None:
    stopping.drain()  # where the worker never ran
    chores.wait(seconds)


class _WorkerWorkspace(Workspace):
    """A workspace whose loads end when the worker does; used by several threads."""

    _stopping = Stopping()

    def stopping_by(self, stopping: Stopping) -> _WorkerWorkspace:
        self._stopping = stopping
        return self

    def parts(self, source: Source, progress: Progress | None = None) -> Parts:
        """The adapters for one load, which look at whether it is to leave off."""
        parts = super().parts(source, progress)
        return replace(
            parts,
            clock=StoppableClock(parts.clock, self._stopping),
            progress=StoppableProgress(parts.progress, self._stopping),
        )


class _Measured:
    """A journal that counts, too."""

    def __init__(self, journal: Journal, metrics: PrometheusMetrics, clock: Clock) -> None:
        self._journal = journal
        self._metrics = metrics
        self._clock = clock

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        """Passed on; a load that an event brought has a lag."""
        lag = None
        if outcome.state == "loaded" and event is not None and event.time is not None:
            lag = max(0.0, (self._clock.now() - event.time).total_seconds())
        self._metrics.observe(outcome, lag_seconds=lag)
        self._journal.finished(outcome, event)

    def refused(self, delivery: str, refusal: Refusal) -> None:
        """Passed on."""
        self._journal.refused(delivery, refusal)

    def trouble(self, what: str) -> None:
        """Passed on."""
        self._journal.trouble(what)


def _trigger(
    workspace: Workspace, options: WorkerOptions, clock: Clock, environment: Mapping[str, str]
) -> tuple[Trigger, str, tuple[str, ...]]:
    """What brings events, its name, and what is to be said about it."""
    source = workspace.source  # said at once if it is not there
    if not workspace.pipeline.datasets:
        raise UsageError("the pipeline has no datasets", hint="`loadstone init` writes a pipeline.yaml")
    url = options.queue or environment.get("LOADSTONE_QUEUE_URL")
    if url:
        return _queue_trigger(url, options, clock)
    if (workspace.pipeline.source or "").startswith("s3://"):
        raise UsageError(
            "a bucket is not watched: its events come by a queue",
            where=workspace.pipeline.source,
            hint="name it by --queue or LOADSTONE_QUEUE_URL",
        )
    return _folder_trigger(workspace, source.bucket, options, clock), source.bucket, ()


_LONG_POLL = 20
_SHORT_POLL = 1


def _queue_trigger(url: str, options: WorkerOptions, clock: Clock) -> tuple[Trigger, str, tuple[str, ...]]:
    from loadstone.triggers.queue_trigger import QueueTrigger  # noqa: PLC0415 - folders do without it
    from loadstone.triggers.sqs import Queue  # noqa: PLC0415

    wait = _SHORT_POLL if options.limits.until_empty else _LONG_POLL
    trigger = QueueTrigger(Queue(url), clock, wait_seconds=wait)
    warnings = []
    if trigger.dead_letters is None:
        warnings.append(
            "the queue has no dead-letter queue: what fails for good comes again until it expires"
        )
    return trigger, url, tuple(warnings)


def _folder_trigger(workspace: Workspace, folder: str, options: WorkerOptions, clock: Clock) -> Trigger:
    from loadstone.sources.local import LocalSource  # noqa: PLC0415 - queues do without these
    from loadstone.triggers.folder import FolderTrigger  # noqa: PLC0415

    plain = LocalSource(folder)
    pipeline = workspace.pipeline
    known: dict[str, str] = {}
    patterns: list[str] = []
    for name, dataset in pipeline.datasets.items():
        # A file in an archive has the archive's time: the archive is looked at as a whole.
        for pattern in dataset.files:
            member = split_member(pattern)
            patterns.append(pattern if member is None else member.archive)
        current = workspace.database.current(pipeline.name, name, folder)
        for key, identity in current.items():
            member = split_member(key)
            known[key if member is None else member.archive] = identity
    return FolderTrigger(
        folder,
        lambda: plain.list(patterns),
        known,
        clock,
        waits_for_rest=options.limits.until_empty,
    )


def _reach(workspace: Workspace) -> None:
    workspace.database.check()
