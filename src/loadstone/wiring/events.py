"""What events ask for: a key is routed as `load` routes it, and what is there now is loaded."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.members import is_archive_key, matches_file, member_key, split_member
from loadstone.core.route import matching, route
from loadstone.errors import ConfigurationError, LoadstoneError
from loadstone.executor.deadline import Interrupted
from loadstone.executor.event import handle_event
from loadstone.executor.load import Order
from loadstone.executor.outcomes import failed
from loadstone.model.event import Event, ObjectVersion
from loadstone.model.load import Counts, LoadOutcome
from loadstone.ports import Progress
from loadstone.sources.archives import ArchiveSource
from loadstone.sources.hidden import is_hidden, wants_hidden
from loadstone.wiring.archives import Standing, addressed, archive_notes, as_known, refused, wanted_by
from loadstone.wiring.orders import Selection, SourcedOrder, make_order
from loadstone.wiring.workspace import Workspace

__all__ = ["handle", "reconcile"]

logger = logging.getLogger(__name__)


def handle(
    workspace: Workspace, event: Event, *, progress: Progress | None = None, waits: bool = False
) -> list[LoadOutcome]:
    """Loads what is at the event's key now, or leaves a tombstone where nothing is.

    An archive gives an outcome for each file in it that a dataset takes. What is in another bucket, outside
    of the source, a folder's marker, hidden, or of no dataset gives none, and one line in the log.

    Args:
        workspace: the pipeline and its database; several threads may share one.
        event: what happened; `trigger` does not matter.
        progress: is told how it goes.
        waits: wait for another worker that is at the same object, rather than answer `in_progress`.

    Raises:
        ConfigurationError: two datasets take the key.
        UsageError: the pipeline has no source.
    """
    hand = _Hand(workspace, workspace.source.afresh(), Standing(workspace.database), progress, waits)
    below = hand.below(event)
    if below is None:
        return []
    if is_archive_key(below):
        return list(hand.archive(event, below))
    name = hand.taker(below)
    if name is None:
        _left_alone(event, "no dataset takes it")
        return []
    return [hand.load(event, hand.order(event.key, name))]


def reconcile(
    workspace: Workspace, *, progress: Progress | None = None, waits: bool = False
) -> Iterator[LoadOutcome]:
    """Loads what the source holds and no event brought, oldest first; then takes note of what went.

    What failed is tried again. What is loaded already costs a place in the listing and nothing else, and
    gives no outcome.

    Raises:
        AccessDenied: the source may not be listed.
        SourceUnavailable: it does not answer.
        UsageError: the pipeline has no source.
    """
    hand = _Hand(workspace, workspace.source.afresh(), Standing(workspace.database), progress, waits)
    missing: list[tuple[ObjectVersion, str]] = []
    gone: list[tuple[ObjectVersion, str]] = []
    for name in workspace.pipeline.datasets:
        for version, is_there in hand.differences(name):
            (missing if is_there else gone).append((version, name))
    missing.sort(key=lambda item: (item[0].modified, item[0].key))
    for version, name in missing:
        event = Event("created", version.bucket, version.key, trigger="schedule")
        yield hand.load(event, hand.order(version.key, name, version))
    for version, name in gone:
        event = Event("removed", version.bucket, version.key, trigger="schedule")
        yield hand.load(event, hand.order(version.key, name, version))


class _Hand(Struct):
    """What one call works with: its source remembers archives, and is nobody else's."""

    workspace: Workspace
    source: ArchiveSource
    standing: Standing
    progress: Progress | None
    waits: bool

    def below(self, event: Event) -> str | None:
        """The key as patterns have it; None, and a line in the log, where it is none of the source's."""
        prefix = self.source.prefix
        if event.bucket != self.source.bucket:
            _left_alone(event, f"the pipeline's source is {self.workspace.pipeline.source}")
        elif not event.key.startswith(prefix):
            _left_alone(event, f"it is outside of the source, {self.workspace.pipeline.source}")
        elif event.key.endswith("/"):
            _left_alone(event, "it marks a folder")
        else:
            return event.key[len(prefix) :]
        return None

    def taker(self, below: str) -> str | None:
        """The dataset of a key; None where there is none, or where the key is hidden from it.

        Raises:
            ConfigurationError: there are two.
        """
        datasets = self.workspace.pipeline.datasets
        if not matching(below, datasets):
            return None
        name = route(below, datasets)
        if not is_hidden(below) or split_member(below) is not None:
            return name
        return name if any(_means(p, below) for p in datasets[name].files) else None

    def order(self, key: str, name: str, version: ObjectVersion | None = None) -> Order:
        """The order to load a key into a dataset; without a version, what is there is looked at later."""
        pipeline = self.workspace.pipeline
        version = version or self._unseen(key)
        return replace(
            make_order(version, pipeline, name, pipeline.datasets[name]),
            waits=self.waits,
        )

    def load(self, event: Event, order: Order, notes: Sequence[str] = ()) -> LoadOutcome:
        """Does what the event asks of one key, under the name that the ledger has for it."""
        parts = self.workspace.parts(self.source, self.progress)
        if event.kind == "created":
            try:
                order = as_known(order, self.source, self.standing)
            except LoadstoneError as error:
                return refused(order.request, error, parts)
        event = replace(event, key=order.request.version.key)
        try:
            outcome = handle_event(event, order, parts)
        except Interrupted as stopped:
            # Its transaction is undone, and its row in the ledger taken back: the reason gets one of its own.
            reason = stopped.error
            reason.load_id = parts.database.record_failure(order.request, None, reason, Counts(), ())
            outcome = failed(order.request, reason)
        return replace(outcome, notes=(*notes, *outcome.notes)) if notes else outcome

    def archive(self, event: Event, below: str) -> Iterator[LoadOutcome]:
        """What is in the archive now; what was loaded from it, and is not in it any more, goes."""
        patterns = list(self._patterns(below))
        if not patterns:
            _left_alone(event, "no dataset takes it")
            return
        workspace, datasets = self.workspace, self.workspace.pipeline.datasets
        try:
            versions = addressed(self.source.list(patterns), self.source, datasets)
        except LoadstoneError as error:
            parts = workspace.parts(self.source, self.progress)
            yield refused(self.order(event.key, next(self._wanting(below))).request, error, parts)
            return
        if not versions and event.key not in self.source.listed:
            yield from self._archive_gone(event)
            return
        takers = ((version, self.taker(self._place(version))) for version in versions)
        orders = [
            SourcedOrder(self.order(version.key, name, version), self.source)
            for version, name in takers
            if name
        ]
        if not orders:
            _left_alone(event, "no dataset takes a file of the archive")
            return
        from loadstone.wiring.vanished import removed, vanished  # noqa: PLC0415 - archives are few

        for gone in vanished(orders, workspace.pipeline, Selection(), workspace.database):
            yield removed(gone, workspace.parts(self.source, self.progress))
        notes = tuple(archive_notes(self.source, orders[0].order.request.version, wanted_by(datasets)))
        created = replace(event, kind="created")
        for sourced in orders:
            yield self.load(created, sourced.order, notes)
            notes = ()

    def differences(self, name: str) -> Iterator[tuple[ObjectVersion, bool]]:
        """Versions of a dataset that are there and not loaded (True), or loaded and not there (False)."""
        source, pipeline = self.source, self.workspace.pipeline
        dataset = pipeline.datasets[name]
        table = self.order("", name).request.table
        known = self.workspace.database.current(pipeline.name, name, source.bucket, table)
        for version in addressed(source.list(dataset.files), source, pipeline.datasets):
            identity = known.pop(version.key, None)
            if identity != version.identity and self._is_routed(self._place(version), name):
                yield version, True
        for key in known:
            if key.startswith(source.prefix) and self._is_routed(key[len(source.prefix) :], name):
                yield self._unseen(key), False

    def _archive_gone(self, event: Event) -> Iterator[LoadOutcome]:
        """The archive itself, where it was loaded as one file, and the files that were loaded from it."""
        database, pipeline = self.workspace.database, self.workspace.pipeline
        gone = replace(event, kind="removed")
        for name in pipeline.datasets:
            order = self.order(event.key, name)
            table = order.request.table
            known = database.current(pipeline.name, name, event.bucket, table, in_archives=True)
            members = [key for key in known if (split_member(key) or ("",))[0] == event.key]
            if not members and name in self._wanting(event.key[len(self.source.prefix) :]):
                yield self.load(gone, order)
            for key in sorted(members):
                yield self.load(gone, self.order(key, name))

    def _patterns(self, below: str) -> Iterator[str]:
        """What the datasets' patterns make of one archive: it as a whole, and what leads into it."""
        literal = re.sub(r"([*?\[])", r"[\1]", below)
        patterns = [p for dataset in self.workspace.pipeline.datasets.values() for p in dataset.files]
        if any(split_member(p) is None and _means(p, below) for p in patterns):
            yield literal
        for pattern in patterns:
            leading = split_member(pattern)
            if leading is not None and _means(leading.archive, below):
                yield member_key(literal, leading.name)

    def _wanting(self, below: str) -> Iterator[str]:
        """The datasets with a pattern that names an archive, or leads into it."""
        for name, dataset in self.workspace.pipeline.datasets.items():
            if any(_means((split_member(p) or (p,))[0], below) for p in dataset.files):
                yield name

    def _is_routed(self, below: str, name: str) -> bool:
        try:
            return self.taker(below) == name
        except ConfigurationError as error:
            logger.error("%s; hint: %s", error, error.hint)  # noqa: TRY400 - whose mistake it is, is clear
            return False

    def _unseen(self, key: str) -> ObjectVersion:
        """What there is to say of a key before it was looked at."""
        uri = self.workspace.uri_of(key)
        clock = self.workspace.parts(self.source).clock
        return ObjectVersion(uri, self.source.bucket, key, None, None, clock.now(), 0)

    def _place(self, version: ObjectVersion) -> str:
        return version.key.removeprefix(self.source.prefix)


def _means(pattern: str, below: str) -> bool:
    """Whether a pattern names a key, hidden ones only where it says so."""
    if not matches_file(below, pattern):
        return False
    return pattern == below or wants_hidden(pattern) or not is_hidden(below)


def _left_alone(event: Event, why: str) -> None:
    logger.info("%s/%s is left alone: %s", event.bucket, event.key, why)
