"""An event: an object landed or went. A hint that something changed, not the truth about what is there."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

__all__ = ["Event", "ObjectVersion"]


class ObjectVersion(Struct, frozen=True):
    """One version of one key: what a load is a load of.

    Attributes:
        uri: what people call it: `s3://bucket/key`, or an absolute path.
        bucket: the bucket; for local files the source folder's absolute path.
        key: the key inside the bucket; for local files the path below the folder, `/`-separated.
        version_id: the store's own version id, where it has one.
        etag: the store's ETag without quotes, where it has one.
        modified: last modification, with time zone; microseconds for local files, seconds for S3.
        size: bytes as stored (compressed size where compressed); of a file in an archive, its own.
        packed_size: bytes that a file takes in its archive; None for what is in none. Time and version are
            the archive's.
    """

    uri: str
    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    modified: datetime
    size: int
    packed_size: int | None = None

    @property
    def identity(self) -> str:
        """What tells this version from every other version of its key.

        The version id, else ETag with LastModified, else size with mtime.
        """
        if self.version_id and self.version_id != "null":
            return f"version:{self.version_id}"
        if self.etag:
            return f"etag:{self.etag}@{self.modified.isoformat()}"
        return f"file:{self.size}@{self.modified.isoformat()}"

    @property
    def facts(self) -> dict[str, str | None]:
        """The metadata that a column can hold, as the text of cells."""
        return {
            "uri": self.uri,
            "bucket": self.bucket,
            "key": self.key,
            "file_name": self.key.rsplit("/", 1)[-1],
            "version_id": self.version_id,
            "etag": self.etag,
            "modified": self.modified.isoformat(),
            "size": str(self.size),
        }


class Event(Struct, frozen=True):
    """Something happened to a key.

    Attributes:
        kind: `created` (or overwritten) or `removed`.
        bucket: as in `ObjectVersion`.
        key: as in `ObjectVersion`, decoded.
        version_id: the version that the event speaks of, where it says.
        sequencer: S3's sequencer, which orders the events of one key; hexadecimal, compared by
            `core.ordering.sequencer_key`.
        time: when it happened, where the event says.
        trigger: who brought it: `hand`, `folder`, `sqs`, `schedule`.
    """

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    version_id: str | None = None
    sequencer: str | None = None
    time: datetime | None = None
    trigger: str = "hand"
