"""An event is a hint that something changed: look at the key, and do what its present state asks for."""

from __future__ import annotations

from msgspec.structs import replace

from loadstone.errors import LoadstoneError, ObjectMissing
from loadstone.executor.load import Order, Parts, load_object
from loadstone.executor.outcomes import answered, failed
from loadstone.executor.telling import tell_alone
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome

__all__ = ["handle_event"]


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
        return tell_alone(failed(order.request, error), order.request, parts)
    # A delete event whose key is there again says nothing of the order of the version that is there now.
    sequencer = event.sequencer if event.kind == "created" else None
    request = replace(order.request, version=version, sequencer=sequencer, is_event=True)
    return load_object(replace(order, request=request, follows_head=not own_version), parts)


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
