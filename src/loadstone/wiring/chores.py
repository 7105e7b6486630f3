"""What a worker sees to beside its loads: notifications that no load brings, retention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from loadstone.errors import LoadstoneError
from loadstone.executor.deliveries import Journal
from loadstone.executor.stopping import LeftOff
from loadstone.platform.background import BackgroundThread
from loadstone.ports import Clock
from loadstone.wiring.retention import retain
from loadstone.wiring.workspace import Workspace

__all__ = ["Chore", "Chores", "chores_of"]

_SECONDS = 60.0


class Chore(Struct, frozen=True):
    """Something to be seen to now and then.

    Attributes:
        name: for people.
        work: does it, step by step: between two steps it may be left off.
        minutes: from one time to the next.
    """

    name: str
    work: Callable[[], Iterable[object]]
    minutes: int = 1


def chores_of(workspace: Workspace) -> list[Chore]:
    """What the pipeline asks for."""
    chores = []
    if workspace.has_targets:
        chores.append(Chore("notifications", workspace.notify))
    if workspace.pipeline.retention is not None:
        # Who of all workers is to do it, and whether it is time, the database knows.
        chores.append(Chore("retention", lambda: retain(workspace), minutes=15))
    return chores


class Chores:
    """A thread that sees to chores, at once and then now and then, until the worker drains.

    Args:
        chores: what is to be done.
        clock: its sleep ends, with `LeftOff`, when the worker drains.
        journal: is told what cannot be done.
        is_over: whether what is being done is to be left off.
    """

    def __init__(
        self,
        chores: Sequence[Chore],
        clock: Clock,
        journal: Journal,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._chores = chores
        self._clock = clock
        self._journal = journal
        self._is_over = is_over
        self._thread = BackgroundThread(self._run, "chores")
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Waits for the end, which comes when the worker drains; whether it came."""
        return self._thread.wait(seconds)

    def _run(self) -> None:
        minute = 0
        while True:
            for chore in self._chores:
                if minute % chore.minutes == 0:
                    self._see_to(chore)
            try:
                self._clock.sleep(_SECONDS)
            except LeftOff:
                return
            minute += 1

    def _see_to(self, chore: Chore) -> None:
        try:
            for _ in chore.work():
                if self._is_over():
                    return
        except LoadstoneError as error:
            self._journal.trouble(f"{chore.name}: {error}")
        except Exception as error:  # noqa: BLE001 - loads go on without
            self._journal.trouble(f"{chore.name}: unexpected: {type(error).__name__}: {error}")
