"""`loadstone history`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.figures import duration
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say, table_lines, terminal_width
from loadstone.cli.session import open_workspace
from loadstone.core.elapsed import ago

if TYPE_CHECKING:
    from loadstone.model.load import LoadRecord

__all__ = ["history", "record_json"]

_COLUMNS = ("load", "dataset", "state", "when", "rows", "rejects", "took", "object")
_RIGHT = (0, 4, 5, 6)

_EXAMPLES = """\b
Examples:
  loadstone history                      the last 20 loads
  loadstone history --dataset orders --limit 100
  loadstone history --key 'orders/day1.csv'
  loadstone history --json | jq '.loads[] | select(.state == "failed")'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many loads.")
@click.option("--dataset", metavar="NAME", help="Only this dataset's.")
@click.option("--key", metavar="KEY", help="Only this object's: its key, or its path below the source.")
@everywhere
def history(settings: Settings, limit: int, dataset: str | None, key: str | None) -> None:
    """Show what was loaded when, and how it went: the newest load first.

    States: running, loaded, failed, abandoned (its worker is gone), superseded (a newer version was there),
    replaced (by a newer version), removed (the object is gone), undone.
    """
    with open_workspace(settings) as workspace:
        records = workspace.history(limit=limit, dataset=dataset, key=key)
    if settings.json:
        emit_json({"loads": [record_json(record) for record in records]})
        return
    if not records:
        say("no loads yet" if dataset is key is None else "no such loads")
        return
    now = datetime.now(UTC)
    rows = [_row(record, now) for record in records]
    for line in table_lines(_COLUMNS, rows, right=_RIGHT, width=terminal_width(sys.stdout)):
        emit(line)
    if settings.verbose:
        for record in records:
            if record.error:
                say(f"load {record.load_id}: {record.error}")


def record_json(record: LoadRecord) -> dict[str, Any]:
    """A row of the ledger for scripts."""
    return {
        "load_id": record.load_id,
        "pipeline": record.pipeline,
        "dataset": record.dataset,
        "table": record.table,
        "uri": record.uri,
        "state": record.state,
        "is_current": record.is_current,
        "attempt": record.attempt,
        **record.counts.as_json(),
        "bytes": record.size_bytes,
        "version_id": record.version_id,
        "etag": record.etag,
        "object_time": _iso(record.object_time),
        "started_at": _iso(record.started_at),
        "finished_at": _iso(record.finished_at),
        "seconds": _rounded(record.seconds),
        "error": record.error,
        "error_code": record.error_code,
        "dialect": dict(record.dialect) if record.dialect is not None else None,
        "worker": record.worker,
    }


def _row(record: LoadRecord, now: datetime) -> tuple[str, ...]:
    seconds = record.seconds
    return (
        str(record.load_id),
        record.dataset,
        record.state,
        ago(record.started_at, now),
        f"{record.counts.loaded:,}",
        f"{record.counts.rejected:,}",
        "-" if seconds is None else duration(seconds),
        record.uri,
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
