"""The last screen of `loadstone demo`: what happened, in figures, and what to try next."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from loadstone.cli.figures import count, duration, rate
from loadstone.cli.output import table_lines, terminal_width
from loadstone.cli.rejects import reject_table

if TYPE_CHECKING:
    from loadstone.cli.demo_story import CloudStory
    from loadstone.examples import Check, Expected
    from loadstone.model.batch import Reject
    from loadstone.model.load import LoadOutcome

__all__ = ["Ran", "document", "screen"]


@dataclass(frozen=True, slots=True)
class Ran:
    """One example that ran.

    Attributes:
        name: of the example.
        outcomes: of its objects.
        wanted: the figures as computed without loadstone.
        checks: the figures in the database against them.
        reasons: rejected rows by column and code.
        sample: one rejected row for each of some reasons.
        seconds: that the loading took, without writing the files.
        memory: the most that this process needed, in MB.
        folder: where its files and its pipeline.yaml are.
        to: the database's URL, where the environment names another one, or there is no pipeline.yaml.
        deliveries: folders that were loaded one after another, where there is no pipeline.yaml.
        cloud: what happened in the emulated cloud, where it ran there.
    """

    name: str
    outcomes: tuple[LoadOutcome, ...]
    wanted: Expected
    checks: tuple[Check, ...]
    reasons: Counter[tuple[str | None, str]]
    sample: tuple[Reject, ...]
    seconds: float
    memory: float
    folder: Path
    to: str | None
    deliveries: tuple[str, ...] = ()
    cloud: CloudStory | None = None

    @property
    def is_right(self) -> bool:
        """Whether everything was loaded, and every figure and every step is as expected."""
        steps = self.cloud is None or self.cloud.is_right
        return steps and bool(self.checks) and all(ok for *_, ok in self.figures)

    @property
    def read(self) -> int:
        """Records in all files."""
        return sum(outcome.counts.read for outcome in self.outcomes)

    @property
    def rejected(self) -> int:
        """Rejected rows."""
        return sum(outcome.counts.rejected for outcome in self.outcomes)

    @property
    def figures(self) -> list[tuple[str, Any, Any, bool]]:
        """Name, expected, found, equal."""
        own = [
            ("rows read", self.wanted.rows_read, self.read),
            ("rows rejected", self.wanted.rows_rejected, self.rejected),
            (
                "duplicates in a file",
                self.wanted.deduplicated,
                sum(outcome.counts.deduplicated for outcome in self.outcomes),
            ),
            (
                "cells mended by a rule",
                sum(self.wanted.repaired.values()),
                sum(outcome.counts.repaired for outcome in self.outcomes),
            ),
        ]
        rows = [(name, wanted, found, wanted == found) for name, wanted, found in own if wanted or found]
        return rows + [(f"{c.name} in the table", c.expected, c.found, c.ok) for c in self.checks]


def screen(ran: Ran) -> Iterator[str]:
    """The lines of it."""
    width = terminal_width(sys.stdout)
    yield f"{ran.name}:"
    rows = [
        (name, _figure(wanted), _figure(found), "ok" if ok else "WRONG")
        for name, wanted, found, ok in ran.figures
    ]
    yield from table_lines(("figure", "expected", "found", ""), rows, right=(1, 2), width=width)
    if ran.reasons:
        yield ""
        yield f"rejected, {count(ran.rejected, 'row')}:"
        reasons = [(f"  {n:,}", column or "-", code) for (column, code), n in ran.reasons.most_common()]
        yield from table_lines(("  rows", "column", "code"), reasons, right=(0,), width=width)
        yield ""
        yield "such as:"
        yield from ("  " + line for line in reject_table(ran.sample, None if width is None else width - 2))
    yield ""
    whose = "of the function " if ran.cloud else ""
    memory = f"; peak memory {whose}{ran.memory:.0f} MB" if ran.memory else ""
    yield f"{count(ran.read, 'row')} in {duration(ran.seconds)}, {rate(ran.read, ran.seconds)}{memory}"
    yield ""
    yield "try next:"
    yield from (f"  {command}" for command in next_commands(ran))
    yield ""


def next_commands(ran: Ran) -> list[str]:
    """Three commands that work from here."""
    if ran.cloud is not None:
        return _after_the_cloud(ran)
    if ran.deliveries and ran.to:
        where, uris = f"--to {quote(ran.to)}", " ".join(map(quote, ran.deliveries[-1:]))
        return [f"loadstone {word} {uris} {where}" for word in ("load", "plan")] + [
            f"loadstone history {where}"
        ]
    file = f"-f {quote(str(ran.folder / 'pipeline.yaml'))}"
    where = f"{file} --to {quote(ran.to)}" if ran.to else file
    loads = [outcome.load_id for outcome in ran.outcomes if outcome.load_id is not None]
    commands = [f"loadstone load {where}", f"loadstone history {where}"]
    if loads and ran.rejected:
        commands.insert(0, f"loadstone rejects {loads[0]} --summary {where}")
    elif loads:
        commands.append(f"loadstone undo {loads[0]} {where}")
    return commands


def _after_the_cloud(ran: Ran) -> list[str]:
    """The cloud is gone; the database, and the costs of a real one, can be looked at."""
    file = "" if ran.deliveries else f" -f {quote(str(ran.folder / 'pipeline.yaml'))}"
    where = f"{file} --to {quote(ran.to)}" if ran.to else file
    newest = ran.outcomes[0].load_id if ran.outcomes else None
    look = "rejects {} --summary" if ran.rejected else "undo {}"
    first = [f"loadstone {look.format(newest)}{where}"] if newest is not None else []
    return [*first, f"loadstone history{where}", "loadstone cost"]


def document(ran: Ran) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "name": ran.name,
        "loads": [outcome.as_json() for outcome in ran.outcomes],
        "figures": [
            {"name": name, "expected": _plain(wanted), "found": _plain(found), "ok": ok}
            for name, wanted, found, ok in ran.figures
        ],
        "rejects": [
            {"column": column, "code": code, "rows": rows}
            for (column, code), rows in ran.reasons.most_common()
        ],
        "rows_read": ran.read,
        "rows_rejected": ran.rejected,
        "seconds": round(ran.seconds, 3),
        "peak_memory_mb": round(ran.memory, 1),
        "folder": str(ran.folder),
        **({} if ran.cloud is None else {"aws": ran.cloud.as_json()}),
        "ok": ran.is_right,
    }


def _figure(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:,f}"
        if hasattr(value, "as_tuple")
        else str(value)
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) or value is None else str(value)
