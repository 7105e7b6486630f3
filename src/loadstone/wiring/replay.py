"""Loading again what was loaded: a whole object, or only its rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs
from msgspec.structs import replace

from loadstone.errors import ObjectMissing, UsageError
from loadstone.executor.load import Order, load_object
from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome, LoadRecord
from loadstone.model.pipeline import Dataset, RejectLimit
from loadstone.ports import ByteStream, Progress, Reader, Source
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.mended import MendedReader
from loadstone.readers.selected import SelectedReader
from loadstone.sources import open_source
from loadstone.wiring.orders import make_order

if TYPE_CHECKING:
    from loadstone.wiring.workspace import Workspace

__all__ = ["replayed"]


def replayed(
    workspace: Workspace, target: str, *, rejects: bool, mended: Path | None, progress: Progress
) -> Iterator[LoadOutcome]:
    """Loads again what `target` names: a load's number, or URIs.

    Raises:
        UsageError: a URI was named with `rejects`.
        LoadNotFound: there is no such load.
    """
    if not target.isdecimal():
        if rejects:
            raise UsageError(
                "rejected rows are replayed by the number of their load",
                where=target,
                hint="`loadstone history` shows the numbers",
            )
        yield from workspace.load([target], again=True, progress=progress)
        return
    record = workspace.find(int(target))
    order = _order(workspace, record)
    if rejects:
        yield _replay_rejects(workspace, record, order, mended, progress)
        return
    source = open_source(record.bucket_uri)
    request = replace(order.request, version=source.head(record.key), again=True)
    yield load_object(replace(order, request=request), workspace.parts(source, progress))


def _order(workspace: Workspace, record: LoadRecord) -> Order:
    dataset = workspace.pipeline.datasets.get(record.dataset)
    if dataset is None:
        dataset = Dataset(files=(record.key,), table=record.table)
    order = make_order(_version(record), workspace.pipeline, record.dataset, dataset)
    # The ledger knows the load under these names, whatever the pipeline is called by now.
    return replace(order, request=replace(order.request, pipeline=record.pipeline, table=record.table))


def _replay_rejects(
    workspace: Workspace, record: LoadRecord, order: Order, mended: Path | None, progress: Progress
) -> LoadOutcome:
    reader: Reader
    source: Source
    if mended is not None:
        reader, source = MendedReader(mended, record.dialect or {}), _Nothing()
    else:
        wanted = frozenset(
            reject.row_number for reject in workspace.database.rejects(record.load_id, unreplayed=True)
        )
        reader, source = SelectedReader(AutomaticReader(), wanted), open_source(record.bucket_uri)
    # A limit made for whole files says nothing about a handful of rows that were bad before.
    dataset = structs.replace(order.dataset, reject_limit=RejectLimit())
    request = replace(order.request, replay_of=record.load_id)
    order = replace(order, request=request, dataset=dataset, follows_head=False)
    return load_object(order, replace(workspace.parts(source, progress), reader=reader))


def _version(record: LoadRecord) -> ObjectVersion:
    return ObjectVersion(
        uri=record.uri,
        bucket=record.bucket,
        key=record.key,
        version_id=record.version_id,
        etag=record.etag,
        modified=record.object_time or record.started_at,
        size=record.size_bytes or 0,
    )


class _Nothing:
    """The source of a mended file: the object itself is not needed any more."""

    prefix = ""

    def list(self, _patterns: object) -> Iterator[ObjectVersion]:
        return iter(())

    def head(self, key: str, _version_id: str | None = None) -> ObjectVersion:
        raise ObjectMissing("a mended file stands for it", where=key)

    @contextmanager
    def open(self, _version: ObjectVersion) -> Iterator[ByteStream]:
        yield BytesIO()
