"""What a load would do: found out by doing it in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from loadstone.model.batch import Reject
from loadstone.model.load import Counts, LoadOutcome

__all__ = ["Findings", "PlannedLoad", "Reason", "Widened"]

_EXCERPT = 200


class Widened(NamedTuple):
    """A column of the table that would get a wider type: SQL names of both."""

    name: str
    was: str
    becomes: str


class Reason(NamedTuple):
    """Rows that would be rejected for the same reason, and the first few of them."""

    column: str | None
    code: str
    rows: int
    examples: tuple[Reject, ...]

    def as_json(self) -> dict[str, Any]:
        """The command line's contract."""
        return {
            "column": self.column,
            "code": self.code,
            "rows": self.rows,
            "examples": [
                {
                    "row": one.row_number,
                    "line": one.line_number,
                    "reason": one.reason,
                    "record": one.raw[:_EXCERPT].decode("utf-8", "backslashreplace").rstrip("\r\n"),
                }
                for one in self.examples
            ],
        }


@dataclass(slots=True)
class Findings:
    """What a rehearsal saw.

    Attributes:
        creates_table: whether the table is not there yet.
        added: name and type of columns that the table would get.
        widened: columns whose type would grow.
        ddl: the statements, in their order.
        removed: rows of the table that would go: those of an older version, or all of them.
        reasons: why rows would be rejected, the commonest first.
        counts: of a load that would fail, as far as it came.
    """

    creates_table: bool = False
    added: dict[str, str] = field(default_factory=dict)
    widened: list[Widened] = field(default_factory=list)
    ddl: list[str] = field(default_factory=list)
    removed: int = 0
    reasons: tuple[Reason, ...] = ()
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """The answer that a load would give, and what it would change.

    Attributes:
        outcome: without a load id; its state is what the load's would be.
        findings: what the load would do to the table.
    """

    outcome: LoadOutcome
    findings: Findings

    @property
    def changes(self) -> Mapping[str, Any]:
        """What would become of the table and its rows."""
        counts, found = self.outcome.counts, self.findings
        would_load = self.outcome.state == "loaded"
        return {
            "creates_table": found.creates_table,
            "adds": [{"name": name, "type": kind} for name, kind in found.added.items()],
            "widens": [{"name": w.name, "from": w.was, "to": w.becomes} for w in found.widened],
            "inserted": counts.inserted if would_load else 0,
            "updated": counts.updated if would_load else 0,
            "unchanged": counts.unchanged if would_load else 0,
            "deduplicated": counts.deduplicated if would_load else 0,
            "removed": found.removed if would_load else 0,
        }

    def as_json(self) -> dict[str, Any]:
        """The keys of a load, and `rejects`, `ddl` and `changes`."""
        return {
            **self.outcome.as_json(),
            "rejects": [reason.as_json() for reason in self.findings.reasons],
            "ddl": list(self.findings.ddl),
            "changes": dict(self.changes),
        }
