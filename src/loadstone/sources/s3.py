"""Objects of an S3 bucket, by one client for listing, asking and streaming; boto3 is not on the way."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from loadstone.core.patterns import has_magic, literal_prefix, matches
from loadstone.errors import AccessDenied, LoadstoneError, ObjectMissing, SourceError
from loadstone.model.event import ObjectVersion
from loadstone.platform.aws import aws_settings
from loadstone.platform.clock import SystemClock
from loadstone.sources.hidden import is_hidden, wants_hidden
from loadstone.sources.s3_errors import translate
from loadstone.sources.s3_ranges import S3Ranges, unquoted
from loadstone.sources.s3_stream import S3Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig

    from loadstone.ports import Clock

__all__ = ["S3Source"]

#: HEAD requests under way at a time, where a listing has to be completed by them.
_HEADS_AHEAD = 16

_CONNECT_TIMEOUT = timedelta(seconds=10)
#: Of one request until its body begins; the body's own breaks are dealt with by the stream.
_RETRY: RetryConfig = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=10), "base": 2},
}


class S3Source:
    """A `ports.Source` over a bucket, or what in it begins with a prefix.

    Patterns are matched with keys below the prefix; the keys of versions are whole, as events have them.

    Args:
        bucket: its name.
        prefix: empty, or ending in `/`.
        stall_timeout: seconds without a byte after which a connection is given up.
        clock: does the waiting between tries.
        environment: where AWS settings are looked up.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        stall_timeout: float = 60.0,
        clock: Clock | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self._clock = clock or SystemClock()
        settings = aws_settings("s3", environment)
        self._has_keys = settings.has_keys
        self._store = _store(
            bucket, settings.region, settings.endpoint, settings.keys, settings.provider, stall_timeout
        )

    def __repr__(self) -> str:
        return f"S3Source({self.bucket!r}, {self.prefix!r})"

    def list(self, patterns: Sequence[str]) -> Iterator[ObjectVersion]:
        """The current versions of the keys that match, in the order of their UTF-8 bytes, page by page.

        Folder markers (`folder/`, no bytes) are left out, and hidden keys unless the pattern writes the dot.

        Raises:
            ObjectMissing: the bucket does not exist.
            AccessDenied: it may not be listed.
            SourceUnavailable: the store does not answer.
        """
        if len(patterns) == 1 and not has_magic(patterns[0]):
            try:
                yield self.head(self.prefix + patterns[0])
            except ObjectMissing as error:
                if error.what == "no such bucket":
                    raise
            return
        found = (
            entry
            for entry in self._entries(_literal_prefixes(self.prefix + p for p in patterns))
            if self._is_wanted(entry.key, patterns)
        )
        yield from self._completed(found)

    def head(self, key: str, version_id: str | None = None) -> ObjectVersion:
        """The key's current version, or the one named, by one HEAD.

        Raises:
            ObjectMissing: there is none.
            AccessDenied: it may not be read.
            SourceUnavailable: the store does not answer.
        """
        import obstore  # noqa: PLC0415

        where = f"s3://{self.bucket}/{key}"
        address = _address(key, where)
        try:
            with self._translated(where):
                if version_id is None:
                    return self._version(obstore.head(self._store, address), key)
                options: GetOptions = {"version": version_id, "head": True}
                return self._version(obstore.get(self._store, address, options=options).meta, key)
        except SourceError as error:
            if isinstance(error, AccessDenied) or error.code == "http_400":
                self._ask_why(address, where, version_id)
            if version_id is None or error.code != "http_400":
                raise
            # So stores answer for what no version id of theirs looks like.
            raise ObjectMissing(f"there is no version {version_id!r} of it", where=where) from error

    def _ask_why(self, address: str, where: str, version_id: str | None) -> None:
        """A HEAD is refused without a word; a GET of one byte is told why.

        Raises:
            LoadstoneError: where it is told more than the status.
        """
        import obstore  # noqa: PLC0415

        options: GetOptions = {"range": (0, 1)}
        if version_id is not None:
            options["version"] = version_id
        try:
            with self._translated(where):
                obstore.get(self._store, address, options=options)
        except LoadstoneError as error:
            if error.code == "http_400" or isinstance(error, ObjectMissing):
                return
            raise

    @contextmanager
    def open(self, version: ObjectVersion) -> Iterator[S3Stream]:
        """Streams the version by one GET, which is resumed where it breaks.

        Raises:
            ObjectMissing: the version was deleted.
            ObjectChanged: it was overwritten, and the bucket keeps no versions.
            AccessDenied: it may not be read.
            SourceUnavailable: the store does not answer.
        """
        address = _address(version.key, version.uri)
        stream = S3Stream(self._store, address, version, self._clock, has_keys=self._has_keys)
        try:
            yield stream
        finally:
            stream.close()

    def read_range(self, version: ObjectVersion, start: int, size: int) -> bytes:
        """Bytes from anywhere in the version, by one GET; fewer than `size` only at its end.

        Raises:
            ObjectMissing, ObjectChanged, AccessDenied, SourceUnavailable: as `open`.
        """
        address = _address(version.key, version.uri)
        ranges = S3Ranges(self._store, address, version, self._clock, has_keys=self._has_keys)
        return ranges.read_at(start, size)

    def _is_wanted(self, key: str, patterns: Iterable[str]) -> bool:
        below = key[len(self.prefix) :]
        hidden = is_hidden(below)
        return any(matches(below, p) and (not hidden or wants_hidden(p)) for p in patterns)

    def _entries(self, prefixes: Iterable[str]) -> Iterator[ObjectVersion]:
        """What listings say of all keys that begin with one of the prefixes, which are in order."""
        import obstore  # noqa: PLC0415

        for prefix in prefixes:
            folder = prefix.rpartition("/")[0]
            with self._translated(f"s3://{self.bucket}/{prefix}"):
                pages = obstore.list(
                    self._store, folder or None, offset=_just_before(prefix), chunk_size=1000
                )
                # Directory buckets list in no order.
                for page in [pages.collect()] if self.bucket.endswith("--x-s3") else pages:
                    for meta in sorted(page, key=lambda item: item["path"]):
                        if meta["path"].startswith(prefix):
                            yield self._version(meta, meta["path"])
                    if page and page[-1]["path"][: len(prefix)] > prefix:
                        break

    def _completed(self, entries: Iterator[ObjectVersion]) -> Iterator[ObjectVersion]:
        """Asks for what listings leave out: version ids, and whether what has no bytes is a folder's marker.

        A bucket that never kept versions has no version ids at all; the first object tells.
        """
        keeps_versions: bool | None = None
        with ThreadPoolExecutor(_HEADS_AHEAD, thread_name_prefix="loadstone-head") as pool:
            waiting: deque[Future[ObjectVersion | None]] = deque()
            for entry in entries:
                if keeps_versions is None and (first := self._head_if_there(entry.key)) is not None:
                    keeps_versions = first.version_id is not None
                    yield first
                elif keeps_versions or not entry.size:
                    waiting.append(pool.submit(self._head_if_there, entry.key))
                else:
                    yield from _results(waiting, leaving=0)
                    yield entry
                yield from _results(waiting, leaving=_HEADS_AHEAD)
            yield from _results(waiting, leaving=0)

    def _head_if_there(self, key: str) -> ObjectVersion | None:
        try:
            return self.head(key)
        except ObjectMissing:
            return None

    def _version(self, meta: Mapping[str, Any], key: str) -> ObjectVersion:
        return ObjectVersion(
            uri=f"s3://{self.bucket}/{key}",
            bucket=self.bucket,
            key=key,
            version_id=meta["version"],
            etag=unquoted(meta["e_tag"]),
            modified=meta["last_modified"],
            size=meta["size"],
        )

    @contextmanager
    def _translated(self, where: str) -> Iterator[None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise translate(error, where, has_keys=self._has_keys) from error


def _store(
    bucket: str,
    region: str | None,
    endpoint: str | None,
    keys: Mapping[str, str],
    provider: Callable[[], dict[str, Any]] | None,
    stall_timeout: float,
) -> Any:
    from obstore.store import S3Store  # noqa: PLC0415

    config: dict[str, Any] = dict(keys)
    if region:
        config["region"] = region
    if endpoint:
        config["endpoint"] = endpoint
    if provider is not None:
        config["credential_provider"] = provider
    client: ClientConfig = {
        "allow_http": bool(endpoint and endpoint.startswith("http://")),
        "connect_timeout": _CONNECT_TIMEOUT,
        "read_timeout": timedelta(seconds=stall_timeout),
        # Of the whole request, body included: a large object takes its time; the read timeout watches it.
        "timeout": timedelta(days=7),
    }
    return S3Store(bucket, client_options=client, retry_config=_RETRY, **config)


def _literal_prefixes(patterns: Iterable[str]) -> list[str]:
    """What to list, in order: no prefix within another."""
    kept: list[str] = []
    for prefix in sorted({literal_prefix(pattern) for pattern in patterns}):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


def _just_before(prefix: str) -> str | None:
    """A key after which a listing may begin and miss no key with the prefix; None: at the folder."""
    if not prefix or prefix.endswith("/"):
        return None
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + "~~~~"


def _address(key: str, where: str) -> str:
    """The key as the client takes it.

    Raises:
        SourceError: no client of this kind can name it.
    """
    if not key or any(segment in {"", ".", ".."} for segment in key.split("/")):
        raise SourceError(
            "keys with an empty, `.` or `..` segment cannot be read",
            where=where,
            hint="copy the object to a key without `//`, `/./`, `/../` or a slash at either end",
        )
    return key


def _results(waiting: deque[Future[ObjectVersion | None]], *, leaving: int) -> Iterator[ObjectVersion]:
    while len(waiting) > leaving:
        if (version := waiting.popleft().result()) is not None:
            yield version
