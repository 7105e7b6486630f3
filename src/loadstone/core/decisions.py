"""What was decided about a file, put so that people can judge it: what, how surely, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from loadstone.core.sniffing.decision import shown

__all__ = ["ToldDecision", "agreed_decisions", "told_decisions"]

_NAMES = {
    "format": "format",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "quote": "quote",
    "escape": "escape",
    "comment": "comments begin with",
    "trailing_delimiter": "delimiter at the end",
    "skip_lines": "lines above",
    "form": "form",
    "records": "records",
    "values": "values for records",
    "sheet": "sheet",
    "date_system": "dates count from",
    "skipped_rows": "rows above",
    "header_row": "header row",
    "unnamed_columns": "columns without a name",
    "header": "header",
    "header_rows": "header rows",
    "footer_lines": "lines below",
    "other_tables": "other tables",
    "numbers": "numbers",
}
_MARKS = frozenset({"delimiter", "quote", "escape", "comment"})
#: Numbers that count nothing.
_YEARS = frozenset({"date_system"})


class ToldDecision(NamedTuple):
    """One decision.

    Attributes:
        name: what was decided.
        value: how.
        confidence: in percent; empty for what is no decision.
        evidence: why.
    """

    name: str
    value: str
    confidence: str
    evidence: str


def told_decisions(dialect: Mapping[str, Any]) -> list[ToldDecision]:
    """The decisions in a file's dialect, in the order in which the file is read; none where all was told."""
    decided = _decided(dialect)
    names = [name for name in _NAMES if name in decided] + [name for name in decided if name not in _NAMES]
    told = [
        ToldDecision(
            _NAMES.get(name, name.replace("_", " ")),
            _value(name, decided[name]["value"]),
            f"{round(100 * decided[name]['confidence'])} %",
            decided[name]["evidence"],
        )
        for name in names
    ]
    sampled: Mapping[str, int] = dialect.get("sampled") or {}
    if sampled:
        rows = ", ".join(f"{rows:,} {place}" for place, rows in sampled.items())
        if why := dialect.get("only_beginning"):
            rows += f"; {why}"
        told.append(ToldDecision("rows seen", f"{sum(sampled.values()):,}", "", rows))
    return told


def agreed_decisions(dialects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The decisions that all files have alike, with the first one's evidence."""
    first, *others = map(_decided, dialects)
    return {
        name: decision
        for name, decision in first.items()
        if all(other.get(name, {}).get("value") == decision["value"] for other in others)
    }


def _decided(dialect: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    decided: Mapping[str, Mapping[str, Any]] = dialect.get("decided") or {}
    return decided


def _value(name: str, value: Any) -> str:
    if name in _MARKS:
        return shown(value or "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(_parts(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(", ".join(_parts(one)) if isinstance(one, Mapping) else str(one) for one in value)
    return f"{value:,}" if isinstance(value, int) and name not in _YEARS else str(value)


def _parts(value: Mapping[str, Any]) -> Iterator[str]:
    return (
        f"{key} {part!r}" if isinstance(part, str) else f"{key} {part:,}"
        for key, part in value.items()
        if part is not None
    )
