"""One version of an S3 object as a stream that survives broken connections."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from loadstone.errors import LoadstoneError, ObjectChanged, SourceUnavailable, Stalled, Transient
from loadstone.platform.retry import Backoff
from loadstone.sources.s3_errors import translate
from loadstone.sources.s3_ranges import S3Ranges, pinned, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.event import ObjectVersion
    from loadstone.ports import Clock

__all__ = ["S3Stream"]

#: Bytes gathered before they are handed on.
_CHUNK_SIZE = 1024 * 1024

#: Tries without a single chunk in between before the stream gives up.
_ATTEMPTS = 6


class S3Stream:
    """The bytes of one version: one GET, and after a break another from where it broke.

    Every request is pinned: by the version id where there is one, else by `If-Match` with the ETag, so that
    no two versions are ever mixed.
    """

    def __init__(self, store: Any, key: str, version: ObjectVersion, clock: Clock, *, has_keys: bool) -> None:
        self._store = store
        self._key = key
        self._version = version
        self._clock = clock
        self._has_keys = has_keys
        self._chunks: Iterator[bytes] | None = None
        self._current = memoryview(b"")
        self._received = 0
        self._is_closed = False
        self._backoff = Backoff()
        self._jitter = random.Random()  # noqa: S311
        self._current = memoryview(self._next_chunk())

    def read(self, size: int, /) -> memoryview:
        """Up to `size` bytes; empty at the end."""
        if not self._current and not self._is_closed:
            self._current = memoryview(self._next_chunk())
        taken, self._current = self._current[:size], self._current[size:]
        return taken

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
        """Bytes from anywhere in the version, as (offset, size) asks for them, by GETs at the same time."""
        version = S3Ranges(self._store, self._key, self._version, self._clock, has_keys=self._has_keys)
        with ThreadPoolExecutor(len(ranges), thread_name_prefix="loadstone-range") as pool:
            return tuple(pool.map(version.read_at, *zip(*ranges, strict=True)))

    def close(self) -> None:
        """Lets go of the connection. Harmless when already closed."""
        self._is_closed = True
        self._chunks = None
        self._current = memoryview(b"")

    def _next_chunk(self) -> bytes:
        failures = 0
        while self._received < self._version.size or self._chunks is None:
            try:
                return self._attempt()
            except Stalled:
                raise  # waiting for as long again would help nobody
            except Transient:
                self._chunks = None
                failures += 1
                if failures == _ATTEMPTS or self._is_closed:
                    raise
            self._clock.sleep(self._backoff.delay(failures, self._jitter))
        return b""

    def _attempt(self) -> bytes:
        try:
            if self._chunks is None:
                self._chunks = self._connect()
            chunk = next(self._chunks, b"")
        except LoadstoneError:
            raise
        except Exception as error:
            raise translate(error, self._version.uri, has_keys=self._has_keys) from error
        self._received += len(chunk)
        if not chunk and self._received < self._version.size:
            raise SourceUnavailable(
                f"the stream ended after {self._received:,} of {self._version.size:,} bytes",
                where=self._version.uri,
            )
        return bytes(chunk) if not isinstance(chunk, bytes) else chunk

    def _connect(self) -> Iterator[bytes]:
        import obstore  # noqa: PLC0415 - 15 MB that local files do not need

        result = obstore.get(self._store, self._key, options=pinned(self._version, self._received))
        meta, start = result.meta, result.range[0]
        etag = unquoted(meta["e_tag"])
        is_same = (
            meta["size"] == self._version.size
            and start == self._received
            and (not self._version.etag or not etag or etag == self._version.etag)
        )
        if not is_same:
            raise ObjectChanged("the object was overwritten since it was looked at", where=self._version.uri)
        chunks: Iterator[bytes] = iter(result.stream(min_chunk_size=_CHUNK_SIZE))
        return chunks
