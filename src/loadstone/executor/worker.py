"""The worker: takes deliveries, loads N at a time, and ends well when told to.

Threads and what passes between them: the *poller* asks the trigger for as many deliveries as there are free
places; N *loaders* answer them; the thread that calls `run` supervises, and is the only one that signals
reach. What wakes a thread goes through a `SimpleQueue`, the one thing that a signal handler may use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from functools import partial
from queue import Empty, SimpleQueue

from msgspec import Struct

from loadstone.errors import LoadstoneError, Transient
from loadstone.executor.deliveries import Journal, answer
from loadstone.executor.stopping import LeftOff, Stopping
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.platform.background import BackgroundThread
from loadstone.platform.retry import Backoff
from loadstone.ports import Clock, Delivery, Trigger

__all__ = ["Ending", "Tasks", "Worker", "WorkerLimits"]

_AFTER_A_FAULT = Backoff(first=0.5, longest=30.0)
#: Seconds that loads get to undo themselves once they are told to leave off.
_UNDOING_SECONDS = 5.0
#: Seconds after which the poller, once it is told, has ended: longer than a trigger waits while loads run.
_LAST_POLL_SECONDS = 5.0


class WorkerLimits(Struct, frozen=True):
    """How much, and for how long.

    Attributes:
        concurrency: loads at a time.
        drain_seconds: that loads get to finish once the worker is to end.
        reconcile_seconds: between two reconciles; None for none.
        until_empty: end once there is nothing more to do.
    """

    concurrency: int = 4
    drain_seconds: float = 300.0
    reconcile_seconds: float | None = None
    until_empty: bool = False


class Tasks(Struct, frozen=True):
    """What a worker does, and with what.

    Attributes:
        trigger: brings deliveries.
        handle: loads what an event speaks of.
        reconcile: loads what no event brought.
        check: raises where the database cannot be reached; asked before more is taken after a failure.
        journal: is told.
        clock: the time; its sleep ends, with `LeftOff`, when the worker drains.
    """

    trigger: Trigger
    handle: Callable[[Event], Sequence[LoadOutcome]]
    reconcile: Callable[[], Iterator[LoadOutcome]]
    check: Callable[[], None]
    journal: Journal
    clock: Clock


class Ending(Struct, frozen=True):
    """How it ended.

    Attributes:
        left_off: loads that were undone because time ran out; their deliveries were given back.
        error: why the trigger cannot be asked any more; None where the worker was told to end.
    """

    left_off: int = 0
    error: LoadstoneError | None = None


class _Notice(Enum):
    STOP = auto()
    SETTLED = auto()
    NOTHING_LEFT = auto()


class Worker:
    """Loads what a trigger brings.

    Args:
        tasks: what it does.
        limits: how much at a time.
        stopping: what its loads look at.
    """

    def __init__(self, tasks: Tasks, limits: WorkerLimits, stopping: Stopping) -> None:
        self._tasks = tasks
        self._limits = limits
        self._stopping = stopping
        self._notices: SimpleQueue[_Notice | LoadstoneError] = SimpleQueue()
        self._places: SimpleQueue[None] = SimpleQueue()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._at_work: dict[int, Delivery] = {}
        self._busy = 0
        self._in_doubt = False
        self._reconcile_due = tasks.clock.monotonic()

    def stop(self) -> None:
        """Ends the worker: first by draining, the second time by leaving off. Signal handlers may call it."""
        self._notices.put(_Notice.STOP)

    @property
    def busy(self) -> int:
        """Loads, and reconciles, at work."""
        return self._busy

    def run(self) -> Ending:
        """Works until `stop`, until nothing is left where that is asked for, or until the trigger is gone."""
        loaders = [BackgroundThread(self._load, f"loader-{n}") for n in range(self._limits.concurrency)]
        poller = BackgroundThread(self._poll, "poller")
        for thread in (*loaders, poller):
            thread.start()
        for _ in loaders:
            self._places.put(None)
        error = self._until_told()
        was_busy = self._busy > 0
        left_off = self._drain()
        if was_busy:
            poller.wait(_LAST_POLL_SECONDS)  # it could take in what was just given back
        for _ in loaders:
            self._jobs.put(None)
        self._tasks.trigger.close()
        return Ending(left_off, error)

    # --- the supervisor -----------------------------------------------------------------------------------

    def _until_told(self) -> LoadstoneError | None:
        while True:
            notice = self._notices.get()
            if isinstance(notice, LoadstoneError):
                return notice
            if notice is not _Notice.SETTLED:
                return None

    def _drain(self) -> int:
        """Lets loads finish, as long as there is time; then ends them. Returns how many were ended."""
        self._stopping.drain()
        self._places.put(None)  # wakes the poller
        if self._all_settled_within(self._limits.drain_seconds):
            return 0
        self._stopping.leave_off()
        with self._lock:
            left_off = self._busy
        self._all_settled_within(_UNDOING_SECONDS)
        with self._lock:
            stuck = list(self._at_work.values())
        for delivery in stuck:  # the database ends what this process leaves behind
            try:
                delivery.give_back()
            except LoadstoneError as error:
                self._tasks.journal.trouble(f"{delivery.name} could not be given back: {error}")
        return left_off

    def _all_settled_within(self, seconds: float) -> bool:
        """Whether no load is at work any more; being told to stop once more ends the wait."""
        clock = self._tasks.clock
        deadline = clock.monotonic() + seconds
        while self._busy:
            try:
                notice = self._notices.get(timeout=max(0.0, deadline - clock.monotonic()))
            except Empty:
                return False
            if notice is _Notice.STOP:
                return False
        return True

    # --- the poller ---------------------------------------------------------------------------------------

    def _poll(self) -> None:
        faults = 0
        while not self._stopping.is_draining:
            try:
                if faults:
                    self._tasks.clock.sleep(_AFTER_A_FAULT.ceiling(faults))
                self._take_in()
                faults = 0
            except LeftOff:
                return
            except Transient as error:
                faults += 1
                self._tasks.journal.trouble(str(error))
            except LoadstoneError as error:
                self._notices.put(error)
                return
            except Exception as error:  # noqa: BLE001 - a thread that ends silently would be the worst
                self._notices.put(LoadstoneError(f"unexpected: {type(error).__name__}: {error}"))
                return

    def _take_in(self) -> None:
        """As many deliveries as there are places, after a reconcile that is due.

        Raises:
            LeftOff: nothing more is to be taken.
        """
        self._places.get()
        places = 1
        try:
            if self._stopping.is_draining:
                return
            self._require_database()
            places -= self._begin_reconcile()
            while places < self._limits.concurrency and not self._places.empty():
                self._places.get()
                places += 1
            if not places:
                return
            idle = self._busy == 0
            deliveries = self._tasks.trigger.receive(places, is_idle=idle)
            for delivery in deliveries:
                if self._stopping.is_draining:
                    delivery.give_back()
                else:
                    self._begin(partial(self._answer, delivery))
                    places -= 1
            if self._limits.until_empty and idle and not deliveries:
                self._notices.put(_Notice.NOTHING_LEFT)
                raise LeftOff
        finally:
            for _ in range(places):
                self._places.put(None)

    def _require_database(self) -> None:
        """While the database is away, messages stay in the queue: each receipt counts against them."""
        if self._in_doubt:
            self._tasks.check()
            self._in_doubt = False

    def _begin_reconcile(self) -> int:
        """Begins one if it is due; how many places that takes."""
        every = self._limits.reconcile_seconds
        if every is None or self._tasks.clock.monotonic() < self._reconcile_due:
            return 0
        self._reconcile_due = float("inf")  # until this one has ended
        self._begin(partial(self._reconcile, every))
        return 1

    # --- the loaders --------------------------------------------------------------------------------------

    def _begin(self, job: Callable[[], None]) -> None:
        with self._lock:
            self._busy += 1
        self._jobs.put(job)

    def _load(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            finally:
                with self._lock:
                    self._busy -= 1
                self._places.put(None)
                self._notices.put(_Notice.SETTLED)

    def _answer(self, delivery: Delivery) -> None:
        with self._lock:
            self._at_work[id(delivery)] = delivery
        tasks = self._tasks
        try:
            if answer(delivery, tasks.handle, tasks.journal) == "retry":
                self._in_doubt = True
        finally:
            with self._lock:
                del self._at_work[id(delivery)]

    def _reconcile(self, every: float) -> None:
        try:
            for outcome in self._tasks.reconcile():
                self._tasks.journal.finished(outcome, None)
                if self._stopping.is_draining:
                    return
        except LeftOff:
            return
        except Exception as error:  # noqa: BLE001 - the next one begins anew
            self._tasks.journal.trouble(f"reconcile: {error}")
        finally:
            self._reconcile_due = self._tasks.clock.monotonic() + every
