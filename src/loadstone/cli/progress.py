"""How a load shows that it moves: bars on a terminal, a line now and then elsewhere, nothing with --quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol, Self

from loadstone.cli.figures import count, duration, rate, size
from loadstone.cli.output import say, visible

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from loadstone.cli.options import Settings
    from loadstone.model.event import ObjectVersion
    from loadstone.model.load import LoadOutcome

__all__ = ["Bars", "Display", "Lines", "Silent", "display_for"]

#: Seconds between two signs of life in a log.
_HEARTBEAT = 10.0
#: Chunks come some hundred times a second; eyes do not.
_REDRAW = 0.1


class Display(Protocol):
    """`ports.Progress`, and a screen that can be held while results are printed."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def started(self, version: ObjectVersion) -> None:
        """An object is being opened."""

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """So far."""

    def waiting(self, reason: str) -> None:
        """Nothing can be done for now."""

    def finished(self, outcome: LoadOutcome) -> None:
        """The answer."""

    def paused(self) -> AbstractContextManager[None]:
        """Holds the screen while something else is printed."""


def display_for(settings: Settings) -> Display:
    """What fits where stderr goes."""
    if settings.quiet:
        return Silent()
    import os  # noqa: PLC0415

    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return Bars()
    return Lines()


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def started(self, version: ObjectVersion) -> None:
        """Nothing."""

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """Nothing."""

    def waiting(self, reason: str) -> None:
        """Nothing."""

    def finished(self, outcome: LoadOutcome) -> None:
        """Nothing."""

    def paused(self) -> AbstractContextManager[None]:
        """Nothing to hold."""
        return nullcontext()


class Lines(Silent):
    """For logs: a line every ten seconds for what takes long, and one when something is waited for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started: dict[str, float] = {}
        self._told = clock()
        self._reason: str | None = None

    def started(self, version: ObjectVersion) -> None:
        """Remembers when."""
        self._started[version.uri] = self._told = self._clock()

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """A sign of life, if the last one is long ago."""
        now = self._clock()
        self._reason = None
        if now - self._told < _HEARTBEAT:
            return
        self._told = now
        seconds = now - self._started.get(version.uri, now)
        share = (
            f"{bytes_read / version.size:.0%} of {size(version.size)}" if version.size else size(bytes_read)
        )
        left = seconds * (version.size - bytes_read) / bytes_read if version.size and bytes_read else 0
        say(
            f"{visible(version.uri)}: {share}, {count(rows, 'row')}, {rejected:,} rejected, "
            f"{rate(rows, seconds)}, {duration(max(left, 0))} left"
        )

    def waiting(self, reason: str) -> None:
        """Why; the same reason once."""
        if reason != self._reason:
            self._reason = reason
            say(f"waiting: {visible(reason)}")

    def finished(self, outcome: LoadOutcome) -> None:
        """The result line says it."""
        self._started.pop(outcome.uri, None)
        self._reason = None


class Bars(Silent):
    """For terminals: bytes, rows a second, rejects and time left of each object at work."""

    def __init__(self) -> None:
        self._tasks: dict[str, TaskID] = {}
        self._drawn: dict[str, float] = {}
        self._progress: RichProgress | None = None

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def started(self, version: ObjectVersion) -> None:
        """A bar appears, or begins again."""
        bars = self._bars()
        if version.uri in self._tasks:
            bars.reset(self._tasks[version.uri], total=version.size or None)
            return
        name = visible(version.uri.rsplit("/", 1)[-1])
        self._tasks[version.uri] = bars.add_task(name, total=version.size or None, rows="", rejected="")

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """The bar grows."""
        now = time.monotonic()
        task = self._tasks.get(version.uri)
        is_end = bytes_read >= version.size
        if task is None or (now - self._drawn.get(version.uri, 0.0) < _REDRAW and not is_end):
            return
        self._drawn[version.uri] = now
        bars = self._bars()
        elapsed = bars.tasks[bars.task_ids.index(task)].elapsed or 0.0
        shown = f"[red]{rejected:,} rejected" if rejected else ""
        bars.update(task, completed=bytes_read, rows=rate(rows, elapsed), rejected=shown)

    def waiting(self, reason: str) -> None:
        """A line above the bars."""
        with self.paused():
            say(f"waiting: {visible(reason)}", dim=True)

    def finished(self, outcome: LoadOutcome) -> None:
        """The bar goes."""
        task = self._tasks.pop(outcome.uri, None)
        if task is not None and self._progress is not None:
            self._progress.remove_task(task)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Takes the bars away, and draws them again after."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            if self._tasks:
                self._progress.start()

    def _bars(self) -> RichProgress:
        if self._progress is None:
            self._progress = _rich_progress()
        if not self._progress.live.is_started:
            self._progress.start()
        return self._progress


def _rich_progress() -> RichProgress:
    from rich.console import Console  # noqa: PLC0415 - takes 90 ms, needed on terminals only
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}"),
        TextColumn("{task.fields[rejected]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True, highlight=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
