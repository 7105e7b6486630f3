"""Who hears of a load while it runs and when it ends: the log, the trace, the progress, the notifications."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from loadstone.model.load import LoadOutcome, LoadRequest
from loadstone.platform.log_context import within_log
from loadstone.platform.tracing import span

if TYPE_CHECKING:
    from loadstone.executor.load import Parts

__all__ = ["Watched", "tell", "tell_alone", "watched"]

logger = logging.getLogger(__name__)


class Watched:
    """The load that is watched.

    Attributes:
        outcome: to be set once there is one.
    """

    outcome: LoadOutcome | None = None


@contextmanager
def watched(request: LoadRequest) -> Iterator[Watched]:
    """Lines that are logged inside tell key and dataset; a span begins and ends with it."""
    names = {"pipeline": request.pipeline, "dataset": request.dataset, "key": request.version.key}
    load = Watched()
    with (
        within_log(**names, uri=request.version.uri),
        span("load", {f"loadstone.{name}": value for name, value in names.items()}) as trace,
    ):
        yield load
        if load.outcome is not None and trace.is_recorded:
            figures = _figures(load.outcome)
            error = load.outcome.error_code if load.outcome.state == "failed" else None
            trace.set({f"loadstone.{name}": value for name, value in figures.items()}, error=error)


def tell(outcome: LoadOutcome, parts: Parts) -> LoadOutcome:
    """Tells of an answer; what comes after COMMIT never changes it."""
    parts.progress.finished(outcome)
    # Without a handler Python would write failures to stderr, where the command line tells of them anyway.
    if logger.hasHandlers():
        level = logging.ERROR if outcome.state == "failed" else logging.INFO
        logger.log(level, "load finished", extra={**_figures(outcome), "error": outcome.error})
    if parts.after_commit is not None:
        parts.after_commit(outcome)
    return outcome


def tell_alone(outcome: LoadOutcome, request: LoadRequest, parts: Parts) -> LoadOutcome:
    """Tells of an answer to what never came to be a load."""
    with watched(request) as load:
        load.outcome = outcome
        return tell(outcome, parts)


def _figures(outcome: LoadOutcome) -> dict[str, Any]:
    counts = outcome.counts
    return {
        "state": outcome.state,
        "load_id": outcome.load_id,
        "table": outcome.table,
        "rows_read": counts.read,
        "rows_loaded": counts.loaded,
        "rows_inserted": counts.inserted,
        "rows_updated": counts.updated,
        "rows_rejected": counts.rejected,
        "bytes": outcome.bytes,
        "seconds": round(outcome.seconds, 3),
        "error_code": outcome.error_code,
    }
