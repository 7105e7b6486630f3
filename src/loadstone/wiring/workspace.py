"""One pipeline and one destination: what every entry point works with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from loadstone.config.destination import choose_destination, mask_password
from loadstone.errors import LoadstoneError, UsageError
from loadstone.executor.load import Parts, load_object
from loadstone.executor.patience import Patience
from loadstone.model.batch import Reject
from loadstone.model.load import LoadOutcome, LoadRecord
from loadstone.model.pipeline import Pipeline
from loadstone.platform.clock import SystemClock
from loadstone.platform.retry import retrying
from loadstone.ports import Progress, Source
from loadstone.postgres import PostgresDatabase
from loadstone.readers.automatic import AutomaticReader
from loadstone.sources.archives import ArchiveSource
from loadstone.wiring.archives import Standing, as_known, refused
from loadstone.wiring.database_access import database_access
from loadstone.wiring.keys import telling_of_key, with_key
from loadstone.wiring.orders import Selection, SourcedOrder, orders_for
from loadstone.wiring.quiet import Quiet

if TYPE_CHECKING:
    from loadstone.executor.after_commit import AfterCommit, Notification
    from loadstone.model.rehearsal import PlannedLoad

__all__ = ["Workspace"]

#: Looked for where `--file` names none.
_DEFAULT_FILE = Path("pipeline.yaml")


class Workspace:
    """One pipeline, one destination. A context manager: the schema is looked after at its beginning.

    Args:
        pipeline: the datasets; an empty one where files are loaded ad hoc.
        to: a database URL over the environment and the pipeline; None: those decide, and where they name
            none, the embedded database does.
        migrate: make or upgrade the `loadstone` schema on first use.
        environment: in place of the process's own.
        keeps: connections that wait for the next load; for who loads all day.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        to: str | None = None,
        *,
        migrate: bool = True,
        environment: Mapping[str, str] = os.environ,
        keeps: int = 0,
    ) -> None:
        self.pipeline = pipeline
        url = choose_destination(to, pipeline, environment)
        self.is_embedded = url is None
        self._url = url or _embedded_url()
        self._access = database_access(self._url, environment)
        self.database = PostgresDatabase(self._access, limits=pipeline.limits, keeps=keeps)
        self._migrates = migrate
        self._after_commit: AfterCommit | None = None

    @classmethod
    def open(
        cls, file: Path | str | None = None, to: str | None = None, *, migrate: bool = True, keeps: int = 0
    ) -> Self:
        """The workspace of a pipeline, of `./pipeline.yaml` where there is one, or of no pipeline.

        Args:
            file: a path, `s3://bucket/key`, or `ssm://NAME`; None for what LOADSTONE_PIPELINE says.
            to: see the class.
            migrate: see the class.
            keeps: see the class.

        Raises:
            ConfigurationError: the file is wrong or not there.
        """
        file = file or os.environ.get("LOADSTONE_PIPELINE") or None
        if file is None and _DEFAULT_FILE.is_file():
            file = _DEFAULT_FILE
        pipeline = Pipeline.unchecked() if file is None else _read(file)
        return cls(pipeline, to, migrate=migrate, keeps=keeps)

    def __enter__(self) -> Self:
        if self._migrates:
            retrying(self.database.ensure_schema, attempts=self.pipeline.limits.attempts, clock=SystemClock())
            if self.has_targets:
                self._telling().begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @property
    def database_url(self) -> str:
        """Where the rows go, as it may be shown."""
        return mask_password(self._url)

    @cached_property
    def source(self) -> ArchiveSource:
        """The pipeline's source, opened once: its client keeps connections.

        What it knows of archives is of use to one caller at a time: others take it `afresh`.

        Raises:
            UsageError: the pipeline names none.
            ObjectMissing: there is no such folder.
        """
        if self.pipeline.source is None:
            raise UsageError("the pipeline has no `source:`", hint="source: s3://bucket, or a folder")
        from loadstone.sources import open_source  # noqa: PLC0415 - what is named by hand brings its own

        return open_source(self.pipeline.source)

    def uri_of(self, key: str) -> str:
        """What people call a key of the source."""
        scheme = "s3://" if (self.pipeline.source or "").startswith("s3://") else ""
        return f"{scheme}{self.source.bucket}/{key}"

    def load(
        self,
        uris: Sequence[str] = (),
        *,
        selection: Selection | None = None,
        wait: bool = False,
        again: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[LoadOutcome]:
        """Loads what the URIs name, or everything that the pipeline's source holds; oldest first.

        Yields one outcome per object, as each is finished, and one, `removed`, for each file that was loaded
        from an archive which no longer holds it.

        Raises:
            UsageError: nothing fits what was asked.
            ObjectMissing: nothing is there.
        """
        selection = selection or Selection()
        orders = orders_for(uris, self.pipeline, selection, again=again)
        if any(sourced.source.listed for sourced in orders):
            from loadstone.wiring.vanished import removed, vanished  # noqa: PLC0415 - few sources have archives

            # First: what moved to another file of the archive must not be there twice.
            for gone in vanished(orders, self.pipeline, selection, self.database):
                yield removed(gone, self.parts(gone.source, progress))
        standing = Standing(self.database)
        for sourced in orders:
            waiting = replace(sourced, order=replace(sourced.order, waits=wait))
            yield self._run(waiting, self.parts(sourced.source, progress), standing)

    def plan(
        self,
        uris: Sequence[str] = (),
        *,
        selection: Selection | None = None,
        progress: Progress | None = None,
    ) -> Iterator[PlannedLoad]:
        """What `load` would do with each object by itself; writes nothing.

        Raises:
            UsageError: nothing fits what was asked.
            ObjectMissing: nothing is there.
        """
        from loadstone.model.rehearsal import PlannedLoad  # noqa: PLC0415 - loads do without these
        from loadstone.postgres.rehearsal import RehearsalDatabase  # noqa: PLC0415

        database = RehearsalDatabase(self._access, limits=self.pipeline.limits)
        selection = selection or Selection()
        orders = orders_for(uris, self.pipeline, selection)
        if any(sourced.source.listed for sourced in orders):
            from loadstone.wiring.vanished import vanished, vanished_notes  # noqa: PLC0415 - as in `load`

            notes = vanished_notes(list(vanished(orders, self.pipeline, selection, self.database)))
            orders[:1] = [replace(one, notes=(*notes, *one.notes)) for one in orders[:1]]
        for sourced in orders:
            parts = replace(self.parts(sourced.source, progress), database=database, after_commit=None)
            outcome = self._run(sourced, parts, Standing(self.database))
            counts = database.findings.counts or outcome.counts
            load_id = outcome.load_id if outcome.state == "skipped" else None
            yield PlannedLoad(replace(outcome, load_id=load_id, counts=counts), database.findings)

    def replay(
        self,
        target: str,
        *,
        rejects: bool = False,
        mended: Path | None = None,
        progress: Progress | None = None,
    ) -> Iterator[LoadOutcome]:
        """Loads an object again, or only its rejected rows under the same load id and row numbers.

        Raises:
            LoadNotFound: the target is a number, and no load has it.
        """
        from loadstone.wiring.replay import replayed  # noqa: PLC0415 - brings the readers of mended files

        yield from replayed(self, target, rejects=rejects, mended=mended, progress=progress or Quiet())

    def parts(self, source: Source, progress: Progress | None = None) -> Parts:
        """The adapters for one load from a source."""
        limits = self.pipeline.limits
        return Parts(
            source=source,
            reader=AutomaticReader(),
            database=self.database,
            clock=SystemClock(),
            progress=progress or Quiet(),
            patience=Patience(attempts=limits.attempts, wait_seconds=limits.wait_for_slot),
            after_commit=self._telling() if self.has_targets else None,
        )

    @property
    def has_targets(self) -> bool:
        """Whether the pipeline says that anybody is to be told of anything."""
        pipeline = self.pipeline
        return bool(pipeline.notify) or any(dataset.notify for dataset in pipeline.datasets.values())

    def notify(self, *, dry_run: bool = False) -> Iterator[Notification]:
        """Sends the notifications that are due, and yields them as they are sent; for schedules, too.

        Safe on every worker at once. A dry run only says what is due.
        """
        if not self.has_targets:
            return
        from loadstone.executor.expectations import check_expectations  # noqa: PLC0415 - few have targets

        now = SystemClock().now()
        yield from check_expectations(self._telling(), self.pipeline.name, now, dry_run=dry_run)

    def _telling(self) -> AfterCommit:
        if self._after_commit is None:
            from loadstone.wiring.notifications import after_commit_for  # noqa: PLC0415 - few have targets

            self._after_commit = after_commit_for(self.pipeline, self.database)
        return self._after_commit

    def _run(self, sourced: SourcedOrder, parts: Parts, standing: Standing) -> LoadOutcome:
        order = sourced.order
        try:
            order = as_known(order, sourced.source, standing)
        except LoadstoneError as error:
            return refused(order.request, error, parts)
        if sourced.finds_key:
            order = with_key(order, sourced.source, parts.reader)
        outcome = load_object(order, parts)
        if sourced.finds_key:
            outcome = telling_of_key(outcome, order)
        return replace(outcome, notes=(*sourced.notes, *outcome.notes)) if sourced.notes else outcome

    def history(
        self, *, limit: int | None = None, dataset: str | None = None, key: str | None = None
    ) -> list[LoadRecord]:
        """The ledger, newest first."""
        return self.database.history(limit=limit, dataset=dataset, key=key)

    def find(self, load_id: int) -> LoadRecord:
        """One load.

        Raises:
            LoadNotFound: there is none.
        """
        return self.database.find(load_id)

    def rejects(self, load_id: int | None = None, *, limit: int | None = None) -> Iterator[Reject]:
        """A load's rows that are still rejected, in file order; without a number, those of the newest load.

        Raises:
            LoadNotFound: there is no such load.
        """
        if load_id is None:
            load_id = next((r.load_id for r in self.database.history() if r.counts.rejected), None)
        if load_id is None:
            return iter(())
        return self.database.rejects(load_id, limit=limit, unreplayed=True)

    def undo(self, load_id: int) -> LoadRecord:
        """Takes a load's rows out again, in one transaction.

        Raises:
            LoadNotFound: there is no such load.
        """
        return self.database.undo(load_id)

    def forget(self, *, older_than: timedelta | None = None) -> dict[str, int]:
        """Applies retention now: the text of rejected rows goes, and notifications; the history stays.

        Args:
            older_than: of all pipelines in the database; None for what `retention:` says of this one's.

        Returns:
            What went: how many `raw_texts`, `rejects`, `notifications`.

        Raises:
            UsageError: the pipeline has no `retention:`, or the age is negative.
        """
        from loadstone.wiring.retention import forgotten  # noqa: PLC0415 - loads do without

        return forgotten(self.pipeline, self.database, older_than)

    def migrate(self) -> list[str]:
        """Makes or upgrades the `loadstone` schema; the migrations that ran."""
        return self.database.migrate()

    def grants(self, role: str) -> str:
        """The SQL that gives a role what it needs, for the pipeline's tables, too."""
        from loadstone.core.children import child_dataset  # noqa: PLC0415 - loads import it where they need it

        tables = []
        for name, dataset in self.pipeline.datasets.items():
            named = replace(dataset, table=dataset.table or name)
            tables += [named.table, *(child_dataset(named, key).table for key in named.children)]
        # A table that is named after each file has no name yet.
        return self.database.grants(role, [table for table in tables if table and "{" not in table])


# What many loads do without is imported by those that need it: starting is most of what a small load costs.


def _embedded_url() -> str:
    from loadstone.embedded import DEFAULT_FOLDER, EmbeddedServer  # noqa: PLC0415

    return EmbeddedServer.start(DEFAULT_FOLDER).url


def _read(file: Path | str) -> Pipeline:
    from loadstone.wiring.pipeline_location import open_pipeline  # noqa: PLC0415 - brings PyYAML

    return open_pipeline(file, os.environ)
