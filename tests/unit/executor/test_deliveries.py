"""What becomes of a delivery, by what became of its objects."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from loadstone.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionLost,
    EventNotUnderstood,
    QueueUnavailable,
)
from loadstone.executor.deliveries import answer
from loadstone.executor.stopping import LeftOff
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome, OutcomeState
from loadstone.ports import Refusal


class Recorded:
    """A delivery that remembers its answer, and a journal of what was told."""

    def __init__(self, events: Sequence[Event] | Exception, *, is_stuck: bool = False) -> None:
        self._events = events
        self._is_stuck = is_stuck
        self.answers: list[str] = []
        self.refusal: Refusal | None = None
        self.told: list[str] = []

    name = "message 1"

    def events(self) -> Sequence[Event]:
        if isinstance(self._events, Exception):
            raise self._events
        return self._events

    def _answered(self, word: str) -> None:
        self.answers.append(word)
        if self._is_stuck:
            raise QueueUnavailable("the queue does not answer")

    def done(self) -> None:
        self._answered("done")

    def retry(self) -> None:
        self._answered("retry")

    def refuse(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self._answered("refuse")

    def give_back(self) -> None:
        self._answered("give back")

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        assert event is not None
        self.told.append(outcome.state)

    def refused(self, delivery: str, refusal: Refusal) -> None:
        self.told.append(f"{delivery}: {refusal.reason}")

    def trouble(self, what: str) -> None:
        self.told.append(what)


def _outcome(state: OutcomeState, **more: object) -> LoadOutcome:
    return LoadOutcome(state=state, uri="s3://b/k", dataset="orders", table="orders", **more)  # type: ignore[arg-type]


_EVENT = Event("created", "b", "k")
_BROKEN = _outcome("failed", error="the file is empty", error_code="format_error", load_id=7)
_FOR_NOW = _outcome("failed", error="gone", error_code="connection_lost", is_transient=True)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "done"),
        ([_outcome("loaded"), _outcome("skipped"), _outcome("superseded"), _outcome("removed")], "done"),
        ([_outcome("loaded"), _BROKEN], "refuse"),
        ([_FOR_NOW], "retry"),
        ([_BROKEN, _FOR_NOW], "retry"),
        ([_outcome("in_progress")], "retry"),
    ],
)
def test_a_delivery_is_done_when_all_its_objects_are(outcomes: list[LoadOutcome], expected: str) -> None:
    delivery = Recorded([_EVENT])
    answer(delivery, lambda _: outcomes, delivery)
    assert delivery.answers == [expected]


def test_a_refusal_says_why_and_of_what() -> None:
    delivery = Recorded([_EVENT])
    answer(delivery, lambda _: [_BROKEN, _BROKEN], delivery)
    assert delivery.refusal == Refusal("format_error", "the file is empty (and 1 more)", "s3://b/k", 7)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (EventNotUnderstood("the message is not JSON"), "refuse"),
        (ConfigurationError("2 datasets match this file"), "refuse"),
        (ConnectionLost("the server is away"), "retry"),
        (AuthenticationFailed("the password is another one"), "retry"),  # no fault of the object's
        (ValueError("a fault of ours"), "retry"),
        (LeftOff(), "give back"),
    ],
)
def test_what_is_raised_is_answered_by_its_type(error: BaseException, expected: str) -> None:
    delivery = Recorded([_EVENT])

    def handle(_event: Event) -> list[LoadOutcome]:
        raise error

    answer(delivery, handle, delivery)
    assert delivery.answers == [expected]


def test_what_nobody_understands_is_refused_before_anything_is_loaded() -> None:
    delivery = Recorded(EventNotUnderstood("the message is not JSON"))
    answer(delivery, lambda _: pytest.fail("nothing is to be loaded"), delivery)
    assert delivery.answers == ["refuse"]
    assert delivery.told == ["message 1: the message is not JSON"]


def test_an_answer_that_cannot_be_given_is_told_and_ends_nothing() -> None:
    delivery = Recorded([_EVENT], is_stuck=True)
    answer(delivery, lambda _: [_outcome("loaded")], delivery)
    assert delivery.told[0] == "loaded"
    assert "could not be answered" in delivery.told[1]
