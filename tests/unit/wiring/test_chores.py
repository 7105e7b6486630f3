"""Chores are seen to while a worker runs, whatever becomes of one time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loadstone.errors import ConnectionLost
from loadstone.executor.stopping import LeftOff
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.ports import Refusal
from loadstone.wiring.chores import Chore, Chores


class Minutes:
    """A clock on which some minutes pass at once, then the worker drains."""

    def __init__(self, minutes: int) -> None:
        self.left = minutes

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds == 60
        if not self.left:
            raise LeftOff
        self.left -= 1


class Told(list[str]):
    """A journal."""

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        raise AssertionError(outcome, event)

    def refused(self, delivery: str, refusal: Refusal) -> None:
        raise AssertionError(delivery, refusal)

    def trouble(self, what: str) -> None:
        self.append(what)


def test_a_chore_is_seen_to_at_once_and_every_minute_until_the_worker_drains_also_after_a_failure() -> None:
    sent: list[int] = []

    def send() -> Iterator[int]:
        sent.append(len(sent))
        if len(sent) == 1:
            raise ConnectionLost("the server is away")
        if len(sent) == 2:
            raise ValueError("a fault of ours")
        yield len(sent)

    told = Told()
    assert Chores([Chore("notifications", send)], Minutes(3), told).wait(60)
    assert sent == [0, 1, 2, 3]
    assert told == [
        "notifications: the server is away",
        "notifications: unexpected: ValueError: a fault of ours",
    ]


def test_a_chore_that_is_not_for_every_minute_is_seen_to_less_often() -> None:
    seen: list[str] = []
    chores = [
        Chore("often", lambda: [seen.append("often")]),
        Chore("seldom", lambda: [seen.append("seldom")], minutes=3),
    ]
    assert Chores(chores, Minutes(4), Told()).wait(60)
    assert seen == ["often", "seldom", "often", "often", "often", "seldom", "often"]


def test_a_chore_is_left_off_between_two_steps_when_the_worker_drains() -> None:
    done: list[int] = []

    def long() -> Iterator[int]:
        for step in range(1_000):
            done.append(step)
            yield step

    assert Chores([Chore("long", long)], Minutes(0), Told(), lambda: len(done) == 3).wait(60)
    assert done == [0, 1, 2]
