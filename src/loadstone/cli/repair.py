"""`loadstone replay`, `undo` and `forget`: what is done about loads that were made."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from loadstone.cli.figures import count
from loadstone.cli.history import record_json
from loadstone.cli.load import report
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, visible
from loadstone.cli.progress import display_for
from loadstone.cli.session import open_workspace
from loadstone.model.retention import parse_age

__all__ = ["forget", "replay", "undo"]

_ALL = "\0all"

_REPLAY_EXAMPLES = """\b
Examples:
  loadstone replay 17                      load 17's object again
  loadstone replay s3://landing/day1.csv
  loadstone replay 17 --rejects            its rejected rows, by today's rules
  loadstone replay 17 --rejects mend.csv   its rejected rows, mended
"""

_UNDO_EXAMPLES = """\b
Examples:
  loadstone undo 17
  loadstone replay 17      and back again
"""

_FORGET_EXAMPLES = """\b
Examples:
  loadstone forget                     what the pipeline's `retention:` says
  loadstone forget --older-than 90d    of all pipelines in the database
"""


def read_age(_context: click.Context, _parameter: click.Parameter, written: str | None) -> timedelta | None:
    """Reads `12h`, `90d` or `4w`."""
    try:
        return None if written is None else parse_age(written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(epilog=_REPLAY_EXAMPLES)
@click.argument("target", metavar="LOAD_OR_URI")
@click.option(
    "--rejects",
    "mended",
    is_flag=False,
    flag_value=_ALL,
    metavar="[MENDED_FILE]",
    help="Only the rejected rows; from a mended file, if one is named. Comes after LOAD_OR_URI.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if any row was rejected.")
@everywhere
def replay(settings: Settings, target: str, mended: str | None, strict: bool) -> int:
    """Load an object again, though it is loaded already: its rows go first, in the same transaction.

    With --rejects, only the rows that a load rejected are loaded, under the same load and row numbers: as
    they stand in the object, when the rules have changed; or from a mended file as `loadstone rejects LOAD
    --format csv` writes it. Rows that still do not fit, or that the mended file leaves out, stay rejected.
    """
    file = Path(mended) if mended not in {None, _ALL} else None
    if file is not None and not file.is_file():
        hint = " (a load's number goes before --rejects)" if mended and mended.isdecimal() else ""
        raise click.BadParameter(f"there is no file {mended!r}{hint}", param_hint="'--rejects'")
    with open_workspace(settings) as workspace, display_for(settings) as display:
        outcomes = workspace.replay(target, rejects=mended is not None, mended=file, progress=display)
        return report(outcomes, settings, display, strict=strict)


@click.command(epilog=_UNDO_EXAMPLES)
@click.argument("load_id", metavar="LOAD", type=click.IntRange(min=1))
@everywhere
def undo(settings: Settings, load_id: int) -> None:
    """Take a load's rows out of the table again, in one transaction.

    Rows that a merge has updated since belong to the later load and stay. The table needs its _load_id column
    (lineage). The object counts as not loaded after that: the next `load` loads it again.
    """
    with open_workspace(settings) as workspace:
        record = workspace.undo(load_id)
    if settings.json:
        emit_json(record_json(record))
    else:
        rows = count(record.counts.loaded, "row")
        emit(f"undone       {visible(record.uri)} -> {visible(record.table)}: {rows}, load {record.load_id}")


@click.command(epilog=_FORGET_EXAMPLES)
@click.option(
    "--older-than",
    callback=read_age,
    metavar="AGE",
    help="12h, 90d, 4w. Default: the pipeline's `retention:`.",
)
@everywhere
def forget(settings: Settings, older_than: timedelta | None) -> None:
    """Delete what is kept of rejected rows for longer than needed: their text may hold personal data.

    The text goes, and what their reasons quote of it; where they stood in the file, and of what kind their
    faults were, stays, unless `retention:` lets rejects go altogether. The record of notifications goes, too.
    The history stays: what was loaded when, and how many rows were rejected. Rejected rows that were
    forgotten can no longer be shown or mended.

    Where the pipeline has a `retention:`, `loadstone run` and the Lambda's schedule do this by themselves.
    """
    with open_workspace(settings) as workspace:
        gone = workspace.forget(older_than=older_than)
    if settings.json:
        emit_json({"forgotten": gone})
        return
    numbers = (count(number, kind.replace("_", " ").removesuffix("s")) for kind, number in gone.items())
    emit("forgotten: " + ", ".join(numbers))
