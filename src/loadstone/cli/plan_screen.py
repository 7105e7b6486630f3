"""What a plan looks like on a screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from loadstone.cli.figures import count, size
from loadstone.cli.output import table_lines, terminal_width, visible
from loadstone.core.decisions import told_decisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadstone.core.decisions import ToldDecision
    from loadstone.model.rehearsal import PlannedLoad

__all__ = ["colour", "lines"]

_WOULD = {
    "loaded": "would be loaded",
    "skipped": "would be skipped",
    "failed": "would fail",
    "in_progress": "is being loaded",
    "superseded": "would be superseded",
    "removed": "was removed",
}
_COLOURS = {"loaded": "green", "failed": "red"}
_EXAMPLES = 2


def colour(planned: PlannedLoad) -> dict[str, Any]:
    """The style of the first line."""
    return {"fg": _COLOURS.get(planned.outcome.state), "bold": True}


def lines(planned: PlannedLoad) -> Iterator[str]:
    """The lines of it."""
    outcome = planned.outcome
    width = terminal_width(sys.stdout)
    yield f"{visible(outcome.uri)} -> {visible(outcome.table)}: {_WOULD[outcome.state]}"
    if outcome.dialect is not None:
        yield f"  {_dialect(outcome.dialect)}, {size(outcome.bytes)}"
    if outcome.counts.read:
        yield f"  {_rows(planned)}"
    # What a note says of a column's type stands beside the column below.
    told = {f"{name}: {why}" for name, why in outcome.evidence.items()}
    yield from (f"  note: {visible(note)}" for note in outcome.notes if note not in told)
    if decisions := told_decisions(outcome.dialect or {}):
        yield ""
        yield from table_lines(
            ("  decided", "", "sure", "why"), _decisions(decisions), right=(2,), width=width
        )
    if outcome.columns:
        yield ""
        rows = [_column(planned, column) for column in outcome.columns]
        yield from table_lines(("  column", "type", "in the file", ""), rows, width=width)
    if planned.findings.reasons:
        yield ""
        yield from _rejects(planned, width)
    if planned.findings.ddl:
        yield ""
        yield "  SQL that would run:"
        for statement in planned.findings.ddl:
            yield from (f"    {visible(line)}" for line in f"{statement};".splitlines())


def _rows(planned: PlannedLoad) -> str:
    counts = planned.outcome.counts
    parts = {
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deduplicated": counts.deduplicated,
        "left out": counts.discarded,
        "rejected": counts.rejected,
    }
    said = ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)
    text = f"{count(counts.read, 'row')} read: {said}"
    if counts.repaired:
        text += f"; {count(counts.repaired, 'cell')} mended"
    if planned.findings.removed and planned.outcome.state == "loaded":
        text += f"; {count(planned.findings.removed, 'older row')} removed"
    return text


def _dialect(dialect: Mapping[str, Any]) -> str:
    parts = [str(dialect.get("format", "?"))]
    parts += [str(dialect[name]) for name in ("compression", "encoding") if dialect.get(name)]
    if dialect.get("delimiter"):
        parts.append(f"delimiter {dialect['delimiter']!r}")
    if dialect.get("decimal") == ",":
        parts.append("decimal comma")
    if dialect.get("header") is False:
        parts.append("no header")
    if dialect.get("skip_lines"):
        parts.append(f"{count(int(dialect['skip_lines']), 'line')} above the header")
    return ", ".join(parts)


def _decisions(told: Sequence[ToldDecision]) -> list[tuple[str, ...]]:
    return [(f"  {one.name}", one.value, one.confidence, one.evidence) for one in told]


def _column(planned: PlannedLoad, column: Mapping[str, str | None]) -> tuple[str, str, str, str]:
    name, source = str(column["name"]), column["source"]
    found = planned.findings
    widened = {w.name: f"was {w.was}" for w in found.widened}
    why = widened.get(name) or planned.outcome.evidence.get(name, "")
    if name in found.added:
        why = f"new: {why}" if why else "new"
    return f"  {name}", str(column["type"]), "" if source in {None, name} else str(source), why


def _rejects(planned: PlannedLoad, width: int | None) -> Iterator[str]:
    yield f"  {count(planned.outcome.counts.rejected, 'row')} would be rejected:"
    rows = []
    for reason in planned.findings.reasons:
        for number, one in enumerate(reason.examples[:_EXAMPLES]):
            head = ("", "", "") if number else (f"{reason.rows:,}", reason.column or "-", reason.code)
            rows.append(("", *head, f"line {one.line_number:,}: {one.reason}"))
    yield from table_lines((" ", "rows", "column", "code", "such as"), rows, right=(1,), width=width)
