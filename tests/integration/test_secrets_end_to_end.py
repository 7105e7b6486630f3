"""The database's password is a secret of Secrets Manager: read when needed, and again when it was changed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from fixtures.answering import Answer, AnsweringServer
from fixtures.clocks import SetClock
from fixtures.secrets import Secrets
from fixtures.secure import SecureServer
from loadstone.errors import (
    ConfigurationError,
    CredentialsExpired,
    LoadstoneError,
    MissingExtra,
    SecretError,
    SecretRefused,
    SourceUnavailable,
)
from loadstone.model.pipeline import Limits, Pipeline
from loadstone.platform import aws_client
from loadstone.platform.retry import retrying
from loadstone.platform.secrets import SecretAccess
from loadstone.postgres.connection import Connector
from loadstone.wiring.workspace import Workspace

FIRST, SECOND = "first p@ss'w\\ord/%&", "second-word"

_roles = count(1)


@pytest.fixture
def role(secure_server: SecureServer) -> Iterator[str]:
    """A role with a database of its own, whose password is FIRST."""
    name = f"loader_{next(_roles)}"
    with psycopg.connect(secure_server.server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
        secure_server.change_password(name, FIRST)
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def as_rds_writes_it(secure_server: SecureServer, role: str) -> dict[str, Any]:
    return {
        "username": role,
        "password": FIRST,
        "engine": "postgres",
        "host": "127.0.0.1",
        "port": secure_server.port,
        "dbname": role,
        "dbInstanceIdentifier": "orders",
    }


def who(address: str, **variables: str) -> str:
    """Who is connected, and with which database, by an address."""
    connector = Connector(
        SecretAccess(address, environment=variables), limits=Limits(), application_name="test"
    )
    with connector.transaction() as connection:
        row = connection.execute(b"SELECT current_user || '@' || current_database()").fetchone()
    assert row
    return str(row[0])


def test_the_secret_that_rds_writes_is_all_that_is_needed(
    secrets: Secrets, role: str, as_rds_writes_it: dict[str, Any]
) -> None:
    name = secrets.make(as_rds_writes_it)
    assert who(f"secretsmanager://{name}") == f"{role}@{role}"
    assert who(f"secretsmanager://{secrets.arn(name)}") == f"{role}@{role}"
    assert who(f"secretsmanager://{name}?region=us-east-1&sslmode=require") == f"{role}@{role}"


def test_the_secret_of_another_region_is_read_there(
    secrets: Secrets, as_rds_writes_it: dict[str, Any]
) -> None:
    name = secrets.make(as_rds_writes_it)
    with pytest.raises(SecretError, match="no such secret"):
        who(f"secretsmanager://{name}?region=eu-west-1")


def test_a_managed_master_secret_takes_the_rest_from_the_address_or_the_environment(
    secrets: Secrets, secure_server: SecureServer, role: str
) -> None:
    name = secrets.make({"username": role, "password": FIRST})
    port = str(secure_server.port)
    assert who(f"secretsmanager://{name}?host=127.0.0.1&port={port}&dbname={role}") == f"{role}@{role}"
    variables = {
        "LOADSTONE_DATABASE_HOST": "127.0.0.1",
        "LOADSTONE_DATABASE_PORT": port,
        "LOADSTONE_DATABASE_NAME": role,
    }
    assert who(f"secretsmanager://{name}", **variables) == f"{role}@{role}"
    assert who(f"secretsmanager://{name}?dbname=postgres", **variables) == f"{role}@postgres"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://{role}:{password}@127.0.0.1:{port}/{role}",
        "host=127.0.0.1 port={port} user={role} password='{plain}' dbname={role}",
    ],
)
def test_a_secret_may_be_a_url_or_a_connection_string(
    secrets: Secrets, secure_server: SecureServer, role: str, text: str
) -> None:
    secure_server.change_password(role, "plain'word")
    filled = text.format(role=role, password="plain%27word", plain="plain\\'word", port=secure_server.port)
    name = secrets.make(filled)
    assert who(f"secretsmanager://{name}") == f"{role}@{role}"
    assert who(f"secretsmanager://{name}?dbname=postgres") == f"{role}@postgres"


def test_a_password_that_is_rotated_between_loads_is_picked_up(
    secrets: Secrets, secure_server: SecureServer, role: str, as_rds_writes_it: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "day1.csv").write_text("id,city\n1,Ulm\n")
    (tmp_path / "day2.csv").write_text("id,city\n2,Bonn\n")
    name = secrets.make(as_rds_writes_it)
    dataset = {"files": "*.csv", "table": "public.cities"}
    pipeline = Pipeline.from_dict({"source": str(tmp_path), "datasets": {"cities": dataset}})
    with Workspace(pipeline, f"secretsmanager://{name}") as workspace:
        loads = workspace.load()
        assert next(loads).state == "loaded"
        secure_server.change_password(role, SECOND)
        secrets.change(name, {**as_rds_writes_it, "password": SECOND})
        assert next(loads).state == "loaded"
        assert [record.counts.inserted for record in workspace.history()] == [1, 1]


def test_a_load_that_begins_amid_a_rotation_waits_it_out(
    secrets: Secrets, secure_server: SecureServer, role: str, as_rds_writes_it: dict[str, Any]
) -> None:
    name = secrets.make(as_rds_writes_it)
    secure_server.change_password(role, SECOND)  # and the secret some seconds later
    clock = SetClock()
    clock.on_sleep = lambda: secrets.change(name, {**as_rds_writes_it, "password": SECOND})
    connector = Connector(
        SecretAccess(f"secretsmanager://{name}", environment={}), limits=Limits(), application_name="test"
    )
    with retrying(connector.open, attempts=2, clock=clock) as connection:
        assert connection.info.user == role
    assert len(clock.waits) == 1


def test_a_secret_is_read_once_in_five_minutes(secrets: Secrets, as_rds_writes_it: dict[str, Any]) -> None:
    name = secrets.make(as_rds_writes_it)
    clock = SetClock()
    access = SecretAccess(f"secretsmanager://{name}", environment={}, clock=clock)
    before = access.url()
    secrets.change(name, {**as_rds_writes_it, "password": SECOND})
    clock.seconds = 299
    assert access.url() == before
    clock.seconds = 301
    assert SECOND in access.url()


@pytest.fixture
def manager(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    """Secrets Manager that answers what the test says."""
    del secrets
    monkeypatch.setattr(aws_client, "_ATTEMPTS", 1)
    with AnsweringServer(Answer.json({"SecretString": "postgresql://app:s3cret@db/app"})) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", running.url)
        yield running


def test_a_secret_that_is_known_outlives_an_outage_of_secrets_manager(manager: AnsweringServer) -> None:
    clock = SetClock()
    access = SecretAccess("secretsmanager://app", environment={}, clock=clock)
    before = access.url()
    manager.answer = Answer.json_error(503, "ServiceUnavailable", "try later")
    clock.seconds = 301
    assert access.url() == before
    with pytest.raises(SourceUnavailable, match="does not answer"):
        access.renew(before)
    manager.answer = Answer.json({"SecretString": "postgresql://app:other@db/app"})
    assert access.url() == "postgresql://app:other@db/app"


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "hint"),
    [
        (
            400,
            "AccessDeniedException",
            "User: arn:aws:sts::1:assumed-role/loader is not authorized",
            SecretError,
            "secretsmanager:GetSecretValue on the secret",
        ),
        (400, "AccessDeniedException", "Access to KMS is not allowed", SecretError, "kms:Decrypt"),
        (400, "ExpiredTokenException", "The token is expired", CredentialsExpired, "renew"),
        (400, "UnrecognizedClientException", "The security token is invalid", SecretError, "renew"),
        (400, "ThrottlingException", "Rate exceeded", SourceUnavailable, None),
        (500, "InternalServiceError", "sorry", SourceUnavailable, None),
        (400, "InvalidRequestException", "marked for deletion", SecretError, None),
    ],
)
def test_what_secrets_manager_answers_is_told(
    manager: AnsweringServer,
    status: int,
    code: str,
    message: str,
    kind: type[LoadstoneError],
    hint: str | None,
) -> None:
    manager.answer = Answer.json_error(status, code, message)
    with pytest.raises(kind, match=message) as raised:
        SecretAccess("secretsmanager://app", environment={}).url()
    assert type(raised.value) is kind
    assert raised.value.where == "secretsmanager://app"
    assert hint is None or hint in (raised.value.hint or "")


def test_without_credentials_it_says_so(manager: AnsweringServer, monkeypatch: pytest.MonkeyPatch) -> None:
    del manager
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(SecretError, match="no AWS credentials were found"):
        SecretAccess("secretsmanager://app", environment={}).url()


def test_without_a_region_it_says_so(manager: AnsweringServer, monkeypatch: pytest.MonkeyPatch) -> None:
    del manager
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match="no AWS region is known"):
        SecretAccess("secretsmanager://app", environment={})


def test_without_boto3_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingExtra) as raised:
        SecretAccess("secretsmanager://app", environment={})
    assert raised.value.hint == "pip install 'loadstone[aws]'"


def test_a_password_that_was_changed_in_the_database_alone_is_told(
    secrets: Secrets,
    secure_server: SecureServer,
    role: str,
    as_rds_writes_it: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = secrets.make(as_rds_writes_it)
    secure_server.change_password(role, SECOND)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SecretRefused, match="password authentication failed") as raised:
        who(f"secretsmanager://{name}")
    assert "read anew" in (raised.value.hint or "")
    assert str(raised.value).startswith(f"secretsmanager://{name} (127.0.0.1:{secure_server.port}/{role}): ")
    assert as_rds_writes_it["dbInstanceIdentifier"] not in caplog.text  # the answer's body, with the password
    assert FIRST not in str(raised.value) + str(raised.value.hint)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("s3cret", "the secret is neither JSON nor a database URL"),
        ('{"password": "s3cret"', "the secret is neither JSON nor a database URL"),
        (b"s3cret", "the secret is binary"),
        ('["s3cret"]', "the secret is JSON, but no object"),
        ({"username": "s3cret", "engine": "mysql"}, "the secret's `engine` is not PostgreSQL"),
        (
            {"username": "app", "host": "db", "dbname": "app"},
            "the secret has no password; its fields are: dbname, host, username",
        ),
        (
            {"username": "app", "password": "s3cret"},
            "the secret has no host, dbname; its fields are: password, username",
        ),
        ("{}", "the secret has no username, password, host, dbname; its fields are: nothing"),
    ],
)
def test_a_malformed_secret_is_told_without_what_it_says(
    secrets: Secrets, value: str | bytes | dict[str, Any], what: str
) -> None:
    name = secrets.make(value)
    with pytest.raises(SecretError) as raised:
        who(f"secretsmanager://{name}")
    assert str(raised.value) == f"secretsmanager://{name}: {what}"
    assert raised.value.code == "secret_malformed"
    assert raised.value.hint
    assert "s3cret" not in raised.value.hint
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("url", ["postgresql://app:s3cret@[broken/db", "host=db password='s3cret"])
def test_a_url_that_cannot_be_understood_is_not_quoted(secrets: Secrets, url: str) -> None:
    name = secrets.make(url)
    with pytest.raises(SecretError, match="cannot be understood") as raised:
        who(f"secretsmanager://{name}")
    assert raised.value.code == "secret_malformed"
    assert "s3cret" not in repr(raised.value.__cause__) + str(raised.value)


def test_a_secret_that_is_not_there_is_told(secrets: Secrets) -> None:
    with pytest.raises(SecretError, match="there is no such secret") as raised:
        who("secretsmanager://nobody/knows")
    assert raised.value.code == "secret_missing"
    name = secrets.make("{}")
    secrets.remove(name)
    with pytest.raises(SecretError, match="there is no such secret"):
        who(f"secretsmanager://{name}")


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("secretsmanager://", "no secret is named"),
        ("secretsmanager://?region=eu-west-1", "no secret is named"),
        ("secretsmanager://name?password=s3cret", "a password stands in the address of a secret"),
    ],
)
@pytest.mark.usefixtures("secrets")
def test_an_address_that_names_no_secret_is_refused(address: str, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what) as raised:
        SecretAccess(address, environment={})
    assert "s3cret" not in str(raised.value)


def test_a_database_that_does_not_answer_is_told_without_the_password(
    secrets: Secrets, as_rds_writes_it: dict[str, Any]
) -> None:
    name = secrets.make({**as_rds_writes_it, "port": 9})
    with pytest.raises(LoadstoneError, match="cannot connect") as raised:
        who(f"secretsmanager://{name}")
    assert FIRST not in str(raised.value) + str(raised.value.__cause__)
