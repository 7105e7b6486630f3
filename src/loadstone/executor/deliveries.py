"""One delivery from its events to its answer: done, again later, put aside with a reason, or given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from loadstone.errors import LoadstoneError
from loadstone.executor.outcomes import PASSING
from loadstone.executor.stopping import LeftOff
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.ports import Delivery, Refusal

__all__ = ["Answer", "Journal", "answer", "judged"]

#: What became of a delivery.
Answer = Literal["done", "retry", "refused", "given_back"]


class Journal(Protocol):
    """Who is told what a worker does. Called by its threads, by several at once."""

    def finished(self, outcome: LoadOutcome, event: Event | None) -> None:
        """One object's answer; without an event where a reconcile found it."""

    def refused(self, delivery: str, refusal: Refusal) -> None:
        """A delivery was put aside."""

    def trouble(self, what: str) -> None:
        """Something could not be done, and is tried again."""


def answer(delivery: Delivery, handle: Callable[[Event], Sequence[LoadOutcome]], journal: Journal) -> Answer:
    """Acts upon a delivery, and answers it.

    Args:
        delivery: what was received.
        handle: loads what an event speaks of.
        journal: is told.

    Never raises: what cannot be answered comes again.
    """
    refusal: Refusal | None = None
    verdict: Answer
    try:
        outcomes: list[LoadOutcome] = []
        for event in delivery.events():
            found = handle(event)
            for outcome in found:
                journal.finished(outcome, event)
            outcomes += found
        verdict, refusal = judged(outcomes)
    except LeftOff:
        verdict = "given_back"
    except PASSING as error:
        verdict = "retry"
        journal.trouble(f"{delivery.name}: {error}")
    except LoadstoneError as error:
        verdict, refusal = "refused", Refusal(error.code, str(error), load_id=error.load_id)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not take the worker along
        verdict = "retry"
        journal.trouble(f"{delivery.name}: unexpected: {type(error).__name__}: {error}")
    _settle(delivery, verdict, refusal, journal)
    return verdict


def judged(outcomes: Sequence[LoadOutcome]) -> tuple[Answer, Refusal | None]:
    """What its outcomes make of a delivery, and why, where it is refused.

    A delivery is done when all its objects are; what may still succeed is tried before any is given up.
    """
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
