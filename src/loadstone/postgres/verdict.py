"""What the ledger says to a request: rules without any I/O."""

from __future__ import annotations

from datetime import UTC

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.ordering import is_older
from loadstone.model.load import LoadRecord, LoadRequest, OutcomeState
from loadstone.model.pipeline import Dataset

__all__ = ["Decision", "decide", "is_same_version", "moves_sequencer", "replaced_loads"]


class Decision(Struct, frozen=True):
    """The answer to a request.

    Attributes:
        state: None: go ahead.
        reason: for people.
        load_id: what stands instead.
    """

    state: OutcomeState | None
    reason: str | None = None
    load_id: int | None = None


def decide(request: LoadRequest, dataset: Dataset, standing: LoadRecord | None, *, is_same: bool) -> Decision:
    """What the ledger says to a request.

    Args:
        request: what is asked for.
        dataset: its dataset.
        standing: what stands for the key: its current load, or a tombstone.
        is_same: whether `standing` is a load of the very version asked for.
    """
    if standing is None or request.again:
        return Decision(None)
    if is_same:
        return Decision("skipped", f"load {standing.load_id:,} holds this version", standing.load_id)
    counts_each_version = dataset.overwrite == "append" and standing.state != "removed"
    if not counts_each_version and is_older(request.sequencer, standing.sequencer):
        what = (
            "was removed"
            if standing.state == "removed"
            else f"has a newer version, load {standing.load_id:,}"
        )
        return Decision(
            "superseded", f"the event is older than what stands: the object {what}", standing.load_id
        )
    if dataset.overwrite == "ignore" and standing.state == "loaded":
        return Decision(
            "skipped",
            f"on_overwrite: ignore, and load {standing.load_id:,} holds a version",
            standing.load_id,
        )
    return Decision(None)


def is_same_version(request: LoadRequest, identity: str | None, standing: LoadRecord | None) -> bool:
    """Whether what stands is a load of the version asked for.

    Args:
        request: what is asked for.
        identity: of the version that `standing` speaks of.
        standing: what stands for the key.
    """
    if standing is None or standing.state != "loaded":
        return False
    version = replace(request.version, modified=request.version.modified.astimezone(UTC))
    return version.identity == identity


def moves_sequencer(request: LoadRequest, standing: LoadRecord | None) -> bool:
    """Whether the event is a later word about what stands already."""
    if standing is None or request.sequencer is None:
        return False
    return standing.sequencer is None or is_older(standing.sequencer, request.sequencer)


def replaced_loads(
    dataset: Dataset, standing: LoadRecord | None, earlier: tuple[int, ...], *, is_same: bool
) -> tuple[int, ...]:
    """The loads whose rows go before, or with, the new ones.

    Args:
        dataset: of what was admitted.
        standing: what stands for the key.
        earlier: all loads of the key whose rows the table may still hold.
        is_same: whether `standing` is a load of the very version asked for (which is asked for again).
    """
    if dataset.mode == "replace":
        return ()
    if dataset.overwrite == "replace_rows":
        return earlier
    if standing is not None and is_same and (dataset.mode == "append" or dataset.lineage):
        return (standing.load_id,)
    return ()
