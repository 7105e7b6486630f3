"""Files that archives held before and hold no more: what was named is looked for in the ledger, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from loadstone.core.members import matches_file, split_member
from loadstone.errors import LoadstoneError
from loadstone.executor.event import handle_event
from loadstone.executor.load import Parts
from loadstone.model.event import Event, ObjectVersion
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Dataset, Pipeline
from loadstone.ports import Database
from loadstone.sources.archives import ArchiveSource, member_version
from loadstone.wiring.orders import Selection, SourcedOrder, make_order, replace_table

__all__ = ["removed", "vanished", "vanished_notes"]


def vanished(
    orders: Sequence[SourcedOrder], pipeline: Pipeline, selection: Selection, database: Database
) -> Iterator[SourcedOrder]:
    """Orders for the files that archives among those that were listed held when they were loaded last.

    Only where a new version of a file replaces the rows of the old one (`on_overwrite: replace_rows`), and
    only files that the URIs would have named. An archive that cannot be read, or holds no file at all, tells
    nothing.

    Args:
        orders: for what the archives hold now.
        pipeline: its datasets say what the deletion of a file does.
        selection: which dataset and table the command line names.
        database: its ledger is asked once for each dataset and source.
    """
    if selection.table:
        return  # a dataset that is made up for one call
    there = {(one.order.request.version.bucket, one.order.request.version.key) for one in orders}
    for source in {id(one.source): one.source for one in orders}.values():
        for name, dataset in _replacing(pipeline, selection) if source.listed else ():
            table = dataset.table or name
            known = database.current(pipeline.name, name, source.bucket, table, in_archives=True)
            for key in sorted(known):
                if (source.bucket, key) not in there and (version := _gone(source, key)) is not None:
                    yield SourcedOrder(make_order(version, pipeline, name, dataset), source)


def removed(gone: SourcedOrder, parts: Parts) -> LoadOutcome:
    """Does with a file that its archive no longer holds what its dataset does with deleted files."""
    version = gone.order.request.version
    outcome = handle_event(Event("removed", version.bucket, version.key), gone.order, parts)
    if outcome.state != "removed":
        return outcome  # it is there again, or somebody is at work on it
    return replace(outcome, notes=(_told(gone), *outcome.notes))


def vanished_notes(gone: Sequence[SourcedOrder]) -> tuple[str, ...]:
    """What a load would do with such files, for a dry run."""
    return tuple(f"{_told(one)} (on_delete: {one.order.dataset.on_delete})" for one in gone)


def _replacing(pipeline: Pipeline, selection: Selection) -> Iterator[tuple[str, Dataset]]:
    """As configured: what the command line says of one load is not meant for other datasets."""
    for name, dataset in pipeline.datasets.items():
        if selection.dataset in {None, name} and dataset.overwrite == "replace_rows":
            yield name, replace_table(dataset, name)


def _gone(source: ArchiveSource, key: str) -> ObjectVersion | None:
    """The file as the new version of its archive would have it, where that was listed and has it no more."""
    member = split_member(key)
    listed = None if member is None else source.listed.get(member.archive)
    if member is None or listed is None:
        return None
    place = key.removeprefix(source.prefix)
    if not any(matches_file(place, pattern) for pattern in listed.patterns):
        return None
    try:
        contents = source.contents(listed.version)
    except LoadstoneError:
        return None  # loading what it holds will tell
    if contents is None or not contents.files or member.name in {*contents.files, *contents.left_out}:
        return None
    return member_version(listed.version, member.name)


def _told(gone: SourcedOrder) -> str:
    member = split_member(gone.order.request.version.uri)
    archive, name = member or ("its archive", gone.order.request.version.uri)
    return f"{archive} no longer holds {name}, which counts as deleted"
