"""One delivery from its events to its answer: done, again later, put aside with a reason, or given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Literal, Protocol

from loadstone.errors import LoadstoneError, Transient
from loadstone.executor.stopping import LeftOff
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.platform.retry import Backoff
from loadstone.ports import Clock, Delivery, Refusal

__all__ = ["Answer", "Journal", "answer"]

#: What became of a delivery.
Answer = Literal["done", "retry", "refused", "given_back"]

_WHILE_ANOTHER_LOADS_IT = Backoff(first=0.2, longest=5.0)


class Journal(Protocol):
    """Who is told what a worker does. Called by its threads, by several at once."""

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        """One object's answer; without an event where a reconcile found it."""

    def refused(self, delivery: str, refusal: Refusal) -> None:
        """A delivery was put aside."""

    def trouble(self, what: str) -> None:
        """Something could not be done, and is tried again."""


def answer(
    delivery: Delivery,
    handle: Callable[[Event], Sequence[LoadOutcome]],
    clock: Clock,
    journal: Journal,
    *,
    patience: float,
    random: Random,
) -> Answer:
    """Acts upon a delivery, and answers it.

    Args:
        delivery: what was received.
        handle: loads what an event speaks of.
        clock: whose sleep ends when the worker drains.
        journal: is told.
        patience: seconds to wait for another worker that loads the same object.
        random: of the jitter.

    Never raises: what cannot be answered comes again.
    """
    refusal: Refusal | None = None
    verdict: Answer
    try:
        outcomes: list[LoadOutcome] = []
        for event in delivery.events():
            found = _handled(event, handle, clock, patience=patience, random=random)
            for outcome in found:
                journal.finished(outcome, event)
            outcomes += found
        verdict, refusal = _judged(outcomes)
    except LeftOff:
        verdict = "given_back"
    except Transient as error:
        verdict = "retry"
        journal.trouble(f"{delivery.name}: {error}")
    except LoadstoneError as error:
        verdict, refusal = "refused", Refusal(error.code, str(error), load_id=error.load_id)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not take the worker along
        verdict = "retry"
        journal.trouble(f"{delivery.name}: unexpected: {type(error).__name__}: {error}")
    _settle(delivery, verdict, refusal, journal)
    return verdict


def _handled(
    event: Event,
    handle: Callable[[Event], Sequence[LoadOutcome]],
    clock: Clock,
    *,
    patience: float,
    random: Random,
) -> Sequence[LoadOutcome]:
    """Loads; while another worker loads one of the objects, waits to see what comes of it, holding nothing."""
    deadline = clock.monotonic() + patience
    for attempt in count(1):
        outcomes = handle(event)
        is_busy = any(outcome.state == "in_progress" for outcome in outcomes)
        if not is_busy or clock.monotonic() >= deadline:
            return outcomes
        clock.sleep(_WHILE_ANOTHER_LOADS_IT.delay(attempt, random))
    raise AssertionError("unreachable")


def _judged(outcomes: Sequence[LoadOutcome]) -> tuple[Answer, Refusal | None]:
    """A delivery is done when all its objects are; what may still succeed is tried before any is given up."""
    failures = [outcome for outcome in outcomes if outcome.state == "failed"]
    if any(one.is_transient for one in failures) or any(one.state == "in_progress" for one in outcomes):
        return "retry", None
    if not failures:
        return "done", None
    first = failures[0]
    more = f" (and {len(failures) - 1:,} more)" if len(failures) > 1 else ""
    reason = f"{first.error}{more}"
    return "refused", Refusal(first.error_code or "failed", reason, first.uri, first.load_id)


def _settle(delivery: Delivery, verdict: Answer, refusal: Refusal | None, journal: Journal) -> None:
    try:
        if verdict == "done":
            delivery.done()
        elif verdict == "retry":
            delivery.retry()
        elif verdict == "given_back":
            delivery.give_back()
        elif refusal is not None:
            journal.refused(delivery.name, refusal)
            delivery.refuse(refusal)
    except Exception as error:  # noqa: BLE001 - it comes again, and finds what was done
        journal.trouble(f"{delivery.name} could not be answered, it comes again: {error}")
