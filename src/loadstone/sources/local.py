"""Files of a folder. Listed, asked for and read with nothing but the operating system."""

# Paths stay text, since keys are: nothing may normalise them.
# ruff: noqa: PTH100, PTH112, PTH114, PTH116, PTH118, PTH208

from __future__ import annotations

import os
import stat
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.core.patterns import literal_prefix, matches
from loadstone.errors import AccessDenied, ObjectChanged, ObjectMissing, SourceError, SourceUnavailable
from loadstone.model.event import ObjectVersion
from loadstone.sources.hidden import is_hidden, wants_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LocalSource"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LocalSource:
    """A `ports.Source` over a folder.

    Symbolic links to files are followed; those to folders only where the pattern spells them out, so there
    are no loops. What is no regular file is not listed; what is hidden only where the pattern writes the dot.

    Args:
        folder: the folder; made absolute, links in it kept as they are. It is the bucket of all its files.
    """

    #: What a full key begins with beyond the key that patterns are matched with; for folders nothing.
    prefix = ""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.bucket = os.path.abspath(folder)

    def __repr__(self) -> str:
        return f"LocalSource({self.bucket!r})"

    def list(self, patterns: Sequence[str]) -> Iterator[ObjectVersion]:
        """The files below the folder that match one of the patterns, in the order of their keys.

        Raises:
            ObjectMissing: the folder does not exist.
            AccessDenied: it, or one below it, may not be read.
        """
        if not os.path.isdir(self.bucket):
            raise _missing(self.bucket, "folder")
        patterns = tuple(pattern.removeprefix("./") for pattern in patterns)
        for key in self._walk("", patterns):
            if any(matches(key, p) and (wants_hidden(p) or not is_hidden(key)) for p in patterns):
                try:
                    yield self.head(key)
                except AccessDenied:
                    raise
                except SourceError:
                    continue  # it went since the folder was read, or is no regular file

    def head(self, key: str, version_id: str | None = None) -> ObjectVersion:
        """The file as it is now; files have no version ids.

        Raises:
            ObjectMissing: there is none, or it is a folder.
            SourceError: it is a pipe, a device, a socket.
        """
        path = self._path(key)
        if version_id is not None:
            raise ObjectMissing(f"files have no version {version_id!r}", where=path)
        with _translated(path):
            found = os.stat(path)
        _require_file(path, found.st_mode)
        return ObjectVersion(
            uri=path,
            bucket=self.bucket,
            key=key,
            version_id=None,
            etag=None,
            modified=_modified(found),
            size=found.st_size,
        )

    @contextmanager
    def open(self, version: ObjectVersion) -> Iterator[LocalStream]:
        """Streams the file, provided that size and time of modification are those of the version.

        Raises:
            ObjectMissing: it went.
            ObjectChanged: it was written to since, or is while it is being read.
            AccessDenied: it may not be read.
        """
        stream = LocalStream(version)
        try:
            yield stream
        finally:
            stream.close()

    def read_range(self, version: ObjectVersion, start: int, size: int) -> bytes:
        """Bytes from anywhere in the file; fewer than `size` only at its end.

        Raises:
            ObjectMissing: it went.
            ObjectChanged: it is no longer this version.
            AccessDenied: it may not be read.
        """
        with self.open(version) as stream:
            return stream.read_at(start, size)

    def _path(self, key: str) -> str:
        if not key or key.startswith("/") or ".." in key.split("/"):
            raise SourceError(f"the key {key!r} leads out of the folder", where=self.bucket)
        return os.path.join(self.bucket, *key.split("/"))

    def _walk(self, folder: str, patterns: Sequence[str]) -> Iterator[str]:
        """The keys of files below a folder (`""` or ending in `/`), in order, where a pattern may match."""
        named = _named_below(folder, patterns)
        with (
            _translated(os.path.join(self.bucket, folder)),
            os.scandir(os.path.join(self.bucket, folder)) as entries,
        ):
            # A folder's keys sort as if its name ended in a slash: "a-b" comes before "a/b".
            found = sorted(
                entry.name + "/" * entry.is_dir(follow_symlinks=entry.name in named) for entry in entries
            )
        for name in found:
            key = folder + name
            if not name.endswith("/"):
                yield key
            elif any(_may_hold(key, pattern) for pattern in patterns):
                yield from self._walk(key, patterns)


class LocalStream:
    """The bytes of one version of a file."""

    def __init__(self, version: ObjectVersion) -> None:
        self._version = version
        self._lock = threading.Lock()
        with _translated(version.uri):
            # Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
            self._descriptor = os.open(version.uri, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            self._check("since it was asked for")
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        except BaseException:
            self.close()
            raise

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end, where the file is looked at once more."""
        with self._lock, _translated(self._version.uri):
            if self._descriptor < 0:
                raise ValueError("the stream is closed")
            data = os.read(self._descriptor, size)
            if not data:
                self._check("while it was read")
            return data

    def read_at(self, start: int, size: int) -> bytes:
        """Bytes from anywhere in the file; where the stream is does not change."""
        with self._lock, _translated(self._version.uri):
            if self._descriptor < 0:
                raise ValueError("the stream is closed")
            data = os.pread(self._descriptor, size, start)
            self._check("while it was read")
            return data

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
        """Bytes from anywhere in the file, as (offset, size) asks for them."""
        return tuple(self.read_at(start, size) for start, size in ranges)

    def fileno(self) -> int:
        """The descriptor of the open file, for formats that are not read front to back; -1 once closed."""
        return self._descriptor

    def close(self) -> None:
        """Closes the file. Harmless when already closed."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def _check(self, when: str) -> None:
        found = os.fstat(self._descriptor)
        _require_file(self._version.uri, found.st_mode)
        if found.st_size != self._version.size or _modified(found) != self._version.modified:
            raise ObjectChanged(
                f"the file changed {when}: {self._version.size:,} bytes of {self._version.modified:%F %T.%f} "
                f"became {found.st_size:,} of {_modified(found):%F %T.%f}",
                where=self._version.uri,
                hint="write files under another name (or with a leading dot) and rename them when complete",
            )


def _modified(found: os.stat_result) -> datetime:
    return _EPOCH + timedelta(microseconds=found.st_mtime_ns // 1000)


def _require_file(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise ObjectMissing("this is a folder, not a file", where=path)
    if not stat.S_ISREG(mode):
        raise SourceError(
            "this is a pipe, a socket or a device, not a regular file",
            where=path,
            hint="write its content to a file first: a load may have to be read again",
        )


def _may_hold(folder: str, pattern: str) -> bool:
    """Whether keys below the folder (ending in `/`) may match the pattern."""
    if is_hidden(folder) and not wants_hidden(pattern):
        return False
    literal = literal_prefix(pattern)
    if not (folder.startswith(literal) or literal.startswith(folder)):
        return False
    if "**" in pattern:
        return True
    return folder.count("/") <= pattern.count("/")


def _named_below(folder: str, patterns: Sequence[str]) -> set[str]:
    """Names of folders right below this one that patterns spell out: there, links to folders are followed."""
    below = (literal_prefix(p)[len(folder) :] for p in patterns if literal_prefix(p).startswith(folder))
    return {rest.split("/")[0] for rest in below if "/" in rest}


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Our errors for the operating system's."""
    try:
        yield
    except FileNotFoundError as error:
        raise _missing(path, "file") from error
    except NotADirectoryError as error:
        raise _missing(path, "file") from error
    except PermissionError as error:
        raise AccessDenied(
            "permission denied", where=path, hint=f"let the user with id {os.geteuid()} read it"
        ) from error
    except OSError as error:
        raise SourceUnavailable(f"cannot be read: {error.strerror}", where=path) from error


def _missing(path: str, what: str) -> ObjectMissing:
    """With the name that was probably meant."""
    if os.path.islink(path):
        return ObjectMissing("this is a symbolic link that leads nowhere", where=path)
    import difflib  # noqa: PLC0415 - only where a name is wrong

    parent, name = Path(path).parent, Path(path).name
    try:
        near = difflib.get_close_matches(name, os.listdir(parent), n=1)
    except OSError:
        hint = f"there is no folder {parent} either" if not parent.exists() else None
    else:
        hint = f"did you mean {near[0]}?" if near else f"nothing in {parent} is called so: check the path"
    return ObjectMissing(f"no such {what}", where=path, hint=hint)
