"""How a worker takes in what a trigger brings, and when it stops asking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from loadstone.errors import ConnectionLost, LoadstoneError, QueueError, QueueUnavailable
from loadstone.executor.stopping import Stopping
from loadstone.executor.worker import Ending, Tasks, Worker, WorkerLimits
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.ports import Delivery, Refusal


class HurriedClock:
    """Time that passes when somebody sleeps, at once."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Paper:
    """A delivery of one key."""

    def __init__(self, key: str, script: Script) -> None:
        self.name = key
        self._script = script

    def events(self) -> list[Event]:
        return [Event("created", "b", self.name)]

    def done(self) -> None:
        self._script.told.append(f"done {self.name}")

    def retry(self) -> None:
        self._script.told.append(f"retry {self.name}")

    def refuse(self, refusal: Refusal) -> None:
        self._script.told.append(f"refuse {self.name}: {refusal.code}")

    def give_back(self) -> None:
        self._script.told.append(f"give back {self.name}")


class Script:
    """A trigger that brings what it was told to bring, call by call, and nothing after; and a journal."""

    def __init__(self, *calls: Sequence[str] | LoadstoneError) -> None:
        self._calls = list(calls)
        self.told: list[str] = []
        self.asked: list[int] = []
        self.idle: list[bool] = []
        self.is_closed = False

    def receive(self, limit: int, *, is_idle: bool = False) -> Sequence[Delivery]:
        self.asked.append(limit)
        self.idle.append(is_idle)
        if not self._calls:
            return []
        call = self._calls.pop(0)
        if isinstance(call, LoadstoneError):
            raise call
        assert len(call) <= limit
        return [Paper(key, self) for key in call]

    def check(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        self.told.append(f"{outcome.state} {outcome.uri}{'' if event else ' by the schedule'}")

    def refused(self, delivery: str, refusal: Refusal) -> None:
        pass

    def trouble(self, what: str) -> None:
        self.told.append(what)


def _loaded(key: str) -> LoadOutcome:
    return LoadOutcome(state="loaded", uri=key, dataset="orders", table="orders")


class Fleet:
    """A worker over a script; it ends when nothing is left."""

    def __init__(self, *calls: Sequence[str] | LoadstoneError, **limits: float) -> None:
        self.script = Script(*calls)
        self.outcomes: dict[str, LoadOutcome] = {}
        self.checks: list[LoadstoneError] = []
        self.missing: list[LoadOutcome | LoadstoneError] = [_loaded("found")]
        self.stopping = Stopping()
        tasks = Tasks(
            trigger=self.script,
            handle=lambda event: [self.outcomes.get(event.key) or _loaded(event.key)],
            reconcile=self._reconcile,
            check=self._check,
            journal=self.script,
            clock=HurriedClock(),
        )
        self.worker = Worker(tasks, WorkerLimits(until_empty=True, **limits), self.stopping)  # type: ignore[arg-type]

    def _reconcile(self) -> Iterator[LoadOutcome]:
        for one in self.missing:
            if isinstance(one, LoadstoneError):
                raise one
            yield one

    def _check(self) -> None:
        self.script.told.append("is the database there?")
        if self.checks:
            raise self.checks.pop(0)

    def run(self) -> list[str]:
        ending = self.worker.run()
        assert ending == Ending()
        assert self.script.is_closed
        return self.script.told


def test_what_is_brought_is_loaded_and_the_worker_ends_when_nothing_is_left() -> None:
    told = Fleet(["a"], ["b", "c"], concurrency=3).run()
    assert sorted(told) == ["done a", "done b", "done c", "loaded a", "loaded b", "loaded c"]


def test_the_trigger_is_told_whether_there_is_anything_else_to_do() -> None:
    fleet = Fleet(["a"])
    fleet.run()
    assert fleet.script.idle[0]


def test_no_more_is_asked_for_than_there_are_free_places() -> None:
    fleet = Fleet(["a", "b"], ["c"], concurrency=2)
    fleet.run()
    assert fleet.script.asked[0] <= 2
    assert max(fleet.script.asked) <= 2


def test_a_queue_that_does_not_answer_is_asked_again() -> None:
    told = Fleet(QueueUnavailable("the queue does not answer"), ["a"]).run()
    assert told == ["the queue does not answer", "loaded a", "done a"]


def test_a_queue_that_is_gone_ends_the_worker() -> None:
    fleet = Fleet(["a"], QueueError("there is no such queue"))
    ending = fleet.worker.run()
    assert ending.error is not None
    assert ending.error.what == "there is no such queue"
    assert fleet.script.told == ["loaded a", "done a"]


def test_after_a_failure_for_now_nothing_is_taken_until_the_database_is_there() -> None:
    fleet = Fleet(["a"], ["b"], concurrency=1)
    fleet.outcomes["a"] = LoadOutcome("failed", "a", "orders", "orders", is_transient=True)
    fleet.checks = [ConnectionLost("the server is away")]
    assert fleet.run() == [
        "failed a",
        "retry a",
        "is the database there?",
        "the server is away",
        "is the database there?",
        "loaded b",
        "done b",
    ]


def test_a_reconcile_runs_beside_what_is_brought() -> None:
    told = Fleet(["a"], concurrency=2, reconcile_seconds=3600).run()
    assert sorted(told) == ["done a", "loaded a", "loaded found by the schedule"]


def test_a_reconcile_that_fails_is_told_and_ends_nothing() -> None:
    fleet = Fleet(["a"], concurrency=2, reconcile_seconds=3600)
    fleet.missing = [ConnectionLost("the server is away")]
    assert sorted(fleet.run()) == ["done a", "loaded a", "reconcile: the server is away"]


def test_a_worker_that_was_told_to_end_takes_nothing() -> None:
    fleet = Fleet(["a"])
    fleet.stopping.drain()
    fleet.worker.stop()
    assert fleet.run() == []
