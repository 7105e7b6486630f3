"""Connections: how they are made, and what bounds them.

Everything here works behind a pooler in transaction mode: nothing is set for a session, nothing is prepared,
and settings last as long as the transaction.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from loadstone.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionLost,
    DatabaseUnavailable,
    LoadstoneError,
    SecretError,
    SecretRefused,
    SlotUnavailable,
)
from loadstone.model.pipeline import Limits
from loadstone.ports import DatabaseAccess
from loadstone.postgres.connecting import translate_connect
from loadstone.postgres.keeping import Connection, KeptConnections
from loadstone.postgres.sqlstate import translated
from loadstone.postgres.tls import with_tls

__all__ = ["Connection", "Connector", "describe"]

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 10

# A peer that vanished without a word is noticed within a minute, on both ends.
_KEEPALIVE = {"idle": 30, "interval": 10, "count": 3}

# `client_connection_check_interval` ends a statement whose client is gone; not every platform can tell.
_SETTINGS = b"""
SELECT set_config('lock_timeout', %(lock)s, true),
    set_config('statement_timeout', '0', true),
    set_config('idle_in_transaction_session_timeout', %(idle)s, true),
    set_config('tcp_keepalives_idle', %(keepalive_idle)s, true),
    set_config('tcp_keepalives_interval', %(keepalive_interval)s, true),
    set_config('tcp_keepalives_count', %(keepalive_count)s, true),
    set_config(
        'client_connection_check_interval', CASE WHEN version() ~ 'linux' THEN '5s' ELSE '0' END, true
    ),
    set_config('TimeZone', 'UTC', true),
    set_config('DateStyle', 'ISO, MDY', true),
    set_config('IntervalStyle', 'postgres', true)
"""


class Connector:
    """Makes connections to one database.

    Args:
        url: `postgresql://...` or `key=value` pairs, or who is to be asked for them at each connection.
        limits: of the pipeline.
        application_name: what `pg_stat_activity` shows.
        keeps: idle connections that wait for the next who needs one; see `keeping`.

    Raises:
        ConfigurationError: the URL cannot be understood.
    """

    def __init__(
        self, url: str | DatabaseAccess, *, limits: Limits, application_name: str, keeps: int = 0
    ) -> None:
        self.limits = limits
        self._access = _Fixed(url) if isinstance(url, str) else url
        self.where = self._access.where
        self._defaults: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": application_name,
            "keepalives_idle": _KEEPALIVE["idle"],
            "keepalives_interval": _KEEPALIVE["interval"],
            "keepalives_count": _KEEPALIVE["count"],
            "tcp_user_timeout": int(limits.stall_timeout * 1000),
        }
        self._kept = KeptConnections(keeps)

    def open(self) -> Connection:
        """A connection outside of any transaction: one that was kept, or a new one.

        Where the server refuses credentials that were not written down but asked for, they are asked for
        once more: they may have been changed.

        Raises:
            ConnectionLost: the server cannot be reached.
            AuthenticationFailed: wrong user or password.
            SecretRefused: those of a secret, which may be amid its rotation.
            ServerNotTrusted: its certificate is not the one of this host.
            SecretError, AccessDenied, SourceUnavailable: the credentials cannot be had.
        """
        if (kept := self._kept.take()) is not None:
            return kept
        url = self._access.url()
        try:
            return self._connect(url)
        except AuthenticationFailed as error:
            if not self._access.renew(url):
                raise self._refused(error) from error
        logger.info("%s: the credentials were refused, and others are there", self.where)
        try:
            return self._connect(self._access.url())
        except AuthenticationFailed as error:
            raise self._refused(error) from error

    def _refused(self, error: AuthenticationFailed) -> LoadstoneError:
        """The error for credentials that are refused though they are as new as can be."""
        hint = self._access.advice or error.hint
        if self._access.is_rotated:
            return SecretRefused(error.what, where=error.where, hint=hint)
        return AuthenticationFailed(error.what, where=error.where, hint=hint, code=error.code)

    def _connect(self, url: str) -> Connection:
        given = with_tls(self._understood(url), os.environ)
        # Binary COPY carries text in the client's encoding, and the codec writes UTF-8.
        parameters = {**self._defaults, **given, "client_encoding": "utf8"}
        try:
            connection = psycopg.connect("", prepare_threshold=None, **parameters)
        except psycopg.Error as error:
            place = describe(url)
            where = self.where if place in self.where else f"{self.where} ({place})"
            raise translate_connect(error, where=where) from error
        # The same behaviour whatever the database's or the role's default is.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        self._kept.note(connection)
        return connection

    def _understood(self, url: str) -> dict[str, Any]:
        try:
            return _parsed(url, self.where)
        except ConfigurationError as error:
            if not self._access.is_rotated:
                raise
            # Somebody wrote it into the secret since: no object is to blame for it.
            raise SecretError(
                error.what, where=error.where, hint=error.hint, code="secret_malformed"
            ) from None

    def begin(self, connection: Connection, *, lock_timeout: float | None = None) -> None:
        """Begins a transaction and sets what bounds its statements.

        Args:
            connection: idle.
            lock_timeout: in seconds; None for that of the limits.
        """
        seconds = self.limits.lock_timeout if lock_timeout is None else lock_timeout
        connection.execute(
            _SETTINGS,
            {
                "lock": f"{max(1, int(seconds * 1000))}ms",
                "idle": f"{max(60_000, int(self.limits.stall_timeout * 2000))}ms",
                **{f"keepalive_{name}": str(value) for name, value in _KEEPALIVE.items()},
            },
        )

    def close(self) -> None:
        """Closes what was kept."""
        self._kept.close()

    @contextmanager
    def borrowed(self, *, keep: bool = False) -> Iterator[Connection]:
        """A connection that waits for the next one afterwards, if all went well; else it is closed.

        What is still in a transaction at the end is rolled back. After an error that others would meet, too,
        all that wait are closed; so they are where the database has no place left: who waits holds nothing.

        Args:
            keep: leave it to whoever opens one within a second, though none are kept: making one costs
                several round trips, and a look at the schema goes before nearly everything.

        Raises:
            LoadstoneError: see `open`.
        """
        connection = self.open()
        try:
            yield connection
            self.leave(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, ConnectionLost | DatabaseUnavailable | SlotUnavailable):
                self.close()
            raise
        if keep:
            self._kept.put_briefly(connection)
        else:
            self._kept.put(connection)

    def leave(self, connection: Connection) -> None:
        """Ends a transaction of which nothing is to stay, where there is one; by closing if need be."""
        try:
            connection.rollback()
        except psycopg.Error as error:
            logger.debug("a transaction is ended by closing its connection: %s", error)
            connection.close()

    @contextmanager
    def transaction(self, *, lock_timeout: float | None = None, keep: bool = False) -> Iterator[Connection]:
        """A short transaction on a connection of its own: commits at the end, rolls back on an error.

        Args:
            lock_timeout: in seconds; None for that of the limits.
            keep: see `borrowed`.

        Raises:
            LoadstoneError: what the SQLSTATE of an error asks for.
        """
        with self.borrowed(keep=keep) as connection, translated(self.where):
            self.begin(connection, lock_timeout=lock_timeout)
            yield connection
            connection.commit()


class _Fixed:
    """`ports.DatabaseAccess` by a URL that stays as it is."""

    advice = None
    is_rotated = False

    def __init__(self, url: str) -> None:
        self.where = describe(url)
        self._url = url
        _parsed(url, "destination")

    def url(self) -> str:
        return self._url

    def renew(self, _refused: str) -> bool:
        return False


def _parsed(url: str, where: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Without its cause, which may quote a password.
        raise ConfigurationError(
            "the destination's URL cannot be understood",
            where=where,
            hint="write it as postgresql://USER@HOST:5432/DATABASE, special characters as %XX",
        ) from None


def describe(url: str) -> str:
    """Where a URL leads, for messages: host, port and database, never the password."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "the destination"
    host = given.get("host") or given.get("hostaddr") or "local socket"
    port = f":{given['port']}" if given.get("port") else ""
    name = f"/{given['dbname']}" if given.get("dbname") else ""
    return f"{host}{port}{name}"
