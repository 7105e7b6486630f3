"""A listener who does nothing: for loads whose outcome is all that counts."""

from __future__ import annotations

from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome

__all__ = ["Quiet"]


class Quiet:
    """Implements `ports.Progress` by silence."""

    def started(self, version: ObjectVersion) -> None:
        """Says nothing."""

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """Says nothing."""

    def waiting(self, reason: str) -> None:
        """Says nothing."""

    def finished(self, outcome: LoadOutcome) -> None:
        """Says nothing."""
