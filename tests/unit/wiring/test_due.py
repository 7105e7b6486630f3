"""Notifications are sent while a worker runs, whatever becomes of one pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loadstone.errors import ConnectionLost
from loadstone.executor.stopping import LeftOff
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.ports import Refusal
from loadstone.wiring.due import SendingDue


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


def test_what_is_due_is_sent_every_minute_until_the_worker_drains_also_after_a_failure() -> None:
    sent: list[int] = []

    def send() -> Iterator[int]:
        sent.append(len(sent))
        if len(sent) == 1:
            raise ConnectionLost("the server is away")
        if len(sent) == 2:
            raise ValueError("a fault of ours")
        yield len(sent)

    told = Told()
    assert SendingDue(send, Minutes(3), told).wait(60)
    assert sent == [0, 1, 2, 3]
    assert told == [
        "notifications: the server is away",
        "notifications: unexpected: ValueError: a fault of ours",
    ]
