"""What opened files have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:

    class _Intake(Protocol):
        @property
        def bytes_read(self) -> int: ...

        @property
        def sha256(self) -> str: ...


__all__ = ["SAMPLE_RECORDS", "OpenedFile"]

#: Records looked at to tell names and types.
SAMPLE_RECORDS = 1000


class OpenedFile:
    """A file that tells of its stored bytes what its intake knows."""

    _intake: _Intake

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source so far."""
        return self._intake.bytes_read

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._intake.sha256
