"""`loadstone rejects`."""

from __future__ import annotations

import base64
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.failures import EXIT_FAILED
from loadstone.cli.figures import count
from loadstone.cli.history import record_json
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, hint_line, note_line, say, table_lines, terminal_width
from loadstone.cli.session import open_workspace
from loadstone.errors import UsageError

if TYPE_CHECKING:
    from loadstone.model.batch import Reject
    from loadstone.model.load import LoadRecord
    from loadstone.wiring.cli import Workspace

__all__ = ["reject_table", "rejects"]

_COLUMNS = ("row", "line", "column", "code", "reason", "record")
_RIGHT = (0, 1)
_EXCERPT = 60
_SHOWN = 20

_EXAMPLES = """\b
Examples:
  loadstone rejects                          of the newest load that has any
  loadstone rejects 17 --summary             how many for which reason
  loadstone rejects 17 --format csv > mend.csv
  loadstone replay 17 --rejects mend.csv     loads them under the same load and row numbers
"""


@click.command(epilog=_EXAMPLES)
@click.argument("load_id", metavar="[LOAD]", type=click.IntRange(min=1), required=False)
@click.option(
    "--limit", type=click.IntRange(min=0), metavar="N", help=f"How many rows (default {_SHOWN}; 0: all)."
)
@click.option("--summary", is_flag=True, help="Count the reasons instead of showing rows.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "csv"]),
    default="table",
    show_default=True,
    help="csv: a file to mend and load again.",
)
@everywhere
def rejects(settings: Settings, load_id: int | None, limit: int | None, summary: bool, layout: str) -> int:
    """Show the rows of a load that did not fit, where they stand in the file, and why.

    LOAD is a load's number, as `history` and `load` show it. Line numbers count every line of the file, row
    numbers its records without the header.

    --format csv writes the rows as they stood in the file, behind the columns _row, _line and _reason: mend
    what follows these three, leave out what cannot be mended, and give the file to `loadstone replay LOAD
    --rejects`. For JSON Lines it writes JSON Lines, with the three as keys.
    """
    with open_workspace(settings) as workspace:
        record = _record(workspace, load_id)
        if record is None:
            if settings.json:
                emit_json({"load": None, "rejects": []})
            else:
                say("no load has rejected rows")
            return 0
        if layout == "csv":
            found = workspace.rejects(record.load_id, limit=limit or None)
            return _write_mendable(found, record)
        most = limit if limit is not None else (None if settings.json or summary else _SHOWN)
        found = workspace.rejects(record.load_id, limit=most or None)
        if settings.json:
            _emit_json(found, record, summary=summary)
        elif summary:
            _emit_summary(found)
        else:
            _emit_table(found, record, settings)
    return 0


def reject_table(found: Iterable[Reject], width: int | None) -> list[str]:
    """Rejects as an aligned table."""
    rows = (
        (
            f"{reject.row_number:,}",
            f"{reject.line_number:,}",
            reject.column or "-",
            reject.code,
            reject.reason,
            _excerpt(reject.raw),
        )
        for reject in found
    )
    return table_lines(_COLUMNS, rows, right=_RIGHT, width=width)


def _record(workspace: Workspace, load_id: int | None) -> LoadRecord | None:
    if load_id is not None:
        return workspace.find(load_id)
    return next((record for record in workspace.history() if record.counts.rejected), None)


def _emit_table(found: Iterator[Reject], record: LoadRecord, settings: Settings) -> None:
    shown = list(found)
    for line in reject_table(shown, terminal_width(sys.stdout)):
        emit(line)
    rest = record.counts.rejected - len(shown)
    if settings.quiet:
        return
    say(f"load {record.load_id}, {record.uri}: {count(record.counts.rejected, 'rejected row')}")
    if rest > 0 and shown:
        hint_line(f"{rest:,} more: --limit 0 shows all, --summary counts the reasons")


def _emit_summary(found: Iterator[Reject]) -> None:
    reasons = _reasons(found)
    rows = [(f"{number:,}", column or "-", code, example) for (column, code), (number, example) in reasons]
    for line in table_lines(
        ("rows", "column", "code", "for example"), rows, right=(0,), width=terminal_width(sys.stdout)
    ):
        emit(line)


def _reasons(found: Iterable[Reject]) -> list[tuple[tuple[str | None, str], tuple[int, str]]]:
    numbers: Counter[tuple[str | None, str]] = Counter()
    examples: dict[tuple[str | None, str], str] = {}
    for reject in found:
        numbers[reject.column, reject.code] += 1
        examples.setdefault((reject.column, reject.code), f"line {reject.line_number:,}: {reject.reason}")
    return [(reason, (number, examples[reason])) for reason, number in numbers.most_common()]


def _emit_json(found: Iterator[Reject], record: LoadRecord, *, summary: bool) -> None:
    document: dict[str, Any] = {"load": record_json(record)}
    if summary:
        document["reasons"] = [
            {"column": column, "code": code, "rows": number, "example": example}
            for (column, code), (number, example) in _reasons(found)
        ]
    else:
        document["rejects"] = [_reject_json(reject) for reject in found]
    emit_json(document)


def _reject_json(reject: Reject) -> dict[str, Any]:
    out: dict[str, Any] = {
        "row_number": reject.row_number,
        "line_number": reject.line_number,
        "byte_offset": reject.byte_offset,
        "byte_length": reject.byte_length,
        "column": reject.column,
        "code": reject.code,
        "reason": reject.reason,
        "others": [{"column": c, "code": code, "reason": reason} for c, code, reason in reject.others],
    }
    try:
        out["raw"] = reject.raw.decode()
    except UnicodeDecodeError:
        out["raw_base64"] = base64.b64encode(reject.raw).decode("ascii")
    return out


def _write_mendable(found: Iterator[Reject], record: LoadRecord) -> int:
    from loadstone.core.mended import JSON_FORMATS, is_whole, mendable  # noqa: PLC0415 - only here

    dialect: Mapping[str, Any] = record.dialect or {}
    left_out: list[int] = []

    def whole() -> Iterator[Reject]:
        for reject in found:
            if is_whole(reject):
                yield reject
            else:
                left_out.append(reject.row_number)

    names: list[str] = list(dialect.get("names") or ())
    if not names and dialect.get("format") not in JSON_FORMATS:
        raise UsageError(
            "the history does not tell the file's columns",
            where=f"load {record.load_id}",
            hint=f"loadstone replay {record.load_id} loads the object again, and notes them",
        )
    out = sys.stdout.buffer
    for line in mendable(whole(), dialect, names):
        out.write(line)
    out.flush()
    if left_out:
        note_line(
            f"{count(len(left_out), 'row')} left out: not kept as a whole (the first is row {left_out[0]:,})"
        )
        return EXIT_FAILED
    return 0


def _excerpt(raw: bytes) -> str:
    text = raw.rstrip(b"\r\n")[: 4 * _EXCERPT].decode("utf-8", "backslashreplace")
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
