"""The main path, as one page: head, admit, open, plan, write, finish, commit.

Everything outside is asked for through ports; which adapters answer is decided in `wiring`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from loadstone.core.evidence_needed import wide_layout
from loadstone.core.planning import Planned, make_plan
from loadstone.errors import LoadstoneError, ObjectBusy, TableBusy
from loadstone.executor.growth import Growth
from loadstone.executor.interrupts import interrupts_first
from loadstone.executor.outcomes import answered, failed, loaded
from loadstone.executor.patience import Patience
from loadstone.executor.tally import Tally
from loadstone.executor.telling import tell, watched
from loadstone.model.batch import Reject
from loadstone.model.contract import Column, LoadPlan
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Layout, LoadOutcome, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.model.types import PgType
from loadstone.platform.log_context import note_in_log
from loadstone.ports import Admission, Clock, Database, LoadTransaction, OpenFile, Progress, Reader, Source

__all__ = ["Order", "Parts", "load_object"]


class Order(Struct, frozen=True):
    """One key asked into one dataset.

    Attributes:
        request: what the ledger is told; its version is the one that was last seen, and is looked at again.
        dataset: format, contract, mode.
        columns: the dataset's configured columns.
        follows_head: load the key's current version, whatever version was asked for; off where each
            version counts (`on_overwrite: append` with a version id) and for replays.
        waits: wait for another worker that loads the same object, and answer with what it did.
        outgrown: column -> the wider type that an earlier attempt at the file found it to need; a child's
            behind its key and a dot.
        child_columns: key of a child -> columns that an earlier attempt found its elements to have.
    """

    request: LoadRequest
    dataset: Dataset
    columns: tuple[Column, ...]
    follows_head: bool = True
    waits: bool = False
    outgrown: Mapping[str, PgType] = field(default_factory=dict)
    child_columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)


class Parts(Struct, frozen=True):
    """The adapters that a load works with, and who is told of its outcome when all is committed."""

    source: Source
    reader: Reader
    database: Database
    clock: Clock
    progress: Progress
    patience: Patience
    after_commit: Callable[[LoadOutcome], None] | None = None


def load_object(order: Order, parts: Parts) -> LoadOutcome:
    """Loads one object, trying again what is worth it.

    Never raises for what is wrong with the object or the database: the outcome says so.
    """
    started = parts.clock.monotonic()
    with watched(order.request) as load:
        outcome = _persisted(order, parts)
        load.outcome = outcome = replace(outcome, seconds=parts.clock.monotonic() - started)
        return tell(outcome, parts)


def _persisted(order: Order, parts: Parts) -> LoadOutcome:
    """As often as it takes: faults that pass, a newer version, a contract that grew."""
    current = order
    while True:
        attempt = partial(_attempt, current, parts)
        try:
            return parts.patience.persist(attempt, parts.clock, parts.progress)
        except _NewerVersion as newer:
            current = replace(current, request=replace(current.request, version=newer.version))
        except _ContractGrew as grown:
            current = _grown(current, grown)
        except _SameContent as same:
            reason = f"the file was touched, its content is that of load {same.load_id:,}"
            return answered(current.request, Admission("skipped", reason=reason, load_id=same.load_id))
        except LoadstoneError as error:
            return failed(current.request, error)


@interrupts_first()
def _attempt(order: Order, parts: Parts) -> LoadOutcome:
    """Once through: one transaction, committed or undone as a whole."""
    request = order.request
    tally = Tally(order.dataset.reject_limit)
    with parts.database.admit(request, order.dataset) as admission:
        transaction = admission.transaction
        if transaction is None:
            if admission.state == "in_progress" and order.waits:
                raise ObjectBusy("another worker is loading this object", where=request.version.uri)
            return answered(request, admission)
        note_in_log(load_id=transaction.load_id)
        try:
            _require_newest(order, parts)
            file_facts = _load_rows(order, parts, transaction, tally)
            transaction.commit()
        except (_Restart, TableBusy):
            transaction.withdraw()
            raise
        except Exception as error:
            # Faults of our own, too: the ledger tells of every attempt that began and did not end well.
            transaction.rollback()
            load_id = parts.database.record_failure(
                request, transaction.load_id, error, tally.counts, tally.rejects
            )
            if isinstance(error, LoadstoneError):
                error.load_id = load_id
            raise
        return loaded(request, transaction.load_id, tally, *file_facts)


def _require_newest(order: Order, parts: Parts) -> None:
    """Under the object's lock the version that was seen before may be an older one by now."""
    version = order.request.version
    if order.follows_head:
        newest = parts.source.head(version.key)
        if newest.identity != version.identity:
            raise _NewerVersion(newest)


def _load_rows(
    order: Order, parts: Parts, transaction: LoadTransaction, tally: Tally
) -> tuple[Layout, Planned]:
    """Reads, casts and checks every record, and hands the tuples to COPY."""
    version = order.request.version
    parts.progress.started(version)
    with _opened(order, parts) as file:
        planned = _plan(order, parts, transaction, wide_layout(file.layout, order.columns))
        plan = transaction.prepare(planned.plan, file.layout)
        growth = Growth(file, plan, planned.evolving, planned.fresh)
        chunks = file.chunks(plan)
        for chunk in chunks:
            if growth.takes_in(chunk):
                for later in chunks:  # only looked at, so that one restart is enough
                    growth.takes_in(later)
                raise _ContractGrew(*growth.late_columns(order.dataset.types, version.uri), growth.types)
            transaction.write(chunk)
            tally.add(chunk)
            tally.check_count(version.uri)
            parts.progress.advanced(version, file.bytes_read, tally.counts.read, tally.counts.rejected)
        if (standing := transaction.confirm(file.sha256)) is not None:
            raise _SameContent(standing)
        tally.counts = transaction.finish(tally.counts, sha256=file.sha256, source_bytes=file.bytes_read)
        tally.source_bytes = file.bytes_read
        tally.children = tuple(transaction.children)
        layout = file.layout
    if transaction.refused:
        transaction.explain(_places(order, parts, plan, frozenset(transaction.refused)))
    tally.check_share(version.uri)
    return layout, replace(planned, plan=plan)


def _plan(order: Order, parts: Parts, transaction: LoadTransaction, layout: Layout) -> Planned:
    """Brings file, contract and table together; what `evolve` adds or widens in the table is done at once."""
    version = order.request.version
    facts = {**version.facts, "loaded_at": parts.clock.now().isoformat()}
    table, outgrown = transaction.table, order.outgrown
    children = None
    if order.dataset.children:
        from loadstone.executor.children import ChildPlanner  # noqa: PLC0415 - few datasets have any

        children = ChildPlanner(order, layout, facts)
        layout = children.layout
    planned = make_plan(order.dataset, order.columns, layout, table, facts, version.uri, outgrown)
    changes = (*planned.additions, *planned.widenings)
    if changes and table is not None:
        parts.database.evolve(table.name, changes)
    if children is not None:
        planned = children.complete(planned, parts, transaction)
    return replace(planned, plan=replace(planned.plan, load_id=transaction.load_id))


@contextmanager
def _opened(order: Order, parts: Parts) -> Iterator[OpenFile]:
    version = order.request.version
    with (
        parts.source.open(version) as stream,
        parts.reader.open(stream, version, order.dataset.format) as file,
    ):
        yield file


def _places(order: Order, parts: Parts, plan: LoadPlan, wanted: frozenset[int]) -> Iterator[Reject]:
    """Where refused rows stand in the file: a second look, since staging keeps no text."""
    with _opened(order, parts) as file:
        for chunk in file.chunks(replace(plan, trace=True)):
            for index in (chunk.index, chunk.late_index):
                if index is not None:
                    yield from index.rejects(wanted)


class _Restart(Exception):
    """What was found out inside the transaction calls for another beginning, or for none."""


class _NewerVersion(_Restart):
    def __init__(self, version: ObjectVersion) -> None:
        super().__init__(version.uri)
        self.version = version


class _SameContent(_Restart):
    def __init__(self, load_id: int) -> None:
        super().__init__(str(load_id))
        self.load_id = load_id


class _ContractGrew(_Restart):
    def __init__(
        self,
        columns: tuple[Column, ...],
        child_columns: Mapping[str, tuple[Column, ...]],
        types: Mapping[str, PgType],
    ) -> None:
        super().__init__(", ".join((*(column.name for column in columns), *child_columns, *types)))
        self.columns = columns
        self.child_columns = child_columns
        self.types = types


def _grown(order: Order, grown: _ContractGrew) -> Order:
    """The order with what an attempt at it found out."""
    return replace(
        order,
        columns=(*order.columns, *grown.columns),
        child_columns={
            **order.child_columns,
            **{key: (*order.child_columns.get(key, ()), *new) for key, new in grown.child_columns.items()},
        },
        outgrown={**order.outgrown, **grown.types},
    )
