"""What can go wrong, as one tree.

Whether to try again is told by the type, never by the text::

    LoadstoneError
    ├── Terminal                 the same input will fail the same way
    │   ├── UsageError           wrong arguments (exit code 2)
    │   │   ├── ConfigurationError   pipeline.yaml or the environment is wrong
    │   │   └── MissingExtra         an optional dependency is not installed
    │   ├── SecretError          a secret is missing, or does not say how to reach the database
    │   ├── SourceError          the object cannot be had
    │   │   ├── ObjectMissing
    │   │   ├── ObjectChanged        the pinned version is no longer what is there
    │   │   └── AccessDenied
    │   ├── FormatError          the bytes are not what the dataset says they are
    │   │   ├── CompressionError     truncated, corrupt, or more than one member
    │   │   └── DecompressionBomb    grows beyond the configured ratio
    │   ├── ContractError        the file's columns do not fit the contract
    │   ├── RejectLimitExceeded  more rejects than the dataset allows
    │   ├── EmptyReplace         `replace` with no accepted row, and no `allow_empty`
    │   ├── DestinationError     the database refuses, and will refuse again
    │   │   ├── AuthenticationFailed
    │   │   ├── ServerNotTrusted     its certificate is of another name, or signed by a stranger
    │   │   ├── PermissionDenied
    │   │   ├── TableMismatch        the table does not fit the contract
    │   │   └── SchemaVersionError   the `loadstone` schema is newer than this program
    │   ├── EventNotUnderstood   a message that is not about objects that landed or went
    │   ├── BalanceError         the rows do not add up; nothing was committed
    │   ├── LoadNotFound         no such load in the ledger
    │   ├── QueueError           the queue cannot be used, and another try would not change that
    │   └── NotificationRefused  a topic or webhook will not take a notification
    └── Transient                worth another try
        ├── ConnectionLost
        ├── DatabaseBusy             lock time-out, deadlock, serialization, too many connections
        │   ├── SlotUnavailable          the fleet's cap on loading transactions is reached
        │   ├── ObjectBusy               another worker is loading this very object
        │   └── TableBusy                another load holds the table
        ├── DatabaseUnavailable      starting, stopping, read-only stand-by, disk full
        │   └── SecretRefused            the password in the secret does not fit: it may be amid its rotation
        ├── SourceUnavailable        network, throttling, 5xx
        │   └── CredentialsExpired       they have run out, or a clock is wrong: others may come
        ├── QueueUnavailable     the same between us and the queue; credentials that ran out
        ├── NotifierUnavailable      a topic or webhook does not answer
        ├── Stalled                  no progress for too long
        └── OutOfTime                who runs us ends us now: a function's time-out, a shutdown

Each error says what happened, where, and what to do about it.
"""

from __future__ import annotations

__all__ = [
    "AccessDenied",
    "AuthenticationFailed",
    "BalanceError",
    "CompressionError",
    "ConfigurationError",
    "ConnectionLost",
    "ContractError",
    "CredentialsExpired",
    "DatabaseBusy",
    "DatabaseUnavailable",
    "DecompressionBomb",
    "DestinationError",
    "EmptyReplace",
    "EventNotUnderstood",
    "FormatError",
    "LoadNotFound",
    "LoadstoneError",
    "MissingExtra",
    "NotificationRefused",
    "NotifierUnavailable",
    "ObjectBusy",
    "ObjectChanged",
    "ObjectMissing",
    "OutOfTime",
    "PermissionDenied",
    "QueueError",
    "QueueUnavailable",
    "RejectLimitExceeded",
    "SchemaVersionError",
    "SecretError",
    "SecretRefused",
    "ServerNotTrusted",
    "SlotUnavailable",
    "SourceError",
    "SourceUnavailable",
    "Stalled",
    "TableBusy",
    "TableMismatch",
    "Terminal",
    "Transient",
    "UsageError",
]


class LoadstoneError(Exception):
    """The root: what happened, where, and the way out.

    Attributes:
        what: what happened, in one lower-case sentence without a full stop.
        where: the thing it happened to: a file with line and column, a table, a path in pipeline.yaml.
        hint: what the reader can do about it, or None.
        code: a short stable name for the ledger and for scripts, such as `object_missing`, or the SQLSTATE
            where PostgreSQL gave one.
        load_id: the ledger row that tells of it, where there is one.
    """

    code = "error"
    load_id: int | None = None

    def __init__(
        self, what: str, *, where: str | None = None, hint: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            cls.code = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")


class Terminal(LoadstoneError):
    """The same input will fail the same way: do not retry."""


class Transient(LoadstoneError):
    """Another try may succeed."""


class UsageError(Terminal):
    """Wrong arguments; the command line exits with 2."""


class ConfigurationError(UsageError):
    """pipeline.yaml, or the environment, is wrong."""


class MissingExtra(UsageError):
    """An optional dependency is not installed; the hint names the pip command."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs a package that is not installed",
            hint=f"pip install 'loadstone[{extra}]'",
        )


class SecretError(Terminal):
    """A secret is missing, or does not say how to reach the database."""


class SourceError(Terminal):
    """The object cannot be had."""


class ObjectMissing(SourceError):
    """There is no such object, file or folder."""


class ObjectChanged(SourceError):
    """The pinned version of the object is no longer the one that is there."""


class AccessDenied(SourceError):
    """The credentials are missing, are not known, or do not allow it."""


class FormatError(Terminal):
    """The bytes are not what the dataset says they are."""


class CompressionError(FormatError):
    """The compressed stream is truncated, corrupt, or holds more than one member."""


class DecompressionBomb(FormatError):
    """The compressed stream grows beyond the configured ratio."""


class ContractError(Terminal):
    """The file's columns do not fit the contract."""


class RejectLimitExceeded(Terminal):
    """More rows were rejected than the dataset's `reject_limit` allows."""


class EmptyReplace(Terminal):
    """A `replace` would leave an empty table, and `allow_empty` is not set."""


class EventNotUnderstood(Terminal):
    """A message is not about objects that landed or went, or lacks what it takes to know which."""


class DestinationError(Terminal):
    """The database refuses, and will refuse again."""


class AuthenticationFailed(DestinationError):
    """Wrong user or password."""


class ServerNotTrusted(DestinationError):
    """The server's certificate is of another name, or signed by nobody that is known."""


class PermissionDenied(DestinationError):
    """The role lacks a privilege; the hint gives the grant."""


class TableMismatch(DestinationError):
    """The table does not fit the contract."""


class SchemaVersionError(DestinationError):
    """The `loadstone` schema is newer than this program knows."""


class BalanceError(Terminal):
    """The rows do not add up; nothing was committed. Always a bug worth reporting."""


class LoadNotFound(Terminal):
    """The ledger has no such load."""


class QueueError(Terminal):
    """The queue is not there, or may not be used with these credentials."""


class NotificationRefused(Terminal):
    """A topic or webhook will not take a notification, however often it is tried."""


class ConnectionLost(Transient):
    """The connection to the database went away."""


class DatabaseBusy(Transient):
    """A lock time-out, a deadlock, a serialization failure, too many connections."""


class SlotUnavailable(DatabaseBusy):
    """The fleet's cap on concurrent loading transactions is reached."""


class ObjectBusy(DatabaseBusy):
    """Another worker is loading this very object."""


class TableBusy(DatabaseBusy):
    """Another load holds the table for itself."""


class DatabaseUnavailable(Transient):
    """The database is starting, stopping, a read-only stand-by, or out of space."""


class SourceUnavailable(Transient):
    """The network, throttling or a server error is between us and the object or the secret."""


class SecretRefused(DatabaseUnavailable):
    """The server refuses the password that the secret holds: a rotation changes first one, then the other."""


class CredentialsExpired(SourceUnavailable):
    """The credentials have run out, or the clocks disagree: whoever gives them may give others by then."""


class NotifierUnavailable(Transient):
    """A topic or webhook does not answer, or is told too much at once.

    Attributes:
        retry_after: seconds that the receiver asks to be left alone, where it says.
    """

    retry_after: float | None = None


class QueueUnavailable(Transient):
    """The network, throttling, a server error or credentials that ran out are between us and the queue."""


class Stalled(Transient):
    """Nothing moved for longer than the limit."""


class OutOfTime(Transient):
    """Who runs us ends us now: a function's time is over, or its environment shuts down."""
