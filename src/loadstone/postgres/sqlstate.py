"""PostgreSQL's errors -> ours: the SQLSTATE decides what is worth another try.

psycopg's classes carry the SQLSTATE. Only a failure to connect comes without one, because libpq keeps it to
itself there; its text is looked at then, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

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

__all__ = ["translate", "translate_connect", "translated"]

_Kind = tuple[type[LoadstoneError], str | None]

_READ_ONLY = (
    "the server is a stand-by or was set read-only; connect to the primary (target_session_attrs=read-write)"
)
_FULL = "free space on the database server, then load again: nothing was kept of this attempt"
_TOO_MANY = "lower max_concurrent_loads, put pgbouncer in front, or raise max_connections"

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
    "53300": (DatabaseBusy, _TOO_MANY),
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

# Patterns in the text of a failure to connect, in the order in which they are looked for, and in any case.
_BY_TEXT: tuple[tuple[str, type[LoadstoneError], str], ...] = (
    (
        r"authentication failed|no password supplied|role .* does not exist|no such user|certificate",
        AuthenticationFailed,
        "check user and password of the destination",
    ),
    (
        r"no pg_hba\.conf entry",
        AuthenticationFailed,
        "the server does not let this host, user or encryption in: see its pg_hba.conf",
    ),
    (
        r"database .* does not exist|no such database",
        DestinationError,
        "create the database first, or mend the destination's URL",
    ),
    (r"permission denied for database", PermissionDenied, "GRANT CONNECT ON DATABASE ... TO ..."),
    (
        r"too many (clients|connections)|remaining connection slots|no more connections allowed",
        DatabaseBusy,
        _TOO_MANY,
    ),
    (
        r"database system is|not yet accepting connections|recovery|read-only|shutting down",
        DatabaseUnavailable,
        "wait until the server is up",
    ),
    (
        r"could not translate host name|name or service not known|failed to resolve",
        ConnectionLost,
        "the host's name is not known: check the destination's URL and the network's DNS",
    ),
    (r"does not support SSL|SSL", DestinationError, "check sslmode in the destination's URL"),
    (
        r"connection refused|no such file or directory",
        ConnectionLost,
        "nothing listens there: is the server running, are host and port right?",
    ),
    (
        r"timeout|timed out|no route|unreachable",
        ConnectionLost,
        "the host does not answer: check host, port, firewall and security group",
    ),
)


def translate(error: psycopg.Error, *, where: str | None = None) -> LoadstoneError:
    """Our error for one of psycopg's that a statement raised; keeps the SQLSTATE as its code."""
    sqlstate = error.sqlstate
    kind, hint = _kind(error, sqlstate)
    diagnosis = error.diag
    what = _sentence(diagnosis.message_primary or str(error) or type(error).__name__)
    if diagnosis.message_detail:
        what += f" ({_sentence(diagnosis.message_detail)})"
    return kind(what, where=where, hint=hint or diagnosis.message_hint, code=sqlstate)


def translate_connect(error: psycopg.Error, *, where: str) -> LoadstoneError:
    """Our error for a connection that could not be made."""
    if error.sqlstate:
        return translate(error, where=where)
    text = str(error)
    what = f"cannot connect: {_last_reason(text)}"
    if isinstance(error, errors.ConnectionTimeout):
        return ConnectionLost(
            what, where=where, hint="the host does not answer: check host, port and firewall"
        )
    for pattern, kind, hint in _BY_TEXT:
        if re.search(pattern, text, re.IGNORECASE):
            return kind(what, where=where, hint=hint)
    return ConnectionLost(what, where=where, hint="check the destination's URL and that the server is up")


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


def _last_reason(text: str) -> str:
    """One line of libpq's report on every address it tried."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = next((line for line in lines if "failed:" in line), lines[0] if lines else "no reason given")
    reason = reason.rpartition("failed: ")[2]
    return _sentence(re.sub(r"^(FATAL|ERROR):\s*", "", reason))


def _sentence(text: str) -> str:
    """A server's message in our manner: one line, lower-case start, no full stop."""
    line = " ".join(text.split()).rstrip(".")
    return line[:1].lower() + line[1:] if line[1:2].islower() else line
