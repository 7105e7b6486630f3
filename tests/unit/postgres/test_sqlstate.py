from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from loadstone.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionLost,
    DatabaseBusy,
    DatabaseUnavailable,
    DestinationError,
    LoadstoneError,
    PermissionDenied,
    TableMismatch,
    Terminal,
    Transient,
)
from loadstone.model.pipeline import Limits
from loadstone.postgres.connection import Connector, describe
from loadstone.postgres.sqlstate import translate, translated


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.ConnectionFailure, ConnectionLost),
        (errors.SerializationFailure, DatabaseBusy),
        (errors.DeadlockDetected, DatabaseBusy),
        (errors.LockNotAvailable, DatabaseBusy),
        (errors.QueryCanceled, DatabaseBusy),
        (errors.TooManyConnections, DatabaseBusy),
        (errors.DiskFull, DatabaseUnavailable),
        (errors.OutOfMemory, DatabaseUnavailable),
        (errors.AdminShutdown, DatabaseUnavailable),
        (errors.CrashShutdown, DatabaseUnavailable),
        (errors.CannotConnectNow, DatabaseUnavailable),
        (errors.ReadOnlySqlTransaction, DatabaseUnavailable),
        (errors.IoError, DatabaseUnavailable),
        (errors.IdleInTransactionSessionTimeout, ConnectionLost),
        (psycopg.OperationalError, ConnectionLost),
    ],
)
def test_what_may_pass_is_transient(error: type[psycopg.Error], kind: type[LoadstoneError]) -> None:
    ours = translate(error("boom"))
    assert type(ours) is kind
    assert isinstance(ours, Transient)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.InvalidPassword, AuthenticationFailed),
        (errors.InvalidAuthorizationSpecification, AuthenticationFailed),
        (errors.InsufficientPrivilege, PermissionDenied),
        (errors.InvalidCatalogName, DestinationError),
        (errors.UndefinedTable, TableMismatch),
        (errors.UndefinedColumn, TableMismatch),
        (errors.ForeignKeyViolation, DestinationError),
        (errors.DatabaseDropped, DestinationError),
        (errors.SyntaxError, DestinationError),
        (psycopg.ProgrammingError, DestinationError),
    ],
)
def test_what_will_fail_again_is_terminal(error: type[psycopg.Error], kind: type[LoadstoneError]) -> None:
    ours = translate(error("boom"))
    assert type(ours) is kind
    assert isinstance(ours, Terminal)


def test_the_sqlstate_becomes_the_code_of_the_error() -> None:
    assert translate(errors.DiskFull("could not extend file")).code == "53100"


def test_a_disk_full_says_what_to_do() -> None:
    assert "free space" in (translate(errors.DiskFull("could not extend file")).hint or "")


def test_our_own_errors_pass_through_unchanged() -> None:
    ours = DatabaseBusy("taken")
    with pytest.raises(DatabaseBusy) as raised, translated("here"):
        raise ours
    assert raised.value is ours


def test_a_driver_error_keeps_its_cause() -> None:
    theirs = errors.DeadlockDetected("deadlock detected")
    with pytest.raises(DatabaseBusy, match="here: deadlock detected") as raised, translated("here"):
        raise theirs
    assert raised.value.__cause__ is theirs


@pytest.mark.parametrize(
    "url", ["postgresql://u:s3cret@h:5433/d", "host=h port=5433 user=u password=s3cret dbname=d"]
)
def test_where_a_url_leads_is_told_without_its_password(url: str) -> None:
    assert describe(url) == "h:5433/d"
    assert Connector(url, limits=Limits(), application_name="a").where == "h:5433/d"


def test_a_url_that_cannot_be_understood_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Connector("postgres//nonsense s3cret", limits=Limits(), application_name="a")
    assert "s3cret" not in str(raised.value)
    assert raised.value.hint
