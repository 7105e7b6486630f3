"""How rows of the ledger end: retired by a newer load, withdrawn, or failed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from loadstone.errors import LoadstoneError
from loadstone.model.batch import Reject
from loadstone.model.load import Counts, LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.postgres import ledger
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.queries import query
from loadstone.postgres.rejects import KEPT_REJECTS, RejectSpool

__all__ = ["record_failure", "retire", "touch", "withdraw", "withdrawing_if_interrupted"]

logger = logging.getLogger(__name__)


def retire(
    connection: Connection,
    request: LoadRequest,
    dataset: Dataset,
    load_id: int,
    standing: LoadRecord | None,
    replaced: Sequence[int],
) -> None:
    """What the new load takes the place of stops being current, in the load's transaction."""
    if dataset.mode == "replace":
        connection.execute(query("retire_table"), {"table": request.table, "load_id": load_id})
    gone = set(replaced)
    if standing is not None and dataset.overwrite == "upsert":
        gone.add(standing.load_id)
    if gone:
        connection.execute(query("retire"), {"load_ids": sorted(gone), "load_id": load_id})
    if standing is not None:
        connection.execute(query("step_down"), {"load_id": standing.load_id})


def withdraw(connector: Connector, load_id: int) -> None:
    """Takes a running row back; where that fails, the row is found abandoned later."""
    try:
        with connector.transaction() as connection:
            connection.execute(query("withdraw"), {"load_id": load_id})
    except LoadstoneError as error:
        logger.warning("load %d: its ledger row could not be withdrawn: %s", load_id, error)


@contextmanager
def withdrawing_if_interrupted(connector: Connector) -> Iterator[list[int]]:
    """Takes back the running rows whose numbers were noted, where Ctrl-C or the like ends what is inside.

    A number is noted before its row is committed, so that there is no moment at which a row would stay. By
    then the load's own transaction must have ended: it may hold the row.
    """
    noted: list[int] = []
    try:
        yield noted
    except Exception:
        raise  # told by the ledger, or by who comes next
    except BaseException:
        for load_id in noted:
            withdraw(connector, load_id)
        raise


def touch(connector: Connector, request: LoadRequest, load_id: int) -> None:
    """A touched file keeps its load; the ledger learns its new time, so that it is not read again."""
    with connector.transaction() as connection:
        parameters = {"load_id": load_id, "object_time": request.version.modified}
        connection.execute(query("touch"), parameters)


def record_failure(
    connector: Connector,
    request: LoadRequest,
    load_id: int | None,
    error: Exception,
    counts: Counts,
    rejects: Sequence[Reject],
    spool: RejectSpool | None = None,
) -> int | None:
    """Writes a failed attempt and its reasons in a transaction of its own.

    Args:
        connector: to the database.
        request: what was asked for.
        load_id: its row in the ledger; None where it has none yet.
        error: why it failed.
        counts: so far.
        rejects: some of its rejects, where there is no spool.
        spool: all of them.

    Returns its load id; None where the ledger could not be written: the first error is what counts, so this
    never raises.
    """
    if request.replay_of is not None:
        return request.replay_of  # the load stands as it was
    try:
        with connector.transaction() as connection:
            number = load_id
            if number is None:
                number = ledger.insert(connection, ledger.canonical(connection, request), "running")
            if spool is not None:
                return _fail(connection, number, error, counts, spool)
            given = RejectSpool(number)
            try:
                given.extend(rejects)
                return _fail(connection, number, error, counts, given)
            finally:
                given.close()
    except LoadstoneError as trouble:
        logger.warning("%s: the failure could not be recorded: %s", request.version.uri, trouble)
        return load_id


def _fail(
    connection: Connection, load_id: int, error: Exception, counts: Counts, rejects: RejectSpool
) -> int:
    kept = min(rejects.rows, KEPT_REJECTS)
    text = str(error) or type(error).__name__
    if counts.rejected > kept > 0:
        text += f" (the first {kept:,} of {counts.rejected:,} rejects are kept)"
    row = connection.execute(
        query("fail"),
        {
            **ledger.counts_as_parameters(counts),
            "load_id": load_id,
            "error": text.replace("\0", "\\0"),
            "error_code": error.code if isinstance(error, LoadstoneError) else "unexpected",
        },
    ).fetchone()
    if row is not None:
        rejects.write_first(connection)
    return load_id
