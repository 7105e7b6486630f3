"""Files in zip archives as objects of their own, on top of any source.

`exports/day.zip!/orders/1.csv` has the version and the time of `exports/day.zip`. An archive that holds one
file is that file, under the archive's own key.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.members import is_archive_key, member_key, split_member
from loadstone.core.patterns import matches
from loadstone.errors import CompressionError, LoadstoneError, ObjectChanged, ObjectMissing
from loadstone.platform.ziparchive import NotAnArchive, ZipArchive
from loadstone.ports import Source
from loadstone.sources.hidden import is_hidden, wants_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.core.members import Member
    from loadstone.model.event import ObjectVersion
    from loadstone.platform.ziparchive import ArchiveFile
    from loadstone.ports import ByteStream

__all__ = ["ArchiveContents", "ArchiveSource", "Listed", "PlainSource", "member_version"]

#: Archives whose directories stay in memory: objects are loaded one archive after the other.
_KEPT = 4


class PlainSource(Source, Protocol):
    """A source that reads from anywhere in an object."""

    @property
    def bucket(self) -> str:
        """The bucket, or the folder's absolute path."""

    def read_range(self, version: ObjectVersion, start: int, size: int) -> bytes:
        """Bytes of exactly this version, or `ObjectChanged`."""


class ArchiveContents(Struct, frozen=True):
    """What an archive holds.

    Attributes:
        files: names of its files.
        left_out: names of what is there but holds no data: what desktops add unasked, and hidden files.
    """

    files: tuple[str, ...]
    left_out: tuple[str, ...]


class Listed(Struct, frozen=True):
    """An archive that was listed.

    Attributes:
        version: its version then.
        patterns: those that named it, or led into it.
    """

    version: ObjectVersion
    patterns: frozenset[str]


class ArchiveSource:
    """A `ports.Source` that looks into the archives of another one.

    Args:
        source: what the archives, and all other objects, are in.

    Attributes:
        listed: by their keys, the archives that `list` came by, whatever they hold.
    """

    def __init__(self, source: PlainSource) -> None:
        self._source = source
        self.listed: dict[str, Listed] = {}
        self._kept: OrderedDict[str, tuple[ObjectVersion, ZipArchive | None]] = OrderedDict()

    def __repr__(self) -> str:
        return f"ArchiveSource({self._source!r})"

    def afresh(self) -> ArchiveSource:
        """Another one of the same source, which knows nothing of any archive yet."""
        return ArchiveSource(self._source)

    @property
    def bucket(self) -> str:
        """The bucket, or the folder's absolute path."""
        return self._source.bucket

    @property
    def prefix(self) -> str:
        """Empty, or ending in `/`."""
        return self._source.prefix

    def list(self, patterns: Sequence[str]) -> Iterator[ObjectVersion]:
        """The current versions of what matches; an archive that matches stands for the files in it.

        Only a pattern with `!/` leads into archives: `*` and `**` end at them. An archive whose directory
        cannot be read is listed as what it is, so that loading it tells why.
        """
        plain = [pattern for pattern in patterns if split_member(pattern) is None]
        leading = [member for pattern in patterns if (member := split_member(pattern)) is not None]
        for version in self._source.list([*plain, *dict.fromkeys(member.archive for member in leading)]):
            below = version.key.removeprefix(self.prefix)
            naming = [pattern for pattern in plain if _is_meant(below, pattern)]
            is_named = bool(naming)
            if is_archive_key(below):
                wanted = [one for one in leading if _is_meant(below, one.archive)]
                self._remember(version, [*naming, *(member_key(*one) for one in wanted)])
                yield from self._expanded(version, wanted, is_named=is_named)
            elif is_named:
                yield version

    def head(self, key: str, version_id: str | None = None) -> ObjectVersion:
        """The current version of a key, or the one named; for a file in an archive, that of the archive.

        Raises:
            ObjectMissing: there is none, or the archive does not hold such a file.
            CompressionError: it is no archive that can be read.
        """
        member = split_member(key)
        if member is None:
            return self._source.head(key, version_id)
        version = self._source.head(member.archive, version_id)
        archive = self._archive(version)
        file = None if archive is None else archive.files.get(member.name)
        if file is None:
            raise _no_such_file(version, member, archive)
        return _member(version, file)

    @contextmanager
    def open(self, version: ObjectVersion) -> Iterator[ByteStream]:
        """Streams exactly this version, or fails with `ObjectChanged`.

        Raises:
            CompressionError: the file in the archive is damaged, encrypted, or there twice.
        """
        member = split_member(version.key)
        if member is None:
            with self._source.open(version) as stream:
                yield stream
            return
        archive = self._archive(self._pinned(version, member))
        if archive is None or member.name not in archive.files:
            raise _no_such_file(version, member, archive)
        opened = archive.open(member.name, version.uri)
        try:
            yield opened
        finally:
            opened.close()

    def contents(self, version: ObjectVersion) -> ArchiveContents | None:
        """What is in an archive, or in that of a file in one; None for all else, and what cannot be read."""
        member = split_member(version.key)
        if member is not None:
            version = self._pinned(version, member)
        archive = self._archive(version) if is_archive_key(version.key) else None
        if archive is None:
            return None
        hidden = tuple(name for name in archive.files if is_hidden(name))
        files = tuple(name for name in archive.files if name not in hidden)
        return ArchiveContents(files, (*archive.left_out, *hidden))

    def as_member(self, version: ObjectVersion) -> ObjectVersion | None:
        """The only file of an archive under its own key; None for anything else."""
        archive = self._archive(version) if is_archive_key(version.key) else None
        if archive is None or len(archive.files) != 1:
            return None
        (file,) = archive.files.values()
        return _member(version, file)

    def _expanded(
        self, version: ObjectVersion, wanted: Sequence[Member], *, is_named: bool
    ) -> Iterator[ObjectVersion]:
        archive = self._archive(version)
        if archive is None or not archive.files or (is_named and len(archive.files) == 1):
            yield version
            return
        for name, file in sorted(archive.files.items()):
            if (is_named and not is_hidden(name)) or any(_is_meant(name, one.name) for one in wanted):
                yield _member(version, file)

    def _remember(self, version: ObjectVersion, patterns: Sequence[str]) -> None:
        before = self.listed.get(version.key)
        others = before.patterns if before is not None else frozenset()
        self.listed[version.key] = Listed(version, others.union(patterns))

    def _pinned(self, version: ObjectVersion, member: Member) -> ObjectVersion:
        """The version of the archive that a version of a file in it stands for."""
        kept = self._kept.get(member.archive)
        found = kept[0] if kept is not None else None
        if found is None or not _is_of(version, found):
            found = self._source.head(member.archive, version.version_id)
        if not _is_of(version, found):
            raise ObjectChanged("the archive was overwritten since it was looked at", where=found.uri)
        return found

    def _archive(self, version: ObjectVersion) -> ZipArchive | None:
        """The directory of an archive, read at most once while it is among the last ones asked for."""
        kept = self._kept.get(version.key)
        if kept is not None and kept[0].identity == version.identity:
            return kept[1]
        archive: ZipArchive | None
        try:
            archive = ZipArchive(
                lambda start, size: self._source.read_range(version, start, size), version.size
            )
        except NotAnArchive:
            archive = None
        self._kept[version.key] = version, archive
        self._kept.move_to_end(version.key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return archive


def member_version(archive: ObjectVersion, name: str) -> ObjectVersion:
    """What a version of an archive would call a file that it does not hold."""
    return replace(archive, uri=member_key(archive.uri, name), key=member_key(archive.key, name), size=0)


def _member(archive: ObjectVersion, file: ArchiveFile) -> ObjectVersion:
    version = member_version(archive, file.name)
    return replace(version, size=file.size, packed_size=file.packed_size)


def _is_of(version: ObjectVersion, archive: ObjectVersion) -> bool:
    return (version.version_id, version.etag, version.modified) == (
        archive.version_id,
        archive.etag,
        archive.modified,
    )


def _is_meant(name: str, pattern: str) -> bool:
    return name == pattern or (matches(name, pattern) and (wants_hidden(pattern) or not is_hidden(name)))


def _no_such_file(version: ObjectVersion, member: Member, archive: ZipArchive | None) -> LoadstoneError:
    where = member_key(version.uri, member.name)
    if archive is None:  # what it holds cannot be known: the file is not missing
        return CompressionError(
            "this is no zip archive that can be read",
            where=version.uri,
            hint="it was cut off, or is still being written (`unzip -t` tests one)",
        )
    import difflib  # noqa: PLC0415 - only where a name is wrong

    near = difflib.get_close_matches(member.name, archive.files, n=1)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"it holds {len(archive.files):,} files; `unzip -l` lists them"
    )
    return ObjectMissing("the archive holds no such file", where=where, hint=hint)
