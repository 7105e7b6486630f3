"""Messages of a queue as deliveries: extended while they are worked on, deleted only after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from loadstone.model.event import Event
from loadstone.platform.retry import Backoff
from loadstone.ports import Clock, Refusal
from loadstone.triggers.dead_letters import refusal_attributes
from loadstone.triggers.s3_event import parse_events
from loadstone.triggers.sqs import Message, Queue
from loadstone.triggers.visibility import VisibilityKeeper

__all__ = ["QueueTrigger"]

#: How long a message that failed for now stays away: half of it certain, half of it random.
_AGAIN = Backoff(first=30.0, longest=900.0)
#: How long a poll may take while there are loads that might be given back.
_BUSY_SECONDS = 3


class QueueTrigger:
    """A `ports.Trigger` over a queue of SQS.

    Args:
        queue: that events come to.
        clock: tells when a message was refused.
        dead_letters: where messages go that fail for good; None for what the queue's redrive policy names.
        wait_seconds: of a poll; 20 at most.
        random: of the jitter.
        on_beat: called with each extension of what is worked on.

    Raises:
        QueueError: a queue is not there, or may not be used.
        QueueUnavailable: it does not answer.
    """

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        *,
        dead_letters: Queue | None = None,
        wait_seconds: int = 20,
        random: Random | None = None,
        on_beat: Callable[[int], None] | None = None,
    ) -> None:
        facts = queue.facts()
        if dead_letters is None and facts.dead_letters is not None:
            dead_letters = queue.named(facts.dead_letters)
        self.dead_letters = dead_letters
        self.facts = facts
        self._queue = queue
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._random = random or Random()  # noqa: S311 - jitter
        self._keeper = VisibilityKeeper(queue, facts.visibility, on_beat)
        self._keeper.start()

    def receive(self, limit: int, *, is_idle: bool = False) -> Sequence[QueueDelivery]:
        """Messages that nobody else has now; waits up to 20 s for the first where nothing else is to be done.

        Else it waits less: what loads give back when the worker ends must not come here again.
        """
        wait_seconds = self._wait_seconds if is_idle else min(self._wait_seconds, _BUSY_SECONDS)
        messages, _ = self._queue.receive(limit, visibility=self.facts.visibility, wait_seconds=wait_seconds)
        for message in messages:
            self._keeper.keep(message)
        return [QueueDelivery(message, self) for message in messages]

    def check(self) -> None:
        """Asks the queue how it is set up."""
        self._queue.facts()

    def close(self) -> None:
        """Ends the extending."""
        self._keeper.stop()

    def delete(self, message: Message) -> None:
        """Its loads are done."""
        try:
            self._queue.delete(message)
        finally:
            self._keeper.release(message)  # where it could not be deleted, it comes again

    def hide(self, message: Message, seconds: int) -> None:
        """It comes again after so many seconds."""
        if self._keeper.release(message):
            self._queue.hide([message], seconds)

    def put_again(self, message: Message) -> None:
        """It comes again after a while that grows with the number of receipts."""
        ceiling = _AGAIN.ceiling(message.received)
        self.hide(message, round(self._random.uniform(ceiling / 2, ceiling)))

    def bury(self, message: Message, refusal: Refusal) -> None:
        """Sends it to the dead letters with its reason, then deletes it: in this order nothing is lost."""
        if self.dead_letters is None:
            self.put_again(message)  # nothing is thrown away
            return
        try:
            attributes = refusal_attributes(message, refusal, self._clock.now())
            self.dead_letters.send(message.body, attributes)
        except Exception:
            self.put_again(message)  # in the end, the queue's own redrive takes it
            raise
        self.delete(message)


class QueueDelivery:
    """One message."""

    def __init__(self, message: Message, trigger: QueueTrigger) -> None:
        self._message = message
        self._trigger = trigger

    @property
    def name(self) -> str:
        """The message's id."""
        return f"message {self._message.id}"

    def events(self) -> list[Event]:
        """What the message says."""
        return parse_events(self._message.body, trigger="sqs")

    def done(self) -> None:
        """Deletes it."""
        self._trigger.delete(self._message)

    def retry(self) -> None:
        """Hides it for a while."""
        self._trigger.put_again(self._message)

    def refuse(self, refusal: Refusal) -> None:
        """Moves it to the dead letters."""
        self._trigger.bury(self._message, refusal)

    def give_back(self) -> None:
        """Makes it visible."""
        self._trigger.hide(self._message, 0)
