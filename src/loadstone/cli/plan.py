"""`loadstone plan`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.failures import EXIT_FAILED, outcome_problem
from loadstone.cli.load import key_columns, selecting
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json
from loadstone.cli.plan_screen import colour, lines
from loadstone.cli.progress import display_for
from loadstone.cli.session import open_workspace, selection_of

if TYPE_CHECKING:
    from loadstone.model.rehearsal import PlannedLoad

__all__ = ["plan"]

_EXAMPLES = """\b
Examples:
  loadstone plan                                   all that pipeline.yaml names
  loadstone plan orders.csv --table sales.orders   without a pipeline file
  loadstone plan orders.csv --json | jq '.loads[].ddl[]'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("uris", metavar="[URI]...", nargs=-1)
@selecting
@click.option("--strict", is_flag=True, help="Exit with 1 if any row would be rejected.")
@everywhere
def plan(settings: Settings, uris: Sequence[str], key: Sequence[str], strict: bool, **options: Any) -> int:
    """Show what `load` would do, and write nothing.

    Every file is read to its end and goes the whole way into the table, in a transaction that is rolled back:
    dialect and types as decided, with the reasons, rows in, rejects by reason with examples, the SQL that
    would alter or make the table, rows inserted, updated, unchanged. Each file is planned by itself, as if it
    were the only one. Until it ends, a plan holds the locks that a load holds.

    The exit status is 0 if every object would be loaded or was before, 1 if one would fail.
    """
    with open_workspace(settings, migrate=False) as workspace, display_for(settings) as display:
        selection = selection_of(key=key_columns(key), **options)
        done: list[PlannedLoad] = []
        for planned in workspace.plan(uris, selection=selection, progress=display):
            done.append(planned)
            with display.paused():
                _tell(planned, settings, is_first=len(done) == 1)
    if settings.json:
        emit_json({"dry_run": True, "loads": [planned.as_json() for planned in done]})
    failed = any(planned.outcome.state in {"failed", "in_progress"} for planned in done)
    rejected = strict and any(planned.outcome.counts.rejected for planned in done)
    return EXIT_FAILED if failed or rejected else 0


def _tell(planned: PlannedLoad, settings: Settings, *, is_first: bool) -> None:
    if not settings.json:
        if not is_first:
            emit()
        for number, line in enumerate(lines(planned)):
            emit(line, **(colour(planned) if number == 0 else {}))
    if planned.outcome.state == "failed":
        outcome_problem(planned.outcome.as_json())
