"""What stands around loads: time, progress, notifications, the way into the database."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome
from loadstone.model.notice import Notice

__all__ = ["Clock", "DatabaseAccess", "Notifier", "Progress"]


class Notifier(Protocol):
    """A topic or a webhook."""

    @property
    def name(self) -> str:
        """What the ledger and logs call it; holds no secret."""

    def send(self, notice: Notice) -> None:
        """Sends it; takes a few seconds at most.

        Raises:
            NotificationRefused: the receiver will not take it, however often it is tried.
            NotifierUnavailable: another try may succeed.
        """


class DatabaseAccess(Protocol):
    """Where a database is and how one gets in, asked anew for each connection: passwords change."""

    @property
    def where(self) -> str:
        """The database's name in messages: always the same, and without a password."""

    @property
    def advice(self) -> str | None:
        """What to do where the server refuses what `url` gives, and went on to refuse what it gave next."""

    @property
    def is_rotated(self) -> bool:
        """Whether the password is changed in the server and here one after the other, seconds apart."""

    def url(self) -> str:
        """A database URL, or `key=value` pairs, for the next connection; remembered for minutes at most.

        Raises:
            SecretError: it is not there, may not be read, or does not say how to reach a database.
            AuthenticationFailed: there is nothing to ask with.
            SourceUnavailable: whoever knows it does not answer.
        """

    def renew(self, refused: str) -> bool:
        """The server refused the credentials of this URL: whether `url` gives others from now on."""


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """The time, with zone."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Waits."""


class Progress(Protocol):
    """Who is told how a load goes: a progress bar, a log, or nobody."""

    def started(self, version: ObjectVersion) -> None:
        """An object is being opened; `version.size` is what `advanced` counts up to."""

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """So many bytes (as stored), records and rejects so far, of this attempt."""

    def waiting(self, reason: str) -> None:
        """Nothing can be done for now: a slot, a table or a retry is waited for."""

    def finished(self, outcome: LoadOutcome) -> None:
        """The answer."""
