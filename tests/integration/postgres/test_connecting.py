"""Servers that refuse a connection, each in its own way, and what their users are told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.databases import name_of
from loadstone.embedded import EmbeddedServer
from loadstone.errors import (
    AuthenticationFailed,
    DatabaseBusy,
    DatabaseUnavailable,
    DestinationError,
    LoadstoneError,
    PermissionDenied,
)
from loadstone.model.pipeline import Limits
from loadstone.postgres.connection import Connector


def refusal(url: str, **parameters: str) -> LoadstoneError:
    """What a connection that cannot be made is told."""
    connector = Connector(make_conninfo(url, **parameters), limits=Limits(), application_name="test")
    with pytest.raises(LoadstoneError, match="cannot connect: ") as raised:
        connector.open()
    assert "nothing listens" not in (raised.value.hint or "")
    return raised.value


@pytest.fixture
def clerk(connection: psycopg.Connection, database_url: str) -> Iterator[str]:
    """A role that may not log in."""
    role = f"clerk_of_{name_of(database_url)}"
    connection.execute(f'CREATE ROLE "{role}"')
    yield role
    connection.execute(f'DROP ROLE "{role}"')


@pytest.mark.parametrize(
    ("prepared", "kind", "message", "hint"),
    [
        ("", AuthenticationFailed, "is not permitted to log in", "ALTER ROLE"),
        ("ALTER ROLE {role} LOGIN CONNECTION LIMIT 0", DatabaseBusy, "too many", "CONNECTION LIMIT"),
        (
            "ALTER ROLE {role} LOGIN; REVOKE CONNECT ON DATABASE {database} FROM PUBLIC",
            PermissionDenied,
            "permission denied",
            "GRANT CONNECT",
        ),
        (
            "ALTER ROLE {role} LOGIN; ALTER DATABASE {database} ALLOW_CONNECTIONS false",
            DatabaseUnavailable,
            "is not currently accepting connections",
            "ALLOW_CONNECTIONS true",
        ),
    ],
    ids=["no login", "too many of a role", "no right to the database", "a closed database"],
)
def test_a_role_or_database_that_is_closed(
    shared_server: EmbeddedServer,
    database_url: str,
    clerk: str,
    prepared: str,
    kind: type[LoadstoneError],
    message: str,
    hint: str,
) -> None:
    with psycopg.connect(shared_server.url, autocommit=True) as elsewhere:
        elsewhere.execute(prepared.format(role=f'"{clerk}"', database=f'"{name_of(database_url)}"'))
    told = refusal(database_url, user=clerk)
    assert type(told) is kind
    assert message in str(told)
    assert hint in (told.hint or "")


@pytest.mark.parametrize(
    ("parameters", "kind", "hint"),
    [
        ({"user": "nobody_of_that_name"}, AuthenticationFailed, "check user and password"),
        ({"dbname": "no_such_database"}, DestinationError, "create the database"),
        ({"options": "-c nonsense=1"}, DestinationError, "mend the options"),
        ({"options": "-c work_mem=plenty"}, DestinationError, "mend the options"),
        ({"target_session_attrs": "standby"}, DatabaseUnavailable, "target_session_attrs"),
    ],
    ids=["role", "database", "unknown option", "wrong option", "another kind of server"],
)
def test_a_url_that_asks_for_what_is_not_there(
    database_url: str, parameters: dict[str, str], kind: type[LoadstoneError], hint: str
) -> None:
    told = refusal(database_url, **parameters)
    assert type(told) is kind
    assert hint in (told.hint or "")


def test_a_server_with_all_its_connections_taken(server_folder: Path) -> None:
    settings = {"max_connections": "2", "superuser_reserved_connections": "0"}
    with (
        EmbeddedServer.start(
            server_folder / "small", private=True, durable=False, settings=settings
        ) as small,
        ExitStack() as held,
    ):
        for _ in range(2):
            held.enter_context(psycopg.connect(small.url))
        told = refusal(small.url)
    assert type(told) is DatabaseBusy
    assert "max_connections" in (told.hint or "")


def test_a_server_that_is_shutting_down(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url):
        os.kill(server.pid, signal.SIGTERM)  # it waits for the session to end
        while True:
            try:
                psycopg.connect(server.url).close()
            except psycopg.OperationalError:
                break
        told = refusal(server.url)
    assert type(told) is DatabaseUnavailable
    assert "shutting down" in str(told)
    assert "wait until the server is up" in (told.hint or "")


def test_a_server_that_lost_a_file(server: EmbeddedServer) -> None:
    lost = server.data_folder / "global/pg_filenode.map"
    content = lost.read_bytes()
    lost.unlink()
    try:
        told = refusal(server.url)
    finally:
        lost.write_bytes(content)
    assert type(told) is DatabaseUnavailable
    assert "pg_filenode.map" in str(told)
    assert "see its log" in (told.hint or "")


class WebServer(BaseRequestHandler):
    """Says to whatever it is asked that it does not understand."""

    def handle(self) -> None:
        self.request.recv(1024)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_a_port_on_which_something_else_listens(sslmode: str) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), WebServer) as web:
        thread = Thread(target=web.serve_forever)
        thread.start()
        told = refusal(f"postgresql://me@127.0.0.1:{web.server_address[1]}/shop", sslmode=sslmode)
        web.shutdown()
        thread.join()
    assert type(told) is DestinationError
    assert "not PostgreSQL" in (told.hint or "")
