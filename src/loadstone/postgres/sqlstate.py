"""PostgreSQL's errors -> ours: the SQLSTATE decides what is worth another try.

psycopg's classes carry the SQLSTATE. Only a failure to connect comes without one: see `connecting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from loadstone.errors import (
    AuthenticationFailed,
    ConnectionLost,
    DatabaseBusy,
    DatabaseUnavailable,
    DestinationError,
    LoadstoneError,
    PermissionDenied,
    TableMismatch,
)

__all__ = ["TOO_MANY", "sentence", "translate", "translated"]

_Kind = tuple[type[LoadstoneError], str | None]

_READ_ONLY = (
    "the server is a stand-by or was set read-only; connect to the primary (target_session_attrs=read-write)"
)
_FULL = "free space on the database server, then load again: nothing was kept of this attempt"
TOO_MANY = "lower max_concurrent_loads, put pgbouncer in front, or raise max_connections"

# Longest prefix first. Whatever is not here is Terminal: the same statement will fail the same way.
_BY_SQLSTATE: dict[str, _Kind] = {
    "08": (ConnectionLost, None),
    "25006": (DatabaseUnavailable, _READ_ONLY),
    "25P03": (
        ConnectionLost,
        "the server ended an idle transaction; see idle_in_transaction_session_timeout",
    ),
    "28": (AuthenticationFailed, "check user and password of the destination, and pg_hba.conf"),
    "3D000": (DestinationError, "create the database first, or mend the destination's URL"),
    "3F000": (DestinationError, "create the schema first, or grant CREATE on the database"),
    "40": (DatabaseBusy, None),
    "42501": (
        PermissionDenied,
        "ask its owner for the privilege; `loadstone migrate --grants ROLE` prints what a role needs",
    ),
    "42704": (
        DestinationError,
        "check the types under `columns:`; one of an extension, or of your own, must be there first",
    ),
    "42703": (TableMismatch, "the table was changed; compare its columns with the dataset's"),
    "42P01": (TableMismatch, "the table went away, or is not on the search_path: give its schema"),
    "53100": (DatabaseUnavailable, _FULL),
    "53300": (DatabaseBusy, TOO_MANY),
    "53": (DatabaseUnavailable, "the database server is short of memory or another resource"),
    "54000": (DestinationError, "a value is beyond what PostgreSQL can index or store"),
    "55P03": (
        DatabaseBusy,
        "another transaction holds a lock on the table; see pg_stat_activity, or raise limits.lock_timeout",
    ),
    "55006": (DatabaseBusy, None),
    "57014": (DatabaseBusy, "the statement was cancelled, by a time-out or by someone"),
    "57P04": (DestinationError, "the database was dropped"),
    "57": (DatabaseUnavailable, "the server is stopping or starting"),
    "58": (DatabaseUnavailable, "the database server reports an input/output error; see its log"),
    "XX001": (DestinationError, "the database server reports damaged data; see its log"),
}


def translate(error: psycopg.Error, *, where: str | None = None) -> LoadstoneError:
    """Our error for one of psycopg's that a statement raised; keeps the SQLSTATE as its code."""
    sqlstate = error.sqlstate
    kind, hint = _kind(error, sqlstate)
    diagnosis = error.diag
    what = sentence(diagnosis.message_primary or str(error) or type(error).__name__)
    if diagnosis.message_detail:
        what += f" ({sentence(diagnosis.message_detail)})"
    return kind(what, where=where, hint=hint or diagnosis.message_hint, code=sqlstate)


@contextmanager
def translated(where: str | None = None) -> Iterator[None]:
    """Turns psycopg's errors into ours; lets ours through.

    Raises:
        LoadstoneError: of the kind that the SQLSTATE asks for.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, where=where) from error


def _kind(error: psycopg.Error, sqlstate: str | None) -> _Kind:
    if not sqlstate:
        if isinstance(error, psycopg.OperationalError):
            return ConnectionLost, None
        return DestinationError, None
    for length in (5, 2):
        found = _BY_SQLSTATE.get(sqlstate[:length])
        if found:
            return found
    return DestinationError, None


def sentence(text: str) -> str:
    """A server's message in our manner: one line, lower-case start, no full stop."""
    line = " ".join(text.split()).rstrip(".")
    return line[:1].lower() + line[1:] if line[1:2].islower() else line
