"""Notifications after a load: claimed, sent, settled; once per load, target and kind.

The claim is committed before anything is sent, so that of several workers one sends. A worker that dies in
between leaves the claim to whoever comes after its lease: what it had sent is then sent again
(docs/decisions/0040).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from loadstone.core.cell_content import without_cells
from loadstone.core.notices import about_load, kinds_for, message
from loadstone.errors import LoadstoneError, NotificationRefused
from loadstone.executor.notification_ledger import NotificationLedger
from loadstone.model.load import LoadOutcome
from loadstone.model.notice import Claim, Notice, ToldLoad
from loadstone.model.notify import NotifyTarget
from loadstone.platform.redaction import without_secrets
from loadstone.ports import Clock, Notifier

__all__ = ["AfterCommit", "Notification", "Recipient"]

logger = logging.getLogger(__name__)

#: A target that failed is left alone for so long, unless it says for how long itself: loads must not wait.
_REST_SECONDS = 60.0
_LONGEST_REST = 3_600.0


class Recipient(Struct, frozen=True):
    """A target and what reaches it."""

    target: NotifyTarget
    notifier: Notifier


class Notification(Struct, frozen=True):
    """What became of one notification.

    Attributes:
        notice: what it says.
        target: whom.
        state: `due` in a dry run; `failed` and `waiting` are tried again by the next pass.
        error: why it could not be sent.
    """

    notice: Notice
    target: str
    state: Literal["due", "sent", "failed", "refused", "waiting"]
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The command line's contract."""
        return {
            "kind": self.notice.kind,
            "dataset": self.notice.dataset,
            "load_id": self.notice.load_id,
            "due": self.notice.due,
            "target": self.target,
            "state": self.state,
            "message": message(self.notice),
            "error": self.error,
        }


class AfterCommit:
    """Tells the targets of a pipeline about its loads.

    Args:
        recipients: dataset -> who is told of its loads.
        datasets: those of the pipeline.
        ledger: what was told.
        clock: for how long a target that failed is left alone.
        shows_cells: leave what cells hold in errors.
    """

    def __init__(
        self,
        recipients: Callable[[str], Sequence[Recipient]],
        datasets: Sequence[str],
        ledger: NotificationLedger,
        clock: Clock,
        *,
        shows_cells: bool = False,
    ) -> None:
        self.recipients = recipients
        self.datasets = tuple(datasets)
        self.ledger = ledger
        self._clock = clock
        self._shows_cells = shows_cells
        self._resting: dict[str, float] = {}
        self._subscribed: set[str] = set()

    def __call__(self, outcome: LoadOutcome) -> None:
        """Tells of one outcome. Never raises: what could not be sent is left to the next pass."""
        if outcome.load_id is None or outcome.state not in {"loaded", "failed"}:
            return
        try:
            self.subscribe([outcome.dataset])
            for load in self.loads([outcome.load_id]):
                settled = self.ledger.settled([load.record.load_id])
                for notice, recipient in self.notices(load):
                    if (load.record.load_id, recipient.notifier.name, notice.kind) not in settled:
                        self.deliver(notice, recipient)
        except Exception as error:  # noqa: BLE001 - the rows are committed: nothing may look as if they were not
            logger.warning(
                "load %d: its notifications wait for `loadstone notify`: %s", outcome.load_id, error
            )

    def begin(self) -> None:
        """From now on the targets are told: also of loads whose worker dies before it can. Never raises."""
        try:
            self.subscribe(self.datasets)
        except LoadstoneError as error:
            logger.warning("nobody is told of loads: %s", error)

    def subscribe(self, datasets: Sequence[str]) -> None:
        """Notes, once per process, from when on the targets of datasets are told."""
        new = [name for name in datasets if name not in self._subscribed]
        wanted = [
            (name, recipient.notifier.name, kind)
            for name in new
            for recipient in self.recipients(name)
            for kind in recipient.target.on.kinds
        ]
        if wanted:
            self.ledger.subscribe(wanted)
        self._subscribed.update(new)

    def loads(self, load_ids: Sequence[int]) -> list[ToldLoad]:
        """Loads that ended, with those before where a target asks whether their volume is off."""
        asks = frozenset(
            name
            for name in (*self.datasets, *self._subscribed)
            if any(one.target.on.volume_off is not None for one in self.recipients(name))
        )
        return self.ledger.loads(load_ids, with_earlier=asks)

    def notices(self, load: ToldLoad) -> Iterator[tuple[Notice, Recipient]]:
        """What is to be told of a load, and to whom."""
        for recipient in self.recipients(load.record.dataset):
            for kind in kinds_for(recipient.target.on, load):
                yield about_load(kind, recipient.target, load, shows_cells=self._shows_cells), recipient

    def deliver(self, notice: Notice, recipient: Recipient) -> Notification | None:
        """Claims, sends and settles; None where another has it, or has sent it.

        Raises:
            LoadstoneError: the database could not be asked.
        """
        name = recipient.notifier.name
        if (reason := self._rests(name)) is not None:
            self.ledger.postpone(notice, name, reason)
            return Notification(notice, name, "waiting", reason)
        claim = self.ledger.claim(notice, name)
        if claim is None:
            return None
        try:
            recipient.notifier.send(notice)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a target, others are told
            return self._failed(notice, name, claim, error)
        self.ledger.settle(claim)
        return Notification(notice, name, "sent")

    def _failed(self, notice: Notice, name: str, claim: Claim, error: Exception) -> Notification:
        is_final = isinstance(error, NotificationRefused)
        text = _text(error)
        if not is_final:
            asked = getattr(error, "retry_after", None) or _REST_SECONDS
            self._resting[name] = self._clock.monotonic() + min(asked, _LONGEST_REST)
        logger.warning(
            "%s was not told of %s: %s", name, notice.kind, text, extra={"load_id": notice.load_id}
        )
        self.ledger.settle(claim, text, is_final=is_final)
        return Notification(notice, name, "refused" if is_final else "failed", text)

    def _rests(self, name: str) -> str | None:
        until = self._resting.get(name)
        if until is None or self._clock.monotonic() >= until:
            return None
        return "the target failed a moment ago, and is left alone for a while"


def _text(error: Exception) -> str:
    if isinstance(error, LoadstoneError):
        return without_secrets(without_cells(error.what, error.code))
    return type(error).__name__  # its text may hold anything
