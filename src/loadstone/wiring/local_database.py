"""The embedded database for the command line's `db` and `demo`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadstone.embedded import EmbeddedServer
from loadstone.model.pipeline import Limits
from loadstone.postgres.connection import Connector

__all__ = ["find_local", "fresh_database", "querying", "start_local"]


def start_local(folder: Path) -> EmbeddedServer:
    """The server of a data folder, started if it does not run; it outlives this process.

    Raises:
        MissingExtra: there is no PostgreSQL on this machine.
        DatabaseUnavailable: it did not come up.
    """
    return EmbeddedServer.start(folder)


def find_local(folder: Path) -> EmbeddedServer | None:
    """The server that runs in a data folder, if any."""
    return EmbeddedServer.find(folder)


def fresh_database(server: EmbeddedServer, name: str) -> str:
    """The URL of an empty database of that name; one that was there is dropped.

    Args:
        server: where.
        name: lower-case letters, digits and underscores.
    """
    connection = Connector(server.url, limits=Limits(), application_name="loadstone demo").open()
    try:
        connection.autocommit = True
        for statement in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}"):
            connection.execute(statement.format(name).encode())
    finally:
        connection.close()
    parts = urlsplit(server.url)
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def querying(url: str) -> Callable[[str], Sequence[Sequence[Any]]]:
    """A function that runs one SELECT and returns its rows."""
    connector = Connector(url, limits=Limits(), application_name="loadstone demo")

    def query(sql: str) -> Sequence[Sequence[Any]]:
        with connector.transaction() as connection:
            return connection.execute(sql.encode()).fetchall()

    return query
