"""What notifications ask of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from loadstone.model.notice import Claim, Notice, ToldLoad

__all__ = ["NotificationLedger"]


class NotificationLedger(Protocol):
    """What was told to whom: once per load, target and kind."""

    def subscribe(self, wanted: Sequence[tuple[str, str, str]]) -> None:
        """Notes from when on targets want to be told: dataset, target and kind of each."""

    def since(self) -> Mapping[tuple[str, str, str], datetime]:
        """Dataset, target and kind -> from when on it is told."""

    def ended(self, datasets: Sequence[str], now: datetime) -> tuple[set[int], set[int]]:
        """Loads that a pass is to look at: ended since the last one; with notifications to send again."""

    def checked(self, datasets: Sequence[str], at: datetime) -> None:
        """A pass has looked through everything that ended before."""

    def loads(self, load_ids: Sequence[int], *, with_earlier: frozenset[str]) -> list[ToldLoad]:
        """These loads, those that go on left out; with the rows of those before for datasets that ask."""

    def days(self, dataset: str, end: datetime) -> Sequence[int]:
        """The rows of each day up to `end`, oldest first; none for datasets that are judged load by load."""

    def settled(self, load_ids: Sequence[int]) -> set[tuple[int, str, str]]:
        """Load, target and kind of what is not to be sent now."""

    def is_told(self, notice: Notice, target: str) -> bool:
        """Whether a notice that is about no load is not to be sent now."""

    def loaded_between(self, dataset: str, begin: datetime, end: datetime) -> tuple[bool, datetime | None]:
        """Whether a load ended within the window, and when the last by its end did."""

    def claim(self, notice: Notice, target: str) -> Claim | None:
        """The right to send it, durable before it is sent; None where another has it, or has sent it."""

    def postpone(self, notice: Notice, target: str, reason: str) -> None:
        """Leaves it to the next pass, untried."""

    def settle(self, claim: Claim, error: str | None = None, *, is_final: bool = False) -> None:
        """It is sent, or why not; a final error is not tried again."""
