"""Admission: a slot of the fleet, the object's lock, and what the ledger says under it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.ordering import newest
from loadstone.errors import DestinationError
from loadstone.model.load import LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.ports import Admission
from loadstone.postgres import ledger
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.locks import object_lock, try_take
from loadstone.postgres.slots import take_slot
from loadstone.postgres.sqlstate import translated
from loadstone.postgres.verdict import Decision, decide, is_same_version, moves_sequencer, replaced_loads

__all__ = ["Admitted", "rehearse_admission", "seek_admission"]


class Admitted(Struct, frozen=True):
    """A load that may go ahead.

    Attributes:
        request: what was asked for; its sequencer is the newest that is known for the key, its table the
            one that the catalog names.
        dataset: its dataset.
        load_id: its row in the ledger.
        standing: what stood for the key at admission.
        replaced: loads whose rows go.
        is_replay: rejects of the load `load_id` are tried again; it has its row in the ledger already.
    """

    request: LoadRequest
    dataset: Dataset
    load_id: int
    standing: LoadRecord | None
    replaced: tuple[int, ...] = ()
    is_replay: bool = False


def seek_admission(
    connector: Connector,
    connection: Connection,
    request: LoadRequest,
    dataset: Dataset,
    noted: list[int],
) -> Admission | Admitted:
    """The answer to a request.

    Where it is yes, `connection` is inside the load's transaction, which holds a slot and the object's lock;
    else the connection holds nothing that matters and is to be closed. The number of a running row is added
    to `noted` before anyone can see the row.

    Raises:
        SlotUnavailable: the fleet's cap is reached.
        LoadNotFound: the load whose rejects are to be tried again is not in the ledger.
    """
    with translated(connector.where):
        connector.begin(connection)
        request = ledger.canonical(connection, request)
        if request.replay_of is None:
            decision = _decide(connection, request, dataset, ledger.standing(connection, request))
            if decision.state == "skipped" and request.sequencer is None:
                return _answer(decision)  # the common case of looking again: nothing is held for it
        take_slot(connection)
        if not try_take(connection, object_lock(request)):
            return Admission("in_progress", reason="another worker is loading this object")
        if request.replay_of is not None:
            return _admit_replay(connection, request.replay_of, request, dataset)
        return _under_lock(connector, connection, request, dataset, noted)


def _under_lock(
    connector: Connector,
    connection: Connection,
    request: LoadRequest,
    dataset: Dataset,
    noted: list[int],
) -> Admission | Admitted:
    standing = ledger.standing(connection, request)
    decision = _decide(connection, request, dataset, standing)
    if decision.state is not None:
        if decision.state == "superseded":
            decision = replace(decision, load_id=ledger.insert(connection, request, "superseded"))
        elif standing is not None and request.sequencer is not None and moves_sequencer(request, standing):
            ledger.move_sequencer(connection, standing.load_id, request.sequencer)
        connection.commit()
        return _answer(decision)
    if standing is not None:
        request = replace(request, sequencer=newest(request.sequencer, standing.sequencer))
    # A transaction of its own, so that everyone sees the row at once. Only who holds the object's lock comes
    # here: any other running row of the key belongs to a process that is gone.
    with connector.transaction() as beside:
        ledger.abandon(beside, request)
        load_id = ledger.insert(beside, request, "running")
        noted.append(load_id)
    earlier = ledger.earlier_loads(connection, request, dataset)
    replaced = replaced_loads(dataset, standing, earlier, is_same=_is_same(request, standing))
    return Admitted(request, dataset, load_id, standing, replaced)


def rehearse_admission(
    connection: Connection, request: LoadRequest, dataset: Dataset
) -> Admission | Admitted:
    """The answer that a request by hand would get, in a transaction that the caller rolls back.

    The running row is in that transaction, too, so that nobody ever sees it, and the object's lock is not
    taken.

    Raises:
        SlotUnavailable: the fleet's cap is reached.
    """
    request = ledger.canonical(connection, request)
    standing = ledger.standing(connection, request)
    decision = _decide(connection, request, dataset, standing)
    if decision.state is not None:
        return _answer(decision)
    take_slot(connection)
    load_id = ledger.insert(connection, request, "running")
    earlier = ledger.earlier_loads(connection, request, dataset)
    replaced = replaced_loads(dataset, standing, earlier, is_same=_is_same(request, standing))
    return Admitted(request, dataset, load_id, standing, replaced)


def _admit_replay(connection: Connection, load_id: int, request: LoadRequest, dataset: Dataset) -> Admitted:
    record = ledger.find(connection, load_id)
    if record.state != "loaded":
        raise DestinationError(
            f"it is {record.state}: rejected rows can only join rows that stand",
            where=f"load {load_id:,}",
            hint="load the object again",
            code="nothing_to_replay",
        )
    return Admitted(request, dataset, load_id, record, is_replay=True)


def _decide(
    connection: Connection, request: LoadRequest, dataset: Dataset, standing: LoadRecord | None
) -> Decision:
    decision = decide(request, dataset, standing, is_same=_is_same(request, standing))
    if decision.state is not None or request.again:
        return decision
    if dataset.overwrite == "append":
        load_id = ledger.was_loaded(connection, request)
        if load_id is not None:
            return Decision("skipped", f"load {load_id:,} holds this version", load_id)
    if dataset.mode == "replace" and request.is_event:
        newer = ledger.newer_in_table(connection, request)
        if newer is not None:
            load_id, uri = newer
            return Decision(
                "superseded", f"the table holds a newer object: {uri} (load {load_id:,})", load_id
            )
    return decision


def _is_same(request: LoadRequest, standing: LoadRecord | None) -> bool:
    identity = None if standing is None else ledger.identity(standing)
    return is_same_version(request, identity, standing)


def _answer(decision: Decision) -> Admission:
    return Admission(decision.state, reason=decision.reason, load_id=decision.load_id)
