"""Dead letters, and their way back into the queue."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from loadstone.errors import UsageError
from loadstone.triggers.dead_letters import DeadLetter, letters, put_back
from loadstone.triggers.sqs import Queue

__all__ = ["DeadLetter", "Redrive", "open_redrive"]


class Redrive(Struct, frozen=True):
    """Two queues: where dead letters are, and where they are put back.

    Attributes:
        dead: the dead-letter queue.
        queue: the queue that a worker reads; None where it is only looked at.
    """

    dead: Queue
    queue: Queue | None

    def run(self, *, limit: int | None = None) -> Iterator[DeadLetter]:
        """Each letter that was there at the beginning, once it is back in the queue, or was looked at."""
        for letter in letters(self.dead, limit=limit):
            if self.queue is not None:
                put_back(letter, self.queue, self.dead)
            yield letter


def open_redrive(
    dead_letters: str | None,
    queue: str | None,
    *,
    only_look: bool,
    environment: Mapping[str, str] = os.environ,
) -> Redrive:
    """Finds the two, where only one is named.

    Raises:
        UsageError: they cannot be told.
        QueueError: one of them is not there, or may not be used.
    """
    dead_letters = dead_letters or environment.get("LOADSTONE_DEAD_LETTERS_URL")
    queue = queue or environment.get("LOADSTONE_QUEUE_URL")
    if dead_letters:
        dead = Queue(dead_letters)
        return Redrive(dead, None if only_look else Queue(queue or _only_source(dead)))
    if not queue:
        raise UsageError(
            "no queue is named", hint="--queue URL or LOADSTONE_QUEUE_URL, or --dead-letters URL"
        )
    source = Queue(queue)
    arn = source.facts().dead_letters
    if arn is None:
        raise UsageError(
            "the queue has no dead-letter queue",
            where=queue,
            hint="give it a redrive policy, or name the other queue by --dead-letters",
        )
    return Redrive(source.named(arn), None if only_look else source)


def _only_source(dead: Queue) -> str:
    urls = dead.feeding()
    if len(urls) != 1:
        raise UsageError(
            f"{len(urls):,} queues send their dead letters here: which one do they go back to?",
            where=dead.url,
            hint="name it by --queue",
        )
    return urls[0]
