"""Bytes from anywhere in one version of an S3 object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.errors import ObjectChanged, SourceUnavailable
from loadstone.platform.retry import retrying
from loadstone.sources.s3_errors import translate

if TYPE_CHECKING:
    from obstore import GetOptions

    from loadstone.model.event import ObjectVersion
    from loadstone.ports import Clock

__all__ = ["S3Ranges", "pinned", "unquoted"]

_ATTEMPTS = 6


class S3Ranges:
    """Reads ranges, each by one GET that is pinned to the version."""

    def __init__(self, store: Any, key: str, version: ObjectVersion, clock: Clock, *, has_keys: bool) -> None:
        self._store = store
        self._key = key
        self._version = version
        self._clock = clock
        self._has_keys = has_keys

    def read_at(self, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start` on; fewer only at the end.

        Raises:
            ObjectMissing: the version was deleted.
            ObjectChanged: it was overwritten.
            AccessDenied: it may not be read.
            SourceUnavailable: the store does not answer, after trying again.
        """
        size = min(size, self._version.size - start)
        if size <= 0:
            return b""
        return retrying(lambda: self._get(start, size), attempts=_ATTEMPTS, clock=self._clock)

    def _get(self, start: int, size: int) -> bytes:
        import obstore  # noqa: PLC0415 - 15 MB that local files do not need

        where = self._version.uri
        options = pinned(self._version)
        options["range"] = (start, start + size)
        try:
            result = obstore.get(self._store, self._key, options=options)
            meta, data = result.meta, bytes(result.bytes())
        except Exception as error:
            raise translate(error, where, has_keys=self._has_keys) from error
        etag = unquoted(meta["e_tag"])
        if meta["size"] != self._version.size or (self._version.etag and etag and etag != self._version.etag):
            raise ObjectChanged("the object was overwritten since it was looked at", where=where)
        if len(data) != size:
            raise SourceUnavailable(f"{size:,} bytes were asked for, {len(data):,} came", where=where)
        return data


def pinned(version: ObjectVersion, start: int = 0) -> GetOptions:
    """What a GET of this version, and of no other, from an offset on asks with."""
    options: GetOptions = {}
    if version.version_id and version.version_id != "null":
        options["version"] = version.version_id
    elif version.etag:
        options["if_match"] = f'"{version.etag}"'
    if start:
        options["range"] = {"offset": start}
    return options


def unquoted(etag: str | None) -> str | None:
    """An ETag as `ObjectVersion` has it."""
    return etag.strip('"') if etag else None
