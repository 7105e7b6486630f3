"""An event is a hint that something changed: look at the key, and do what its present state asks for."""

from __future__ import annotations

from msgspec.structs import replace

from loadstone.errors import LoadstoneError, ObjectChanged, ObjectMissing
from loadstone.executor.load import Order, Parts, load_object
from loadstone.executor.outcomes import PASSING, answered, failed
from loadstone.executor.telling import tell_alone
from loadstone.model.event import Event
from loadstone.model.load import Counts, LoadOutcome

__all__ = ["handle_event"]

#: How often an object may change under a load of it before its event is left for later.
_LOOKS = 3
_MOVING = {ObjectChanged.code, ObjectMissing.code}


def handle_event(event: Event, order: Order, parts: Parts) -> LoadOutcome:
    """Loads what is there now, or leaves a tombstone where nothing is.

    Args:
        event: what happened.
        order: the dataset that the key routes to; its request's version is replaced by what is found.
        parts: the adapters.

    Never raises for what is wrong with the object or the database: the outcome says so.
    """
    # Where each version counts, the event's own is loaded, not the newest. That of a deletion is a marker, or
    # gone, and says nothing of whether the key is.
    own_version = (
        order.dataset.overwrite == "append" and event.version_id is not None and event.kind == "created"
    )
    try:
        version = parts.source.head(event.key, event.version_id if own_version else None)
    except ObjectMissing:
        return _removed(event, order, parts)
    except LoadstoneError as error:
        return _not_seen(error, event, order, parts)
    # A delete event whose key is there again says nothing of the order of the version that is there now.
    sequencer = event.sequencer if event.kind == "created" else None
    request = replace(order.request, version=version, sequencer=sequencer, is_event=True)
    if own_version:
        return load_object(replace(order, request=request, follows_head=False), parts)
    try:
        outcome = load_object(replace(order, request=request, looks=_LOOKS), parts)
    except ObjectMissing:
        return _removed(event, order, parts)  # it went while it was being loaded
    # Who writes to it all the time will stop some time.
    return replace(outcome, is_transient=outcome.is_transient or outcome.error_code in _MOVING)


def _not_seen(error: LoadstoneError, event: Event, order: Order, parts: Parts) -> LoadOutcome:
    """The object could not be looked at: the ledger tells of it, unless it may be only for now."""
    request = replace(order.request, sequencer=event.sequencer, is_event=True)
    if not isinstance(error, PASSING):
        error.load_id = parts.database.record_failure(request, None, error, Counts(), ())
    return tell_alone(failed(request, error), request, parts)


def _removed(event: Event, order: Order, parts: Parts) -> LoadOutcome:
    request = replace(order.request, sequencer=event.sequencer, is_event=True)
    try:
        outcome = parts.patience.persist(
            lambda: answered(request, parts.database.remove(request, order.dataset, event)),
            parts.clock,
            parts.progress,
        )
    except LoadstoneError as error:
        outcome = failed(request, error)
    return tell_alone(outcome, request, parts)
