"""Which of the files in an archive are loaded, under which key, and what a person is told of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from loadstone.core.members import matches_file, member_key, split_member
from loadstone.core.route import matching
from loadstone.errors import LoadstoneError, SourceError
from loadstone.executor.load import Order, Parts
from loadstone.executor.outcomes import failed
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Counts, LoadOutcome, LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.ports import Database
from loadstone.readers.naming import named_format
from loadstone.sources.archives import ArchiveSource

__all__ = [
    "Standing",
    "Wanted",
    "addressed",
    "archive_notes",
    "as_known",
    "holds_data",
    "refused",
    "wanted_by",
    "without_rest",
]

#: Whether a key, as patterns have it, is to be loaded.
Wanted = Callable[[str], bool]

_NAMES_SHOWN = 5


class Standing:
    """Current loads of keys, each looked up once: an archive is asked about for each file in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str, str, str], LoadRecord | None] = {}

    def of(self, request: LoadRequest, key: str) -> LoadRecord | None:
        """The current load of a key, into the dataset of a request."""
        what = request.pipeline, request.dataset, request.version.bucket, key
        if what not in self._known:
            records = self._database.history(dataset=request.dataset, key=key)
            self._known[what] = next((one for one in records if _is_current(one, request)), None)
        return self._known[what]


def wanted_by(datasets: Mapping[str, Dataset]) -> Wanted:
    """Wants what a dataset matches."""
    return lambda key: bool(matching(key, datasets))


def holds_data(key: str) -> bool:
    """Wants what is called as files with data are."""
    return named_format(key)[0] is not None


def without_rest(
    source: ArchiveSource, versions: Sequence[ObjectVersion], is_wanted: Wanted
) -> list[ObjectVersion]:
    """The versions, but of an archive in which some files are wanted only these."""
    choice = [(version, _archive(version), is_wanted(_place(source, version))) for version in versions]
    has_wanted = {archive for _, archive, is_in in choice if is_in}
    return [
        version for version, archive, is_in in choice if is_in or archive is None or archive not in has_wanted
    ]


def addressed(
    versions: Iterable[ObjectVersion], source: ArchiveSource, datasets: Mapping[str, Dataset]
) -> list[ObjectVersion]:
    """The versions under the keys that the datasets know them by.

    An archive with one file goes by its own key, but where a pattern with `!/` names the file in it.
    """
    patterns = [p for dataset in datasets.values() for p in dataset.files if split_member(p) is not None]
    if not patterns:
        return list(versions)

    def known(version: ObjectVersion) -> ObjectVersion:
        member = source.as_member(version)
        if member is None or not any(matches_file(_place(source, member), p) for p in patterns):
            return version
        return member

    return [known(version) for version in versions]


def archive_notes(source: ArchiveSource, version: ObjectVersion, is_wanted: Wanted) -> Iterator[str]:
    """What is left out of the archive that a version comes from."""
    contents = source.contents(version)
    if contents is None:
        return
    key = _archive(version) or version.key
    uri, place = version.uri.removesuffix(version.key[len(key) :]), key.removeprefix(source.prefix)
    rest = [name for name in contents.files if not is_wanted(member_key(place, name))]
    if rest and _archive(version) is not None:
        why = (
            "their names do not say that they hold data" if is_wanted is holds_data else "no dataset matches"
        )
        yield f"left out of {uri}, {why}: {_listed(rest)}"
    if contents.left_out:
        yield f"left out of {uri}, hidden or added by a desktop: {_listed(contents.left_out)}"


def as_known(order: Order, source: ArchiveSource, standing: Standing) -> Order:
    """The order under the key that the ledger knows the file by.

    A file that was loaded under its key in the archive keeps it where the archive comes to hold no other.

    Raises:
        SourceError: the archive was loaded as one file before, when it held no other.
    """
    version = order.request.version
    archive = _archive(version)
    if archive is not None:
        before = standing.of(order.request, archive)
        if before is not None:
            raise SourceError(
                f"load {before.load_id:,} loaded the archive as one file, when it held no other: these rows "
                "would be there twice",
                where=version.uri,
                hint=f"`loadstone undo {before.load_id}`, then load the archive again",
                code="loaded_as_one_file",
            )
        return order
    member = source.as_member(version)
    if member is None or standing.of(order.request, member.key) is None:
        return order
    return replace(order, request=replace(order.request, version=member))


def refused(request: LoadRequest, error: LoadstoneError, parts: Parts) -> LoadOutcome:
    """The answer to what cannot be begun, which the ledger is told, too."""
    parts.progress.started(request.version)
    error.load_id = parts.database.record_failure(request, None, error, Counts(), ())
    outcome = failed(request, error)
    parts.progress.finished(outcome)
    return outcome


def _is_current(record: LoadRecord, request: LoadRequest) -> bool:
    is_same = (record.pipeline, record.bucket) == (request.pipeline, request.version.bucket)
    return is_same and record.is_current and record.state == "loaded"


def _archive(version: ObjectVersion) -> str | None:
    member = split_member(version.key)
    return None if member is None else member.archive


def _place(source: ArchiveSource, version: ObjectVersion) -> str:
    return version.key.removeprefix(source.prefix)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
