"""What a worker shows: a line per load, and on a terminal a line that says how things stand."""

from __future__ import annotations

import json
import sys
import threading
from types import TracebackType
from typing import Self

import click

from loadstone.cli.failures import outcome_problem
from loadstone.cli.load import OUTCOME_COLOURS, outcome_line
from loadstone.cli.options import Settings
from loadstone.cli.output import emit, note_line, say, terminal_width, visible
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.ports import Refusal

__all__ = ["RunScreen", "screen_for"]

#: What nobody needs to read of, unless asked for: an event that came twice.
_NO_NEWS = {"skipped", "in_progress"}
_CLEAR = "\r\x1b[2K"
_NARROWEST = 80


def screen_for(settings: Settings) -> RunScreen:
    """What fits where stderr goes."""
    import os  # noqa: PLC0415

    is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not settings.quiet
    return RunScreen(settings, is_live=is_live)


class RunScreen:
    """The worker's journal, for people: several threads write to it.

    Args:
        settings: what is wanted on the screen.
        is_live: show a status line, drawn again and again.

    Attributes:
        failed: objects that failed for good.
    """

    def __init__(self, settings: Settings, *, is_live: bool) -> None:
        self._settings = settings
        self._is_live = is_live
        self._lock = threading.Lock()
        self._states: dict[str, int] = {}
        self._rows = 0
        self.failed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._clear()

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:  # noqa: ARG002 - the journal's
        """A line, and the figures."""
        with self._lock:
            self._states[outcome.state] = self._states.get(outcome.state, 0) + 1
            self._rows += outcome.counts.loaded
            self.failed += outcome.state == "failed"
            self._clear()
            self._tell(outcome)
            self._draw()

    def refused(self, delivery: str, refusal: Refusal) -> None:
        """Where no load could tell why."""
        with self._lock:
            self._clear()
            if refusal.uri is None:
                self.failed += 1
                say(f"refused      {visible(delivery)}: {visible(refusal.reason)}", fg="red")
            self._draw()

    def trouble(self, what: str) -> None:
        """A line."""
        with self._lock:
            self._clear()
            note_line(what)
            self._draw()

    def _tell(self, outcome: LoadOutcome) -> None:
        if self._settings.json:
            click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, default=str))
        elif outcome.state not in _NO_NEWS or self._settings.verbose:
            emit(outcome_line(outcome), fg=OUTCOME_COLOURS.get(outcome.state))
        if outcome.state == "failed":
            outcome_problem(outcome.as_json())

    def _clear(self) -> None:
        if self._is_live:
            sys.stderr.write(_CLEAR)

    def _draw(self) -> None:
        if not self._is_live:
            return
        states = ", ".join(f"{number:,} {state}" for state, number in sorted(self._states.items()))
        line = f"{states or 'waiting'}; {self._rows:,} rows"
        sys.stderr.write(line[: (terminal_width(sys.stderr) or _NARROWEST) - 1])
        sys.stderr.flush()
