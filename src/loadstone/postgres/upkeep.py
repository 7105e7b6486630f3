"""Taking loads back, and removing what was deleted at the source."""

from __future__ import annotations

from loadstone.core.ordering import is_older, newest
from loadstone.errors import DestinationError, ObjectBusy
from loadstone.model.event import Event
from loadstone.model.load import LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.ports import Admission
from loadstone.postgres import ledger
from loadstone.postgres.catalog import look_up
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.ddl import statement
from loadstone.postgres.locks import object_lock, record_lock, try_take
from loadstone.postgres.queries import query

__all__ = ["remove", "undo"]


def undo(connector: Connector, load_id: int) -> LoadRecord:
    """Takes a load's rows out of its table, in one transaction; returns its row of the ledger.

    Rows that a merge updated are taken out, not set back to what they were.

    Raises:
        LoadNotFound: there is no such load.
        DestinationError: it has no rows in the table, or they cannot be told from others.
        ObjectBusy: the object is being loaded right now.
    """
    with connector.transaction() as connection:
        record = ledger.find(connection, load_id)
        where = f"load {load_id:,}"
        if record.state not in {"loaded", "replaced"}:
            raise DestinationError(
                f"it is {record.state}: the table holds no rows of it",
                where=where,
                hint="`loadstone history` shows which loads stand",
                code="nothing_to_undo",
            )
        if not try_take(connection, record_lock(record)):
            raise ObjectBusy(
                "the object is being loaded right now", where=where, hint="try again when it is done"
            )
        _delete_rows(connection, record.table, (load_id,), where)
        ledger.end(connection, [load_id], "undone")
        return ledger.find(connection, load_id)


def remove(connector: Connector, request: LoadRequest, dataset: Dataset, event: Event) -> Admission:
    """An object was deleted: leaves a tombstone, and removes its rows where the dataset says so."""
    with connector.transaction() as connection:
        request = ledger.canonical(connection, request)
        if not try_take(connection, object_lock(request)):
            return Admission("in_progress", reason="another worker is loading this object")
        standing = ledger.standing(connection, request)
        if standing is not None and is_older(event.sequencer, standing.sequencer):
            return Admission(
                "superseded",
                reason=f"the object was deleted before what stands was written (load {standing.load_id:,})",
                load_id=standing.load_id,
            )
        if standing is not None and standing.state == "removed":
            later = newest(standing.sequencer, event.sequencer)
            if later is not None and later != standing.sequencer:
                ledger.move_sequencer(connection, standing.load_id, later)
            return Admission("removed", reason="the object was deleted before", load_id=standing.load_id)
        ledger.abandon(connection, request)
        reason = "the object was deleted; its rows stay (on_delete: keep)"
        if dataset.on_delete == "remove_rows":
            loads = ledger.earlier_loads(connection, request, dataset)
            gone = _delete_rows(connection, request.table, loads, request.version.uri) if loads else 0
            ledger.end(connection, loads, "removed")
            reason = f"the object was deleted, and {gone:,} rows with it"
        if standing is not None:
            connection.execute(query("step_down"), {"load_id": standing.load_id})
        return Admission("removed", reason=reason, load_id=ledger.insert(connection, request, "removed"))


def _delete_rows(connection: Connection, table: str, load_ids: tuple[int, ...], where: str) -> int:
    shape = look_up(connection, table)
    if shape is None:
        return 0  # the table was dropped, and its rows with it
    if not shape.has_lineage:
        raise DestinationError(
            "its rows cannot be told from others: the table has no _load_id",
            where=where,
            hint="take the rows out by hand; tables with lineage can be undone",
            code="no_lineage",
        )
    # No parameters: a `%` in the table's name would be taken for a placeholder.
    numbers = ", ".join(str(load_id) for load_id in load_ids)
    delete = f"DELETE FROM {shape.name} WHERE _load_id IN ({numbers})"  # noqa: S608 - quoted by the catalog
    return connection.execute(statement(delete)).rowcount
