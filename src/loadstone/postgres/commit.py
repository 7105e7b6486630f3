"""COMMIT, and what became of one whose answer was lost with the connection."""

from __future__ import annotations

import logging
import random
import time

import psycopg
from msgspec import Struct
from psycopg import errors

from loadstone.errors import ConnectionLost, LoadstoneError, Transient
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.locks import take
from loadstone.postgres.sqlstate import translate

__all__ = ["Receipt", "commit"]

logger = logging.getLogger(__name__)

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
# So long a transaction may look as if it went on before its server process is ended: COMMIT never reached it.
_GRACE_SECONDS = 3.0

_STATUS = b"SELECT pg_xact_status(%(xid)s::text::xid8)"
_LEDGER = b"SELECT state FROM loadstone.loads WHERE load_id = %(load_id)s"
# An idle transaction of ours whose client is gone; the transaction id makes sure that it is that very one.
_END = b"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE state = 'idle in transaction' AND backend_xid = %(xid)s::text::xid8::xid AND usename = current_user
"""


class Receipt(Struct, frozen=True):
    """What is needed to find out later whether a transaction committed.

    Attributes:
        xid: `pg_current_xact_id()`, as text.
        load_id: the ledger's number of the load.
        object_lock: held by the transaction until it ends, however it ends.
        is_told_by_ledger: the ledger row reads `loaded` only if it committed; not so for replays of rejects.
    """

    xid: str
    load_id: int
    object_lock: int
    is_told_by_ledger: bool = True


def commit(connection: Connection, receipt: Receipt, connector: Connector) -> None:
    """Commits, and returns only if the transaction did commit.

    Raises:
        ConnectionLost: it did not, or it cannot be found out now: trying the same object again is safe, since
            its identity tells whether it was loaded.
        LoadstoneError: PostgreSQL refused at COMMIT, for example by a deferred constraint.
    """
    try:
        connection.commit()
    except psycopg.Error as error:
        if not _is_uncertain(connection, error):
            raise translate(error, where=connector.where) from error
        logger.warning("load %d: the answer to COMMIT was lost (%s); asking again", receipt.load_id, error)
        connector.close()  # what was kept may lead to a server that is none any more
        if not _committed(connector, receipt):
            raise ConnectionLost(
                "the connection was lost at COMMIT, and nothing was committed", where=connector.where
            ) from error
        logger.info("load %d: it had committed", receipt.load_id)


def _is_uncertain(connection: Connection, error: psycopg.Error) -> bool:
    return bool(connection.closed) or (isinstance(error, psycopg.OperationalError) and error.sqlstate is None)


def _committed(connector: Connector, receipt: Receipt) -> bool:
    started = time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        waited = time.monotonic() - started
        trouble: LoadstoneError | None = None
        try:
            answer = _ask(connector, receipt, may_end=waited > _GRACE_SECONDS)
            if answer is not None:
                return answer
        except Transient as error:
            trouble = error
        if waited > connector.limits.stall_timeout:
            raise ConnectionLost(
                "the connection was lost at COMMIT, and whether it committed cannot be found out now",
                where=connector.where,
                hint="load the object again: if it had committed, the answer is `skipped`",
            ) from trouble
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
        pause = min(2 * pause, _LONGEST_PAUSE)


def _ask(connector: Connector, receipt: Receipt, *, may_end: bool) -> bool | None:
    """Whether it committed; None while it is still in progress."""
    status = _status(connector, receipt)
    if status == "in progress":
        if may_end:
            with connector.transaction() as connection:
                connection.execute(_END, {"xid": receipt.xid})
        return None
    if status == "aborted":
        return False
    if not receipt.is_told_by_ledger:
        return status == "committed"
    # The ledger has the last word: after a failover the number may have been given to another transaction.
    with connector.transaction(lock_timeout=connector.limits.stall_timeout) as connection:
        if status is None:
            take(connection, receipt.object_lock)
        row = connection.execute(_LEDGER, {"load_id": receipt.load_id}).fetchone()
    return row is not None and row[0] not in {"running", "failed", "abandoned"}


def _status(connector: Connector, receipt: Receipt) -> str | None:
    """`committed`, `aborted`, `in progress`; None where the server does not know (any more)."""
    connection = connector.open()
    try:
        row = connection.execute(_STATUS, {"xid": receipt.xid}).fetchone()
    except errors.InvalidParameterValue:
        return None  # in the future: this server lost it in a failover
    except psycopg.Error as error:
        raise translate(error, where=connector.where) from error
    else:
        return None if row is None else row[0]
    finally:
        connection.close()
