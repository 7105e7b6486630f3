"""Where generated files go: a folder, or a bucket. Streams; holds no file in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from loadstone.errors import UsageError

__all__ = ["FolderOutput", "Output", "Writer", "open_output"]

_BUFFER = 1024 * 1024


class Writer(Protocol):
    """Takes the bytes of one file."""

    def write(self, data: bytes, /) -> int:
        """Appends; returns how many bytes."""


class Output(Protocol):
    """A place for files."""

    def uri(self, name: str) -> str:
        """What people call the file of that name."""

    @contextmanager
    def open(self, name: str) -> Iterator[Writer]:
        """Writes a file of that name (`/`-separated); it is there, whole, once the block ends."""


class FolderOutput:
    """A folder of this machine. A file gets its name once it is whole: a watcher never sees half of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def uri(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)

    @contextmanager
    def open(self, name: str) -> Iterator[Writer]:
        """Makes the folders on the way, too.

        Raises:
            UsageError: the folder cannot be written to.
        """
        path = self._folder / name
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb", buffering=_BUFFER) as file:
                yield file
            partial.replace(path)
        except OSError as error:
            raise UsageError(
                f"cannot be written: {error.strerror or error}",
                where=str(path),
                hint="name another folder with --out, or make room",
            ) from error
        finally:
            with suppress(OSError):  # what was wrong is told already
                partial.unlink(missing_ok=True)


def open_output(out: Path | str) -> Output:
    """A folder, or `s3://bucket/prefix`.

    Raises:
        UsageError: another scheme, or no bucket.
    """
    text = str(out)
    if isinstance(out, str) and text.startswith("s3://"):
        from loadstone.examples.bucket_output import BucketOutput  # noqa: PLC0415 - only buckets need it

        return BucketOutput(text)
    if isinstance(out, str) and "://" in text:
        raise UsageError("cannot be written to", where=text, hint="name a folder, or s3://BUCKET/PREFIX/")
    return FolderOutput(Path(out))
