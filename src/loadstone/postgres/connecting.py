"""Why a connection could not be made -> our errors.

libpq keeps the SQLSTATE to itself there, so the text is looked at, here and nowhere else. What a server or a
pooler answered is told from what libpq says where nobody did: "no such file or directory" may be about the
server's socket, or about a file that the server could not open.
"""

from __future__ import annotations

import re

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
    ServerNotTrusted,
)
from loadstone.postgres.sqlstate import TOO_MANY, sentence, translate

__all__ = ["translate_connect"]

#: A pattern, looked for in any case, the first that is found; what it means; what to do.
_Cases = tuple[tuple[str, type[LoadstoneError], str], ...]

_CREDENTIALS = "check user and password of the destination"

_ANSWERS: _Cases = (
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        AuthenticationFailed,
        "the server does not let this host, user or encryption in: see its pg_hba.conf",
    ),
    (
        r"authentication failed|role .* does not exist|no such user|no credentials|client certificate",
        AuthenticationFailed,
        _CREDENTIALS,
    ),
    (r"not permitted to log in", AuthenticationFailed, "ALTER ROLE ... LOGIN, or connect as another role"),
    (
        r"database .* does not exist|no such database",
        DestinationError,
        "create the database first, or mend the destination's URL",
    ),
    (r"permission denied for database", PermissionDenied, "GRANT CONNECT ON DATABASE ... TO ..."),
    (
        r"too many connections for (database|role)",
        DatabaseBusy,
        "lower max_concurrent_loads, or raise the CONNECTION LIMIT of the database or the role",
    ),
    (
        r"too many (clients|connections)|connection slots|no more connections allowed",
        DatabaseBusy,
        TOO_MANY,
    ),
    (
        r"not currently accepting connections",
        DatabaseUnavailable,
        "the database is closed to everybody: ALTER DATABASE ... ALLOW_CONNECTIONS true",
    ),
    (
        r"is not accepting connections",
        DatabaseUnavailable,
        "the server is a stand-by that serves nobody: connect to the primary",
    ),
    (
        r"database system is|not yet accepting connections|recovery|shutting down|administrator command",
        DatabaseUnavailable,
        "wait until the server is up",
    ),
    (
        r"unrecognized configuration parameter|invalid value for parameter|invalid command-line argument",
        DestinationError,
        "mend the options in the destination's URL",
    ),
    (
        r"could not (open|read|access|stat|write|fsync)|input/output error|is not a valid data directory",
        DatabaseUnavailable,
        "the database server cannot read its files; see its log",
    ),
    (
        r"out of memory|could not fork|no space left|resource temporarily unavailable",
        DatabaseUnavailable,
        "the database server is short of memory, processes or disk space; see its log",
    ),
    (
        r"cannot connect to server|server login|query_wait_timeout",
        DatabaseUnavailable,
        "the pooler is up, and has no connection to the database: see its log",
    ),
)

_SILENCES: _Cases = (
    (
        r"certificate verify failed|self-signed certificate|unable to get (local )?issuer",
        ServerNotTrusted,
        "nobody known signed its certificate: give sslrootcert, or LOADSTONE_RDS_BUNDLE for a host of RDS",
    ),
    (
        r"server certificate for .* does not match host name",
        ServerNotTrusted,
        "connect by a name that its certificate holds, such as RDS's own endpoint in place of an alias",
    ),
    (
        r"root certificate file .* does not exist|could not (read|load) (root|system) certificate",
        ServerNotTrusted,
        "name a file of authorities as sslrootcert, or in LOADSTONE_RDS_BUNDLE for a host of RDS",
    ),
    (
        r"server does not support SSL",
        DestinationError,
        "the server takes no TLS: turn it on there, or lower sslmode in the destination's URL",
    ),
    (r"no password supplied|certificate|private key", AuthenticationFailed, _CREDENTIALS),
    (
        r"could not translate host name|name or service not known|failed to resolve",
        ConnectionLost,
        "the host's name is not known: check the destination's URL and the network's DNS",
    ),
    (
        r"invalid response to SSL negotiation|expected authentication request|unexpected message",
        DestinationError,
        "what listens there is not PostgreSQL: are host and port right?",
    ),
    (r"SSL", DestinationError, "check sslmode in the destination's URL"),
    (
        r"session is (not )?read-only|server is (not )?in hot standby",
        DatabaseUnavailable,
        "no server of that kind is among the hosts: see target_session_attrs in the destination's URL",
    ),
    (
        r"closed the connection|connection reset",
        ConnectionLost,
        "the connection was closed while it was made: see the log of the server, or of a proxy before it",
    ),
    (
        r"connection refused|no such file or directory",
        ConnectionLost,
        "nothing listens there: is the server running, are host and port right?",
    ),
    (
        r"permission denied",
        ConnectionLost,
        "the server's socket, or a file that the URL names, is closed to this user",
    ),
    (
        r"timeout|timed out|no route|unreachable",
        ConnectionLost,
        "the host does not answer: check host, port, firewall and security group",
    ),
)

#: Before the reason, one line for each address that was tried.
_ATTEMPT = re.compile(r'connection to server (?:at|on socket) ".*?"(?: \(.*?\))?(?:, port \d+)? failed: (.*)')

#: In front of what a server says, in whatever language.
_SEVERITY = re.compile(r"\w+:  ")


def translate_connect(error: psycopg.Error, *, where: str) -> LoadstoneError:
    """Our error for a connection that could not be made."""
    if error.sqlstate:
        return translate(error, where=where)
    if isinstance(error, errors.ConnectionTimeout):
        reason, is_answer = "timeout expired", False
    else:
        reason, is_answer = _reason(str(error))
    what = f"cannot connect: {sentence(reason)}"
    for pattern, kind, hint in _ANSWERS if is_answer else _SILENCES:
        if re.search(pattern, reason, re.IGNORECASE):
            return kind(what, where=where, hint=hint)
    if is_answer:
        return DatabaseUnavailable(what, where=where, hint="the server refuses the connection; see its log")
    return ConnectionLost(what, where=where, hint="check the destination's URL and that the server is up")


def _reason(text: str) -> tuple[str, bool]:
    """One line of libpq's report on every address it tried, and whether a server said it.

    What a server answered says more than that another address is silent.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no reason given"]
    reasons = [found[1] for line in lines if (found := _ATTEMPT.search(line))]
    for reason in reasons:
        if (severity := _SEVERITY.match(reason)) or reason.startswith("could not fork"):
            return reason[severity.end() :] if severity else reason, True
    if reasons:
        return reasons[0], False
    return re.sub(r"^connection (failed|is bad): ", "", lines[0]), False
