"""Who brings events, and how each that was brought is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from loadstone.model.event import Event

__all__ = ["Delivery", "Refusal", "Trigger"]


class Refusal(Struct, frozen=True):
    """Why a delivery is given up: the same would fail the same way.

    Attributes:
        code: the error's, such as `format_error`.
        reason: for people.
        uri: of the object, where it is known.
        load_id: the ledger's row that tells of it, where there is one.
    """

    code: str
    reason: str
    uri: str | None = None
    load_id: int | None = None


class Delivery(Protocol):
    """What a trigger brought, to be acted upon: exactly one of its verbs is called in the end.

    Any of these may be called by another thread than the one that received it. A verb that fails loses
    nothing: the delivery comes again.
    """

    @property
    def name(self) -> str:
        """What people call it: a message's id, a file."""

    def events(self) -> Sequence[Event]:
        """What happened, in order; none where it speaks of nothing that concerns us.

        Raises:
            EventNotUnderstood: nobody can tell.
        """

    def done(self) -> None:
        """It was acted upon: it does not come again."""

    def retry(self) -> None:
        """It is to come again after a while, longer each time."""

    def refuse(self, refusal: Refusal) -> None:
        """It is put aside with its reason, where the trigger has a place for that."""

    def give_back(self) -> None:
        """It is to come again at once, to whoever asks first."""


class Trigger(Protocol):
    """Who brings events."""

    def receive(self, limit: int, *, is_idle: bool = False) -> Sequence[Delivery]:
        """Up to `limit` deliveries; waits a while for the first, longer where there is nothing else to do.

        Raises:
            Transient: it cannot be asked now.
            Terminal: it cannot be asked.
        """

    def check(self) -> None:
        """Raises, as `receive` does, where it cannot be asked."""

    def close(self) -> None:
        """Gives up what it holds; deliveries that had no answer come again."""
