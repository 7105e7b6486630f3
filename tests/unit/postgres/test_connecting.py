"""What libpq says of a connection that could not be made, and what we make of it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from loadstone.errors import (
    AuthenticationFailed,
    ConnectionLost,
    DatabaseBusy,
    DatabaseUnavailable,
    DestinationError,
    LoadstoneError,
    PermissionDenied,
)
from loadstone.postgres.connecting import translate_connect

SOCKET = 'connection to server on socket "/var/run/.s.PGSQL.5432" failed: '
HOST = 'connection to server at "db" (10.0.0.1), port 5432 failed: '


def translated(text: str) -> LoadstoneError:
    return translate_connect(psycopg.OperationalError(text), where="db:5432/d")


@pytest.mark.parametrize(
    ("answer", "kind", "hint"),
    [
        ('password authentication failed for user "u"', AuthenticationFailed, "user and password"),
        ('role "u" does not exist', AuthenticationFailed, "user and password"),
        ('role "u" is not permitted to log in', AuthenticationFailed, "ALTER ROLE"),
        ("connection requires a valid client certificate", AuthenticationFailed, "user and password"),
        ('no pg_hba.conf entry for host "1.2.3.4", user "u", no encryption', AuthenticationFailed, "pg_hba"),
        ('pg_hba.conf rejects connection for host "[local]", user "u"', AuthenticationFailed, "pg_hba.conf"),
        ("This RDS proxy has no credentials for the role u", AuthenticationFailed, "user and password"),
        ('database "d" does not exist', DestinationError, "create the database"),
        ("no such database: d", DestinationError, "create the database"),
        ('permission denied for database "d"', PermissionDenied, "GRANT CONNECT"),
        ("sorry, too many clients already", DatabaseBusy, "pgbouncer"),
        ("remaining connection slots are reserved for roles with the SUPERUSER", DatabaseBusy, "pgbouncer"),
        ("no more connections allowed (max_client_conn)", DatabaseBusy, "pgbouncer"),
        ('too many connections for role "u"', DatabaseBusy, "CONNECTION LIMIT"),
        ('too many connections for database "d"', DatabaseBusy, "CONNECTION LIMIT"),
        ('database "d" is not currently accepting connections', DatabaseUnavailable, "ALLOW_CONNECTIONS"),
        ("the database system is starting up", DatabaseUnavailable, "wait until"),
        ("the database system is shutting down", DatabaseUnavailable, "wait until"),
        ("the database system is in recovery mode", DatabaseUnavailable, "wait until"),
        ("the database system is not yet accepting connections", DatabaseUnavailable, "wait until"),
        ("the database system is not accepting connections", DatabaseUnavailable, "primary"),
        ('unrecognized configuration parameter "foo"', DestinationError, "options"),
        (
            'could not open file "global/pg_filenode.map": No such file or directory',
            DatabaseUnavailable,
            "its files",
        ),
        ('could not open file "base/5/2601": Permission denied', DatabaseUnavailable, "its files"),
        ('"base/5" is not a valid data directory', DatabaseUnavailable, "its files"),
        ("out of memory", DatabaseUnavailable, "short of"),
        ("server login has been failing, connection refused", DatabaseUnavailable, "the pooler is up"),
        ("something nobody has seen before", DatabaseUnavailable, "see its log"),
    ],
)
@pytest.mark.parametrize("severity", ["FATAL:  ", "ВАЖНО:  "])
def test_what_a_server_answers_never_means_that_nothing_listens(
    answer: str, kind: type[LoadstoneError], hint: str, severity: str
) -> None:
    ours = translated(f"connection failed: {SOCKET}{severity}{answer}")
    assert type(ours) is kind
    assert hint in (ours.hint or "")
    assert str(ours)[: len("db:5432/d: cannot connect: ")] == "db:5432/d: cannot connect: "
    assert answer[5:] in str(ours)


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        (
            f"{HOST}Connection refused\n\tIs the server running on that host?",
            ConnectionLost,
            "nothing listens",
        ),
        (
            f"{SOCKET}No such file or directory\n\tIs the server running locally?",
            ConnectionLost,
            "nothing listens",
        ),
        (f"{SOCKET}Permission denied", ConnectionLost, "closed to this user"),
        (f"{HOST}fe_sendauth: no password supplied", AuthenticationFailed, "user and password"),
        (f"{HOST}server does not support SSL, but SSL was required", DestinationError, "sslmode"),
        (f"{HOST}received invalid response to SSL negotiation: H", DestinationError, "not PostgreSQL"),
        (
            f"{HOST}expected authentication request from server, but received H",
            DestinationError,
            "not PostgreSQL",
        ),
        (f"{HOST}session is read-only", DatabaseUnavailable, "target_session_attrs"),
        (f"{HOST}server closed the connection unexpectedly", ConnectionLost, "was closed"),
        (f"{HOST}No route to host", ConnectionLost, "does not answer"),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", ConnectionLost, "DNS"),
        ("something nobody has seen before", ConnectionLost, "URL"),
        ("", ConnectionLost, "URL"),
    ],
)
def test_a_failure_that_no_server_told_says_which_and_what_to_do(
    text: str, kind: type[LoadstoneError], hint: str
) -> None:
    ours = translated(f"connection is bad: {text}")
    assert type(ours) is kind
    assert hint in (ours.hint or "")
    assert "\n" not in str(ours)


def test_a_time_out_is_no_answer() -> None:
    ours = translate_connect(errors.ConnectionTimeout("connection timeout expired"), where="db:5432/d")
    assert type(ours) is ConnectionLost
    assert "does not answer" in (ours.hint or "")


def test_of_several_addresses_the_one_that_answered_is_told() -> None:
    refused = 'connection to server at "localhost" (::1), port 5432 failed: Connection refused'
    answered = (
        'connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  role "u" does not exist'
    )
    ours = translated(f"connection failed: {refused}\n\tIs the server running?\n- host: {answered}")
    assert type(ours) is AuthenticationFailed
    assert str(ours) == 'db:5432/d: cannot connect: role "u" does not exist'


def test_a_server_that_cannot_fork_answers_without_a_severity() -> None:
    ours = translated(f"{HOST}could not fork new process for connection: Resource temporarily unavailable")
    assert type(ours) is DatabaseUnavailable
    assert "short of" in (ours.hint or "")
