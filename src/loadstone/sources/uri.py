"""From what people type to a source and patterns.

`data/x.csv`, `data/`, `data/*.csv`, `data/**/*.csv`, `file:///data/x.csv`, `s3://bucket/key`,
`s3://bucket/prefix/`, `s3://bucket/pre*.csv`. `*` and `?` stay within a folder, `**` crosses folders, `[...]`
is one of a set of characters; the same for folders and buckets.
"""

# Paths stay text, since keys are: nothing may normalise them.
# ruff: noqa: PTH100, PTH110, PTH112, PTH119

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from loadstone.core.members import member_key, split_member
from loadstone.core.patterns import has_magic, literal_prefix
from loadstone.errors import ObjectMissing, SourceError, UsageError
from loadstone.sources.archives import ArchiveSource
from loadstone.sources.local import LocalSource

if TYPE_CHECKING:
    from loadstone.sources.s3 import S3Source

__all__ = ["open_source", "resolve"]

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_EVERYTHING = "**"
_GLOBS = "`*` stays within a folder, `**` crosses folders; [[] stands for a bracket itself"
#: Seconds without a byte after which a connection is given up.
_STALL_TIMEOUT = 60.0


def open_source(uri: str, *, stall_timeout: float = _STALL_TIMEOUT) -> ArchiveSource:
    """The source that a pipeline's `source:` names: a folder, or a bucket with or without a prefix.

    Raises:
        UsageError: the URI is of another kind, or is a pattern.
        ObjectMissing: there is no such folder.
    """
    if (place := _s3_place(uri)) is not None:
        bucket, prefix = place
        if has_magic(prefix):
            raise UsageError(
                "a source is no pattern", where=uri, hint="patterns go into `files:` of a dataset"
            )
        prefix = prefix and prefix.rstrip("/") + "/"
        return ArchiveSource(_bucket_source(bucket, prefix, stall_timeout=stall_timeout))
    path = _local_path(uri)
    if not os.path.isdir(path):
        if os.path.exists(path):
            raise UsageError("a source is a folder or a bucket, this is a file", where=uri)
        raise ObjectMissing("no such folder", where=uri, hint="make it, or change `source:`")
    return ArchiveSource(LocalSource(path))


def resolve(uri: str, *, within: str | None = None) -> tuple[ArchiveSource, tuple[str, ...]]:
    """The source and the patterns that a URI means; at least one object was there when it was looked at.

    Args:
        uri: a path, a glob, `s3://bucket/key`, or a folder or prefix, which means all that it holds; `!/`
            leads into zip archives.
        within: the pipeline's source; what lies in it keeps the bucket and key that it has there. Anything
            else has the folder that it was named by as its bucket: for a file, its own.

    Raises:
        UsageError: the URI is of a kind that is not read.
        ObjectMissing: nothing is there, or nothing matches.
        AccessDenied: it may not be read.
    """
    member = split_member(uri)
    if member is None:
        plain, patterns = _resolve(uri, within)
        return ArchiveSource(plain), patterns
    plain, patterns = _resolve(member.archive, within)
    source = ArchiveSource(plain)
    name = unquote(member.name) if uri.startswith("file://") else member.name
    if has_magic(name) and next(source.list([member_key(p, _escaped(name)) for p in patterns]), None):
        name = _escaped(name)  # what looks like a pattern is the very name of a file
    patterns = tuple(member_key(pattern, name) for pattern in patterns)
    if next(source.list(patterns), None) is None:
        for version in plain.list([p.archive for p in map(split_member, patterns) if p is not None]):
            source.head(member_key(version.key, name))  # says which name was probably meant
        raise ObjectMissing("no file in the archive matches this pattern", where=uri, hint=_GLOBS)
    return source, patterns


def _resolve(uri: str, within: str | None) -> tuple[LocalSource | S3Source, tuple[str, ...]]:
    if (place := _s3_place(uri)) is not None:
        return _resolve_s3(uri, *place, within)
    return _resolve_local(uri, _local_path(uri), within)


def _resolve_local(uri: str, path: str, within: str | None) -> tuple[LocalSource, tuple[str, ...]]:
    if os.path.lexists(path) or not has_magic(path):
        folder, pattern = (path, _EVERYTHING) if os.path.isdir(path) else os.path.split(path)
        pattern = pattern if pattern == _EVERYTHING else _escaped(pattern)
    else:
        folder = literal_prefix(path).rpartition("/")[0] or "/"
        pattern = path[len(folder) :].lstrip("/")
    source = LocalSource(folder)
    if pattern != _EVERYTHING and not has_magic(path):
        source.head(os.path.basename(path))  # raises what is wrong with it
    if within is not None and _s3_place(within) is None:
        root = _local_path(within)
        below = os.path.relpath(source.bucket, root)
        if below == "." or not below.startswith(".."):
            inside = "" if below == "." else _escaped(below) + "/"
            source, pattern = LocalSource(root), inside + pattern
    _require_any(source, pattern, uri)
    return source, (pattern,)


def _resolve_s3(uri: str, bucket: str, key: str, within: str | None) -> tuple[S3Source, tuple[str, ...]]:
    source = _bucket_source(bucket)
    if within is not None and (place := _s3_place(within)) is not None:
        prefix = place[1] and place[1].rstrip("/") + "/"
        if place[0] == bucket and key.startswith(prefix):
            source, key = _bucket_source(bucket, prefix), key[len(prefix) :]
    if not key or key.endswith("/"):
        pattern = _escaped(key) + _EVERYTHING
    elif has_magic(key) and _is_object(source, key):
        return source, (_escaped(key),)
    elif has_magic(key):
        pattern = key
    else:
        _require_object(source, uri, key)
        return source, (key,)
    _require_any(source, pattern, uri)
    return source, (pattern,)


def _bucket_source(bucket: str, prefix: str = "", *, stall_timeout: float = _STALL_TIMEOUT) -> S3Source:
    from loadstone.sources.s3 import S3Source  # noqa: PLC0415 - files do without it

    return S3Source(bucket, prefix, stall_timeout=stall_timeout)


def _require_object(source: S3Source, uri: str, key: str) -> None:
    try:
        source.head(source.prefix + key)
    except ObjectMissing as error:
        if error.what == "no such bucket" or next(source.list([_escaped(key) + "/**"]), None) is None:
            raise
        raise ObjectMissing(
            "no such object, but others below it", where=uri, hint=f"for all of them: {uri}/"
        ) from error


def _is_object(source: S3Source, key: str) -> bool:
    """Whether what looks like a pattern is the very name of an object."""
    try:
        source.head(source.prefix + key)
    except SourceError:
        return False
    return True


def _require_any(source: LocalSource | S3Source, pattern: str, uri: str) -> None:
    if next(source.list([pattern]), None) is not None:
        return
    if pattern.endswith(_EVERYTHING) and not has_magic(pattern.removesuffix(_EVERYTHING)):
        raise ObjectMissing("there is no file in it", where=uri, hint="hidden files are not counted")
    raise ObjectMissing(
        "no file matches this pattern",
        where=uri,
        hint=_GLOBS,
    )


def _s3_place(uri: str) -> tuple[str, str] | None:
    """Bucket and key of an `s3://` URI; None for anything else."""
    if not uri.startswith("s3://"):
        return None
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError("there is no bucket in this URI", where=uri, hint="s3://bucket/key")
    return bucket, key


def _local_path(uri: str) -> str:
    """The absolute path that a path or a `file://` URI means."""
    if uri.startswith("file://"):
        parts = urlsplit(uri)
        if parts.netloc not in {"", "localhost"}:
            raise UsageError(f"files of another machine ({parts.netloc}) are not read", where=uri)
        uri = unquote(parts.path)
    elif _SCHEME.match(uri):
        raise UsageError(
            f"{uri.partition('://')[0]}:// is not read", where=uri, hint="name a path, or s3://bucket/key"
        )
    if not uri:
        raise UsageError("the name of a file is empty")
    return os.path.abspath(Path(uri).expanduser())  # also takes `..` away


def _escaped(text: str) -> str:
    """The pattern that matches this very text."""
    return re.sub(r"([*?\[])", r"[\1]", text)
